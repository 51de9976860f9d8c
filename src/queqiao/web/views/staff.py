"""The desk of an operator's staff: records and changes to be settled, and organisations that ask to be let in."""

import datetime
import uuid
from dataclasses import replace
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import path, reverse

from queqiao.accounts.actions import registrations as registering
from queqiao.accounts.actors import Actor
from queqiao.accounts.channels import mask_mobile
from queqiao.accounts.models import Organisation, Registration, Scope
from queqiao.core.errors import ForbiddenError, QueqiaoError
from queqiao.core.files import open_stored
from queqiao.core.i18n import _, lazy
from queqiao.core.models import Translation
from queqiao.records.actions import accept_proposal, advance, refuse_proposal
from queqiao.records.choices import State, Verb, Visibility
from queqiao.records.history import entries_of
from queqiao.records.labels import KIND_LABELS, LABELS
from queqiao.records.models import CatalogueRecord, WorkingCopy
from queqiao.records.presenting import value_of, with_rows
from queqiao.records.queries import attachments_of, is_staff_of, left_to_others, proposals, scopes_of, visible_whole
from queqiao.records.review import Queue, changes_since_publication, proposed_changes, waiting
from queqiao.web.access import Rule, actor_of, open_to
from queqiao.web.filters import amount, amounts, moment
from queqiao.web.forms.staff import REFUSE_REASONS, RETURN_REASONS, ReasonForm
from queqiao.web.kinds import kind_of_number
from queqiao.web.paging import CappedPaginator
from queqiao.web.side import left_for_others
from queqiao.web.views.staff_page import query_without, show

PAGE = 25
REGISTRATION_STATES = {"waiting": lazy("待审核"), "approved": lazy("已通过"), "refused": lazy("未通过")}
# What stands beside an amount is told with it.
_WITH_AMOUNT = ("price_qualifier", "price_currency", "budget_high", "budget_qualifier", "budget_currency")


@open_to(Rule.STAFF)
def review_queue(request: HttpRequest) -> HttpResponse:
    """List what waits for a decision in the reader's scopes, the oldest first."""
    queue = _queue(request)
    page = CappedPaginator(queue.rows(), PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "rows": [waiting(row) for row in page.object_list],
        "for_others": set(left_for_others(request).values()),
        "kind_labels": KIND_LABELS,
        "scopes": _scopes(queue.actor),
        "chosen": _chosen(request),
        "narrowed": _narrowing(request),
        "query": query_without(request, "page"),
    }
    return show(request, "staff/review_queue.html", context)


@open_to(Rule.STAFF)
def review(request: HttpRequest, number: str) -> HttpResponse:
    """Show all of a record that waits, and settle it; then the next one opens."""
    queue = _queue(request)
    record = _record_in_care(request, number)
    before, after = queue.around(number)
    sentence = ""
    if request.method == "POST":
        try:
            done = _settle(request, record, queue.actor)
        except ForbiddenError:
            raise
        except QueqiaoError as error:
            sentence = str(error)
            record.refresh_from_db()
        else:
            if done:
                messages.success(request, done)
                return redirect(_address_of_next(request, after))
    context = _record_context(record) | {
        "sentence": sentence,
        "form": _reason_form(request),
        "proposals": [
            (copy, proposed_changes(record, copy), _reason_form(request, str(copy.pk)))
            for copy in proposals(record).order_by("proposed_at")
        ],
        "before": before,
        "after": after,
        "narrowed": _narrowing(request),
        "waits": record.state == State.SUBMITTED,
        "why_not": left_to_others(record, queue.actor),
    }
    return show(request, "staff/review.html", context, status=422 if request.method == "POST" else 200)


@open_to(Rule.STAFF)
def registrations(request: HttpRequest) -> HttpResponse:
    """List the organisations that ask to be let into the reader's scopes; who waits longest comes first."""
    asked = request.GET.get("state", "waiting")
    state = asked if asked in REGISTRATION_STATES else "waiting"
    rows = _registrations(actor_of(request)).filter(state=state).order_by("recorded_at", "id")
    page = CappedPaginator(rows, PAGE).get_page(request.GET.get("page"))
    context = {"page": page, "state": state, "states": REGISTRATION_STATES, "query": query_without(request, "page")}
    return show(request, "staff/registrations.html", context)


@open_to(Rule.STAFF)
def registration(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Show an application with its proof, and let the organisation in or not."""
    actor = actor_of(request)
    row = _registration(actor, pk)
    refusing = request.method == "POST" and request.POST.get("what") == "refuse"
    form = ReasonForm(request.POST if refusing else None, reasons=REFUSE_REASONS)
    sentence = ""
    if request.method == "POST":
        try:
            if not refusing:
                registering.approve(registration=row, by=actor)
                messages.success(request, _("“{name}”已通过。").format(name=row.organisation.name))
                return redirect("registrations")
            if form.is_valid():
                registering.refuse(registration=row, reason=form.reason(), by=actor)
                messages.success(request, _("“{name}”未予通过，原因已告知申请人。").format(name=row.organisation.name))
                return redirect("registrations")
        except ForbiddenError:
            raise
        except QueqiaoError as error:
            sentence = str(error)
            row.refresh_from_db()
    context = {
        "registration": row,
        "organisation": row.organisation,
        "applicant": row.applicant,
        "mobile": mask_mobile(row.applicant.mobile) if row.applicant.mobile else "",
        "state_label": REGISTRATION_STATES[row.state],
        "similar": _similar(row.organisation),
        "form": form,
        "sentence": sentence,
    }
    return show(request, "staff/registration.html", context, status=422 if request.method == "POST" else 200)


@open_to(Rule.STAFF)
def registration_proof(request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
    """Hand out the proof of an application to who decides on it, and to nobody else."""
    row = _registration(actor_of(request), pk)
    if not row.proof_path:
        raise Http404
    answer = FileResponse(
        open_stored(settings.FILES_DIR, row.proof_path),
        as_attachment=not row.proof_mime.startswith("image/"),
        filename=row.proof_name,
        content_type=row.proof_mime,
    )
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    answer.headers["X-Content-Type-Options"] = "nosniff"
    return answer


def _queue(request: HttpRequest) -> Queue:
    actor, chosen = actor_of(request), _chosen(request)
    queue = Queue(actor, kind=chosen["kind"] if chosen["kind"] in KIND_LABELS else "")
    if not chosen["scope"]:
        return queue
    scope = _scopes(actor).filter(code=chosen["scope"]).first()
    if scope is None:
        raise Http404
    return replace(queue, scope=scope.pk)


def _chosen(request: HttpRequest) -> dict[str, str]:
    return {name: request.GET.get(name, "") for name in ("kind", "scope")}


def _narrowing(request: HttpRequest) -> str:
    """Return the filters of the queue as the end of an address, which stay while one goes through it."""
    query = request.GET.copy()
    for name in [name for name in query if name not in ("kind", "scope") or not query[name]]:
        del query[name]
    return f"?{query.urlencode()}" if query else ""


def _scopes(actor: Actor) -> QuerySet[Scope]:
    return Scope.objects.filter(pk__in=actor.ids("staff"))


def _record_in_care(request: HttpRequest, number: str) -> CatalogueRecord:
    rows: QuerySet[Any] = visible_whole(kind_of_number(number).model, actor_of(request))
    record: CatalogueRecord | None = with_rows(rows.filter(number=number)).select_related("created_by").first()
    if record is None or not is_staff_of(record, actor_of(request)):
        raise Http404
    return record


def _address_of_next(request: HttpRequest, after: str) -> str:
    place = reverse("review", args=[after]) if after else reverse("review-queue")
    return place + _narrowing(request)


def _reason_form(request: HttpRequest, copy: str = "") -> ReasonForm:
    """Return the form of a reason, for the record or for one proposed change; filled where it was just sent."""
    sent = request.POST.get("what") in ("return", "refuse") and request.POST.get("copy", "") == copy
    return ReasonForm(request.POST if sent else None, reasons=RETURN_REASONS, auto_id=f"id_{copy or 'record'}_%s")


def _settle(request: HttpRequest, record: CatalogueRecord, by: Actor) -> str:
    """Do what was asked and return a sentence about it; "" where the reason has to be given first."""
    what, form = request.POST.get("what", ""), _reason_form(request, request.POST.get("copy", ""))
    if what == "publish":
        advance(record, Verb.PUBLISH, by=by, base_revision=_revision(request))
        return _("“{title}”已发布。").format(title=record.title)
    if what == "accept":
        accept_proposal(_copy(request, record), by=by, seen=_saved(request))
        return _("“{title}”的修改已采纳。").format(title=record.title)
    if what not in ("return", "refuse"):
        raise Http404
    if not form.is_valid():
        return ""
    if what == "return":
        advance(record, Verb.RETURN, by=by, reason=form.reason(), base_revision=_revision(request))
        return _("“{title}”已退回，原因已告知登记人。").format(title=record.title)
    refuse_proposal(_copy(request, record), reason=form.reason(), by=by)
    return _("“{title}”的修改已退回。").format(title=record.title)


def _revision(request: HttpRequest) -> int | None:
    """Return the revision of the record that the reader had before him; None where the form says none."""
    text = request.POST.get("revision", "")
    return int(text) if text.isdecimal() and len(text) < 10 else None


def _saved(request: HttpRequest) -> datetime.datetime | None:
    """Return when the proposal that the reader had before him was saved; None where the form says nothing of it."""
    try:
        return datetime.datetime.fromisoformat(request.POST.get("saved", ""))
    except ValueError:
        return None


def _copy(request: HttpRequest, record: CatalogueRecord) -> WorkingCopy:
    asked = request.POST.get("copy", "")
    found = proposals(record).filter(pk=int(asked)).first() if asked.isdecimal() and len(asked) < 19 else None
    if found is None:
        raise QueqiaoError(_("这项修改已由他人处理。"))
    return found


def _record_context(record: CatalogueRecord) -> dict[str, Any]:
    files = attachments_of(record, whole=True)
    return {
        "record": record,
        "kind_label": KIND_LABELS[record.KIND],
        "state_label": State(record.state).label,
        "visibility_label": Visibility(record.visibility).label,
        "facts": _facts(record),
        "english": _english(record),
        "scopes": [row.scope for row in scopes_of(record)],
        "pictures": [file for file in files if file.is_picture],
        "files": [file for file in files if not file.is_picture],
        "changes": changes_since_publication(record),
        "entries": [
            {"when": moment(one.when), "who": one.who, "what": one.what, "changes": one.changes}
            for one in entries_of(record)
        ],
    }


def _facts(record: CatalogueRecord) -> list[tuple[str, str]]:
    """Return every field that was filled in, in the order of the form: label and text."""
    told = {name: _text(record, name) for name in record.CONTENT if name not in (*_WITH_AMOUNT, "visibility")}
    return [
        (str(_("预算") if name == "budget_low" else LABELS.get(name, name)), text)
        for name, text in told.items()
        if text
    ]


def _text(record: Any, name: str) -> str:
    if name == "price":
        return amount(record.price, record.price_qualifier, record.price_currency) if record.price is not None else ""
    if name == "budget_low":
        low, high = record.budget_low, record.budget_high
        open_budget = low is None and high is None
        return "" if open_budget else amounts(low, high, record.budget_qualifier, record.budget_currency)
    value = value_of(record, name)
    if value in (None, "", (), False):
        return ""
    if isinstance(value, tuple):
        return _("、").join(value)
    return _("是") if value is True else str(value)


def _english(record: CatalogueRecord) -> list[tuple[str, str]]:
    rows = Translation.objects.filter(target_id=record.pk, language="en").order_by("id")
    return [(str(LABELS.get(row.field, row.field)), row.text) for row in rows]


def _registrations(actor: Actor) -> QuerySet[Registration]:
    rows = Registration.objects.filter(scope__in=actor.ids("staff"))
    return rows.select_related("organisation", "scope", "applicant")


def _registration(actor: Actor, pk: uuid.UUID) -> Registration:
    row = _registrations(actor).filter(pk=pk).first()
    if row is None:
        raise Http404
    return row


def _similar(organisation: Organisation) -> QuerySet[Organisation]:
    """Return organisations that the applicant may have registered a second time."""
    same = Q(name=organisation.name) | Q(short_name=organisation.name) | Q(aliases__name=organisation.name)
    return Organisation.objects.filter(same, state="active").exclude(pk=organisation.pk).distinct()[:5]


urlpatterns = [
    path("staff/review", review_queue, name="review-queue"),
    path("staff/review/<str:number>", review, name="review"),
    path("staff/registrations", registrations, name="registrations"),
    path("staff/registrations/<uuid:pk>", registration, name="registration"),
    path("staff/registrations/<uuid:pk>/proof", registration_proof, name="registration-proof"),
]
