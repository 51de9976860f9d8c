"""The linear programs behind an assignment, solved on few pairs and proved for all of them.

With ``x`` the share of a pair that is used, 0 to 1, every need's shares sum to ``per_need`` and every expert's lie
within his loads. The rows are those of a bipartite graph, hence totally unimodular: the vertices of this polytope are
whole assignments (Hoffman & Kruskal 1956; Schrijver, Theory of Linear and Integer Programming, 1986, section 19.3),
and the simplex method ends at a vertex. A floor under every need's sum breaks this; then few shares are broken.

Most pairs are never used. A program is solved on a part of the pairs; the prices of its rows show which other pair
would gain, such pairs join, and it is solved anew (column generation, Dantzig & Wolfe
1960). When none would gain, what is best on the part is best on the whole.

Whatever the solver's tolerance, prices prove a bound by weak duality. For any prices ``y`` of the needs and ``u`` of
the experts and any weights ``w >= 0`` of the needs, every assignment has

    sum w v x <= per_need sum y + sum max(max_load u, min_load u) + sum max(0, gain),  gain = w v - y - u
"""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, linprog, milp
from scipy.sparse import block_array, csr_array, eye_array

from queqiao.engine.assignment.problem import Positions, Problem, Values

_GAIN = 1e-7  # what a pair must gain to join: the solver's own tolerance
_NEAR = 1e-3  # the loss up to which others join with it, doubled each round
_WHOLE = 1e-6  # and how far from 0 or 1 it lets a share be
_EXACT_UP_TO = 20_000  # pairs: a search among more ends a ten-thousandth from its bound, which is told
_NODES = 2_000_000  # of a search, for each pair in it: a number, since a time would give other results another day


@dataclass(frozen=True, slots=True)
class Relaxed:
    """The best shares of the pairs at ``columns``, and a bound that holds for all assignments.

    ``loss`` has, for every pair of the problem, what using it takes from the bound at least; ``raising`` has each
    need's multiplier of the ``floor``, both 0 where there was none.
    """

    columns: Positions
    shares: Values
    bound: float
    loss: Values
    floor: float
    raising: Values

    @property
    def whole(self) -> Positions | None:
        """The pairs used, where no share is broken."""
        used = np.round(self.shares)
        return self.columns[used > 0] if np.abs(self.shares - used).max() <= _WHOLE else None


@dataclass(frozen=True, slots=True)
class Search:
    """The best whole assignment found among some pairs (None where none was), and the bound among them.

    The bound is minus infinity where there is provably none; ``finished`` tells that the search was not cut short.
    """

    pairs: Positions | None
    bound: float
    finished: bool


@dataclass(frozen=True, slots=True)
class _Aim:
    """Raise ``sum weights * sums + reward * floor``, the floor being from ``low`` to ``high`` where there is one."""

    weights: Values
    floored: bool = False
    reward: float = 0.0
    low: float = 0.0
    high: float = 0.0


@dataclass(frozen=True, slots=True)
class _Prices:
    """What a need's place and an expert's load cost, and what raising a need's sum is worth to the floor."""

    needs: Values
    experts: Values
    raising: Values


class Program:
    """The programs of one problem; they share the pairs that have joined. Values are scaled to at most 1."""

    def __init__(self, problem: Problem, start: Positions):
        self._problem = problem
        self.scale = float(np.abs(problem.value).max()) or 1.0
        self.value = problem.value / self.scale
        self._active = np.zeros(problem.value.size, dtype=bool)
        self._active[start] = True

    def best_total(self, floor: float | None = None) -> Relaxed:
        """Return the shares of the best total, every need's sum being at least ``floor``, which must be possible."""
        total = np.ones(self._problem.needs)
        return self._priced(_Aim(total) if floor is None else _Aim(total, floored=True, low=floor, high=floor))

    def highest_floor(self, high: float) -> tuple[Relaxed, float]:
        """Return the best total with the floor raised first, and a bound on every floor; ``high`` is one.

        The floor's reward makes it worth any loss of the total that is not out of all proportion; the bound does not
        depend on it. Where the floor stays below ``high``, its multipliers on the needs' sums, weighted to 1, give
        the bound: the smallest sum is at most a weighted mean of the sums (Lagrangian relaxation).
        """
        needs = self._problem.needs
        aim = _Aim(np.ones(needs), floored=True, reward=10.0 * needs, low=-float(self._problem.per_need), high=high)
        relaxed = self._priced(aim)
        if relaxed.floor >= high - _GAIN:
            return relaxed, high
        return relaxed, min(high, self._priced(_Aim(relaxed.raising / relaxed.raising.sum())).bound)

    def search(self, columns: Positions, floor: float) -> Search:
        """Look for the best whole assignment among the pairs at ``columns``, with no need's sum below ``floor``."""
        problem, size = self._problem, columns.size
        degree, load, sums = self._rows(columns)
        found = milp(
            -self.value[columns],
            integrality=np.ones(size, dtype=np.int8),
            bounds=Bounds(0, 1),
            constraints=[
                LinearConstraint(degree, problem.per_need, problem.per_need),
                LinearConstraint(load, problem.min_load, problem.max_load),
                LinearConstraint(sums, floor, np.inf),
            ],
            options={"node_limit": 1 + _NODES // size, "mip_rel_gap": 0.0 if size <= _EXACT_UP_TO else 1e-4},
        )
        pairs = None if found.x is None else columns[np.round(found.x) > 0]
        bound = np.inf if found.mip_dual_bound is None else -found.mip_dual_bound
        return Search(pairs, -np.inf if found.status == 2 else bound, found.status in (0, 2))

    def _rows(self, columns: Positions) -> tuple[csr_array, csr_array, csr_array]:
        """Return the counts of needs and of experts and the sums of needs, each a row per need or expert."""
        problem, places = self._problem, np.arange(columns.size)
        need, expert, ones = problem.need[columns], problem.expert[columns], np.ones(columns.size)
        by_need, by_expert = (problem.needs, columns.size), (problem.experts, columns.size)
        return (
            csr_array((ones, (need, places)), shape=by_need),
            csr_array((ones, (expert, places)), shape=by_expert),
            csr_array((self.value[columns], (need, places)), shape=by_need),
        )

    def _priced(self, aim: _Aim) -> Relaxed:
        """Solve, let pairs join that would gain, and solve again until there is none.

        With them join those that nearly gain, each time more of them, so that a few rounds suffice.
        """
        problem, near = self._problem, _NEAR
        while True:
            columns = np.flatnonzero(self._active)
            shares, floor, prices = self._solved(columns, aim)
            gain = (aim.weights + prices.raising)[problem.need] * self.value
            gain -= prices.needs[problem.need] + prices.experts[problem.expert]
            if not ((gain > _GAIN) & ~self._active).any():
                bound = self._bound(prices, gain, aim) - aim.reward * floor
                return Relaxed(columns, shares, bound, -gain, floor, prices.raising)
            self._active |= gain > -near
            near *= 2

    def _solved(self, columns: Positions, aim: _Aim) -> tuple[Values, float, _Prices]:
        """Solve for the shares of these pairs, the experts' loads, and the floor."""
        problem, size = self._problem, columns.size
        degree, load, sums = self._rows(columns)
        none, one = csr_array((problem.needs, 1)), csr_array(np.ones((problem.needs, 1)))
        counts = block_array([[degree, None, none], [load, -eye_array(problem.experts), None]], format="csr")
        below = block_array([[-sums, csr_array((problem.needs, problem.experts)), one]], format="csr")
        bounds = np.repeat(
            [(0.0, 1.0), (problem.min_load, problem.max_load), (aim.low, aim.high)], [size, problem.experts, 1], axis=0
        )
        cost = np.zeros(len(bounds))
        cost[:size], cost[-1] = -aim.weights[problem.need[columns]] * self.value[columns], -aim.reward
        solved = linprog(  # type: ignore[call-overload]  # takes sparse rows, which its stubs do not know
            cost,
            A_ub=below if aim.floored else None,
            b_ub=np.zeros(problem.needs) if aim.floored else None,
            A_eq=counts,
            b_eq=np.repeat([problem.per_need, 0.0], [problem.needs, problem.experts]),
            bounds=bounds,
            method="highs-ds",
        )
        if solved.status != 0:
            raise RuntimeError(f"the linear program of a solvable problem was not solved: {solved.message}")
        # The solver's marginals are of a minimum, prices of a maximum.
        counted = -solved.eqlin.marginals
        raising = np.maximum(-solved.ineqlin.marginals, 0.0) if aim.floored else np.zeros(problem.needs)
        return (
            solved.x[:size],
            float(solved.x[-1]),
            _Prices(counted[: problem.needs], counted[problem.needs :], raising),
        )

    def _bound(self, prices: _Prices, gain: Values, aim: _Aim) -> float:
        """Return the bound of the module's head, for the weights of the aim and the worth of the floor."""
        problem = self._problem
        loads = np.where(prices.experts > 0, problem.max_load, problem.min_load)
        rest = aim.reward - prices.raising.sum()
        floor = aim.high if rest > 0 else aim.low
        parts = (problem.per_need * prices.needs, prices.experts * loads, np.maximum(gain, 0.0), [rest * floor])
        return float(sum(np.sum(part) for part in parts))
