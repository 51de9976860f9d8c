"""Why nothing can be assigned: by maximum flow and minimum cut.

The needs can be served within the greatest loads if and only if every set of needs finds enough room among its
experts (Hall 1935; Ford & Fulkerson 1956); a minimum cut names a set that does not. The same holds for the experts'
least loads. Where each side can have its way alone, both can have it at once, and with pairs that one of the two flows
uses (Mendelsohn & Dulmage 1958).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import breadth_first_order, maximum_flow

from queqiao.engine.assignment.problem import Indices, Positions, Problem

_FEW = 4  # pairs of each need, for each place on it, that mostly show already that all can be served


@dataclass(frozen=True, slots=True)
class Shortage:
    """``members`` (needs, or experts where ``of_experts``) together require more than is available to them."""

    members: tuple[int, ...]
    required: int
    available: int
    of_experts: bool = False


@dataclass(frozen=True, slots=True)
class _Side:
    """One side's wish: each of ``count`` members gets ``wanted`` of the other side, who take ``room`` at most."""

    count: int
    others: int
    member: Indices
    other: Indices
    wanted: int
    room: int
    of_experts: bool


def find_shortages(problem: Problem) -> tuple[Shortage, ...]:
    """Return what makes the problem impossible; nothing where it can be solved.

    Totals that do not suffice and single members that find too few partners come first; only where there are none,
    the smallest set that is most short.
    """
    sides = _sides(problem)
    plain = tuple(one for side in sides for one in _plain_shortages(side))
    few = problem.best(_FEW * problem.per_need)
    return plain or tuple(short for side in sides if (short := _short_set(side, _flow(side, few))) is not None)


def supporting_pairs(problem: Problem, preferred: Positions) -> Positions:
    """Return pairs among which a solvable problem has a solution: few, and of the ``preferred`` ones if possible."""
    return np.unique(np.concatenate([_flow(side, preferred) for side in _sides(problem)]))


def _sides(problem: Problem) -> list[_Side]:
    """Return the sides that wish for something."""
    one, other = (problem.needs, problem.need), (problem.experts, problem.expert)
    both = (
        _Side(one[0], other[0], one[1], other[1], problem.per_need, problem.max_load, of_experts=False),
        _Side(other[0], one[0], other[1], one[1], problem.min_load, problem.per_need, of_experts=True),
    )
    return [side for side in both if side.wanted]


def _narrowed(side: _Side, pairs: Positions) -> _Side:
    member, other = side.member[pairs], side.other[pairs]
    return _Side(side.count, side.others, member, other, side.wanted, side.room, side.of_experts)


def _plain_shortages(side: _Side) -> list[Shortage]:
    partners = np.bincount(side.member, minlength=side.count)
    required, available = side.count * side.wanted, side.others * side.room
    short = []
    if available < required and side.count > 1:
        short.append(Shortage(tuple(range(side.count)), required, available, side.of_experts))
    return short + [
        Shortage((int(one),), side.wanted, int(partners[one]), side.of_experts)
        for one in np.flatnonzero(partners < side.wanted)
    ]


def _room(side: _Side, pairs: NDArray[np.bool_]) -> int:
    """Return what the other side can take of these pairs."""
    return int(np.minimum(np.bincount(side.other[pairs], minlength=side.others), side.room).sum())


def _network(side: _Side) -> csr_array:
    """Return the capacities: source 0, then the members, then the others, the sink last."""
    first, sink = 1 + side.count, 1 + side.count + side.others
    tails = np.concatenate([np.zeros(side.count), 1 + side.member, np.arange(first, sink)])
    heads = np.concatenate([np.arange(1, first), first + side.other, np.full(side.others, sink)])
    room = [np.full(side.count, side.wanted), np.ones(side.member.size), np.full(side.others, side.room)]
    capacities = np.concatenate(room).astype(np.int32)
    return csr_array((capacities, (tails.astype(np.int32), heads.astype(np.int32))), shape=(sink + 1, sink + 1))


def _flow(side: _Side, preferred: Positions) -> Positions:
    """Return the pairs of a maximum flow: of the ``preferred`` ones where these give everybody enough, else of all."""
    for thin, pairs in ((_narrowed(side, preferred), preferred), (side, np.arange(side.member.size))):
        network = _network(thin)
        flow = maximum_flow(network, 0, network.shape[0] - 1).flow
        used = pairs[np.asarray(flow[1 + thin.member, 1 + thin.count + thin.other] > 0).ravel()]
        if used.size == side.count * side.wanted:
            break
    return used


def _short_set(side: _Side, flow: Positions) -> Shortage | None:
    """Return the smallest set of members that is most short, None where the flow gives everybody enough."""
    if flow.size == side.count * side.wanted:
        return None
    used = np.zeros(side.member.size, dtype=bool)
    used[flow] = True
    reached = _reached(side, used)
    inside = reached[1 + side.member]
    members = tuple(int(one) for one in np.flatnonzero(reached[1 : 1 + side.count]))
    return Shortage(members, len(members) * side.wanted, _room(side, inside), side.of_experts)


def _reached(side: _Side, used: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the nodes that the source still reaches, where the flow is full: the near side of the smallest cut."""
    size, first = 2 + side.count + side.others, 1 + side.count
    open_members = np.flatnonzero(np.bincount(side.member[used], minlength=side.count) < side.wanted)
    member, other = 1 + side.member, first + side.other
    tails = np.concatenate([np.zeros(open_members.size), member[~used], other[used]])
    heads = np.concatenate([1 + open_members, other[~used], member[used]])
    residual = csr_array((np.ones(tails.size, dtype=np.int8), (tails, heads)), shape=(size, size))
    reached = np.zeros(size, dtype=bool)
    reached[breadth_first_order(residual, 0, return_predecessors=False)] = True
    return reached
