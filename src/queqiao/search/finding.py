"""Answering a question from the index, and from the database where the index cannot be read."""

import datetime
import gc
import logging
import threading
from collections.abc import Callable, Hashable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from queqiao.accounts.actors import Actor
from queqiao.accounts.choices import OrganisationState
from queqiao.accounts.models import Organisation
from queqiao.accounts.queries import visible_organisations
from queqiao.engine.retrieval import Exploration, FacetQuery, Filter, IndexDamagedError, Order, SearchEngine, TextQuery
from queqiao.records.choices import State
from queqiao.records.models import CatalogueRecord, concrete_kinds
from queqiao.records.queries import published_in, visible
from queqiao.search import index
from queqiao.search.asking import Question, Sort, Wording, read_wording
from queqiao.search.entries import ORGANISATION, analyser, entry_id
from queqiao.search.facets import FACETS, FIELD, by_age, conditions
from queqiao.search.mending import mended
from queqiao.search.numbers import take_numbers
from queqiao.search.queries import fetch, readable
from queqiao.taxonomy.queries import nodes_below, region_and_below

PAGE, MOST_PAGES = 24, 40
_ORDERS = {
    Sort.NEWEST: Order("published"),
    Sort.MATURE: Order("trl"),
    Sort.EXPIRING: Order("expires", descending=False),
}
MOST = 1_000  # rows that are looked at, and so counted, for words: the best
BROWSED = 256  # answers to questions without words that a process keeps
_browsed: dict[Hashable, Exploration] = {}
_browsed_lock = threading.Lock()
_log = logging.getLogger("queqiao.search")


class How(StrEnum):
    """How the hits were found."""

    BROWSED = "browsed"  # nothing was asked for in words
    EVERY = "every"  # each has all words
    FORGIVEN = "forgiven"  # none has: each has all words of what was probably meant, by sound or but for a letter
    SOME = "some"  # none has: each has some of the words
    TITLES = "titles"  # the index cannot be read now: in the titles, from the database


@dataclass(frozen=True, slots=True)
class Answer:
    """One page of what was found, as rows that the reader may see, and what else he could choose.

    ``counts`` maps facets to values to numbers of hits; it is empty where only titles were looked through, and
    ``total`` is None where nobody counted. Numbers go up to ``MOST`` where words were asked for. ``wording`` is what
    was looked for in the end, ``typed`` the words that were asked for; ``unchosen`` is the total without any choice.
    """

    rows: tuple[CatalogueRecord | Organisation, ...]
    total: int | None
    page: int
    pages: int
    counts: Mapping[str, Mapping[str, int]]
    how: How
    wording: Wording
    typed: str = ""
    unchosen: int = 0


@dataclass(frozen=True, slots=True)
class Found:
    """What was found in the end: how, in which words, and how much it would be without any choice."""

    page: Exploration
    how: How
    wording: Wording
    unchosen: int


def find(question: Question, actor: Actor) -> Answer:
    """Answer a question for an actor."""
    wording = read_wording(question.text)
    try:
        engine = index.open_to_read()
        try:
            return answer_from(engine, question, wording, actor)
        finally:
            engine.close()
    except IndexDamagedError as error:
        if index.mark_damaged(error):
            _log.warning("searching the database instead: %s", error)
        return _from_titles(question, wording, actor)


def warm_up() -> None:
    """Load the dictionary and the engine, for which the first search of a process would wait about two seconds.

    What a process has by then it keeps; collecting garbage no longer looks through it, which took 0.2 s each time.
    """
    analyser().terms("鹊桥")
    with suppress(IndexDamagedError):
        index.open_to_read().close()
    gc.collect()
    gc.freeze()


def answer_from(engine: SearchEngine, question: Question, wording: Wording, actor: Actor) -> Answer:
    """Answer a question from one index; IndexDamagedError where it cannot be read."""
    found = explore(engine, question, wording, actor)
    counts = {facet: found.page.counts.get(facet, {}) for facet in FACETS}
    counts["since"] = by_age(counts["since"], timezone.localdate())
    total = found.page.total
    pages = min(-(-total // PAGE), MOST_PAGES)
    page = min(_page(question), max(pages, 1))
    rows = tuple(fetch(found.page.ids[(page - 1) * PAGE : page * PAGE], actor))
    return Answer(rows, total, page, pages, counts, found.how, found.wording, wording.plain, found.unchosen)


def explore(engine: SearchEngine, question: Question, wording: Wording, actor: Actor) -> Found:
    """Return the entries up to the page that is asked for, with counts, and how they were found."""
    choices = conditions(question.chosen, timezone.localdate())

    def ask(text: TextQuery | None, order: Order | None, chosen: Mapping[str, Filter]) -> Exploration:
        most = MOST if text is not None and order is None else None  # who asks for the newest wants them of all
        asked = FacetQuery(text, readable(actor), FIELD, chosen, order, most)
        return _explored(engine, asked, _page(question) * PAGE)

    for how, text, words in _tries(engine, wording, actor):
        order = _ORDERS.get(question.sort) or (_ORDERS[Sort.NEWEST] if how is How.BROWSED else None)
        page = ask(text, order, choices)
        found = Found(page, how, words, page.total or (ask(text, order, {}).total if choices else 0))
        if found.unchosen:  # enough where there is something, if perhaps not what was chosen beside the words
            break
    return found


def _tries(engine: SearchEngine, wording: Wording, actor: Actor) -> Iterator[tuple[How, TextQuery | None, Wording]]:
    """Yield the questions to ask until one finds something, the strictest first."""
    if wording.is_empty:
        yield How.BROWSED, None, wording
        return
    strict, *loose = attempts(wording)
    yield *strict, wording
    meant = mended(engine, wording, actor) if strict[0] is How.EVERY else None
    if meant is not None and (query := meant.every()) is not None:
        yield How.FORGIVEN, query, meant
    for how, text in loose:
        yield how, text, wording
    if meant is not None:
        yield How.SOME, meant.some(), meant


def _explored(engine: SearchEngine, asked: FacetQuery, k: int) -> Exploration:
    """Explore; what was asked for without words is kept until the index changes, since it looks at every entry."""
    version = engine.version() if asked.text is None else None
    if version is None:
        return engine.explore(asked, k)
    key = (index.folder(), version, asked.condition, tuple(sorted(asked.choices.items())), asked.order, k)
    with _browsed_lock:
        if key not in _browsed:
            while len(_browsed) >= BROWSED:
                del _browsed[next(iter(_browsed))]
            _browsed[key] = engine.explore(asked, k)
        return _browsed[key]


def attempts(wording: Wording) -> list[tuple[How, TextQuery]]:
    """Return the queries for a wording that is not empty, the stricter first."""
    if not wording.asks:
        return [(How.BROWSED, wording.all_but())]
    every, some = wording.every(), wording.some()
    if every is None:
        return [(How.SOME, some)]
    return [(How.EVERY, every), *([(How.SOME, some)] if len(every.tokens) > 1 else [])]


def _page(question: Question) -> int:
    return min(max(question.page, 1), MOST_PAGES)


def _from_titles(question: Question, wording: Wording, actor: Actor) -> Answer:
    """Look for the words in titles only, the newest first, and count nothing."""
    kinds = question.chosen.get("kind") or (*concrete_kinds(), ORGANISATION)
    page = _page(question)
    found: list[tuple[datetime.datetime, str]] = []
    for kind, model in concrete_kinds().items():
        if kind in kinds:
            seen: Any = _narrowed(visible(model, actor), question).filter(_worded(wording, _in_title))
            newest = seen.order_by("-published_at").values_list("published_at", "pk", "is_whole")
            found += [(at, entry_id(pk, whole=whole)) for at, pk, whole in newest[: page * PAGE + 1]]
    if ORGANISATION in kinds and not (question.chosen.get("field") or question.chosen.get("region")):
        named = visible_organisations(actor).filter(_worded(wording, _in_name), state=OrganisationState.ACTIVE)
        keys = named.order_by("-recorded_at").values_list("recorded_at", "pk")
        found += [(at, entry_id(pk, whole=True)) for at, pk in keys[: page * PAGE + 1]]
    found.sort(reverse=True)
    rows = fetch([one for _at, one in found[(page - 1) * PAGE : page * PAGE]], actor)
    return Answer(tuple(rows), None, page, page + (len(found) > page * PAGE), {}, How.TITLES, wording, wording.plain)


def _narrowed(seen: QuerySet[Any], question: Question) -> QuerySet[Any]:
    """Apply the choices that the database can answer: fields and regions."""
    fields, regions = (question.chosen.get(name, ()) for name in ("field", "region"))
    nodes = [node for code in fields for node in nodes_below(code)]
    rows = published_in(seen, nodes) if fields else seen.filter(state=State.PUBLISHED)
    return rows.filter(region__in={code for one in regions for code in region_and_below(one)}) if regions else rows


def _worded(wording: Wording, holds: Callable[[str], Q]) -> Q:
    """Return the condition that all words stand in a title, and none that is not wanted."""
    numbers, rest = take_numbers(wording.plain)
    asked = Q()
    for word in (*numbers, *rest.split(), *wording.phrases)[:8] if wording.asks else ():
        asked &= holds(word[:60])
    for word in wording.without[:8]:
        asked &= ~holds(word[:60])
    return asked


def _in_title(word: str) -> Q:
    return Q(title__icontains=word, is_whole=True) | Q(blind_title__icontains=word) | Q(number=word)


def _in_name(word: str) -> Q:
    return Q(name__icontains=word) | Q(number=word)
