"""Texts as sparse vectors: characters, pairs of characters and words, each weighted by tf-idf over all given texts.

``weight = (1 + ln tf) · (ln((1 + N) / (1 + df)) + 1)`` (Salton & Buckley 1988; Spärck Jones 1972)

Each of the three parts of a text has the length 1 before they stand side by side, so that none drowns the others.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from queqiao.engine.text.analyser import Analyser, character_ngrams

Progress = Callable[[int, int], None]  # done, of how many
Parts = tuple[Sequence[str], Sequence[str], Sequence[str]]  # characters, pairs, words


def silent(done: int, total: int) -> None:
    """Report no progress."""


def text_vectors(texts: Sequence[str], analyser: Analyser, progress: Progress = silent) -> sparse.csr_array:
    """Return one row for each text, shape (texts, terms): of length 1, or all zeros where a text has no terms.

    The statistics are those of all the texts together, whether or not somebody labelled them.
    """
    blocks = [_Counts(), _Counts(), _Counts()]
    for done, text in enumerate(texts, 1):
        for block, terms in zip(blocks, _parts(analyser, text), strict=True):
            block.add(terms)
        progress(done, len(texts))
    return unit_rows(sparse.hstack([unit_rows(block.weighted()) for block in blocks], format="csr"))


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

    def weighted(self) -> sparse.csr_array:
        """Return the tf-idf weights, shape (texts, terms)."""
        documents = len(self._indices)
        indices, counts = np.concatenate(self._indices), np.concatenate(self._counts)
        frequency = np.bincount(indices, minlength=len(self._columns))
        idf = np.log((1 + documents) / (1 + frequency)) + 1
        weights = (1 + np.log(counts)) * idf[indices]
        starts = np.cumsum([0, *map(len, self._indices)])
        return sparse.csr_array((weights, indices, starts), shape=(documents, len(self._columns)))
