"""Ranks experts for a need through their records: papers, patents, projects, achievements.

``score = mean of the expert's ten best items``, each item's similarity (``lexical``, whole text, t = 0) weighted by
its recency ``0.5 ** (age / 15)``, where age is counted in years from the newest item of all (there is no clock here)
and an item without a year counts as of middle age. The mean over the best lets a long record neither win by its
length nor lose by its breadth. Field, region and ways of cooperation add as in ``ranker``. What was measured is in
docs/why/ranking.md.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from queqiao.engine.ranking.documents import Document, document_of
from queqiao.engine.ranking.evidence import PlacedText, SharedTerm, place_terms, shared_terms
from queqiao.engine.ranking.levels import level_of
from queqiao.engine.ranking.lexical import CandidateMatrix, candidate_weights, need_weights
from queqiao.engine.ranking.ranker import DECIMALS, AnalysedNeed, agreement_part, compare_stated
from queqiao.engine.ranking.snapshot import CorpusSnapshot
from queqiao.engine.ranking.structured import Agreement
from queqiao.engine.records import Expert, ExpertItem
from queqiao.engine.text.analyser import Analyser, Terms
from queqiao.engine.text.fillers import learn_fillers

BEST_ITEMS = 10
HALF_LIFE = 15.0  # years until an item counts half
MOST_ITEMS = 3  # that speak for an expert
_POINTS = ("field", "region", "cooperation")


@dataclass(frozen=True, slots=True)
class SpeakingItem:
    """An item of an expert's record that speaks for him or her, and the terms it shares with the need."""

    item: ExpertItem
    score: float
    terms: tuple[SharedTerm, ...]


@dataclass(frozen=True, slots=True)
class ExpertMatch:
    """One need with one expert: the score, what it rests on, and the items that speak for the expert."""

    need_id: str
    expert_id: str
    rank: int
    score: float
    level: int
    items: tuple[SpeakingItem, ...]
    agreements: dict[str, Agreement]


@dataclass(frozen=True, slots=True)
class ExpertShortlist:
    """The ranked experts of one need; empty where nobody's record fits."""

    need_id: str
    matches: tuple[ExpertMatch, ...]


class ExpertRanker:
    """Ranks a fixed list of experts; experts without an item are not ranked.

    Raises KeyError where an item belongs to an expert who is not in the list.
    """

    def __init__(
        self,
        analyser: Analyser,
        snapshot: CorpusSnapshot,
        experts: Sequence[Expert],
        items: Sequence[ExpertItem],
        terms: Sequence[Terms],
    ):
        self._analyser, self._snapshot = analyser, snapshot
        owned = sorted(range(len(items)), key=lambda i: (items[i].expert_id, items[i].id))
        self._items = [items[i] for i in owned]
        self._terms = [terms[i] for i in owned]
        self._matrix = CandidateMatrix(snapshot, self._terms)
        self._recency = _recency(self._items)
        self._starts = _starts(self._items)
        by_id = {expert.id: expert for expert in experts}
        self._experts = [by_id[self._items[start].expert_id] for start, _ in self._starts]
        self._placed: dict[int, PlacedText] = {}
        self._fillers = learn_fillers(snapshot.blocks["words"].document_frequency, snapshot.documents)

    def shortlist(self, document: Document, *, top: int, among: Collection[str] | None = None) -> ExpertShortlist:
        """Return the best ``top`` experts for a need, of the ids ``among`` where given; none where no record fits."""
        terms = self._analyser.terms(document.text)
        weights = need_weights(self._snapshot, terms, None)
        need = AnalysedNeed(document, weights, place_terms(self._analyser, document), (), terms)
        similarity = self._matrix.similarity(weights).total * self._recency
        ordered = self._order(document, similarity, among)[:top]
        matches = tuple(
            self._match(need, similarity, entry, rank) for rank, entry in enumerate(ordered, 1) if entry[0] > 0
        )
        if all(match.level == 1 for match in matches):
            return ExpertShortlist(document.id, ())
        return ExpertShortlist(document.id, matches)

    def _order(
        self, need: Document, similarity: NDArray[np.float64], among: Collection[str] | None
    ) -> list[tuple[float, int, dict[str, Agreement]]]:
        scored = []
        for index, (start, end) in enumerate(self._starts):
            if among is not None and self._experts[index].id not in among:
                continue
            text = float(np.sort(similarity[start:end])[-BEST_ITEMS:].mean())
            agreements = self._agreements(need, self._experts[index])
            extra = sum(agreement_part(name, agreement) for name, agreement in agreements.items()) if text > 0 else 0.0
            scored.append((round(max(0.0, text + extra), DECIMALS), index, agreements))
        return sorted(scored, key=lambda entry: (-entry[0], self._experts[entry[1]].id))

    def _agreements(self, need: Document, expert: Expert) -> dict[str, Agreement]:
        stated = {name: text for name in _POINTS if (text := getattr(expert, name))}
        return compare_stated(need.stated, stated)

    def _match(
        self,
        need: AnalysedNeed,
        similarity: NDArray[np.float64],
        entry: tuple[float, int, dict[str, Agreement]],
        rank: int,
    ) -> ExpertMatch:
        score, index, agreements = entry
        start, end = self._starts[index]
        rows = sorted(range(start, end), key=lambda row: (-round(float(similarity[row]), DECIMALS), row))[:MOST_ITEMS]
        items = tuple(self._speaking(need, row, float(similarity[row])) for row in rows)
        level = level_of(items[0].score, (), has_reason=bool(items[0].terms))
        return ExpertMatch(need.document.id, self._experts[index].id, rank, score, level, items, agreements)

    def _speaking(self, need: AnalysedNeed, row: int, score: float) -> SpeakingItem:
        item = self._items[row]
        both = need.weights, candidate_weights(self._snapshot, self._terms[row])
        if row not in self._placed:
            self._placed[row] = place_terms(self._analyser, document_of(item))
        terms = shared_terms(need.placed, self._placed[row], both, self._fillers)
        return SpeakingItem(item, round(score, DECIMALS), terms)


def _recency(items: Sequence[ExpertItem]) -> NDArray[np.float64]:
    years = [item.year for item in items if item.year is not None]
    if not years:
        return np.ones(len(items))
    newest, middle = max(years), sorted(years)[len(years) // 2]
    ages = np.array([newest - (item.year if item.year is not None else middle) for item in items], dtype=np.float64)
    return 0.5 ** (ages / HALF_LIFE)


def _starts(items: Sequence[ExpertItem]) -> list[tuple[int, int]]:
    """Return for each expert, in the order of the ids, the rows ``[start, end)`` of his or her items."""
    borders = [i for i in range(len(items)) if i == 0 or items[i].expert_id != items[i - 1].expert_id]
    return list(zip(borders, [*borders[1:], len(items)], strict=True))
