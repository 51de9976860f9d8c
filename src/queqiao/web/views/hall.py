"""The hall: the home page and what leads from it into the catalogue."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.utils import timezone

from queqiao.records.choices import State
from queqiao.records.presenting import faces, with_rows
from queqiao.records.queries import visible
from queqiao.web.access import Rule, actor_of, open_to
from queqiao.web.kinds import KINDS, cards_of
from queqiao.web.paging import CappedPaginator


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
            "achievements": cards_of(faces(achievements)),
            "needs": cards_of(faces(needs)),
            "figures": figures,
            "kinds": KINDS.values(),
            "as_of": timezone.localdate(),
        },
    )


urlpatterns = [
    path("", home, name="home"),
]
