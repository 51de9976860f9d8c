"""The best candidates of every need, all pairs scored in one pass over blocks of both sides.

A block of needs is multiplied with a block of candidates in single precision, and only what can still be among the best
is kept. Terms that many texts share stand in dense columns beside the vectors, where one matrix product serves both;
the others are added from the lists of the candidates that hold them. What remains of each need is scored again in
double precision, pair by pair, so that scores and order do not depend on how the work was cut.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from queqiao.engine.bulk.tables import Table

DECIMALS = 6  # of a score
NEEDS_AT_ONCE, CANDIDATES_AT_ONCE = 256, 50_000
# A dense column costs 0.016 ns a pair, a sparse one 4 ns for each pair that shares the term (one core, AVX-512): from
# this share of pairs on dense is cheaper. No more columns than memory allows: 50,000 x 1,024 numbers are 200 MB.
_DENSE_FROM, _MOST_DENSE = 0.004, 1024
# Single precision errs by about 1e-6 in scores of the order of 1; what is nearer than this to the last place is kept.
_SLACK = 1e-5

Stop = Callable[[], bool]


class StoppedError(Exception):
    """Somebody asked for the work to stop."""


@dataclass(frozen=True)
class TopLists:
    """The best candidates of some needs: those of need i stand in ``rows[starts[i]:starts[i + 1]]``, best first.

    Ordered by score, then by row; scores are rounded to six decimals and above 0.
    """

    starts: NDArray[np.int64]
    rows: NDArray[np.int64]
    scores: NDArray[np.float64]


def top_lists(needs: Table, candidates: Table, k: int, *, should_stop: Stop = lambda: False) -> TopLists:
    """Return the best ``k`` candidates of every need; fewer where fewer score above 0. Raises StoppedError."""
    split = _Split.of(needs, candidates)
    dense, wanted = split.dense(needs), split.rare(needs)
    best = [_Best(k) for _ in range(len(needs))]
    for first in range(0, len(candidates), CANDIDATES_AT_ONCE):
        block = candidates.part(first, first + CANDIDATES_AT_ONCE)
        for need, scores in _scores(dense, wanted, split.dense(block), split.rare(block).tocsc(), should_stop):
            best[need].take(scores, first)
    return _ordered(needs, candidates, [one.rows for one in best], k)


def _scores(
    dense: NDArray[np.float32],
    wanted: sparse.csr_array,
    candidates: NDArray[np.float32],
    postings: sparse.csc_array,
    should_stop: Stop,
) -> Iterator[tuple[int, NDArray[np.float32]]]:
    """Yield each need with its scores against a block of candidates, which hold until the next one is asked for."""
    room = np.empty((NEEDS_AT_ONCE, len(candidates)), np.float32)
    for start in range(0, len(dense), NEEDS_AT_ONCE):
        if should_stop():
            raise StoppedError
        some = dense[start : start + NEEDS_AT_ONCE]
        for need, scores in enumerate(np.matmul(some, candidates.T, out=room[: len(some)]), start):
            own = slice(wanted.indptr[need], wanted.indptr[need + 1])
            scores[:] += postings[:, wanted.indices[own]] @ wanted.data[own]
            yield need, scores


@dataclass(frozen=True)
class _Split:
    """Which columns are held dense, and which sparse."""

    frequent: NDArray[np.intp]
    others: NDArray[np.intp]

    @classmethod
    def of(cls, needs: Table, candidates: Table) -> "_Split":
        shares = np.ones(needs.weights.shape[1])
        for side in (needs, candidates):
            shares *= np.bincount(side.weights.indices, minlength=len(shares)) / max(1, len(side))
        order = np.argsort(-shares, kind="stable")
        count = min(_MOST_DENSE, int((shares > _DENSE_FROM).sum()))
        return cls(np.sort(order[:count]), np.sort(order[count:]))

    def dense(self, table: Table) -> NDArray[np.float32]:
        """Return the frequent columns and the vectors side by side, shape (rows, width)."""
        return np.hstack([table.weights[:, self.frequent].toarray(), table.vectors])

    def rare(self, table: Table) -> sparse.csr_array:
        """Return the other columns."""
        return table.weights[:, self.others]


class _Best:
    """The candidates of one need that can be among its best ``k``, in ascending order."""

    def __init__(self, k: int):
        self._k = k
        self.rows = np.empty(0, np.int64)
        self._scores = np.empty(0, np.float32)
        self._floor = 0.0

    def take(self, scores: NDArray[np.float32], first: int) -> None:
        """Weigh a block of candidates, whose first row is ``first``, against those held."""
        if self._floor == 0 and len(scores) > self._k:
            self._floor = max(0.0, float(np.partition(scores, -self._k)[-self._k]) - _SLACK)
        found = np.flatnonzero(scores > self._floor)
        if not len(found):
            return
        self.rows = np.concatenate([self.rows, found + first])
        self._scores = np.concatenate([self._scores, scores[found]])
        if len(self.rows) > self._k:
            self._cut()

    def _cut(self) -> None:
        last = float(np.partition(self._scores, -self._k)[-self._k])
        self._floor = max(0.0, last - _SLACK)
        keep = np.flatnonzero(self._scores > self._floor)
        if len(keep) > 2 * self._k:  # the same text again and again: the first of them win
            near = self._scores[keep] <= last + _SLACK
            keep = np.sort(np.concatenate([keep[~near], keep[near][: 2 * self._k - int((~near).sum())]]))
        self.rows, self._scores = self.rows[keep], self._scores[keep]


def _ordered(needs: Table, candidates: Table, found: list[NDArray[np.int64]], k: int) -> TopLists:
    """Score what was found in double precision, and order it."""
    rows, scores = [], []
    asked = np.zeros(needs.weights.shape[1])
    for need, among in enumerate(found):
        own = slice(needs.weights.indptr[need], needs.weights.indptr[need + 1])
        terms = needs.weights.indices[own]
        asked[terms] = needs.weights.data[own]
        exact = candidates.weights[among] @ asked
        asked[terms] = 0
        exact += (candidates.vectors[among] * needs.vectors[need].astype(np.float64)).sum(axis=1)
        exact = exact.round(DECIMALS)
        order = np.lexsort((among, -exact))[:k]
        order = order[exact[order] > 0]
        rows.append(among[order])
        scores.append(exact[order])
    starts = np.concatenate(([0], np.cumsum([len(one) for one in rows], dtype=np.int64)))
    return TopLists(starts, np.concatenate([*rows, np.empty(0, np.int64)]), np.concatenate([*scores, np.empty(0)]))
