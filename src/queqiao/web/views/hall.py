"""The home page: what is in the hall today."""

import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.utils import timezone

from queqiao.accounts.actors import Actor
from queqiao.accounts.choices import OrganisationState
from queqiao.accounts.queries import visible_organisations
from queqiao.core.i18n import _
from queqiao.hall.queries import ending_soon, popular, shown_themes
from queqiao.needs.models import Need
from queqiao.records.choices import State
from queqiao.records.presenting import faces, with_rows
from queqiao.records.queries import visible
from queqiao.research.models import Achievement
from queqiao.web.access import Rule, actor_of, open_to
from queqiao.web.kinds import KINDS, cards_of
from queqiao.web.paging import CappedPaginator
from queqiao.web.views.themes import theme_card

NEW, FEW = 6, 3


@open_to(Rule.PUBLIC)
def home(request: HttpRequest) -> HttpResponse:
    """Show what is new, what is chosen, what many look at, what ends soon, and where to begin."""
    actor = actor_of(request)
    published = {plural: visible(kind.model, actor).filter(state=State.PUBLISHED) for plural, kind in KINDS.items()}
    there = visible_organisations(actor).filter(state=OrganisationState.ACTIVE)
    figures = [
        *((kind.label, published[plural], reverse("records", args=[plural])) for plural, kind in KINDS.items()),
        (_("机构"), there, reverse("organisations")),
    ]
    themes = shown_themes().select_related("scope")[:FEW]
    viewed = popular(actor, Achievement, FEW)
    context = {
        "achievements": cards_of(faces(with_rows(published["achievements"])[:NEW])),
        "needs": cards_of(faces(with_rows(published["needs"])[:NEW])),
        "themes": [theme_card(one) for one in themes],
        "popular": cards_of(faces(viewed)) if len(viewed) == FEW else (),  # one visit makes nothing popular
        "ending": _ending(actor),
        "figures": [(label, CappedPaginator(rows, 1).count, href) for label, rows, href in figures],
        "kinds": KINDS.values(),
        "as_of": timezone.localdate(),
    }
    return render(request, "home.html", context)


def _ending(actor: Actor) -> list[dict[str, Any]]:
    """Return cards of the needs and achievements that end soonest, each with the days that are left."""
    rows = [pair for model in (Need, Achievement) for pair in ending_soon(actor, model, FEW)]
    nearest = sorted(rows, key=lambda pair: (pair[0], pair[1].number))[:FEW]
    cards = cards_of(faces([row for _day, row in nearest]))
    for card, (day, _row) in zip(cards, nearest, strict=True):
        card["due"] = _left((day - timezone.localdate()) // datetime.timedelta(days=1))
    return cards


def _left(days: int) -> str:
    return _("今天到期") if days == 0 else _("还有 1 天") if days == 1 else _("还有 {n} 天").format(n=days)


urlpatterns = [
    path("", home, name="home"),
]
