"""Texts as sparse vectors: characters, pairs of characters and words, each weighted by tf-idf over all given texts.

``weight = (1 + ln tf) · (ln((1 + N) / (1 + df)) + 1)`` (Salton & Buckley 1988; Spärck Jones 1972)

Each of the three parts of a text has the length 1 before they stand side by side, so that none drowns the others.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from queqiao.engine.progress import Progress, silent
from queqiao.engine.text.analyser import Analyser, character_ngrams

Floats = NDArray[np.float64]
Parts = tuple[Sequence[str], Sequence[str], Sequence[str]]  # characters, pairs, words


@dataclass(frozen=True)
class Vocabulary:
    """The terms of some texts, under whose statistics a further text becomes a vector.

    ``terms`` has a tuple for each of the three parts, in the order of the columns, and ``idf`` the weights of all of
    them; ``documents`` is how many texts were counted.
    """

    terms: tuple[tuple[str, ...], ...]
    idf: Floats
    documents: int

    @cached_property
    def _columns(self) -> list[dict[str, int]]:
        starts = np.cumsum([0, *map(len, self.terms)])
        return [
            {term: int(start) + place for place, term in enumerate(part)}
            for start, part in zip(starts, self.terms, strict=False)
        ]

    def vector(self, text: str, analyser: Analyser) -> sparse.csr_array:
        """Return the row of a text, shape (1, terms), as if its unknown terms stood in this text only.

        These count in its length, which is 1 with them, and nowhere else.
        """
        rare = np.log((1 + self.documents) / 2) + 1
        columns: list[int] = []
        weights: list[float] = []
        filled = 0
        for known, terms in zip(self._columns, _parts(analyser, text), strict=True):
            counted = Counter(terms)
            own = {
                term: (1 + np.log(count)) * (self.idf[known[term]] if term in known else rare)
                for term, count in counted.items()
            }
            length = np.sqrt(sum(weight * weight for weight in own.values()))
            filled += bool(own)
            columns += [known[term] for term in own if term in known]
            weights += [weight / length for term, weight in own.items() if term in known]
        data = np.array(weights) / np.sqrt(max(filled, 1))
        shape = (1, len(self.idf))
        return sparse.csr_array((data, np.array(columns, dtype=np.int32), [0, len(columns)]), shape=shape)


def text_vectors(texts: Sequence[str], analyser: Analyser, progress: Progress = silent) -> sparse.csr_array:
    """Return one row for each text, shape (texts, terms): of length 1, or all zeros where a text has no terms.

    The statistics are those of all the texts together, whether or not somebody labelled them.
    """
    return read_texts(texts, analyser, progress)[0]


def read_texts(
    texts: Sequence[str], analyser: Analyser, progress: Progress = silent
) -> tuple[sparse.csr_array, Vocabulary]:
    """Return the rows of ``text_vectors``, and the vocabulary that makes the like of further texts."""
    blocks = [_Counts(), _Counts(), _Counts()]
    for done, text in enumerate(texts, 1):
        for block, terms in zip(blocks, _parts(analyser, text), strict=True):
            block.add(terms)
        progress(done, len(texts))
    vectors = unit_rows(sparse.hstack([unit_rows(block.weighted()) for block in blocks], format="csr"))
    idf = np.concatenate([block.idf for block in blocks])
    return vectors, Vocabulary(tuple(block.terms for block in blocks), idf, len(texts))


def unit_rows(matrix: sparse.csr_array) -> sparse.csr_array:
    """Return the matrix with every row that is not all zeros at length 1."""
    lengths = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel())
    lengths[lengths == 0] = 1.0
    scaled: sparse.csr_array = matrix.copy()
    scaled.data = scaled.data / np.repeat(lengths, np.diff(scaled.indptr))
    return scaled


def _parts(analyser: Analyser, text: str) -> Parts:
    terms = analyser.terms(text)
    return terms.characters, character_ngrams(text, 2, 2), terms.words


class _Counts:
    """Gathers how often each term stands in each text."""

    def __init__(self) -> None:
        self._columns: dict[str, int] = {}
        self._indices: list[NDArray[np.int32]] = []
        self._counts: list[NDArray[np.float64]] = []

    def add(self, terms: Iterable[str]) -> None:
        """Take the terms of the next text."""
        counted = Counter(terms)
        columns = [self._columns.setdefault(term, len(self._columns)) for term in counted]
        self._indices.append(np.array(columns, dtype=np.int32))
        self._counts.append(np.fromiter(counted.values(), dtype=np.float64, count=len(counted)))

    @property
    def terms(self) -> tuple[str, ...]:
        """The terms in the order of their columns."""
        return tuple(self._columns)

    @property
    def idf(self) -> Floats:
        """How rare each term is."""
        indices = np.concatenate(self._indices)
        frequency = np.bincount(indices, minlength=len(self._columns))
        rarity: Floats = np.log((1 + len(self._indices)) / (1 + frequency)) + 1
        return rarity

    def weighted(self) -> sparse.csr_array:
        """Return the tf-idf weights, shape (texts, terms)."""
        indices, counts = np.concatenate(self._indices), np.concatenate(self._counts)
        weights = (1 + np.log(counts)) * self.idf[indices]
        starts = np.cumsum([0, *map(len, self._indices)])
        return sparse.csr_array((weights, indices, starts), shape=(len(self._indices), len(self._columns)))
