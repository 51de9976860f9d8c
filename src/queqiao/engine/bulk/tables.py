"""One side of a bulk job: a row of sparse weights for each text and, where there are any, a vector."""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

_PARTS = ("data", "indices", "indptr")


@dataclass(frozen=True)
class Table:
    """Sparse weights, shape (rows, columns), and float32 vectors, shape (rows, width); width 0 without vectors.

    The score of a need and a candidate is the product of their weights plus the product of their vectors.
    """

    weights: sparse.csr_array
    vectors: NDArray[np.float32]

    @classmethod
    def of(
        cls, weights: sparse.csr_array, vectors: NDArray[np.float32] | None = None, *, vector_weight: float = 1.0
    ) -> Self:
        """Take weights as they are, and vectors scaled to the length ``vector_weight``; a zero vector stays zero.

        With unit vectors on the candidates' side the product is the cosine times the needs' ``vector_weight``.
        Raises ValueError where the two do not have the same number of rows.
        """
        rows = weights.shape[0]
        given = np.zeros((rows, 0), np.float32) if vectors is None else vectors
        if len(given) != rows:
            raise ValueError(f"{rows} rows of weights, but {len(given)} vectors")
        lengths = np.linalg.norm(given, axis=1, keepdims=True)
        scaled = given * (vector_weight / np.where(lengths == 0, 1.0, lengths)).astype(np.float32)
        return cls(weights.astype(np.float32, copy=False), scaled.astype(np.float32, copy=False))

    def __len__(self) -> int:
        return int(self.weights.shape[0])

    def part(self, start: int, stop: int) -> "Table":
        """Return some rows."""
        return Table(self.weights[start:stop], self.vectors[start:stop])

    def save(self, folder: Path) -> None:
        """Write the table as plain arrays into a folder."""
        folder.mkdir(parents=True, exist_ok=True)
        for name in _PARTS:
            np.save(folder / f"{name}.npy", getattr(self.weights, name))
        np.save(folder / "columns.npy", np.array(self.weights.shape[1]))
        np.save(folder / "vectors.npy", self.vectors)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Map a saved table into memory, so that processes on one machine share it."""
        data, indices, starts = (np.load(folder / f"{name}.npy", mmap_mode="r") for name in _PARTS)
        shape = (len(starts) - 1, int(np.load(folder / "columns.npy")))
        return cls(
            sparse.csr_array((data, indices, starts), shape=shape), np.load(folder / "vectors.npy", mmap_mode="r")
        )
