"""Relevance feedback inside one need: what the staff said of some candidates moves the others (Rocchio 1971).

``feedback(c) = 0.10 · mean cos(c, strong) - 0.03 · mean cos(c, weak)``, kept within ± the candidate's text similarity

where ``strong`` are the candidates graded 3 or 4 and ``weak`` those graded 1 or 2, and a cosine is

``cos(c, g) = Σ_b w_b · cos_b(c, g) / Σ_b w_b``

over the blocks b and with the weights of the ranking, under the same snapshot. Rocchio moves the query towards the
mean of what was found relevant and away from the mean of what was not; a score is linear in the query, so the movement
is a part of each candidate's score. The original score stays as it is. See docs/why/ranking.md.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from queqiao.engine.ranking.pairs import cosines, unit_vector
from queqiao.engine.ranking.ranker import DECIMALS
from queqiao.engine.ranking.snapshot import CorpusSnapshot
from queqiao.engine.text.analyser import Terms

TOWARDS, AWAY = 0.10, 0.03  # the most that likeness to the strong adds, and to the weak takes away
STRONG_FROM = 3  # grades from here on speak for those alike, lower ones against them


@dataclass(frozen=True, slots=True)
class Judged:
    """One candidate of a need: its terms, its text ``similarity`` to the need, and its ``grade`` where it has one.

    The similarity is the sum of the parts of the score that come from the texts; the grade runs from 4 strong to 1
    unrelated, None where nothing was said about the subject.
    """

    id: str
    terms: Terms
    similarity: float
    grade: int | None = None


def feedback_parts(snapshot: CorpusSnapshot, candidates: Sequence[Judged]) -> dict[str, float]:
    """Return what the grades add to the score of each candidate, by id; 0 for the graded, and where nobody is graded.

    Raises ValueError for a grade that is not 1 to 4 and for an id that stands there twice.
    """
    ordered = sorted(candidates, key=lambda one: one.id)
    parts = {one.id: 0.0 for one in ordered}
    if len(parts) < len(ordered):
        raise ValueError("a candidate stands there twice")
    if wrong := [one.id for one in ordered if one.grade is not None and one.grade not in (1, 2, 3, 4)]:
        raise ValueError(f"a grade is 1 to 4: {wrong[0]}")
    graded = [one for one in ordered if one.grade is not None]
    others = [one for one in ordered if one.grade is None]
    if not graded or not others:
        return parts
    likeness = cosines(*([unit_vector(snapshot, one.terms) for one in some] for some in (others, graded)))
    strong = np.array([(one.grade or 0) >= STRONG_FROM for one in graded])
    moved = TOWARDS * _mean(likeness[:, strong]) - AWAY * _mean(likeness[:, ~strong])
    for one, value in zip(others, moved, strict=True):
        most = max(0.0, one.similarity)
        parts[one.id] = round(min(max(float(value), -most), most), DECIMALS) + 0.0
    return parts


def _mean(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the mean of each row, 0 where there are no columns."""
    return values.mean(axis=1) if values.shape[1] else np.zeros(len(values))
