"""What hangs on a record: its steps, files, history, audience and English texts."""

import datetime
import uuid
from typing import Any

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.views.decorators.http import require_POST

from queqiao.accounts.actors import Actor
from queqiao.accounts.channels import parse_address
from queqiao.accounts.models import Organisation, Person, Scope, ScopeMembership
from queqiao.accounts.queries import find_user, visible_organisations
from queqiao.core.errors import ForbiddenError, QueqiaoError
from queqiao.core.i18n import _
from queqiao.core.identifiers import read_uuid
from queqiao.records.actions import (
    add_attachment,
    advance,
    grant,
    place_in_scopes,
    remove_attachment,
    revoke,
    write_translation,
)
from queqiao.records.choices import TRANSITIONS, State, Verb
from queqiao.records.history import entries_of, facts_as_of
from queqiao.records.labels import LABELS
from queqiao.records.models import CatalogueRecord, Grant
from queqiao.records.presenting import TRANSLATED
from queqiao.records.queries import (
    attachments_of,
    can_edit,
    digest,
    is_owner,
    is_staff_of,
    scopes_of,
    translations,
    visible_whole,
)
from queqiao.web.access import Rule, actor_of, open_to
from queqiao.web.kinds import Kind, kind_of_number
from queqiao.web.side import side_navigation

ENGLISH = "en"
LONGEST, LONGEST_REASON = 20_000, 500


def find_whole(request: HttpRequest, number: str) -> tuple[Kind, CatalogueRecord, Actor]:
    """Return a record that the reader sees whole, with its kind and the reader; Http404 for everybody else."""
    kind, actor = kind_of_number(number), actor_of(request)
    rows: QuerySet[Any] = visible_whole(kind.model, actor)
    record = rows.filter(number=number).select_related("organisation").first()
    if record is None:
        raise Http404
    return kind, record, actor


def editable(request: HttpRequest, number: str) -> tuple[Kind, CatalogueRecord, Actor]:
    """Return a record that the reader may change; Http404 where he does not see it, ForbiddenError where he may not."""
    kind, record, actor = find_whole(request, number)
    if not can_edit(record, actor):
        raise ForbiddenError(_("您不能修改“{title}”。").format(title=record.title))
    return kind, record, actor


@open_to(Rule.SIGNED_IN)
@require_POST
def step(request: HttpRequest, number: str) -> HttpResponse:
    """Take a step of the life cycle; where something is missing, say what and keep the reason as it was typed."""
    kind, record, actor = find_whole(request, number)
    if request.POST.get("verb") not in Verb.values:
        raise Http404
    verb, reason = Verb(request.POST["verb"]), _text(request, "reason")
    try:
        _require_short(reason)
        advance(record, verb, by=actor, reason=reason)
    except QueqiaoError as error:
        known = TRANSITIONS.get((State(record.state), verb))
        context = {
            "side_navigation": side_navigation(request),
            "kind": kind,
            "record": record,
            "verb": verb,
            "reason": reason,
            "asks_reason": bool(known and known.reason),
            "error": str(error),
            "editable": can_edit(record, actor),
        }
        status = 403 if isinstance(error, ForbiddenError) else 422
        return render(request, "editing/step.html", context, status=status)
    messages.success(request, _("“{title}”：{verb}已完成。").format(title=record.title, verb=verb.label))
    if visible_whole(kind.model, actor).filter(pk=record.pk).exists():
        return redirect("record", number=number)
    return redirect("my-records")


@open_to(Rule.SIGNED_IN)
@require_POST
def add_file(request: HttpRequest, number: str) -> HttpResponse:
    """Take in one file of a record."""
    _kind, record, actor = editable(request, number)
    upload: Any = request.FILES.get("file")
    if not upload:
        messages.error(request, _("请先选择一个文件。"))
        return redirect(reverse("record-edit", args=[number]))
    try:
        add_attachment(record, upload, upload.name or "", by=actor, in_blind_form="in_blind_form" in request.POST)
    except ForbiddenError:
        raise
    except QueqiaoError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("已添加附件“{name}”。").format(name=upload.name))
    return redirect(reverse("record-edit", args=[number]))


@open_to(Rule.SIGNED_IN)
@require_POST
def remove_file(request: HttpRequest, number: str, pk: uuid.UUID) -> HttpResponse:
    """Take a file off a record."""
    _kind, record, actor = editable(request, number)
    found = attachments_of(record, whole=True).filter(pk=pk).first()
    if found is None:
        raise Http404
    remove_attachment(record, found, by=actor)
    messages.success(request, _("已移除附件“{name}”。").format(name=found.name))
    return redirect(reverse("record-edit", args=[number]))


@open_to(Rule.SIGNED_IN)
def history(request: HttpRequest, number: str) -> HttpResponse:
    """Tell its owners and the staff what happened to a record, and show it as it was on a day."""
    kind, record, actor = find_whole(request, number)
    if not (is_owner(record, actor) or is_staff_of(record, actor)):
        raise Http404
    asked = request.GET.get("at", "").strip()
    day = _day(asked)
    facts = facts_as_of(record, _end_of(day)) if day else None
    context = {
        "side_navigation": side_navigation(request),
        "kind": kind,
        "record": record,
        "entries": entries_of(record),
        "at": day.isoformat() if day else asked,
        "unreadable": bool(asked and day is None),
        "day": day,
        "facts": facts,
        "today": timezone.localdate().isoformat(),
    }
    return render(request, "editing/history.html", context)


@open_to(Rule.SIGNED_IN)
def sharing(request: HttpRequest, number: str) -> HttpResponse:
    """Show and change in which scopes a record is and who was invited to see it."""
    kind, record, actor = editable(request, number)
    error, typed = "", _text(request, "party").strip()
    there = {row.scope for row in scopes_of(record)}
    offered = sorted(there | set(_own_scopes(record, actor)), key=lambda scope: (scope.name, str(scope.pk)))
    if request.method == "POST":
        try:
            _share(request, record, actor, offered)
        except ForbiddenError:
            raise
        except QueqiaoError as problem:
            error = str(problem)
        else:
            messages.success(request, _("已保存。"))
            return redirect("record-sharing", number=number)
    grants = Grant.objects.current().filter(record_id=record.pk).select_related("organisation", "person")
    context = {
        "side_navigation": side_navigation(request),
        "kind": kind,
        "record": record,
        "scopes": [(scope, scope in there) for scope in offered],
        "grants": grants,
        "error": error,
        "typed": typed,
    }
    return render(request, "editing/sharing.html", context, status=422 if error else 200)


@open_to(Rule.SIGNED_IN)
def translation(request: HttpRequest, number: str) -> HttpResponse:
    """Show the English texts beside their source, mark those that are outdated, and save them."""
    kind, record, actor = editable(request, number)
    names = [name for name in record.CONTENT if name in TRANSLATED]
    there = translations([record.pk], ENGLISH, shown_only=False)
    if request.method == "POST":
        for name in names:
            known = there.get((record.pk, name))
            text = _text(request, name).strip()[:LONGEST]
            if text != (known.text if known else "") or f"right-{name}" in request.POST:
                write_translation(record, name, text, language=ENGLISH, by=actor)
        messages.success(request, _("英文内容已保存。"))
        return redirect("record-translation", number=number)
    rows = []
    for name in names:
        source, known = str(getattr(record, name)), there.get((record.pk, name))
        rows.append(
            {
                "name": name,
                "label": str(LABELS[name]),
                "source": source,
                "text": known.text if known else "",
                "outdated": bool(known and known.source_hash != digest(source)),
                "unchecked": bool(known and not known.checked),
            }
        )
    context = {
        "side_navigation": side_navigation(request),
        "kind": kind,
        "record": record,
        "rows": [row for row in rows if row["source"] or row["text"]],
    }
    return render(request, "editing/translation.html", context)


def _text(request: HttpRequest, name: str) -> str:
    """Return a text as it is kept: with one kind of line end, and without the character that databases refuse."""
    return str(request.POST.get(name, "")).replace("\r\n", "\n").replace("\x00", "")


def _require_short(reason: str) -> None:
    if len(reason.strip()) > LONGEST_REASON:
        raise QueqiaoError(_("说明最多 {n} 个字，请写得短一些。").format(n=LONGEST_REASON))


def _day(text: str) -> datetime.date | None:
    try:
        return parse_date(text)
    except ValueError:
        return None


def _end_of(day: datetime.date) -> datetime.datetime:
    midnight = datetime.datetime.combine(day, datetime.time.max)
    return timezone.make_aware(midnight)


def _own_scopes(record: CatalogueRecord, actor: Actor) -> QuerySet[Scope]:
    """Return the scopes into which the actor may put the record: its organisation's, and those he works in."""
    joined = ScopeMembership.objects.current().filter(organisation=record.organisation_id).values("scope")
    return Scope.objects.filter(Q(pk__in=joined) | Q(pk__in=actor.ids("staff")))


def _share(request: HttpRequest, record: CatalogueRecord, actor: Actor, offered: list[Scope]) -> None:
    post = request.POST
    if "revoke" in post:
        given = Grant.objects.current().filter(record_id=record.pk, pk=read_uuid(post["revoke"])).first()
        if given is not None:
            revoke(record, given, by=actor)
    elif "invite" in post:
        grant(record, _party(_text(request, "party").strip(), actor), by=actor)
    else:
        wanted = set(post.getlist("scopes"))
        place_in_scopes(record, [scope.pk for scope in offered if str(scope.pk) in wanted], by=actor)


def _party(text: str, actor: Actor) -> Organisation | Person:
    """Return the organisation of a number or a full name, or the person whose account has an address."""
    if not text:
        raise QueqiaoError(_("请填写机构编号、机构全称，或个人账号的完整手机号、邮箱。"))
    named = Q(number=text) | Q(name=text)
    organisations = list(visible_organisations(actor).filter(named, state="active")[:2])
    if len(organisations) > 1:
        raise QueqiaoError(_("叫“{text}”的机构不止一家，请改用机构编号。").format(text=text[:60]))
    found = organisations[0] if organisations else _person_at(text)
    if found is None:
        raise QueqiaoError(
            _("没有找到“{text}”。机构请填编号或全称，个人请填其账号的完整手机号或邮箱。").format(text=text[:60])
        )
    return found


def _person_at(text: str) -> Person | None:
    """Return whose account has the address; a name is no address, so that names cannot be tried out."""
    try:
        user = find_user(parse_address(text).value)
    except QueqiaoError:
        return None
    return user.person if user else None


urlpatterns = [
    path("records/<str:number>/step", step, name="record-step"),
    path("records/<str:number>/files", add_file, name="record-files"),
    path("records/<str:number>/files/<uuid:pk>/remove", remove_file, name="record-file-remove"),
    path("records/<str:number>/history", history, name="record-history"),
    path("records/<str:number>/sharing", sharing, name="record-sharing"),
    path("records/<str:number>/english", translation, name="record-translation"),
]
