"""The best of everything: as when every pair is scored by itself."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from queqiao.engine.bulk import kernel
from queqiao.engine.bulk.kernel import StoppedError, TopLists, top_lists
from queqiao.engine.bulk.tables import Table
from queqiao.engine.bulk.tests.made_up import side


def lists(found: TopLists) -> list[list[tuple[int, float]]]:
    pairs = list(zip(found.rows.tolist(), found.scores.tolist(), strict=True))
    return [pairs[start:stop] for start, stop in zip(found.starts, found.starts[1:], strict=False)]


def one_by_one(needs: Table, candidates: Table, k: int) -> list[list[tuple[int, float]]]:
    left, right = (np.hstack([one.weights.toarray(), one.vectors]).astype(np.float64) for one in (needs, candidates))
    scores = (left[:, None, :] * right[None, :, :]).sum(axis=2).round(kernel.DECIMALS)
    order = [sorted((-score, row) for row, score in enumerate(of_need) if score > 0)[:k] for of_need in scores]
    return [[(row, -score) for score, row in of_need] for of_need in order]


def alike(found: list[list[tuple[int, float]]], expected: list[list[tuple[int, float]]]) -> bool:
    """Whether rows are the same, and scores but for the last bit of their sum."""
    return [[row for row, _ in one] for one in found] == [[row for row, _ in one] for one in expected] and np.allclose(
        [score for one in found for _, score in one], [score for one in expected for _, score in one], atol=2e-6
    )


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernel, "NEEDS_AT_ONCE", 4)
    monkeypatch.setattr(kernel, "CANDIDATES_AT_ONCE", 16)
    monkeypatch.setattr(kernel, "_DENSE_FROM", 0.2)


@pytest.mark.usefixtures("small_blocks")
@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 2), needs=st.integers(0, 9), candidates=st.integers(0, 70), k=st.integers(1, 40),
    width=st.sampled_from([0, 5]),
)  # fmt: skip
def test_the_lists_are_those_of_scoring_every_pair(seed: int, needs: int, candidates: int, k: int, width: int):
    left = side(seed, needs, width=width, vector_weight=0.5)
    right = side(seed + 1, candidates, width=width)
    assert alike(lists(top_lists(left, right, k)), one_by_one(left, right, k))


@pytest.mark.usefixtures("small_blocks")
def test_of_the_same_text_again_and_again_the_first_come_first():
    once = side(1, 1).weights
    same = Table.of(sparse.vstack([once] * 90, format="csr"))
    (found,) = lists(top_lists(Table.of(once), same, 3))
    assert [row for row, _score in found] == [0, 1, 2]


def test_what_shares_nothing_with_a_need_is_not_listed():
    needs = Table.of(sparse.csr_array([[1.0, 0.0], [0.0, 0.0]]))
    candidates = Table.of(sparse.csr_array([[0.0, 2.0], [3.0, 0.0]]))
    assert lists(top_lists(needs, candidates, 5)) == [[(1, 3.0)], []]


def test_vectors_count_by_their_angle_and_the_weight_given_to_them():
    nothing = sparse.csr_array((1, 1))
    needs = Table.of(nothing, np.array([[3, 4]], np.float32), vector_weight=0.5)
    candidates = Table.of(sparse.csr_array((3, 1)), np.array([[0, 9], [-1, 0], [6, 8]], np.float32))
    assert lists(top_lists(needs, candidates, 5)) == [[(2, 0.5), (0, 0.4)]]


def test_a_side_whose_vectors_are_not_those_of_its_texts_is_refused():
    with pytest.raises(ValueError, match="2 rows of weights, but 1 vectors"):
        Table.of(sparse.csr_array((2, 1)), np.zeros((1, 3), np.float32))


def test_work_stops_when_asked():
    with pytest.raises(StoppedError):
        top_lists(side(1, 3), side(2, 3), 2, should_stop=lambda: True)
