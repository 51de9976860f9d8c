"""Answering a question from the index, and from the database where the index cannot be read."""

import datetime
import logging
import threading
from collections.abc import Hashable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from queqiao.accounts.actors import Actor
from queqiao.accounts.choices import OrganisationState
from queqiao.accounts.models import Organisation
from queqiao.accounts.queries import visible_organisations
from queqiao.engine.retrieval import Exploration, FacetQuery, IndexDamagedError, Order, SearchEngine, TextQuery
from queqiao.records.choices import State
from queqiao.records.models import CatalogueRecord, concrete_kinds
from queqiao.records.queries import published_in, visible
from queqiao.search import index
from queqiao.search.asking import Question, Sort, Wording, read_wording
from queqiao.search.entries import ORGANISATION, analyser, entry_id
from queqiao.search.facets import FACETS, FIELD, by_age, conditions
from queqiao.search.forgiving import forgiving_query
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
    FORGIVEN = "forgiven"  # none has: by the sound, or but for a letter
    SOME = "some"  # none has: each has some of the words
    TITLES = "titles"  # the index cannot be read now: in the titles, from the database


@dataclass(frozen=True, slots=True)
class Answer:
    """One page of what was found, as rows that the reader may see, and what else he could choose.

    ``counts`` maps facets to values to numbers of hits; it is empty where only titles were looked through, and
    ``total`` is None where nobody counted. Numbers go up to ``MOST`` where words were asked for.
    """

    rows: tuple[CatalogueRecord | Organisation, ...]
    total: int | None
    page: int
    pages: int
    counts: Mapping[str, Mapping[str, int]]
    how: How
    wording: Wording


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
    """Load the dictionary and the engine, for which the first search of a process would wait about two seconds."""
    analyser().terms("鹊桥")
    with suppress(IndexDamagedError):
        index.open_to_read().close()


def answer_from(engine: SearchEngine, question: Question, wording: Wording, actor: Actor) -> Answer:
    """Answer a question from one index; IndexDamagedError where it cannot be read."""
    found, how = explore(engine, question, wording, actor)
    counts = {facet: found.counts.get(facet, {}) for facet in FACETS}
    counts["since"] = by_age(counts["since"], timezone.localdate())
    pages = min(-(-found.total // PAGE), MOST_PAGES)
    page = min(_page(question), max(pages, 1))
    rows = fetch(found.ids[(page - 1) * PAGE : page * PAGE], actor)
    return Answer(tuple(rows), found.total, page, pages, counts, how, wording)


def explore(engine: SearchEngine, question: Question, wording: Wording, actor: Actor) -> tuple[Exploration, How]:
    """Return the entries up to the page that is asked for, with counts, and how they were found."""
    choices = conditions(question.chosen, timezone.localdate())

    def ask(text: TextQuery | None, order: Order | None) -> Exploration:
        most = MOST if text is not None and order is None else None  # who asks for the newest wants them of all
        asked = FacetQuery(text, readable(actor), FIELD, choices, order, most)
        return _explored(engine, asked, _page(question) * PAGE)

    order = _ORDERS.get(question.sort)
    if wording.is_empty:
        return ask(None, order or _ORDERS[Sort.NEWEST]), How.BROWSED
    tries = attempts(wording)
    for how, query in tries:
        found = ask(query, order)
        # Enough where there is something, if perhaps not what was chosen beside the words.
        if found.total or found.counts.get("kind") or how == tries[-1][0]:
            return found, how
    raise AssertionError("there is always something to try")


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
    """Return the queries to try until one finds something, the strictest first."""
    every, some = wording.every(), wording.some()
    if every is None:
        return [(How.SOME, some)]
    tries = [(How.EVERY, every)]
    forgiving = None if wording.phrases else forgiving_query(wording.plain)
    if forgiving is not None:
        tries.append((How.FORGIVEN, replace(forgiving, without=every.without)))
    return [*tries, (How.SOME, some)] if len(every.tokens) > 1 else tries


def _page(question: Question) -> int:
    return min(max(question.page, 1), MOST_PAGES)


def _from_titles(question: Question, wording: Wording, actor: Actor) -> Answer:
    """Look for the words in titles only, the newest first, and count nothing."""
    words = [word[:60] for word in (*wording.plain.split(), *wording.phrases)][:8]
    kinds = question.chosen.get("kind") or (*concrete_kinds(), ORGANISATION)
    page = _page(question)
    found: list[tuple[datetime.datetime, str]] = []
    for kind, model in concrete_kinds().items():
        if kind in kinds:
            seen: Any = _narrowed(visible(model, actor), question).filter(*map(_in_title, words))
            newest = seen.order_by("-published_at").values_list("published_at", "pk", "is_whole")
            found += [(at, entry_id(pk, whole=whole)) for at, pk, whole in newest[: page * PAGE + 1]]
    if ORGANISATION in kinds and not (question.chosen.get("field") or question.chosen.get("region")):
        named = visible_organisations(actor).filter(
            *(Q(name__icontains=word) for word in words), state=OrganisationState.ACTIVE
        )
        keys = named.order_by("-recorded_at").values_list("recorded_at", "pk")
        found += [(at, entry_id(pk, whole=True)) for at, pk in keys[: page * PAGE + 1]]
    found.sort(reverse=True)
    rows = fetch([one for _at, one in found[(page - 1) * PAGE : page * PAGE]], actor)
    return Answer(tuple(rows), None, page, page + (len(found) > page * PAGE), {}, How.TITLES, wording)


def _narrowed(seen: QuerySet[Any], question: Question) -> QuerySet[Any]:
    """Apply the choices that the database can answer: fields and regions."""
    fields, regions = (question.chosen.get(name, ()) for name in ("field", "region"))
    nodes = [node for code in fields for node in nodes_below(code)]
    rows = published_in(seen, nodes) if fields else seen.filter(state=State.PUBLISHED)
    return rows.filter(region__in={code for one in regions for code in region_and_below(one)}) if regions else rows


def _in_title(word: str) -> Q:
    return Q(title__icontains=word, is_whole=True) | Q(blind_title__icontains=word)
