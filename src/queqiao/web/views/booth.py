"""The booth of an organisation: what it shows of itself."""

from mimetypes import guess_type
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import path

from queqiao.accounts.actors import Actor
from queqiao.accounts.models import Organisation
from queqiao.accounts.queries import visible_organisations
from queqiao.core.files import open_stored
from queqiao.records.choices import State
from queqiao.records.presenting import faces, with_rows
from queqiao.records.queries import (
    visible_whole,
)
from queqiao.web.access import Rule, actor_of, open_to
from queqiao.web.answers import sealed
from queqiao.web.kinds import KINDS, Kind, cards_of

OWN = 12  # so many records of each kind stand on the page of an organisation


@open_to(Rule.PUBLIC)
def organisation(request: HttpRequest, number: str) -> HttpResponse:
    """Show an organisation and what it shows; the address of a merged one leads to where it went."""
    actor = actor_of(request)
    row = visible_organisations(actor).filter(number=number).select_related("region", "parent", "merged_into").first()
    if row is None:
        raise Http404
    if row.merged_into is not None:
        return redirect("organisation", number=row.merged_into.number, permanent=False)
    shown = {plural: cards_of(faces(_shown_by(row, kind, actor))) for plural, kind in KINDS.items()}
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
    return sealed(FileResponse(open_stored(settings.FILES_DIR, row.logo), content_type=guess_type(row.logo)[0]))


def _shown_by(row: Organisation, kind: Kind, actor: Actor) -> QuerySet[Any]:
    """Return the newest records of an organisation that name it: a blind one must not stand on its owner's page."""
    return with_rows(visible_whole(kind.model, actor).filter(organisation=row, state=State.PUBLISHED))[:OWN]


urlpatterns = [
    path("organisations/<str:number>", organisation, name="organisation"),
    path("organisations/<str:number>/logo", organisation_logo, name="organisation-logo"),
]
