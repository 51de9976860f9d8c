"""Ranks candidates for a need: the score of a pair, its parts, its level and the evidence for it.

The score is a pure function of the pair and the corpus snapshot:

``score = similarity + indicators + field + maturity + region + cooperation``
``indicators = 0.10 · (met - missed) / required - (0.06 where any is missed)``

with ``similarity`` as in ``lexical``, the indicators compared in ``text.quantities``, and the last four as in
``AGREEMENT_WEIGHTS``. Without any shared term the score is 0: agreement on a region alone makes no match.
A model learned from grades and an encoder of texts, where they are given, add one part each to the best candidates'
scores; see ``learned`` and ``semantic``.
"""

import heapq
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from queqiao.engine.ranking.documents import Document
from queqiao.engine.ranking.evidence import Evidence, PlacedText, place_terms, shared_terms
from queqiao.engine.ranking.learned import Model, Rules
from queqiao.engine.ranking.levels import capped, fits, is_brief, level_of
from queqiao.engine.ranking.lexical import CandidateMatrix, Similarity, Weights, candidate_weights, need_weights
from queqiao.engine.ranking.pairs import PairTable, Vector, features, unit_vector
from queqiao.engine.ranking.semantic import Encoder, semantic_parts, version_with
from queqiao.engine.ranking.snapshot import BLOCKS, CorpusSnapshot
from queqiao.engine.ranking.structured import (
    Agreement,
    compare_cooperation,
    compare_fields,
    compare_maturity,
    compare_regions,
)
from queqiao.engine.text.analyser import Analyser, Terms
from queqiao.engine.text.fillers import learn_fillers
from queqiao.engine.text.quantities import (
    Gap,
    GapStatus,
    Indicator,
    compare_indicators,
    find_demands,
    find_stated,
    without_repeats,
)

INDICATOR_WEIGHT = 0.10
# Of two candidates with like texts the one that misses nothing comes first, whatever else the other reaches. Levels
# do not count it: a missed indicator keeps a candidate below 4 by itself.
MISS_COSTS = 0.06
# What agreement adds and disagreement takes away. Fields differ by taxonomy more often than by subject, and a
# far region is no reason against a match: neither takes anything away.
AGREEMENT_WEIGHTS: Mapping[str, tuple[float, float]] = {
    "field": (0.02, 0.0),
    "maturity": (0.01, -0.02),
    "region": (0.01, 0.0),
    "cooperation": (0.01, -0.01),
}
COMPARE: Mapping[str, Callable[[str, str], Agreement]] = {
    "field": compare_fields,
    "maturity": compare_maturity,
    "region": compare_regions,
    "cooperation": compare_cooperation,
}
# Raised whenever the same pair would get another score, level or reason under the same snapshot.
MODEL_VERSION = "4"
LEARNED = "learned"  # the part by which a model moves a candidate
SEMANTIC = "semantic"  # the part by which an encoder does
REORDERED = 100  # candidates that a model looks at, at the least, and an encoder at the most
RELATED = 0.2  # similarity of texts from which on they are taken to be about one subject, indicators too
QUIET = 2  # portions of candidates running that bring nobody onto a list, after which it is taken to be whole
DECIMALS = 6  # of a score: enough to tell candidates apart, few enough to be the same on every machine


@dataclass(frozen=True, slots=True)
class Match:
    """One need with one candidate: ``score`` is the sum of ``parts``, ``level`` runs from 4 strong to 1 unrelated."""

    need_id: str
    candidate_id: str
    rank: int
    score: float
    level: int
    parts: Mapping[str, float]
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Shortlist:
    """The ranked candidates of one need.

    Where nothing fits, ``matches`` is empty and ``nearest`` is the candidate that came closest, if any shares a
    term with the need at all.
    """

    need_id: str
    matches: tuple[Match, ...]
    nearest: Match | None


@dataclass(frozen=True)
class AnalysedNeed:
    """A need cut into terms once, for all its candidates."""

    document: Document
    weights: Weights
    placed: PlacedText
    indicators: tuple[Indicator, ...]
    terms: Terms
    vectors: tuple[Vector, Vector] | None = None  # of the whole text and of the title, for a model


@dataclass(frozen=True, slots=True)
class _Scored:
    row: int
    score: float
    parts: dict[str, float]
    gaps: tuple[Gap, ...]
    agreements: dict[str, Agreement]
    level: int | None = None  # by a model, before what a pair cannot have is taken away
    expected: float | None = None  # the grade from which that level comes


class Ranker:
    """Ranks candidates under one snapshot; ``terms[i]`` are the terms of ``candidates[i]``.

    Further candidates may be put at the end of both lists at any time. With a ``model`` the best candidates are ordered
    and given levels as it says, with an ``encoder`` they are ordered by what their texts mean, too; levels do not count
    that. Where the encoder fails, EncoderError comes through; ``encoder`` may then be set to None, and everything is
    ranked as if there had never been one.
    """

    def __init__(
        self,
        analyser: Analyser,
        snapshot: CorpusSnapshot,
        candidates: Sequence[Document],
        terms: Sequence[Terms],
        model: Model | None = None,
        *,
        encoder: Encoder | None = None,
    ):
        self.analyser, self.snapshot, self.model, self.encoder = analyser, snapshot, model, encoder
        self.candidates, self.terms = candidates, terms
        self.fillers = learn_fillers(snapshot.blocks["words"].document_frequency, snapshot.documents)
        self._indicators: dict[int, tuple[Indicator, ...]] = {}
        self._matrix = CandidateMatrix(snapshot, ())

    @property
    def version(self) -> str:
        """Which model scores, and which encoder takes part."""
        return version_with(MODEL_VERSION if self.model is None else self.model.version, self.encoder)

    @property
    def matrix(self) -> CandidateMatrix:
        """All candidates' weights, computed when first asked for."""
        if len(self._matrix) < len(self.terms):
            self._matrix.add(self.terms[len(self._matrix) :])
        return self._matrix

    def analyse(self, need: Document, terms: Terms | None = None) -> AnalysedNeed:
        """Cut a need; give its ``terms`` where they are known already."""
        full = terms or self.analyser.terms(need.text)
        title = self.analyser.terms(need.title)
        weights = need_weights(self.snapshot, full, title)
        demands = without_repeats(find_demands(need.text, need.extent("indicators")))
        vectors = None
        if self.model is not None:
            vectors = unit_vector(self.snapshot, full), unit_vector(self.snapshot, title)
        return AnalysedNeed(need, weights, place_terms(self.analyser, need), demands, full, vectors)

    def shortlist(self, need: AnalysedNeed, *, top: int, rows: NDArray[np.intp] | None = None) -> Shortlist:
        """Return the best ``top`` candidates among ``rows`` (all where None), or abstain."""
        return self._conclude(need, self._first(need, rows, top), top)

    def shortlist_found(self, need: AnalysedNeed, portions: Iterable[NDArray[np.intp]], *, top: int) -> Shortlist:
        """Return the best ``top`` of candidates that an index found, without weighing those that come too late.

        Each of the ``portions`` gives the rows of all that were read so far, the most alike first. No more are asked
        for after two running that brought nobody onto the list.
        """
        first: list[_Scored] = []
        quiet = 0
        for rows in portions:
            before = {one.row for one in first}
            first = self._first(need, rows, top)
            quiet = quiet + 1 if before.issuperset(one.row for one in first) else 0
            if quiet == QUIET:
                break
        return self._conclude(need, first, top)

    def _first(self, need: AnalysedNeed, rows: NDArray[np.intp] | None, top: int) -> list[_Scored]:
        """Return those of the rows that may be listed, ordered without a model or an encoder."""
        reach = top if self.model is None and self.encoder is None else max(top, REORDERED)
        return self._order(need, self._worth_scoring(need, rows, reach), reach)[:reach]

    def _conclude(self, need: AnalysedNeed, first: list[_Scored], top: int) -> Shortlist:
        ordered = self._by_meaning(need, self._learned(need, first))[:top]
        matches = [self._match(need, scored, rank) for rank, scored in enumerate(ordered, 1) if scored.score > 0]
        if not matches:
            return Shortlist(need.document.id, (), None)
        best = first[0].score + _miss_cost(first[0].gaps)
        if not fits(best, has_reason=bool(matches[0].evidence.terms)):
            return Shortlist(need.document.id, (), matches[0])
        return Shortlist(need.document.id, tuple(matches), None)

    def rank(self, need: AnalysedNeed, rows: Iterable[int]) -> tuple[Match, ...]:
        """Score and order exactly the given candidates, whether they fit or not."""
        chosen = np.array(sorted(set(rows)), dtype=np.intp)
        first = self._order(need, (chosen, self.matrix.similarity(need.weights, chosen)))
        ordered = self._by_meaning(need, self._learned(need, first))
        return tuple(self._match(need, scored, rank) for rank, scored in enumerate(ordered, 1))

    def _worth_scoring(
        self, need: AnalysedNeed, rows: NDArray[np.intp] | None, top: int
    ) -> tuple[NDArray[np.intp], Similarity]:
        """Leave out candidates whose texts are so unlike that no other part could bring them into the list."""
        similarity = self.matrix.similarity(need.weights, rows)
        total = similarity.total
        index = np.arange(len(self.candidates), dtype=np.intp) if rows is None else rows
        if len(total) > top:
            reach = 2 * INDICATOR_WEIGHT + MISS_COSTS if need.indicators else 0.0
            reach += sum(up - down for name, (up, down) in AGREEMENT_WEIGHTS.items() if name in need.document.stated)
            bound = np.partition(total, len(total) - top)[len(total) - top] - reach - 10**-DECIMALS
            keep = np.flatnonzero((total >= bound) & (total > 0))
            similarity = Similarity({name: values[keep] for name, values in similarity.blocks.items()})
            index = index[keep]
        return index, similarity

    def _order(
        self, need: AnalysedNeed, worth: tuple[NDArray[np.intp], Similarity], most: int | None = None
    ) -> list[_Scored]:
        """Score and order candidates; where only the best ``most`` are wanted, none that cannot be among them."""
        rows, similarity = worth
        total = similarity.total
        gain = (INDICATOR_WEIGHT if need.indicators else 0.0) + 10 ** (1 - DECIMALS)  # at the most, and for rounding
        gain += sum(up for name, (up, _down) in AGREEMENT_WEIGHTS.items() if name in need.document.stated)
        scored: list[_Scored] = []
        best: list[float] = []
        for i in np.argsort(-total, kind="stable"):
            if most is not None and len(best) == most and total[i] + gain < best[0]:
                break
            one = self._score(need, int(rows[i]), {name: float(similarity.blocks[name][i]) for name in BLOCKS})
            scored.append(one)
            heapq.heappush(best, one.score)
            if most is not None and len(best) > most:
                heapq.heappop(best)
        return sorted(scored, key=lambda one: (-one.score, self.candidates[one.row].id))

    def _score(self, need: AnalysedNeed, row: int, blocks: dict[str, float]) -> _Scored:
        candidate = self.candidates[row]
        related = sum(blocks.values()) >= RELATED
        gaps = compare_indicators(need.indicators, self._indicators_of(row), related=related) if need.indicators else ()
        agreements = compare_stated(need.document.stated, candidate.stated)
        parts = dict(blocks)
        if sum(blocks.values()) > 0:
            parts["indicators"] = _indicator_part(gaps)
            parts |= {name: agreement_part(name, agreement) for name, agreement in agreements.items()}
        parts = {name: round(value, DECIMALS) for name, value in parts.items() if round(value, DECIMALS)}
        return _Scored(row, round(max(0.0, sum(parts.values())), DECIMALS), parts, gaps, agreements)

    def _learned(self, need: AnalysedNeed, ordered: list[_Scored]) -> list[_Scored]:
        """Let the model, where there is one, say what grade each would get, and order them anew."""
        if self.model is None or need.vectors is None:
            return ordered
        rules = self.model.rules(need.vectors)
        if not (rules.orders or rules.levels):
            return ordered
        terms = [self.terms[one.row] for one in ordered]
        table = PairTable(
            needs=[need.vectors],
            candidates=[unit_vector(self.snapshot, some) for some in terms],
            need_of=np.zeros(len(ordered), dtype=np.intp),
            candidate_of=np.arange(len(ordered), dtype=np.intp),
            scores=np.array([one.score for one in ordered]),
            features=np.array(
                [features(self.snapshot, need.terms, own, one.parts) for own, one in zip(terms, ordered, strict=True)]
            ),
        )
        moved = []
        for one, expected in zip(ordered, self.model.expect(table), strict=True):
            part = round(rules.part(one.score, float(expected)), DECIMALS) if one.score > 0 else 0.0
            parts = one.parts | ({LEARNED: part} if part else {})
            score = round(max(0.0, one.score + part), DECIMALS)
            moved.append(replace(one, score=score, parts=parts, **_judged(rules, float(expected))))
        return sorted(moved, key=lambda one: (-one.score, self.candidates[one.row].id))

    def _by_meaning(self, need: AnalysedNeed, ordered: list[_Scored]) -> list[_Scored]:
        """Let the encoder, where there is one, move the best candidates; what scores nothing is no candidate."""
        if self.encoder is None:
            return ordered
        best = [one for one in ordered[:REORDERED] if one.score > 0]
        texts = [self.candidates[one.row].text for one in best]
        moved = []
        for one, value in zip(
            best, semantic_parts(self.encoder, need.document.text, texts, [one.score for one in best]), strict=True
        ):
            part = round(value, DECIMALS)
            parts = one.parts | ({SEMANTIC: part} if part else {})
            moved.append(replace(one, score=round(one.score + part, DECIMALS), parts=parts))
        moved.sort(key=lambda one: (-one.score, self.candidates[one.row].id))
        return moved + ordered[len(best) :]

    @staticmethod
    def _level(scored: _Scored, evidence: Evidence) -> int:
        if scored.level is not None:  # the grades of pairs like it are a reason, too
            return capped(scored.level, scored.gaps, brief=evidence.brief)
        moved = scored.parts.get(LEARNED, 0.0) + scored.parts.get(SEMANTIC, 0.0)
        score = scored.score - moved + _miss_cost(scored.gaps)
        return level_of(score, scored.gaps, has_reason=bool(evidence.terms), brief=evidence.brief)

    def _match(self, need: AnalysedNeed, scored: _Scored, rank: int) -> Match:
        candidate = self.candidates[scored.row]
        weights = need.weights, candidate_weights(self.snapshot, self.terms[scored.row])
        terms = shared_terms(need.placed, place_terms(self.analyser, candidate), weights, self.fillers)
        brief = is_brief(self.terms[scored.row].characters)
        evidence = Evidence(terms, scored.gaps, scored.agreements, scored.expected, brief)
        level = self._level(scored, evidence)
        return Match(need.document.id, candidate.id, rank, scored.score, level, scored.parts, evidence)

    def _indicators_of(self, row: int) -> tuple[Indicator, ...]:
        if row not in self._indicators:
            self._indicators[row] = find_stated(self.candidates[row].text)
        return self._indicators[row]


def compare_stated(need: Mapping[str, str], candidate: Mapping[str, str]) -> dict[str, Agreement]:
    """Compare two records on every point; what one side does not state is not stated."""
    return {
        name: compare(need[name], candidate[name]) if name in need and name in candidate else Agreement.NOT_STATED
        for name, compare in COMPARE.items()
    }


def _judged(rules: Rules, expected: float) -> dict[str, Any]:
    return {"level": rules.level(expected), "expected": min(4.0, max(1.0, expected))} if rules.levels else {}


def _indicator_part(gaps: Sequence[Gap]) -> float:
    if not gaps:
        return 0.0
    met = sum(gap.status is GapStatus.MET for gap in gaps)
    missed = sum(gap.status is GapStatus.NOT_MET for gap in gaps)
    return INDICATOR_WEIGHT * (met - missed) / len(gaps) - _miss_cost(gaps)


def _miss_cost(gaps: Sequence[Gap]) -> float:
    return MISS_COSTS if any(gap.status is GapStatus.NOT_MET for gap in gaps) else 0.0


def agreement_part(name: str, agreement: Agreement) -> float:
    """Return what one point's agreement adds to the score."""
    agrees, differs = AGREEMENT_WEIGHTS[name]
    return {Agreement.AGREES: agrees, Agreement.DIFFERS: differs, Agreement.NOT_STATED: 0.0}[agreement]
