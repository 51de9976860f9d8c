"""What is to be assigned, and what came of it: plain data."""

import itertools
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

Indices = NDArray[np.int32]
Positions = NDArray[np.intp]
Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Problem:
    """The pairs that may be, and the limits; a pair that is not listed must not be.

    ``need``, ``expert`` and ``value`` have one entry for each pair, ordered by need, then by expert. Each of the
    ``needs`` gets exactly ``per_need`` experts, each of the ``experts`` from ``min_load`` to ``max_load`` needs.
    """

    needs: int
    experts: int
    need: Indices
    expert: Indices
    value: Values
    per_need: int
    max_load: int
    min_load: int

    @classmethod
    def of(
        cls,
        need: ArrayLike,
        expert: ArrayLike,
        value: ArrayLike,
        *,
        needs: int,
        experts: int,
        per_need: int,
        max_load: int,
        min_load: int = 0,
    ) -> Self:
        """Build the problem from pairs in any order.

        Raises ValueError where a limit makes no sense, where an index or a value is none, and for a pair given twice.
        """
        if min(needs, experts, per_need, max_load) < 1 or not 0 <= min_load <= max_load:
            raise ValueError("needs, experts and limits are at least 1, the least load from 0 to the greatest")
        rows, columns = np.asarray(need, dtype=np.int32), np.asarray(expert, dtype=np.int32)
        values = np.asarray(value, dtype=np.float64)
        if not np.isfinite(values).all():
            raise ValueError("a value is not finite")
        if rows.size and (min(rows.min(), columns.min()) < 0 or rows.max() >= needs or columns.max() >= experts):
            raise ValueError("an index is out of range")
        keys = rows.astype(np.int64) * experts + columns
        if (np.diff(keys) <= 0).any():
            order = np.argsort(keys, kind="stable")
            rows, columns, values = rows[order], columns[order], values[order]
            if (np.diff(keys[order]) == 0).any():
                raise ValueError("a pair is given twice")
        return cls(needs, experts, rows, columns, values, per_need, max_load, min_load)

    def served(self, pairs: Positions) -> Values:
        """Return for each need the sum of its values over the chosen ``pairs`` (positions among the pairs)."""
        sums = np.zeros(self.needs)
        np.add.at(sums, self.need[pairs], self.value[pairs])
        return sums

    def best(self, count: int) -> Positions:
        """Return the positions of each need's ``count`` best pairs (all where it has fewer), ascending."""
        ends = np.searchsorted(self.need, np.arange(self.needs + 1))
        kept = []
        for start, end in itertools.pairwise(ends):
            order = np.argsort(-self.value[start:end], kind="stable")[:count]
            kept.append(start + order)
        return np.sort(np.concatenate(kept))


@dataclass(frozen=True, slots=True)
class Assignment:
    """The chosen pairs, as ascending positions among the problem's pairs, and how good they can be told to be.

    No assignment has a total above ``total_bound``. With fairness that is: none whose worst-served need gets at
    least ``worst``; and none at all gives its worst-served need more than ``worst_bound``, which is infinite where
    fairness was not asked for.
    """

    pairs: Positions
    total: float
    total_bound: float
    worst: float
    worst_bound: float
