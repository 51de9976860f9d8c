"""The list of organisations."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path

from queqiao.accounts.queries import visible_organisations
from queqiao.web.access import Rule, actor_of, open_to
from queqiao.web.paging import CappedPaginator

PAGE = 24


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


def _query_without_page(request: HttpRequest) -> str:
    query = request.GET.copy()
    query.pop("page", None)
    return query.urlencode()


urlpatterns = [
    path("organisations", organisations, name="organisations"),
]
