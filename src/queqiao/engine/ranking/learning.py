"""Learning from the staff's grades: what is gained over the default is measured first, and used only if it is sure.

For new needs titles are left out a fifth at a time, and every pair is judged by what needs of the other titles teach;
for needs of which some candidates were graded, pairs are left out. In either case the order is learned where the lower
bound of the paired gain in nDCG@10 over the default lies above zero, the levels where that of the gain in absolute
error does; else the default stays. The intervals hold 99 % (bootstrap over needs): the fifths teach much the same, and
of 95 % intervals one in ten lay above zero for grades given at random.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from queqiao.engine.progress import Progress
from queqiao.engine.ranking.documents import Document
from queqiao.engine.ranking.gaussian import Fitted, fit, scale_of
from queqiao.engine.ranking.learned import FORMAT, SHARE, Model, level_within, plain_pairs
from queqiao.engine.ranking.metrics import auc, ndcg
from queqiao.engine.ranking.pairs import PairTable, features, unit_vector
from queqiao.engine.ranking.ranker import MODEL_VERSION, Match, Ranker
from queqiao.engine.text.analyser import Terms
from queqiao.engine.text.normalise import normalise

MOST_GRADES = 6_000  # the effort grows with the cube; of more the last ones count
FEWEST_NEEDS = 20  # with fewer an interval over needs says little
FOLDS, SEED, DRAWS = 5, 20261126, 2_000

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Grade:
    """What somebody said of a pair: ``level`` 4 strong to 1 unrelated, counting ``weight`` times as much as one."""

    need_id: str
    candidate_id: str
    level: int
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Gain:
    """The mean paired gain over the default, its 99 % interval, and the needs over which it was taken."""

    mean: float
    low: float
    high: float
    needs: int

    @property
    def is_sure(self) -> bool:
        """Whether there is a gain beyond chance."""
        return self.needs >= FEWEST_NEEDS and self.low > 0


@dataclass(frozen=True, slots=True)
class Noise:
    """Pairs of the same two texts that were graded more than once, how many of them differently, and by how much."""

    repeated: int
    differing: int
    mean_difference: float


@dataclass(frozen=True, slots=True)
class _Pair:
    """A graded pair with what the default says of it; ``need`` and ``candidate`` number the sides of the table."""

    need: int
    candidate: int
    grade: Grade
    match: Match
    features: tuple[float, ...]
    texts: tuple[str, str]


@dataclass(frozen=True)
class _Graded:
    """All graded pairs: as a table to learn from, their grades and weights, and the number of each one's title."""

    pairs: Sequence[_Pair]
    table: PairTable
    grades: Array
    weights: Array
    levels: Array  # by the default
    titles: NDArray[np.intp]


def learn(
    ranker: Ranker,
    needs: Sequence[tuple[Document, Terms]],
    grades: Sequence[Grade],
    *,
    made_on: str = "",
    progress: Progress | None = None,
) -> Model:
    """Learn from grades of needs with the ranker's candidates; the ranker scores as the default does.

    ``made_on`` is written into the card. Raises KeyError for a need or candidate that is not there, and ValueError
    where there is no grade, or all are alike.
    """
    kept = grades[-MOST_GRADES:]
    if len({grade.level for grade in kept}) < 2:
        raise ValueError("all grades are alike")
    graded = _collect(ranker, needs, kept, progress or (lambda _done, _total: None))
    scale = scale_of(graded.table)
    fitted = fit(graded.table, graded.grades, graded.weights, scale)
    found = {
        "new": _rules(graded, fitted, graded.titles),
        "known": _rules(graded, fitted, np.arange(len(graded.pairs))),
    }
    card = _what_was_learned_from(graded) | {
        "made_on": made_on,
        "snapshot": ranker.snapshot.version,
        "left_out": len(grades) - len(kept),
        "figures": {kind: figures for kind, (_plain, figures) in found.items()},
    }
    content = {
        "format": FORMAT,
        "ranking": MODEL_VERSION,
        "analyser": ranker.snapshot.analyser_version,
        "mean": round(fitted.mean, 9),
        "scale": [list(scale.score), [list(part) for part in scale.features]],
        **{kind: plain for kind, (plain, _figures) in found.items()},
        "card": card,
    }
    return Model(content | plain_pairs(graded.table, fitted.weights))


def _rules(graded: _Graded, fitted: Fitted, groups: NDArray[np.intp]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what a model does for pairs whose group nobody has graded, as plain data, and its figures there.

    Groups are numbered without a gap; a fifth of them is left out at a time for the figures, each by itself for the
    bounds of levels, which are used with everything learned.
    """
    folds = (np.random.default_rng(SEED).permutation(groups.max() + 1) % FOLDS)[groups]
    expected = fitted.left_out(folds)
    factor, offset = _to_scores(expected, graded.table.scores)
    blended = (1 - SHARE) * graded.table.scores + SHARE * (offset + factor * expected)
    predicted = _levels_by_fold(expected, graded, folds)
    order, area, level = _gains(graded, blended, predicted)
    plain = {
        "orders": order.is_sure,
        "levels": level.is_sure,
        "factor": round(factor, 9),
        "offset": round(offset, 9),
        "bounds": _bounds(fitted.left_out(groups), graded.grades),
    }
    figures = {
        "ndcg": asdict(order),
        "auc": asdict(area),
        "error": asdict(level),
        "level_score": [_score(graded, graded.levels), _score(graded, predicted)],
    }
    return plain, figures


def _what_was_learned_from(graded: _Graded) -> dict[str, Any]:
    return {
        "grades": len(graded.grades),
        "by_level": {str(n): int((graded.grades == n).sum()) for n in (1, 2, 3, 4)},
        "needs": len(graded.table.needs),
        "titles": int(graded.titles.max()) + 1,
        "candidates": len(graded.table.candidates),
        "noise": asdict(_noise(graded)),
    }


def _collect(
    ranker: Ranker, needs: Sequence[tuple[Document, Terms]], grades: Sequence[Grade], progress: Progress
) -> _Graded:
    known = {document.id: (document, terms) for document, terms in needs}
    by_need: dict[str, list[Grade]] = defaultdict(list)
    for grade in grades:
        by_need[grade.need_id].append(grade)
    asked = [known[need_id] for need_id in by_need]
    rows = {candidate.id: row for row, candidate in enumerate(ranker.candidates)}
    columns = sorted({rows[grade.candidate_id] for grade in grades})
    place = {ranker.candidates[row].id: column for column, row in enumerate(columns)}
    pairs: list[_Pair] = []
    for number, (document, terms) in enumerate(asked):
        given = by_need[document.id]
        ranked = ranker.rank(ranker.analyse(document, terms), [rows[grade.candidate_id] for grade in given])
        scored = {match.candidate_id: match for match in ranked}
        for grade in given:
            match, row = scored[grade.candidate_id], rows[grade.candidate_id]
            numbers = features(ranker.snapshot, terms, ranker.terms[row], match.parts)
            texts = document.text, ranker.candidates[row].text
            pairs.append(_Pair(number, place[grade.candidate_id], grade, match, numbers, texts))
        progress(number + 1, len(asked))
    table = PairTable(
        needs=[
            (unit_vector(ranker.snapshot, terms), unit_vector(ranker.snapshot, ranker.analyser.terms(document.title)))
            for document, terms in asked
        ],
        candidates=[unit_vector(ranker.snapshot, ranker.terms[row]) for row in columns],
        need_of=np.array([pair.need for pair in pairs], dtype=np.intp),
        candidate_of=np.array([pair.candidate for pair in pairs], dtype=np.intp),
        scores=np.array([pair.match.score for pair in pairs]),
        features=np.array([pair.features for pair in pairs]),
    )
    titles = _numbered(normalise(document.title).text.strip() or document.id for document, _terms in asked)
    return _Graded(
        pairs,
        table,
        np.array([float(pair.grade.level) for pair in pairs]),
        np.array([pair.grade.weight for pair in pairs]),
        np.array([float(pair.match.level) for pair in pairs]),
        titles[table.need_of],
    )


def _numbered(names: Iterable[str]) -> NDArray[np.intp]:
    """Return a number for each name, the same for the same."""
    numbers: dict[str, int] = {}
    return np.array([numbers.setdefault(name, len(numbers)) for name in names], dtype=np.intp)


def _to_scores(expected: Array, scores: Array) -> tuple[float, float]:
    """Return factor and offset that give expected grades the mean and the spread of the scores."""
    factor = float(scores.std() / (expected.std() or 1.0))
    return factor, float(scores.mean() - factor * expected.mean())


def _bounds(expected: Array, grades: Array) -> list[float]:
    """Return the bounds of levels 2, 3 and 4 with the least absolute error; each can be chosen by itself.

    The error of all three is the sum over bounds of the pairs on the wrong side of each.
    """
    order = np.argsort(expected, kind="stable")
    ordered = expected[order]
    middles = np.concatenate([[ordered[0] - 1], (ordered[1:] + ordered[:-1]) / 2, [ordered[-1] + 1]])
    found = []
    for level in (1, 2, 3):
        wrong = np.concatenate([[0], np.cumsum(np.where(grades[order] > level, 1, -1))])
        found.append(float(middles[int(np.argmin(wrong))]))
    return [round(float(bound), 6) for bound in np.maximum.accumulate(found)]


def _levels_by_fold(expected: Array, graded: _Graded, folds: NDArray[np.intp]) -> Array:
    """Return the level of each pair by bounds chosen on the pairs of other folds."""
    levels = np.empty_like(expected)
    for one in range(FOLDS):
        own = folds == one
        if own.all() or not own.any():
            levels[own] = graded.levels[own]
            continue
        bounds = _bounds(expected[~own], graded.grades[~own])
        levels[own] = [level_within(bounds, value) for value in expected[own]]
    return levels


def _gains(graded: _Graded, blended: Array, predicted: Array) -> tuple[Gain, Gain, Gain]:
    """Return the gains of order by nDCG@10 and by AUC, and of levels by absolute error, each paired by need."""
    of_need: dict[int, list[int]] = defaultdict(list)
    for row, pair in enumerate(graded.pairs):
        of_need[pair.need].append(row)
    orders, areas, errors = [], [], []
    for rows in of_need.values():
        levels = graded.grades[rows]
        before, after = (_measures(levels, scores[rows]) for scores in (graded.table.scores, blended))
        orders.append((before[0], after[0]))
        areas.append((before[1], after[1]))
        missed = [float(np.abs(said[rows] - levels).mean()) for said in (predicted, graded.levels)]
        errors.append((missed[0], missed[1]))
    return _gain(orders), _gain(areas), _gain(errors)


def _measures(levels: Array, scores: Array) -> tuple[float | None, float | None]:
    ranked = [int(level) for level in levels[np.argsort(-scores, kind="stable")]]
    return ndcg(ranked), auc(scores.tolist(), [bool(level >= 3) for level in levels])


def _gain(pairs: Sequence[tuple[float | None, float | None]]) -> Gain:
    gains = np.array([after - before for before, after in pairs if before is not None and after is not None])
    if not len(gains):
        return Gain(0.0, 0.0, 0.0, 0)
    draws = np.random.default_rng(SEED).integers(0, len(gains), (DRAWS, len(gains)))
    low, high = np.percentile(gains[draws].mean(axis=1), [0.5, 99.5])
    mean, low, high = (round(float(value), 6) for value in (gains.mean(), low, high))
    return Gain(mean, low, high, len(gains))


def _score(graded: _Graded, levels: Array) -> float:
    return round(float(1 / (1 + np.abs(levels - graded.grades).mean())), 6)


def _noise(graded: _Graded) -> Noise:
    said: dict[tuple[str, str], list[float]] = defaultdict(list)
    for pair in graded.pairs:
        said[pair.texts].append(float(pair.grade.level))
    repeated = [levels for levels in said.values() if len(levels) > 1]
    spread = [max(levels) - min(levels) for levels in repeated]
    mean = float(np.mean(spread)) if spread else 0.0
    return Noise(len(repeated), sum(one > 0 for one in spread), round(mean, 6))
