"""The hall's search: one box over everything, and the lists of one kind, with the same choices beside them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.core.paginator import Page, Paginator
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import path, reverse

from queqiao.accounts.models import Organisation
from queqiao.core.i18n import _
from queqiao.records.labels import LABELS
from queqiao.records.presenting import Face, faces, name_of
from queqiao.search.asking import Question, Sort, orders
from queqiao.search.entries import ORGANISATION
from queqiao.search.facets import FACETS, understood
from queqiao.search.finding import MOST, PAGE, Answer, How, find
from queqiao.search.remarks import remarks
from queqiao.search.why import Asked, Place, asked_by, mark, places
from queqiao.web.access import Rule, actor_of, open_to
from queqiao.web.choosing import choice_lists
from queqiao.web.kinds import Kind, card, cards_of, kind_of

_TELLING = (
    "result", "problem", "indicators", "description", "advantages", "application", "background", "tried", "record",
    "equipment", "keywords", "organisation",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Result:
    """One hit as a line of mixed results."""

    card: Mapping[str, Any]
    title: tuple[tuple[str, bool], ...]
    places: tuple[tuple[str, Place], ...]  # label of the field, and where


@open_to(Rule.PUBLIC)
def search(request: HttpRequest) -> HttpResponse:
    """Search everything."""
    return _answered(request, None)


@open_to(Rule.PUBLIC)
def records(request: HttpRequest, plural: str) -> HttpResponse:
    """List what is published of one kind, and search in it."""
    return _answered(request, kind_of(plural))


def _answered(request: HttpRequest, kind: Kind | None) -> HttpResponse:
    question = question_of(request.GET, kind.model.KIND if kind else "")
    answer = find(question, actor_of(request))
    in_words = answer.wording.asks
    mixed = kind is None or in_words
    fixed = frozenset({"kind"} if kind else ())
    query = query_of(replace(question, text=answer.wording.used), fixed)
    lists = choice_lists(query, answer.counts, fixed=fixed)
    pages: Paginator[Any] = Paginator(range(answer.pages * PAGE), PAGE)
    page: Page[Any] = pages.get_page(answer.page)
    return render(
        request,
        "catalogue/list.html",
        {
            "kind": kind,
            "here": reverse("records", args=[kind.plural]) if kind else reverse("search"),
            "answer": answer,
            "question": question,
            "in_words": in_words,
            "remarks": remarks(answer),
            "remarks_level": "warn" if answer.how is How.TITLES else "info",
            "most": MOST,
            "results": _results(answer) if mixed else (),
            "cards": () if mixed else cards_of(faces(_records(answer.rows))),
            "lists": lists,
            "chosen": sum(len(one.chosen) for one in lists),
            "carried": [(name, value) for name, value in _pairs(query) if name != "q"],
            "kept": [*_pairs(query), *([("kind", kind.model.KIND)] if kind else [])],
            "sorts": _sorts(query, question, in_words=in_words),
            "page": page,
            "query": query.urlencode(),
        },
    )


def question_of(sent: QueryDict, kind: str = "") -> Question:
    """Read a question from an address; what it says wrongly counts as not said."""
    chosen = understood({name: sent.getlist(name) for name in FACETS})
    if kind:
        chosen["kind"] = (kind,)
    sort, page = sent.get("sort", ""), sent.get("page", "")
    return Question(
        sent.get("q", "").replace("\x00", ""),
        chosen,
        Sort(sort) if sort in orders(chosen.get("kind", ())) else Sort.RELEVANCE,
        int(page) if page.isdecimal() and len(page) < 5 else 1,
    )


def query_of(question: Question, fixed: frozenset[str] = frozenset()) -> QueryDict:
    """Return what of an address asks a question, without the page and without choices that the path makes."""
    query = QueryDict(mutable=True)
    if question.text:
        query["q"] = question.text
    if question.sort is not Sort.RELEVANCE:
        query["sort"] = question.sort.value
    for name in FACETS:
        if name not in fixed and question.chosen.get(name):
            query.setlist(name, list(question.chosen[name]))
    return query


def _records(rows: Iterable[Any]) -> list[Any]:
    return [row for row in rows if not isinstance(row, Organisation)]


def _results(answer: Answer) -> list[Result]:
    """Return the lines of mixed results in their order; the rows of one kind are dressed together."""
    asked = asked_by(answer.wording)
    by_id: dict[Any, Face] = {}
    for kind in {row.KIND for row in _records(answer.rows)}:
        by_id |= {face.id: face for face in faces(row for row in _records(answer.rows) if kind == row.KIND)}
    return [
        _organisation_result(row, asked) if isinstance(row, Organisation) else _record_result(by_id[row.pk], asked)
        for row in answer.rows
    ]


def _record_result(face: Face, asked: Asked) -> Result:
    texts = {name: _as_text(face.get(name)) for name in _TELLING if name != "organisation" and face.get(name)}
    texts |= {"organisation": face.organisation}
    where = places(texts, asked, face.title)
    shown = card(face, reverse("record", args=[face.number]))
    return Result(shown, mark(face.title, asked), tuple((str(LABELS.get(one.field, "")), one) for one in where))


def _organisation_result(row: Organisation, asked: Asked) -> Result:
    name = name_of(row)
    texts = {"name": row.name, "introduction": row.introduction}
    shown = {
        "url": reverse("organisation", args=[row.number]),
        "kind": ORGANISATION,
        "title": name,
        "number": row.number,
        "field": row.get_kind_display(),
        "region": name_of(row.region) if row.region else "",
        "summary": row.introduction,
    }
    where = tuple((_("简介"), one) for one in places(texts, asked, name) if one.field == "introduction")
    return Result(shown, mark(name, asked), where)


def _as_text(value: Any) -> str:
    return _("、").join(value) if isinstance(value, tuple) else str(value)


def _sorts(query: QueryDict, question: Question, *, in_words: bool) -> list[tuple[str, str, bool]]:
    """Return the orders to choose from: label, address, whether it is this one."""
    labels = {
        Sort.RELEVANCE: _("相关度"),
        Sort.NEWEST: _("最新发布"),
        Sort.MATURE: _("成熟度"),
        Sort.EXPIRING: _("即将截止"),
    }
    offered = [sort for sort in orders(question.chosen.get("kind", ())) if in_words or sort is not Sort.RELEVANCE]
    current = question.sort if question.sort in offered else Sort.NEWEST
    return [(labels[sort], "?" + _sorted(query, sort), sort is current) for sort in offered]


def _sorted(query: QueryDict, sort: Sort) -> str:
    """Return the query string of the same question in another order."""
    other = query.copy()
    other.pop("sort", None)
    if sort is not Sort.RELEVANCE:
        other["sort"] = sort.value
    return other.urlencode()


def _pairs(query: QueryDict) -> list[tuple[str, str]]:
    return [(name, value) for name, values in query.lists() for value in values]


urlpatterns = [
    path("search", search, name="search"),
    path("catalogue/<str:plural>", records, name="records"),
]
