"""How alike two texts are by the terms they share: cosines over characters and words.

``similarity = Σ_b w_b · (cos(need text, candidate) + t · cos(need title, candidate)) / ((1 + t) · Σ_b w_b)``

over the blocks b of ``snapshot.BLOCKS``. The title counts once more, with t = 0.75, because an enterprise says
there what it wants, and below it also what it is. The candidate's side is normalised with a pivot (Singhal,
Buckley & Mitra 1996) instead of its plain length, so that a very short title does not win by being short.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from queqiao.engine.ranking.snapshot import BLOCKS, CorpusSnapshot, term_weights, vector_norm
from queqiao.engine.text.analyser import Terms

SLOPE = 0.75  # of the pivoted normalisation: 1 is the plain cosine, 0 ignores the length
TITLE_WEIGHT = 0.75  # t above

Weights = dict[str, dict[str, float]]


@dataclass(frozen=True, slots=True)
class Similarity:
    """The similarities of one need to some candidates: one array of shape (candidates,) for each block."""

    blocks: dict[str, NDArray[np.float64]]

    @property
    def total(self) -> NDArray[np.float64]:
        """Return the sum over the blocks, between 0 and about 1."""
        total: NDArray[np.float64] = np.sum([self.blocks[name] for name in BLOCKS], axis=0)
        return total


def need_weights(snapshot: CorpusSnapshot, full: Terms, title: Terms | None) -> Weights:
    """Return the need's side of the formula: for each block a weight for each term, already scaled.

    With ``title`` None the whole text counts and t is 0.
    """
    texts = [(full, 1.0)] if title is None else [(full, 1.0), (title, TITLE_WEIGHT)]
    scale = sum(BLOCKS.values()) * sum(weight for _, weight in texts)
    weights: Weights = {}
    for name, share in BLOCKS.items():
        combined: dict[str, float] = {}
        for terms, text_weight in texts:
            vector = term_weights(snapshot, name, getattr(terms, name))
            factor = share * text_weight / (scale * (vector_norm(vector) or 1.0))
            for term, weight in vector.items():
                combined[term] = combined.get(term, 0.0) + factor * weight
        weights[name] = combined
    return weights


def candidate_weights(snapshot: CorpusSnapshot, terms: Terms) -> Weights:
    """Return the candidate's side of the formula: for each block a weight for each term."""
    weights: Weights = {}
    for name in BLOCKS:
        vector = term_weights(snapshot, name, getattr(terms, name))
        pivot = snapshot.blocks[name].mean_norm or 1.0
        norm = (1 - SLOPE) * pivot + SLOPE * vector_norm(vector)
        weights[name] = {term: weight / norm for term, weight in vector.items()}
    return weights


class CandidateMatrix:
    """All candidates' weights as sparse rows; scoring a need against them is one product for each block.

    A row's score is summed over its own terms in their alphabetical order. It is therefore the same number
    whichever other rows stand beside it, and the same for a single pair as for the whole corpus.
    """

    def __init__(self, snapshot: CorpusSnapshot, candidates: Sequence[Terms]):
        weights = [candidate_weights(snapshot, terms) for terms in candidates]
        self._columns: dict[str, dict[str, int]] = {}
        self._rows: dict[str, sparse.csr_array] = {}
        for name in BLOCKS:
            columns = {term: i for i, term in enumerate(sorted({t for row in weights for t in row[name]}))}
            self._columns[name] = columns
            self._rows[name] = _to_rows([row[name] for row in weights], columns)

    def similarity(self, need: Weights, rows: NDArray[np.intp] | None = None) -> Similarity:
        """Score one need against all candidates, or against the given rows only."""
        blocks: dict[str, NDArray[np.float64]] = {}
        for name in BLOCKS:
            columns = self._columns[name]
            dense = np.zeros(len(columns))
            for term, weight in need[name].items():
                if term in columns:
                    dense[columns[term]] = weight
            matrix = self._rows[name] if rows is None else self._rows[name][rows]
            blocks[name] = matrix @ dense
        return Similarity(blocks)


def _to_rows(rows: Sequence[dict[str, float]], columns: dict[str, int]) -> sparse.csr_array:
    lengths = np.fromiter((len(row) for row in rows), dtype=np.int64, count=len(rows))
    starts = np.concatenate(([0], np.cumsum(lengths)))
    indices = np.fromiter((columns[term] for row in rows for term in row), dtype=np.int32, count=int(starts[-1]))
    data = np.fromiter((weight for row in rows for weight in row.values()), dtype=np.float64, count=int(starts[-1]))
    return sparse.csr_array((data, indices, starts), shape=(len(rows), len(columns)))
