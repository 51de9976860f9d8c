"""The page of one record, its QR code and its files."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import path, reverse

from queqiao.core.files import open_stored
from queqiao.core.i18n import _
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
    visible,
)
from queqiao.research.models import Expert
from queqiao.research.queries import about_person
from queqiao.web.access import Rule, actor_of, open_to
from queqiao.web.answers import qr_answer, sealed
from queqiao.web.kinds import KINDS, budget_of, cards_of, kind_of_number, price_of

SIMILAR = 3


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
            "similar": cards_of(faces(with_rows(alike(row, actor, SIMILAR)))),
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
    return sealed(handed)


def _blind_name(file: Attachment) -> str:
    """Return a file's name for who sees the blind form: the real one may name the owner."""
    return _("附件") + Path(file.name).suffix


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


urlpatterns = [
    path("records/<str:number>", record, name="record"),
    path("records/<str:number>/code.svg", record_code, name="record-code"),
    path("attachments/<uuid:pk>", attachment, name="attachment"),
]
