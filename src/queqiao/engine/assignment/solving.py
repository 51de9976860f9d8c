"""Assignments of the best total, and fair ones; each with a bound that tells how far from the best it can be.

Fair means: the sum of the worst-served need is as high as it can be, and among such assignments the total is best
(max-min fairness: Stelmakh, Shah & Singh, PeerReview4All, 2019; a floor under every paper's sum: Kobren, Saha &
McCallum, FairIR, 2019).
"""

import numpy as np

from queqiao.engine.assignment.problem import Assignment, Positions, Problem
from queqiao.engine.assignment.program import Program, Relaxed
from queqiao.engine.assignment.shortages import supporting_pairs
from queqiao.engine.progress import Progress, silent

_EXACT = 1e-6  # of the largest value: nearer than this is equal, as it is to the solver
_SLACK = 1e-7  # what a floor may be missed by, since shares that reach it exactly are rounded numbers
_LEAST_START, _START = 12, 4  # pairs of each need to begin with: at least so many, and for each place on it
_FIRST_LOSS, _WIDER = 1e-3, 10.0  # pairs that lose more than this are left out of the first search for whole shares
_MOST_SEARCHED = 60_000  # pairs among which one search looks for any assignment,
_MOST_TO_PROVE = 20_000  # and among which it looks on for a better one than was found
_PROBES = 24  # floors that are tried: halving the open interval so often leaves nothing of it,
_LARGE, _PROBES_OF_LARGE = 30_000, 3  # except that among more pairs than this each takes long


def assign(problem: Problem) -> Assignment:
    """Return the assignment of the best total; the problem must have no shortages."""
    program = _program(problem)
    return _assignment(problem, program, *_plain(program), np.inf)


def assign_fairly(problem: Problem, *, progress: Progress = silent) -> Assignment:
    """Return the assignment that serves the worst-served need best, then all; the problem must have no shortages.

    The highest floor of the linear program bounds the worst-served need. Floors from there downwards are tried by
    halving what lies between the best found and the lowest at which nothing was found; only a proof that there is
    nothing lowers the bound. ``progress`` counts the assignments that are looked for.
    """
    program = _program(problem)
    pairs, bound = _plain(program)
    low = _worst(problem, program, pairs)
    relaxed, ceiling = program.highest_floor(_worst_alone(problem) / program.scale)
    floor, refused = relaxed.floor, ceiling
    probes = _PROBES if problem.value.size <= _LARGE else _PROBES_OF_LARGE
    for probe in range(probes):
        progress(1 + probe, 1 + probes)
        if refused - low <= _EXACT:
            break
        found, reach = _rounded(program, program.best_total(floor) if probe else relaxed, floor - _SLACK)
        worst = -np.inf if found is None else _worst(problem, program, found)
        if found is not None and worst > low:  # the solver may find what is below the floor by its own tolerance
            pairs, bound, low = found, reach, worst
        else:
            refused = floor
            ceiling = floor if reach == -np.inf else ceiling
        floor = (low + refused) / 2
    return _assignment(problem, program, pairs, bound, ceiling)


def _worst_alone(problem: Problem) -> float:
    """Return the smallest sum that a need would have if it could choose before all others."""
    return float(problem.served(problem.best(problem.per_need)).min())


def _program(problem: Problem) -> Program:
    best = problem.best(max(_LEAST_START, _START * problem.per_need))
    return Program(problem, np.union1d(best, supporting_pairs(problem, best)))


def _plain(program: Program) -> tuple[Positions, float]:
    """Return the pairs of the best total and the bound of the total."""
    pairs, bound = _rounded(program, program.best_total(), -np.inf)
    if pairs is None:
        raise ValueError("the problem has shortages")
    return pairs, bound


def _rounded(program: Program, relaxed: Relaxed, floor: float) -> tuple[Positions | None, float]:
    """Return the best whole assignment above the floor and the bound of its total.

    None where none was found; then the bound is minus infinity if there provably is none. A pair that loses more than
    the distance between the bound and a known assignment is in no better one (reduced cost fixing); so a search among
    the pairs that lose little proves its result for all, or says how much wider to look.
    """
    if relaxed.whole is not None:
        return relaxed.whole, relaxed.bound
    loss = _FIRST_LOSS
    while True:
        columns = np.flatnonzero(relaxed.loss <= loss)
        search = program.search(columns, floor)
        everything = columns.size == relaxed.loss.size
        bound = min(relaxed.bound, search.bound if everything else max(search.bound, relaxed.bound - loss))
        total = -np.inf if search.pairs is None else float(program.value[search.pairs].sum())
        if everything or not search.finished or bound - total <= _EXACT:
            return search.pairs, bound
        wider = _WIDER * loss if search.pairs is None else relaxed.bound - total + _EXACT
        most = _MOST_SEARCHED if search.pairs is None else _MOST_TO_PROVE
        if np.count_nonzero(relaxed.loss <= wider) > most:
            return search.pairs, bound
        loss = wider


def _worst(problem: Problem, program: Program, pairs: Positions) -> float:
    return float(problem.served(pairs).min()) / program.scale


def _assignment(problem: Problem, program: Program, pairs: Positions, bound: float, ceiling: float) -> Assignment:
    total, worst = float(problem.value[pairs].sum()), float(problem.served(pairs).min())
    return Assignment(pairs, total, max(total, bound * program.scale), worst, max(worst, ceiling * program.scale))
