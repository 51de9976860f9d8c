import pytest

from queqiao.engine.ranking.levels import ABSTAIN_BELOW, LEVEL_BOUNDS, fits, is_brief, level_of


@pytest.mark.parametrize(
    ("score", "level"), [(0.0, 1), (0.069, 1), (0.07, 2), (0.29, 2), (0.30, 3), (0.39, 3), (0.40, 4), (0.9, 4)]
)
def test_levels_begin_at_their_bounds(score: float, level: int):
    assert level_of(score, (), has_reason=True) == level
    assert list(LEVEL_BOUNDS) == sorted(LEVEL_BOUNDS)


def test_without_a_meaningful_shared_term_a_pair_is_unrelated():
    assert level_of(0.9, (), has_reason=False) == 1


def test_a_few_words_are_never_fairly_strong():
    assert level_of(0.9, (), has_reason=True, brief=True) == 2
    assert is_brief(["除", "氟", "除", "氟"])
    assert is_brief(["laser", "welding"])
    assert not is_brief(["激", "光", "焊", "接", "机"])
    assert not is_brief(["laser", "welding", "robot"])
    assert not is_brief(["MPPT", "光", "伏", "器"])


def test_the_same_words_again_and_again_are_no_more_than_said_once():
    assert is_brief(list("高炉熔渣余热回收粒化") * 50)
    assert not is_brief(list("高炉熔渣余热回收粒化") * 5)
    assert not is_brief([chr(0x4E00 + i) for i in range(400)] * 6)


def test_nothing_fits_where_the_best_is_weak_or_rests_on_filler_words():
    assert not fits(ABSTAIN_BELOW - 0.001, has_reason=True)
    assert not fits(0.9, has_reason=False)
    assert fits(ABSTAIN_BELOW, has_reason=True)
