"""What learning sees of a need with a candidate: their texts as vectors, and a few numbers about the pair."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from queqiao.engine.ranking.snapshot import BLOCKS, CorpusSnapshot, term_weights, vector_norm
from queqiao.engine.text.analyser import Terms

Vector = Mapping[str, float]  # a weight for each term of both blocks; its length is 1, or 0 without any term
# The similarity by characters and by words, the share of the candidate's weight that the need has too, by both, and
# the logarithms of the numbers of words of either side.
FEATURES = ("characters", "words", "covered_characters", "covered_words", "candidate_length", "need_length")


def unit_vector(snapshot: CorpusSnapshot, terms: Terms) -> Vector:
    """Return the terms of both blocks as one vector, such that a product of two is the cosine over the blocks.

    ``cos = Σ_b w_b · cos_b / Σ_b w_b`` with the weights of the ranking.
    """
    whole = math.fsum(BLOCKS.values())
    vector: dict[str, float] = {}
    for block, share in BLOCKS.items():
        weights = term_weights(snapshot, block, getattr(terms, block))
        scale = math.sqrt(share / whole) / (vector_norm(weights) or 1.0)
        vector |= {f"{block[0]}{term}": weight * scale for term, weight in weights.items()}
    return vector


@dataclass(frozen=True)
class Columns:
    """Vectors that others are compared with, laid out once however often they are."""

    vectors: Sequence[Vector]

    def cosines(self, rows: Sequence[Vector]) -> NDArray[np.float64]:
        """Return the products of vectors with these, shape (rows, vectors), from 0 to 1."""
        product: NDArray[np.float64] = (_matrix(rows, self._names) @ self._turned).toarray()
        return product

    @cached_property
    def _names(self) -> dict[str, int]:
        return {term: i for i, term in enumerate(sorted({term for vector in self.vectors for term in vector}))}

    @cached_property
    def _turned(self) -> sparse.csc_array:
        return _matrix(self.vectors, self._names).T


@dataclass(frozen=True)
class PairTable:
    """Pairs of some needs with some candidates.

    ``needs`` are the whole texts and the titles; pair i is of need ``need_of[i]`` with candidate ``candidate_of[i]``,
    has the default score ``scores[i]`` and the features ``features[i]``, shape (pairs, FEATURES).
    """

    needs: Sequence[tuple[Vector, Vector]]
    candidates: Sequence[Vector]
    need_of: NDArray[np.intp]
    candidate_of: NDArray[np.intp]
    scores: NDArray[np.float64]
    features: NDArray[np.float64]

    @cached_property
    def sides(self) -> tuple[Columns, Columns, Columns]:
        """The needs' texts, their titles, and the candidates, for others to be compared with."""
        whole, title = ([need[side] for need in self.needs] for side in (0, 1))
        return Columns(whole), Columns(title), Columns(self.candidates)

    def first(self, n: int) -> "PairTable":
        """Return the first n pairs."""
        return replace(
            self,
            need_of=self.need_of[:n],
            candidate_of=self.candidate_of[:n],
            scores=self.scores[:n],
            features=self.features[:n],
        )


def cosines(rows: Sequence[Vector], columns: Sequence[Vector]) -> NDArray[np.float64]:
    """Return the products of vectors with vectors, shape (rows, columns), from 0 to 1."""
    return Columns(columns).cosines(rows)


def features(snapshot: CorpusSnapshot, need: Terms, candidate: Terms, parts: Mapping[str, float]) -> tuple[float, ...]:
    """Return the ``FEATURES`` of a pair; ``parts`` are those of its score."""
    covered = [_covered(snapshot, block, getattr(need, block), getattr(candidate, block)) for block in BLOCKS]
    lengths = [math.log1p(len(side.words)) for side in (candidate, need)]
    return (*(parts.get(block, 0.0) for block in BLOCKS), *covered, *lengths)


def _covered(snapshot: CorpusSnapshot, block: str, need: Sequence[str], candidate: Sequence[str]) -> float:
    weights = term_weights(snapshot, block, candidate)
    there = set(need)
    total = math.fsum(weights.values())
    return math.fsum(weight for term, weight in weights.items() if term in there) / total if total else 0.0


def _matrix(vectors: Sequence[Vector], names: Mapping[str, int]) -> sparse.csr_array:
    """Return the vectors as rows; terms without a name, which nothing on the other side has, are left out."""
    known = [[(names[term], weight) for term, weight in vector.items() if term in names] for vector in vectors]
    starts = np.cumsum([0, *(len(row) for row in known)])
    indices = np.array([column for row in known for column, _weight in row], dtype=np.int32)
    data = np.array([weight for row in known for _column, weight in row], dtype=np.float64)
    return sparse.csr_array((data, indices, starts), shape=(len(vectors), len(names)))
