"""The public side of the catalogue: home, lists, and the page of one record."""

import datetime
import io
from mimetypes import guess_type
from pathlib import Path
from typing import Any

import segno
from django.conf import settings
from django.db.models import QuerySet
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils import timezone

from queqiao.accounts.actors import Actor
from queqiao.accounts.models import Organisation
from queqiao.accounts.queries import visible_organisations
from queqiao.core.files import open_stored
from queqiao.core.i18n import _
from queqiao.records.choices import State
from queqiao.records.labels import LABELS
from queqiao.records.models import Attachment
from queqiao.records.presenting import Face, faces, with_rows
from queqiao.records.queries import (
    alike,
    attachments_of,
    can_edit,
    is_insider,
    left_to_others,
    possible_steps,
    published_in,
    visible,
    visible_whole,
)
from queqiao.research.models import Expert
from queqiao.research.queries import about_person
from queqiao.taxonomy.queries import fields, nodes_below, region_and_below
from queqiao.web.access import Rule, actor_of, open_to
from queqiao.web.kinds import KINDS, Kind, budget_of, card, kind_of, kind_of_number, price_of
from queqiao.web.paging import CappedPaginator, KeyedPaginator

PAGE, SIMILAR = 24, 3
OWN = 12  # so many records of each kind stand on the page of an organisation
MOST, MOST_NARROWED = 1_000, 240  # how far a list is counted, and can be turned over
NEW_FOR = datetime.timedelta(days=14)


@open_to(Rule.PUBLIC)
def home(request: HttpRequest) -> HttpResponse:
    """Show what is new and where to begin."""
    actor = actor_of(request)
    published = {plural: visible(kind.model, actor).filter(state=State.PUBLISHED) for plural, kind in KINDS.items()}
    achievements = with_rows(published["achievements"])[:6]
    needs = with_rows(published["needs"])[:6]
    figures = [
        (kind.label, CappedPaginator(published[plural], 1).count, reverse("records", args=[plural]))
        for plural, kind in KINDS.items()
    ]
    return render(
        request,
        "home.html",
        {
            "achievements": _cards(faces(achievements)),
            "needs": _cards(faces(needs)),
            "figures": figures,
            "kinds": KINDS.values(),
            "as_of": timezone.localdate(),
        },
    )


@open_to(Rule.PUBLIC)
def records(request: HttpRequest, plural: str) -> HttpResponse:
    """List what is published of one kind, newest first, by field and region."""
    kind = kind_of(plural)
    seen: QuerySet[Any] = visible(kind.model, actor_of(request))
    rows = _narrowed(seen, request)
    chosen = {name: request.GET.get(name, "") for name in ("field", "region", "q")}
    cap = MOST_NARROWED if any(chosen.values()) else MOST
    pages = KeyedPaginator(rows, PAGE, lambda keys: with_rows(seen.filter(pk__in=keys)), cap=cap)
    page = pages.get_page(request.GET.get("page"))
    options = [field for field in fields() if field.parent_id is None]
    return render(
        request,
        "catalogue/list.html",
        {
            "kind": kind,
            "page": page,
            "cards": _cards(faces(page.object_list)),
            "options": options,
            "chosen": chosen,
            "query": _query_without_page(request),
        },
    )


@open_to(Rule.PUBLIC)
def record(request: HttpRequest, number: str) -> HttpResponse:
    """Show one record as this reader may see it."""
    kind = kind_of_number(number)
    actor = actor_of(request)
    row = with_rows(visible(kind.model, actor).filter(number=number)).first()
    if row is None:
        raise Http404
    face = faces([row], inside=is_insider(row, actor))[0]
    editable = can_edit(row, actor)
    files = attachments_of(row, whole=face.whole)
    return render(
        request,
        "catalogue/record.html",
        {
            "kind": kind,
            "face": face,
            "facts": [*_facts(face), *(about_person(row) if face.whole and isinstance(row, Expert) else ())],
            "texts": _texts(face),
            "labels": LABELS,
            "steps": possible_steps(row, actor),
            "editable": editable,
            "left_to_others": left_to_others(row, actor),
            "reason": row.reason if editable else "",
            "valid_until": row.valid_until,
            "pictures": [(file, file.name if face.whole else _blind_name(file)) for file in files if file.is_picture],
            "files": [(file, file.name if face.whole else _blind_name(file)) for file in files if not file.is_picture],
            "similar": _cards(faces(with_rows(alike(row, actor, SIMILAR)))),
            "address": settings.SITE_URL + reverse("record", args=[number]),
        },
    )


@open_to(Rule.PUBLIC)
def record_code(request: HttpRequest, number: str) -> HttpResponse:
    """Draw the QR code of a record's address, for posters and for the desk beside the phone."""
    if not visible(kind_of_number(number).model, actor_of(request)).filter(number=number).exists():
        raise Http404
    return qr_answer(settings.SITE_URL + reverse("record", args=[number]))


@open_to(Rule.PUBLIC)
def attachment(request: HttpRequest, pk: Any) -> HttpResponseBase:
    """Hand out a file to whom the record's list rule allows it."""
    found = Attachment.objects.filter(pk=pk, removed_at=None).first()
    if found is None:
        raise Http404
    model = {kind.model.KIND: kind.model for kind in KINDS.values()}[found.kind]
    row = visible(model, actor_of(request)).filter(pk=found.record_id).first()
    if row is None or not (getattr(row, "is_whole", False) or found.in_blind_form):
        raise Http404
    handed = FileResponse(
        open_stored(settings.FILES_DIR, found.path),
        as_attachment=not found.is_picture,
        filename=found.name if getattr(row, "is_whole", False) else _blind_name(found),
        content_type=found.mime,
    )
    return _sealed(handed)


@open_to(Rule.PUBLIC)
def organisations(request: HttpRequest) -> HttpResponse:
    """List the organisations of the site."""
    rows = visible_organisations(actor_of(request)).filter(state="active").select_related("region")
    if request.GET.get("kind"):
        rows = rows.filter(kind=request.GET["kind"])
    if request.GET.get("q"):
        rows = rows.filter(name__icontains=request.GET["q"][:60])
    page = CappedPaginator(rows, PAGE).get_page(request.GET.get("page"))
    chosen = {name: request.GET.get(name, "") for name in ("kind", "q")}
    context = {"page": page, "chosen": chosen, "query": _query_without_page(request)}
    return render(request, "catalogue/organisations.html", context)


@open_to(Rule.PUBLIC)
def organisation(request: HttpRequest, number: str) -> HttpResponse:
    """Show an organisation and what it shows; the address of a merged one leads to where it went."""
    actor = actor_of(request)
    row = visible_organisations(actor).filter(number=number).select_related("region", "parent", "merged_into").first()
    if row is None:
        raise Http404
    if row.merged_into is not None:
        return redirect("organisation", number=row.merged_into.number, permanent=False)
    shown = {plural: _cards(faces(_shown_by(row, kind, actor))) for plural, kind in KINDS.items()}
    parts = visible_organisations(actor).filter(parent=row, state="active")
    return render(
        request,
        "catalogue/organisation.html",
        {"organisation": row, "shown": shown, "kinds": KINDS, "parts": parts, "aliases": row.aliases.all()},
    )


@open_to(Rule.PUBLIC)
def organisation_logo(request: HttpRequest, number: str) -> HttpResponseBase:
    """Hand out the logo of an organisation that the reader may see."""
    row = visible_organisations(actor_of(request)).filter(number=number).exclude(logo="").first()
    if row is None:
        raise Http404
    return _sealed(FileResponse(open_stored(settings.FILES_DIR, row.logo), content_type=guess_type(row.logo)[0]))


def _sealed(answer: HttpResponseBase) -> HttpResponseBase:
    """Let a file that somebody uploaded do nothing but be looked at."""
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    answer.headers["X-Content-Type-Options"] = "nosniff"
    return answer


def _shown_by(row: Organisation, kind: Kind, actor: Actor) -> QuerySet[Any]:
    """Return the newest records of an organisation that name it: a blind one must not stand on its owner's page."""
    return with_rows(visible_whole(kind.model, actor).filter(organisation=row, state=State.PUBLISHED))[:OWN]


def _blind_name(file: Attachment) -> str:
    """Return a file's name for who sees the blind form: the real one may name the owner."""
    return _("附件") + Path(file.name).suffix


def qr_answer(text: str) -> HttpResponse:
    """Return a QR code as an SVG picture."""
    out = io.BytesIO()
    segno.make(text, error="m").save(out, kind="svg", scale=4, border=2, xmldecl=True, svgns=True)
    return HttpResponse(out.getvalue(), content_type="image/svg+xml")


def _cards(shown: list[Face]) -> list[dict[str, Any]]:
    fresh = timezone.now() - NEW_FOR
    return [
        card(face, reverse("record", args=[face.number]))
        | {"is_new": bool(face.published_at and face.published_at > fresh)}
        for face in shown
    ]


def _narrowed(seen: QuerySet[Any], request: HttpRequest) -> QuerySet[Any]:
    field, region, words = (request.GET.get(name, "").strip() for name in ("field", "region", "q"))
    rows = published_in(seen, nodes_below(field)) if field else seen.filter(state=State.PUBLISHED)
    if region:
        rows = rows.filter(region__in=region_and_below(region))
    if words:
        # Of a blind record, a stranger may not find out by searching what he may not read.
        rows = rows.filter(title__icontains=words[:60], is_whole=True)
    return rows


def _facts(face: Face) -> list[tuple[str, str]]:
    """Return the short facts of a record as pairs of label and text, in the order of its form."""
    money = {"achievement": ("price", price_of), "need": ("budget_low", budget_of)}.get(face.kind)
    shown: list[tuple[str, str]] = []
    for name, value in face.values.items():
        unsaid = name in LONG or name in NOT_FACTS or value in (None, "", (), False)
        if unsaid and not (money and name == money[0] and face.whole):
            continue
        label = str(_("预算") if name == "budget_low" else LABELS[name])
        if money and name == money[0]:
            shown.append((label, money[1](face)))
        elif isinstance(value, tuple):
            shown.append((label, _("、").join(value)))
        elif isinstance(value, bool):
            shown.append((label, _("是")))
        else:
            shown.append((label, str(value)))
    return shown


LONG = (
    "result", "problem", "background", "description", "advantages", "application", "indicators", "tried", "record",
    "equipment", "terms",
)  # fmt: skip
NOT_FACTS = (
    "title", "visibility", "blind_title", "budget_high", "budget_qualifier", "budget_currency", "price_qualifier",
    "price_currency",
)  # fmt: skip


def _texts(face: Face) -> list[tuple[str, str, str]]:
    """Return the long texts of a record: field name, label, text."""
    return [(name, str(LABELS[name]), face.values[name]) for name in face.values if name in LONG and face.values[name]]


def _query_without_page(request: HttpRequest) -> str:
    query = request.GET.copy()
    query.pop("page", None)
    return query.urlencode()


urlpatterns = [
    path("", home, name="home"),
    path("records/<str:number>", record, name="record"),
    path("records/<str:number>/code.svg", record_code, name="record-code"),
    path("attachments/<uuid:pk>", attachment, name="attachment"),
    path("organisations", organisations, name="organisations"),
    path("organisations/<str:number>", organisation, name="organisation"),
    path("organisations/<str:number>/logo", organisation_logo, name="organisation-logo"),
    path("catalogue/<str:plural>", records, name="records"),
]
