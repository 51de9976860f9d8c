"""What the pages of staff and administrators share."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.functional import SimpleLazyObject

from queqiao.web.side import side_navigation


def show(request: HttpRequest, template: str, context: Mapping[str, Any], status: int = 200) -> HttpResponse:
    """Show a page with the side navigation, which is worked out only where the page draws it."""
    side = SimpleLazyObject(lambda: side_navigation(request))
    return render(request, template, {"side_navigation": side, **context}, status=status)


def query_without(request: HttpRequest, *names: str) -> str:
    """Return the query string of the page without some of its names, for links that set them anew."""
    query = request.GET.copy()
    for name in names:
        query.pop(name, None)
    return query.urlencode()
