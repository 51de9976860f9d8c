"""The public lists of the catalogue: records of one kind, and organisations."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path

from queqiao.accounts.queries import visible_organisations
from queqiao.records.choices import State
from queqiao.records.presenting import faces, with_rows
from queqiao.records.queries import published_in, visible
from queqiao.taxonomy.queries import fields, nodes_below, region_and_below
from queqiao.web.access import Rule, actor_of, open_to
from queqiao.web.kinds import cards_of, kind_of
from queqiao.web.paging import CappedPaginator, KeyedPaginator

PAGE = 24
MOST, MOST_NARROWED = 1_000, 240  # how far a list is counted, and can be turned over


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
            "cards": cards_of(faces(page.object_list)),
            "options": options,
            "chosen": chosen,
            "query": _query_without_page(request),
        },
    )


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


def _narrowed(seen: QuerySet[Any], request: HttpRequest) -> QuerySet[Any]:
    field, region, words = (request.GET.get(name, "").strip() for name in ("field", "region", "q"))
    rows = published_in(seen, nodes_below(field)) if field else seen.filter(state=State.PUBLISHED)
    if region:
        rows = rows.filter(region__in=region_and_below(region))
    if words:
        # Of a blind record, a stranger may not find out by searching what he may not read.
        rows = rows.filter(title__icontains=words[:60], is_whole=True)
    return rows


def _query_without_page(request: HttpRequest) -> str:
    query = request.GET.copy()
    query.pop("page", None)
    return query.urlencode()


urlpatterns = [
    path("organisations", organisations, name="organisations"),
    path("catalogue/<str:plural>", records, name="records"),
]
