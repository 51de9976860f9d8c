"""How alike two texts are: by their own terms, and by the company they keep.

``k(x, z) = ½ · cos(x - m, z - m) + ½ · cos(s(x), s(z))``, ``s(x)_a = cos(x - m, a - m)``

with m the mean of the texts and a the anchors: the texts, or ``MOST_ANCHORS`` of them taken evenly. The second cosine
is the dual form of the generalised vector space model (Wong, Ziarko & Wong 1985): two texts without a term in common
are still alike where the same other texts are like both. Lists of words that describe a label are no texts here: there
are more of one label than of another.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

MOST_ANCHORS = 4096  # they bound time and memory
_AT_ONCE = 500  # rows: their products are sparse in kind only, and cost three times their final size

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Weighed:
    """What the likeness of any further vector to the labelled rows is worth, each of which weighs something.

    ``rows`` are the vectors of the labelled rows, then those of further anchors; ``to_mean`` and ``lengths`` belong to
    them, ``mean`` to all vectors. ``near`` and ``company`` are the weights of the two cosines, shape (labelled or
    anchors, labels).
    """

    rows: sparse.csr_array
    mean: Floats
    to_mean: Floats
    lengths: Floats
    anchors: NDArray[np.intp]
    near: Floats
    company: Floats

    def of(self, vector: sparse.csr_array) -> Floats:
        """Return the worth of a vector of length 1, shape (1, labels); some of its terms may be missing in it."""
        to_mean, mean_square = vector @ self.mean, float(self.mean @ self.mean)
        first: Floats = (self.rows @ vector.T).toarray().T - to_mean - (self.to_mean - mean_square)
        first /= np.sqrt(np.maximum(1 - 2 * to_mean + mean_square, 1e-12)) * self.lengths
        company = _unit(first[:, self.anchors])
        worth: Floats = first[:, : len(self.near)] @ self.near + company @ self.company
        return worth


class Likeness:
    """The likeness of rows of ``vectors`` to its first ``labelled`` rows; ``texts`` are the rows that are texts."""

    def __init__(self, vectors: sparse.csr_array, labelled: int, texts: NDArray[np.intp]):
        self._vectors, self._labelled = vectors, labelled
        anchors = texts[np.linspace(0, len(texts) - 1, min(len(texts), MOST_ANCHORS)).astype(int)]
        self._compared = np.union1d(np.arange(labelled), anchors)
        self._anchors = np.searchsorted(self._compared, anchors)
        self._mean = np.asarray(vectors[texts].mean(axis=0)).ravel()
        self._to_mean = vectors @ self._mean
        self._mean_square = float(self._mean @ self._mean)
        squares = np.asarray(vectors.multiply(vectors).sum(axis=1)).ravel()
        self._lengths = np.sqrt(np.maximum(squares - 2 * self._to_mean + self._mean_square, 1e-12))
        self._columns = vectors[self._compared].T.tocsr()
        first = self._first(np.arange(labelled))
        self._known_company = self._company(first)
        self.among_labelled = self._mixed(first, self._known_company)  # shape (labelled, labelled)

    def to_labelled(self, rows: NDArray[np.intp]) -> Floats:
        """Return the likeness of some rows to the labelled ones, shape (rows, labelled)."""
        first = self._first(rows)
        return self._mixed(first, self._company(first))

    def weighed(self, weights: Floats) -> Weighed:
        """Return what the likeness to the labelled rows is worth, for weights of shape (labelled, labels)."""
        return Weighed(
            rows=self._vectors[self._compared],
            mean=self._mean,
            to_mean=self._to_mean[self._compared],
            lengths=self._lengths[self._compared],
            anchors=self._anchors,
            near=weights / 2,
            company=self._known_company.T @ weights / 2,
        )

    def _first(self, rows: NDArray[np.intp]) -> Floats:
        """Return the centred cosines of some rows with the labelled rows and the anchors, shape (rows, compared)."""
        products = np.empty((len(rows), len(self._compared)))
        for start in range(0, len(rows), _AT_ONCE):
            portion = slice(start, start + _AT_ONCE)
            products[portion] = (self._vectors[rows[portion]] @ self._columns).toarray()
        products -= self._to_mean[rows, np.newaxis]
        products -= self._to_mean[self._compared] - self._mean_square
        products /= self._lengths[rows, np.newaxis]
        products /= self._lengths[self._compared]
        return products

    def _mixed(self, first: Floats, company: Floats) -> Floats:
        mixed: Floats = company @ self._known_company.T
        mixed += first[:, : self._labelled]
        mixed /= 2
        return mixed

    def _company(self, first: Floats) -> Floats:
        """Return the cosines with the anchors, each row at length 1, shape (rows, anchors)."""
        return _unit(first[:, self._anchors])


def _unit(company: Floats) -> Floats:
    company /= np.maximum(np.linalg.norm(company, axis=1, keepdims=True), 1e-12)
    return company
