"""Themes in the hall, as visitors see them."""

from mimetypes import guess_type
from typing import Any

from django.conf import settings
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import path, reverse
from django.utils import timezone

from queqiao.core.files import open_stored
from queqiao.core.i18n import current_language
from queqiao.hall.models import Theme
from queqiao.hall.queries import can_keep, items_with_faces, shown_themes, visible_themes
from queqiao.web.access import Rule, actor_of, open_to
from queqiao.web.answers import sealed
from queqiao.web.kinds import cards_of
from queqiao.web.paging import CappedPaginator

PAGE = 24


@open_to(Rule.PUBLIC)
def themes(request: HttpRequest) -> HttpResponse:
    """List the themes that stand in the hall."""
    page = CappedPaginator(shown_themes().select_related("scope"), PAGE).get_page(request.GET.get("page"))
    return render(request, "hall/themes.html", {"page": page, "themes": [theme_card(one) for one in page.object_list]})


@open_to(Rule.PUBLIC)
def theme(request: HttpRequest, number: str) -> HttpResponse:
    """Show a theme: its records in order, each with what staff say for it; what the reader may not see is not there."""
    actor = actor_of(request)
    found = visible_themes(actor).filter(number=number).select_related("scope").first()
    if found is None:
        raise Http404
    shown = [(item, face) for item, face in items_with_faces(found, actor) if face]
    cards = cards_of([face for _item, face in shown])
    english = current_language() == "en"
    for card, (item, _face) in zip(cards, shown, strict=True):
        card["note"] = (item.note_en or item.note) if english else item.note
    context = {
        "theme": theme_card(found),
        "items": cards,
        "hidden": not shown_themes().filter(pk=found.pk).exists(),
        "keeps": can_keep(found.scope, actor),
        "address": settings.SITE_URL + reverse("theme", args=[number]),
        "as_of": timezone.localdate(),
    }
    return render(request, "hall/theme.html", context)


@open_to(Rule.PUBLIC)
def theme_cover(request: HttpRequest, number: str) -> HttpResponseBase:
    """Hand out the cover of a theme that the reader may see."""
    found = visible_themes(actor_of(request)).filter(number=number).exclude(cover="").first()
    if found is None:
        raise Http404
    return sealed(FileResponse(open_stored(settings.FILES_DIR, found.cover), content_type=guess_type(found.cover)[0]))


def theme_card(found: Theme) -> dict[str, Any]:
    """Return what pages show of a theme in the reader's language; Chinese where there is no other."""
    english = current_language() == "en"
    return {
        "number": found.number,
        "url": reverse("theme", args=[found.number]),
        "cover": reverse("theme-cover", args=[found.number]) if found.cover else "",
        "title": (found.title_en or found.title) if english else found.title,
        "intro": (found.intro_en or found.intro) if english else found.intro,
        "scope": (found.scope.name_en or found.scope.name) if english else found.scope.name,
        "ends_on": found.ends_on,
    }


urlpatterns = [
    path("themes", themes, name="themes"),
    path("themes/<str:number>", theme, name="theme"),
    path("themes/<str:number>/cover", theme_cover, name="theme-cover"),
]
