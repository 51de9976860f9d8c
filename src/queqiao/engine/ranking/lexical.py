"""How alike two texts are by the terms they share: cosines over characters and words.

``similarity = Σ_b w_b · (cos(need text, candidate) + t · cos(need title, candidate)) / ((1 + t) · Σ_b w_b)``

over the blocks b of ``snapshot.BLOCKS``. The title counts once more, with t = 0.75, because an enterprise says
there what it wants, and below it also what it is. The candidate's side is normalised with a pivot (Singhal,
Buckley & Mitra 1996) instead of its plain length, so that a very short title does not win by being short.
"""

import math
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from queqiao.engine.ranking.snapshot import BLOCKS, CorpusSnapshot, frequency_weight, term_weights, vector_norm
from queqiao.engine.text.analyser import Terms

SLOPE = 0.75  # of the pivoted normalisation: 1 is the plain cosine, 0 ignores the length
TITLE_WEIGHT = 0.75  # t above
_AT_ONCE = 5000  # texts whose weights are computed together; more take more room and no less time

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
        names, _, places, values = _weigh(snapshot, name, [terms])
        weights[name] = dict(zip((names[place] for place in places), values.tolist(), strict=True))
    return weights


class CandidateMatrix:
    """All candidates' weights as sparse rows; scoring a need against them is one product for each block.

    A row's score is summed over its own terms in their alphabetical order. It is therefore the same number
    whichever other rows stand beside it, and the same for a single pair as for the whole corpus.
    """

    def __init__(self, snapshot: CorpusSnapshot, candidates: Sequence[Terms]):
        self._snapshot = snapshot
        self._columns: dict[str, dict[str, int]] = {name: {} for name in BLOCKS}
        self._rows: dict[str, sparse.csr_array] = {name: sparse.csr_array((0, 0), dtype=np.float64) for name in BLOCKS}
        self.add(candidates)

    def __len__(self) -> int:
        return int(next(iter(self._rows.values())).shape[0])

    def add(self, candidates: Sequence[Terms]) -> None:
        """Put further candidates below those that are there."""
        for name in BLOCKS:
            columns = self._columns[name]
            new = {term for one in candidates for term in getattr(one, name)} - columns.keys()
            columns.update({term: i for i, term in enumerate(sorted(new), len(columns))})
            some = (candidates[start : start + _AT_ONCE] for start in range(0, len(candidates), _AT_ONCE))
            old = self._rows[name]
            wider = sparse.csr_array((old.data, old.indices, old.indptr), shape=(old.shape[0], len(columns)))
            self._rows[name] = sparse.vstack([wider, *(self._weighed(name, texts) for texts in some)], format="csr")

    def _weighed(self, name: str, texts: Sequence[Terms]) -> sparse.csr_array:
        columns = self._columns[name]
        names, starts, places, values = _weigh(self._snapshot, name, texts)
        indices = np.array([columns[term] for term in names], dtype=np.int32)[places]
        return sparse.csr_array((values, indices, starts), shape=(len(texts), len(columns)))

    @property
    def side_by_side(self) -> sparse.csr_array:
        """All blocks in single precision, shape (candidates, terms of all blocks); see ``needs_side_by_side``."""
        return _side_by_side(self._rows)

    def needs_side_by_side(self, needs: Iterable[Weights]) -> sparse.csr_array:
        """Return needs in the columns of ``side_by_side``; the product of both is ``similarity`` in total."""
        known = (
            {name: {term: w for term, w in need[name].items() if term in self._columns[name]} for name in BLOCKS}
            for need in needs
        )
        return _side_by_side(_to_rows(known, self._columns))

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


def _weigh(
    snapshot: CorpusSnapshot, block: str, texts: Sequence[Terms]
) -> tuple[list[str], NDArray[np.intp], NDArray[np.intp], NDArray[np.float64]]:
    """Return the candidates' side of the formula for many texts at once.

    That is the terms in alphabetical order, where each text's row starts, and for each term of a row its place among
    the terms, ascending, and its weight.
    """
    said = [getattr(one, block) for one in texts]
    names = sorted({term for terms in said for term in terms})
    place = {term: i for i, term in enumerate(names)}
    lengths = [len(terms) for terms in said]
    flat = np.fromiter((place[term] for terms in said for term in terms), dtype=np.int64, count=sum(lengths))
    keys, counts = np.unique(np.repeat(np.arange(len(said)), lengths) * len(names) + flat, return_counts=True)
    rows, places = np.divmod(keys, max(1, len(names)))
    starts = np.searchsorted(rows, np.arange(len(said) + 1))
    idf, unknown = snapshot.known_idf[block], snapshot.idf_of(0)
    frequencies = np.array([0.0, *map(frequency_weight, range(1, counts.max(initial=0) + 1))])
    weights = frequencies[counts] * np.array([idf.get(term, unknown) for term in names], dtype=np.float64)[places]
    # Summed exactly, as in ``vector_norm``.
    squares = np.split(weights * weights, starts[1:-1])
    norms = np.array([math.sqrt(math.fsum(row.tolist())) for row in squares])
    pivot = snapshot.blocks[block].mean_norm or 1.0
    return names, starts, places, weights / np.repeat((1 - SLOPE) * pivot + SLOPE * norms, np.diff(starts))


def _to_rows(texts: Iterable[Weights], columns: dict[str, dict[str, int]]) -> dict[str, sparse.csr_array]:
    """Return each block's rows; held as plain numbers at once: as objects they take 20 times the room."""
    starts = {name: array("q", [0]) for name in BLOCKS}
    indices = {name: array("i") for name in BLOCKS}
    data = {name: array("d") for name in BLOCKS}
    for text in texts:
        for name in BLOCKS:
            indices[name].extend(columns[name][term] for term in text[name])
            data[name].extend(text[name].values())
            starts[name].append(len(data[name]))
    return {
        name: sparse.csr_array(
            (np.array(data[name]), np.array(indices[name]), np.array(starts[name])),
            shape=(len(starts[name]) - 1, len(columns[name])),
        )
        for name in BLOCKS
    }


def _side_by_side(rows: dict[str, sparse.csr_array]) -> sparse.csr_array:
    joined: sparse.csr_array = sparse.hstack([rows[name].astype(np.float32) for name in BLOCKS], format="csr")
    return joined
