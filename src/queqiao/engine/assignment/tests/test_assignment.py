"""Who serves which need: small cases against trying everything, and what is said where nothing is possible."""

import itertools
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from queqiao.engine.assignment.problem import Assignment, Problem
from queqiao.engine.assignment.program import Program
from queqiao.engine.assignment.shortages import Shortage, find_shortages, supporting_pairs
from queqiao.engine.assignment.solving import assign, assign_fairly

NAN = float("nan")


def problem_of(rows: list[list[float]], *, per_need: int, max_load: int, min_load: int = 0) -> Problem:
    """Rows are needs here, columns experts; NaN must not be."""
    matrix = np.array(rows)
    need, expert = np.nonzero(~np.isnan(matrix))
    needs, experts = matrix.shape
    limits = {"per_need": per_need, "max_load": max_load, "min_load": min_load}
    return Problem.of(need, expert, matrix[need, expert], needs=needs, experts=experts, **limits)


@st.composite
def problems(draw: st.DrawFn) -> Problem:
    needs, experts = draw(st.integers(1, 4)), draw(st.integers(1, 4))
    values = st.sampled_from([NAN, -0.5, 0.0, 0.1, 0.3, 0.35, 0.7, 1.0, 2.0])
    rows = draw(st.lists(st.lists(values, min_size=experts, max_size=experts), min_size=needs, max_size=needs))
    max_load = draw(st.integers(1, 4))
    limits = {"per_need": draw(st.integers(1, 3)), "max_load": max_load, "min_load": draw(st.integers(0, max_load))}
    return problem_of(rows, **limits)


def everything(problem: Problem) -> Iterator[tuple[float, float]]:
    """Yield the worst sum and the total of every assignment that keeps all limits."""
    value = {(n, e): v for n, e, v in zip(problem.need, problem.expert, problem.value, strict=True)}
    teams = [
        list(itertools.combinations([e for n, e in value if n == need], problem.per_need))
        for need in range(problem.needs)
    ]
    for chosen in itertools.product(*teams):
        loads = np.bincount(np.array(chosen).ravel(), minlength=problem.experts)
        if loads.min() >= problem.min_load and loads.max() <= problem.max_load:
            sums = [sum(value[need, e] for e in team) for need, team in enumerate(chosen)]
            yield min(sums), sum(sums)


def check_limits(problem: Problem, found: Assignment) -> None:
    assert set(np.bincount(problem.need[found.pairs], minlength=problem.needs)) == {problem.per_need}
    loads = np.bincount(problem.expert[found.pairs], minlength=problem.experts)
    assert problem.min_load <= loads.min()
    assert loads.max() <= problem.max_load
    assert len(set(found.pairs)) == len(found.pairs)


@given(problems())
@settings(max_examples=150, deadline=None)
def test_shortages_are_named_exactly_where_nothing_is_possible(problem: Problem):
    assert bool(find_shortages(problem)) == (next(everything(problem), None) is None)


@given(problems())
@settings(max_examples=150, deadline=None)
def test_what_a_shortage_says_is_true(problem: Problem):
    for short in find_shortages(problem):
        member, other = problem.need, problem.expert
        wanted, room = problem.per_need, problem.max_load
        if short.of_experts:
            member, other, wanted, room = other, member, problem.min_load, problem.per_need
        taken = np.bincount(other[np.isin(member, short.members)], minlength=1)
        assert short.required == wanted * len(short.members)
        assert np.minimum(taken, room).sum() <= short.available < short.required


@given(problems())
@settings(max_examples=120, deadline=None)
def test_the_total_is_that_of_trying_everything(problem: Problem):
    if find_shortages(problem):
        return
    found = assign(problem)
    check_limits(problem, found)
    assert found.total == pytest.approx(max(total for _worst, total in everything(problem)), abs=1e-6)
    assert found.total <= found.total_bound <= found.total + 1e-6


@given(problems())
@settings(max_examples=120, deadline=None)
def test_fair_is_the_best_worst_and_then_the_best_total(problem: Problem):
    if find_shortages(problem):
        return
    found = assign_fairly(problem)
    check_limits(problem, found)
    every = list(everything(problem))
    worst = max(one for one, _total in every)
    assert found.worst == pytest.approx(worst, abs=1e-5)
    assert found.total == pytest.approx(max(total for one, total in every if one >= worst - 1e-9), abs=1e-5)
    assert found.worst <= found.worst_bound <= found.worst + 1e-5
    assert found.total <= found.total_bound <= found.total + 1e-5


@given(problems())
@settings(max_examples=50, deadline=None)
def test_the_pairs_to_begin_with_suffice(problem: Problem):
    if find_shortages(problem):
        return
    pairs = supporting_pairs(problem, problem.best(1))
    thin = Problem.of(
        problem.need[pairs], problem.expert[pairs], problem.value[pairs], needs=problem.needs,
        experts=problem.experts, per_need=problem.per_need, max_load=problem.max_load, min_load=problem.min_load,
    )  # fmt: skip
    assert find_shortages(thin) == ()


def large(needs: int = 120, experts: int = 100, *, min_load: int = 0) -> Problem:
    """Each need has 30 of the experts, some of whom are good at everything; loads are nearly full."""
    chance = np.random.default_rng(7)
    expert = np.concatenate([chance.choice(experts, 30, replace=False) for _ in range(needs)])
    value = chance.random(expert.size) ** 3 * (1 + 2 * (expert % 7 == 0))
    need = np.repeat(np.arange(needs), 30)
    limits = {"per_need": 3, "max_load": 4, "min_load": min_load}
    return Problem.of(need, expert, value, needs=needs, experts=experts, **limits)


@pytest.mark.parametrize("min_load", [0, 3])
def test_beginning_with_few_pairs_ends_as_with_all(min_load: int):
    problem = large(min_load=min_load)
    everything = Program(problem, np.arange(problem.value.size))
    found = assign(problem)
    check_limits(problem, found)
    assert found.total == pytest.approx(everything.best_total().bound * everything.scale, rel=1e-9)
    assert found.total_bound == pytest.approx(found.total, rel=1e-9)


@pytest.mark.parametrize("min_load", [0, 3])
def test_fair_raises_the_worst_and_pays_little(min_load: int):
    problem = large(min_load=min_load)
    plain, fair = assign(problem), assign_fairly(problem)
    check_limits(problem, fair)
    assert plain.worst < fair.worst <= fair.worst_bound
    assert 0.9 * plain.total < fair.total <= plain.total
    assert fair.total_bound - fair.total <= 0.001 * fair.total
    assert fair.worst_bound - fair.worst <= 0.01 * fair.worst


@pytest.mark.parametrize("solve", [assign, assign_fairly])
def test_the_same_pairs_in_another_order_give_the_same_assignment(solve):
    problem = large()
    order = np.random.default_rng(1).permutation(problem.value.size)
    other = Problem.of(
        problem.need[order], problem.expert[order], problem.value[order],
        needs=problem.needs, experts=problem.experts, per_need=3, max_load=4,
    )  # fmt: skip
    one, two = solve(problem), solve(other)
    assert (one.pairs.tolist(), one.total, one.worst) == (two.pairs.tolist(), two.total, two.worst)


@pytest.mark.parametrize("factor", [1e-9, 1.0, 1e9])
def test_the_unit_of_the_values_does_not_matter(factor: float):
    rows = [[0.9, 0.8, 0.1], [0.8, 0.1, 0.0], [0.3, 0.2, 0.1]]
    found = assign_fairly(problem_of([[factor * v for v in row] for row in rows], per_need=1, max_load=1))
    assert found.total == pytest.approx(factor * 1.7)
    assert found.worst == pytest.approx(factor * 0.1)


def test_when_all_values_are_nought_the_limits_are_kept():
    problem = problem_of([[0.0, 0.0], [0.0, 0.0]], per_need=1, max_load=1)
    found = assign_fairly(problem)
    check_limits(problem, found)
    assert (found.total, found.worst) == (0.0, 0.0)


def test_fair_gives_up_total_for_the_worst_served():
    problem = problem_of([[1.0, 0.6], [0.5, 0.0]], per_need=1, max_load=1)
    assert (assign(problem).total, assign(problem).worst) == (1.1, 0.5)
    problem = problem_of([[1.0, 0.3], [0.2, 0.0]], per_need=1, max_load=1)
    assert (assign(problem).total, assign(problem).worst) == (1.0, 0.0)
    assert (assign_fairly(problem).total, assign_fairly(problem).worst) == (0.5, 0.2)


def test_a_floor_just_above_the_best_worst_does_not_cost_total():
    rows = [[NAN, -0.5, 2.0], [0.0, 1.0, 0.1], [0.3, 0.7, 0.35], [1.0, NAN, 0.1]]
    found = assign_fairly(problem_of(rows, per_need=2, max_load=3))
    assert (found.total, found.worst) == pytest.approx((4.7, 1.0))


def test_a_need_without_enough_experts_is_named():
    problem = problem_of([[1, 1, 1], [NAN, 1, NAN], [NAN, NAN, NAN]], per_need=2, max_load=3)
    assert find_shortages(problem) == (Shortage((1,), 2, 1), Shortage((2,), 2, 0))


def test_too_little_room_in_all_is_named():
    assert find_shortages(problem_of([[1, 1]] * 3, per_need=2, max_load=2)) == (Shortage((0, 1, 2), 6, 4),)


def test_needs_that_compete_for_the_same_experts_are_named():
    rows = [[1, 1, NAN, NAN], [1, 1, NAN, NAN], [1, 1, NAN, NAN], [1, 1, 1, 1]]
    assert find_shortages(problem_of(rows, per_need=1, max_load=1)) == (Shortage((0, 1, 2), 3, 2),)


def test_experts_who_cannot_be_kept_busy_are_named():
    rows = [[1, 1, 1], [1, 1, NAN], [1, 1, NAN]]
    found = find_shortages(problem_of(rows, per_need=2, max_load=3, min_load=2))
    assert found == (Shortage((2,), 2, 1, of_experts=True),)
    found = find_shortages(problem_of([[1, 1, 1]], per_need=2, max_load=1, min_load=1))
    assert found == (Shortage((0, 1, 2), 3, 2, of_experts=True),)


@pytest.mark.parametrize(
    "change",
    [
        {"per_need": 0}, {"max_load": 0}, {"min_load": 3}, {"min_load": -1}, {"needs": 0}, {"value": [1, NAN]},
        {"value": [1, float("inf")]}, {"need": [0, 2]}, {"expert": [0, -1]}, {"need": [0, 0], "expert": [1, 1]},
    ],
)  # fmt: skip
def test_what_is_no_problem_is_refused(change: dict[str, object]):
    given_ = {"need": [0, 1], "expert": [0, 1], "value": [1.0, 1.0], "needs": 2, "experts": 2, "per_need": 1}
    with pytest.raises(ValueError, match=r"."):
        Problem.of(**(given_ | {"max_load": 2} | change))  # type: ignore[arg-type]
