"""The booth of an organisation: what it shows of itself, and how to come into contact."""

import uuid
from collections.abc import Iterable
from mimetypes import guess_type
from typing import Any

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
from queqiao.records.choices import State
from queqiao.records.models import Attachment
from queqiao.records.presenting import Face, faces, with_rows
from queqiao.records.queries import visible_whole
from queqiao.research.models import Lab
from queqiao.web.access import Rule, actor_of, open_to
from queqiao.web.answers import sealed
from queqiao.web.contact import operators_of
from queqiao.web.kinds import KINDS, Kind, cards_of, kind_of
from queqiao.web.paging import CappedPaginator

OWN, PARTS = 12, 60  # so many records of each kind, and parts, stand on the page of an organisation
PAGE = 24
ORDER = ("labs", "achievements", "needs", "experts")


@open_to(Rule.PUBLIC)
def organisation(request: HttpRequest, number: str) -> HttpResponse:
    """Show an organisation and what it shows; the address of a merged one leads to where it went."""
    actor = actor_of(request)
    row = _found(number, actor)
    if row.merged_into is not None:
        return redirect("organisation", number=row.merged_into.number, permanent=False)
    shown = {plural: _shown_by(row, KINDS[plural], actor) for plural in ORDER}
    cards = {plural: _cards(plural, faces(with_rows(rows)[:OWN])) for plural, rows in shown.items()}
    parts = visible_organisations(actor).filter(parent=row, state="active")
    context = {
        "organisation": row,
        "shown": cards,
        "counts": {plural: _counted(rows, cards[plural]) for plural, rows in shown.items()},
        "most": OWN,
        "kinds": KINDS,
        "parts": parts.select_related("region")[:PARTS],
        "aliases": row.aliases.all(),
        "operators": operators_of(row),
        "address": settings.SITE_URL + reverse("organisation", args=[number]),
        "as_of": timezone.localdate(),
    }
    return render(request, "catalogue/organisation.html", context)


@open_to(Rule.PUBLIC)
def organisation_records(request: HttpRequest, number: str, plural: str) -> HttpResponse:
    """List all that an organisation shows of one kind, as many as its page counts."""
    kind, actor = kind_of(plural), actor_of(request)
    row = _found(number, actor)
    if row.merged_into is not None:
        return redirect("organisation-records", number=row.merged_into.number, plural=plural, permanent=False)
    page = CappedPaginator(_shown_by(row, kind, actor), PAGE).get_page(request.GET.get("page"))
    rows: Any = page.object_list
    cards = _cards(plural, faces(with_rows(rows)))
    context = {"organisation": row, "kind": kind, "page": page, "cards": cards}
    return render(request, "catalogue/organisation_records.html", context)


@open_to(Rule.PUBLIC)
def organisation_logo(request: HttpRequest, number: str) -> HttpResponseBase:
    """Hand out the logo of an organisation that the reader may see."""
    row = visible_organisations(actor_of(request)).filter(number=number).exclude(logo="").first()
    if row is None:
        raise Http404
    return sealed(FileResponse(open_stored(settings.FILES_DIR, row.logo), content_type=guess_type(row.logo)[0]))


def _found(number: str, actor: Actor) -> Organisation:
    found = visible_organisations(actor).filter(number=number).select_related("region", "parent", "merged_into").first()
    if found is None:
        raise Http404
    return found


def _shown_by(row: Organisation, kind: Kind, actor: Actor) -> QuerySet[Any]:
    """Return the records of an organisation that name it: a blind one must not stand on its owner's page."""
    return visible_whole(kind.model, actor).filter(organisation=row, state=State.PUBLISHED)


def _counted(rows: QuerySet[Any], shown: list[Any]) -> int:
    """Return how many records there are; they are counted only where not all of them stand on the page."""
    return len(shown) if len(shown) < OWN else CappedPaginator(rows, OWN).count


def _cards(plural: str, shown: list[Face]) -> list[dict[str, Any]]:
    """Return cards; those of labs with their first picture, and whether one can look in."""
    cards = cards_of(shown)
    if plural == "labs":
        pictures = _first_pictures(face.id for face in shown)
        for card, face in zip(cards, shown, strict=True):
            card |= {"picture": pictures.get(face.id, ""), "live": face.get("live_link")}
    return cards


def _first_pictures(ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, str]:
    """Return the address of the first picture of each record, for who sees the whole of it."""
    found = Attachment.objects.filter(kind=Lab.KIND, record_id__in=list(ids), is_picture=True, removed_at=None)
    rows = reversed(list(found.values_list("record_id", "pk")))
    return {record_id: reverse("attachment", args=[pk]) for record_id, pk in rows}


urlpatterns = [
    path("organisations/<str:number>", organisation, name="organisation"),
    path("organisations/<str:number>/logo", organisation_logo, name="organisation-logo"),
    path("organisations/<str:number>/<str:plural>", organisation_records, name="organisation-records"),
]
