import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queqiao.engine.ranking.metrics import auc, level_score, ndcg


def test_ndcg_of_a_small_list_worked_out_by_hand():
    # gains 1, 7, 0 at discounts 1, log2 3, 2; the best order is 7, 1, 0
    assert ndcg([2, 4, 1]) == pytest.approx((1 + 7 / math.log2(3)) / (7 + 1 / math.log2(3)))


def test_ndcg_is_undefined_where_everything_is_unrelated():
    assert ndcg([1, 1, 1]) is None


def test_only_the_first_ten_count():
    assert ndcg([1] * 10 + [4]) == 0.0


def test_auc_counts_won_pairs_and_halves_ties():
    assert auc([0.9, 0.5, 0.5, 0.1], [True, False, True, False]) == (1 + 1 + 0.5 + 1) / 4


def test_auc_is_undefined_without_both_kinds():
    assert auc([0.1, 0.2], [True, True]) is None


def test_levels_are_scored_by_the_mean_error():
    assert level_score([2, 2, 2, 2], [1, 2, 3, 4]) == 0.5
    with pytest.raises(ValueError, match="no judged pairs"):
        level_score([], [])


@given(st.lists(st.integers(1, 4), min_size=1, max_size=15))
def test_the_best_order_has_ndcg_one_and_no_order_has_more(levels: list[int]):
    best, any_order = ndcg(sorted(levels, reverse=True)), ndcg(levels)
    if best is None:
        assert any_order is None
    else:
        assert best == 1
        assert any_order is not None
        assert 0 <= any_order <= 1
