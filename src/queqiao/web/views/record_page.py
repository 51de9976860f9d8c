"""The page of one record, what goes along when it is shared, and its files."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseNotModified
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.http import parse_etags, quote_etag

from queqiao.accounts.actors import Actor
from queqiao.core.files import open_stored
from queqiao.core.i18n import _
from queqiao.hall.models import Theme
from queqiao.hall.queries import kept_themes
from queqiao.records.choices import State, Visibility
from queqiao.records.labels import KIND_LABELS, LABELS
from queqiao.records.models import Attachment
from queqiao.records.presenting import Face, faces, is_open, with_rows
from queqiao.records.queries import (
    alike,
    attachments_of,
    can_edit,
    is_insider,
    left_to_others,
    steps_with_reasons,
    visible,
    visible_whole,
)
from queqiao.research.models import Achievement, Expert
from queqiao.research.queries import about_person
from queqiao.web.access import Rule, actor_of, open_to
from queqiao.web.answers import qr_answer, sealed
from queqiao.web.argument import indicator_rows, ways, with_figure
from queqiao.web.contact import operators_for
from queqiao.web.cover import draw_cover, find_font, mark_of
from queqiao.web.filters import day
from queqiao.web.kinds import KINDS, budget_of, cards_of, kind_of_number, price_of
from queqiao.web.views.record_matches import fitting
from queqiao.web.visits import note_visit

SIMILAR, WORKS = 3, 6
DESCRIPTION = 150  # characters that search engines and messengers show


@open_to(Rule.PUBLIC)
def record(request: HttpRequest, number: str) -> HttpResponse:
    """Show one record as this reader may see it, and count the visit of who is neither its owner nor its staff."""
    kind = kind_of_number(number)
    actor = actor_of(request)
    row = with_rows(visible(kind.model, actor).filter(number=number)).first()
    if row is None:
        raise Http404
    inside = is_insider(row, actor)
    face = faces([row], inside=inside)[0]
    shown = {"kind": kind, "face": face, "labels": LABELS, "fitting": fitting(row, actor)}
    shown["contact"] = None if inside else _contact(row, face)
    context = _content(row, face, actor) | _hands(row, actor) | shown
    response = render(request, "catalogue/record.html", context)
    if not inside:
        note_visit(request, response, row)
    return response


def _content(row: Any, face: Face, actor: Actor) -> dict[str, Any]:
    """Return what the page says of a record beside its face."""
    files = attachments_of(row, whole=face.whole)
    named = [(file, file.name if face.whole else _blind_name(file)) for file in files]
    said = face.get("result") or face.get("problem") or face.get("record") or face.get("description")
    return {
        "facts": [*_facts(face), *(about_person(row) if face.whole and isinstance(row, Expert) else ())],
        "key_facts": _key_facts(face),
        "texts": _texts(face),
        "lead": with_figure(face.get("result")),
        "indicators": indicator_rows(face.get("indicators")),
        "ways": ways(face, row.cooperation),
        "people": cards_of(faces(with_rows(_team(row, face, actor)))),
        "works": cards_of(faces(with_rows(_works(row, face, actor)))),
        "pictures": [(file, name) for file, name in named if file.is_picture],
        "files": [(file, name) for file, name in named if not file.is_picture],
        "similar": cards_of(faces(with_rows(alike(row, actor, SIMILAR)))),
        "said": " ".join((said or face.title).split())[:DESCRIPTION],
        "address": settings.SITE_URL + reverse("record", args=[row.number]),
        "cover": settings.SITE_URL + reverse("record-cover", args=[row.number]),
        "as_of": timezone.localdate(),
    }


def _contact(row: Any, face: Face) -> dict[str, Any]:
    """Return how others come into contact with who owns a record; who owns a blind one is not said."""
    shown = {"operators": operators_for(face, row.organisation), "href": "", "more": ""}
    if not face.whole:
        say = _("这条记录匿名发布。请把编号 {number} 告诉运营方，由运营方转告发布单位；对方同意后，再介绍双方认识。")
        return shown | {"say": say.format(number=face.number)}
    say = _("想谈合作，请把编号 {number} 告诉运营方，由技术经理人转达并陪同对接。").format(number=face.number)
    href = reverse("organisation", args=[face.organisation_number]) + "#contact"
    return shown | {"say": say, "href": href, "more": _("查看{name}的展位").format(name=face.organisation)}


def _hands(row: Any, actor: Actor) -> dict[str, Any]:
    """Return what the reader may do with a record."""
    editable = can_edit(row, actor)
    themes = kept_themes(actor) if actor.is_staff and row.state == State.PUBLISHED else Theme.objects.none()
    return {
        "steps": steps_with_reasons(row, actor),
        "editable": editable,
        "left_to_others": left_to_others(row, actor),
        "reason": row.reason if editable else "",
        "themes": themes,
    }


def _team(row: Any, face: Face, actor: Actor) -> QuerySet[Any]:
    """Return the pages of the people behind an achievement whose own page is open to everybody."""
    if not isinstance(row, Achievement) or not face.whole:
        return Expert.objects.none()
    team = visible_whole(Expert, actor).filter(achievements=row)
    return team.filter(state=State.PUBLISHED, visibility=Visibility.PUBLIC)


def _works(row: Any, face: Face, actor: Actor) -> QuerySet[Any]:
    """Return what an expert whose page is open to everybody has achieved."""
    if not isinstance(row, Expert) or not face.whole or not is_open(row):
        return Achievement.objects.none()
    return visible_whole(Achievement, actor).filter(team=row, state=State.PUBLISHED)[:WORKS]


@open_to(Rule.PUBLIC)
def record_cover(request: HttpRequest, number: str) -> HttpResponseBase:
    """Draw the picture that goes along when a record is shared: of a blind one, its blind title and no more."""
    kind = kind_of_number(number)
    row = with_rows(visible(kind.model, actor_of(request)).filter(number=number)).first()
    if row is None:
        raise Http404
    face = faces([row])[0]
    foot = f"{settings.SITE['name']}｜{number}"
    words = (str(KIND_LABELS[face.kind]), face.title, face.organisation if face.whole else "", foot)
    etag = quote_etag(mark_of(words))

    def drawn() -> HttpResponse:
        return HttpResponse(draw_cover(*words, font=find_font()), content_type="image/png")

    known = parse_etags(request.headers.get("If-None-Match", ""))
    answer = HttpResponseNotModified() if etag in known else drawn()
    answer.headers["ETag"], answer.headers["Cache-Control"] = etag, "private, no-cache"
    return answer


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
    return sealed(handed)


def _blind_name(file: Attachment) -> str:
    """Return a file's name for who sees the blind form: the real one may name the owner."""
    return _("附件") + Path(file.name).suffix


def _key_facts(face: Face) -> list[tuple[str, str, bool]]:
    """Return what it costs and until when, where the reader sees it: label, text, whether it is an amount."""
    told = (
        (LABELS["price"], price_of(face) if "price" in face.values else "", True),
        (_("预算"), budget_of(face), True),
        (LABELS["deadline"], day(face.get("deadline", None)), False),
    )
    return [(str(label), text, is_money) for label, text, is_money in told if text]


def _facts(face: Face) -> list[tuple[str, str]]:
    """Return the short facts of a record as pairs of label and text, in the order of its form."""
    shown: list[tuple[str, str]] = []
    for name, value in face.values.items():
        if name in LONG or name in NOT_FACTS or value in (None, "", (), False):
            continue
        text = _("、").join(value) if isinstance(value, tuple) else _("是") if value is True else str(value)
        shown.append((str(LABELS[name]), text))
    return shown


LONG = (
    "result", "problem", "background", "description", "advantages", "application", "indicators", "tried", "record",
    "equipment", "terms",
)  # fmt: skip
FIRST = ("problem", "indicators", "advantages")
NOT_FACTS = (
    "title", "visibility", "blind_title", "budget_low", "budget_high", "budget_qualifier", "budget_currency", "price",
    "price_qualifier", "price_currency", "deadline", "ip", "team", "trl", "fields", "cooperation",
)  # fmt: skip


def _texts(face: Face) -> list[tuple[str, str, str]]:
    """Return the long texts of a record, what convinces first: field name, label, text."""
    first = [name for name in FIRST if name in face.values]
    names = [*first, *(name for name in face.values if name in LONG and name not in first)]
    return [(name, str(LABELS[name]), face.values[name]) for name in names if face.values[name]]


urlpatterns = [
    path("records/<str:number>", record, name="record"),
    path("records/<str:number>/code.svg", record_code, name="record-code"),
    path("records/<str:number>/cover.png", record_cover, name="record-cover"),
    path("attachments/<uuid:pk>", attachment, name="attachment"),
]
