"""Teams: worked examples of needs that nobody covers alone, and every small case against trying all teams."""

import itertools
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from queqiao.engine.assignment.teams import Candidate, Member, Team, find_team

COATING = ("结合强度", "使用温度", "孔隙率", "智能控制")


def candidate(name: str, covers: str = "", score: float = 0.5) -> Candidate:
    return Candidate(name, frozenset(covers.split()), score)


def test_two_who_complement_each_other_cover_what_nobody_covers_alone() -> None:
    found = find_team(
        COATING,
        [
            candidate("喷涂工艺", "结合强度 孔隙率", 0.6),
            candidate("陶瓷涂层", "使用温度 孔隙率", 0.5),
            candidate("控制研究所", "智能控制", 0.2),
            candidate("检测实验室", "孔隙率", 0.9),
        ],
    )
    assert found == Team(
        members=(
            Member("喷涂工艺", ("结合强度", "孔隙率")),
            Member("陶瓷涂层", ("使用温度", "孔隙率")),
            Member("控制研究所", ("智能控制",)),
        ),
        open=(),
        crowded=(),
        alone=2,
        proved=True,
    )


def test_what_nobody_covers_stays_open_and_fewer_members_go_before_better_scores() -> None:
    found = find_team(
        COATING,
        [
            candidate("甲", "结合强度 使用温度", 0.1),
            candidate("乙", "孔隙率", 0.1),
            candidate("丙", "结合强度", 0.9),
            candidate("丁", "使用温度", 0.9),
        ],
    )
    assert found is not None
    assert [one.id for one in found.members] == ["乙", "甲"]
    assert (found.open, found.crowded) == (("智能控制",), ())


def test_of_teams_of_one_size_the_greater_sum_is_taken_and_of_equal_ones_the_first_by_id() -> None:
    found = find_team(
        COATING,
        [
            candidate("乙", "结合强度", 0.7),
            candidate("丙", "使用温度", 0.3),
            candidate("甲", "结合强度", 0.7),
            candidate("丁", "使用温度", 0.4),
        ],
    )
    assert found is not None
    assert [one.id for one in found.members] == ["乙", "丁"]  # 乙 comes before 甲 by its letters


def test_there_is_no_team_where_one_covers_as_much_or_nobody_anything() -> None:
    alone = [candidate("甲", "结合强度 使用温度"), candidate("乙", "使用温度", 0.9)]
    assert find_team(COATING, alone) is None
    assert find_team(COATING, [candidate("甲"), candidate("乙", "别的指标")]) is None
    assert find_team(COATING, []) is None
    assert find_team((), alone) is None


def test_a_full_team_says_what_others_would_have_covered() -> None:
    found = find_team(COATING[:3], [candidate(one, one, i / 10) for i, one in enumerate(COATING)], most=2)
    assert found is not None
    assert [one.id for one in found.members] == ["孔隙率", "使用温度"]
    assert (found.open, found.crowded, found.proved) == (("结合强度",), ("结合强度",), True)


def test_a_search_that_was_cut_short_says_so() -> None:
    many = [candidate(f"{i:02}", " ".join(f"{i} {(i * 7) % 30} {(i * 11) % 30}".split())) for i in range(30)]
    requirements = tuple(str(i) for i in range(30))
    cut = find_team(requirements, many, sets=10)
    whole = find_team(requirements, many, most=3)
    assert cut is not None
    assert whole is not None
    assert (cut.proved, whole.proved) == (False, True)


def best_by_trying(
    requirements: Sequence[str], candidates: Sequence[Candidate], most: int
) -> tuple[int, int, int, tuple[str, ...]]:
    """Return what the best of all teams leaves open, its size, its sum of scores (negative), and its ids."""
    return min(
        (
            -len(set(requirements) & {what for one in team for what in one.covers}),
            len(team),
            -sum(round(one.score * 10**6) for one in team),
            tuple(sorted(one.id for one in team)),
        )
        for size in range(most + 1)
        for team in itertools.combinations(candidates, size)
    )


REQUIREMENTS = tuple("气温压力强硬寿精")


@given(
    st.lists(
        st.tuples(st.frozensets(st.sampled_from(REQUIREMENTS)), st.sampled_from([0.0, 0.1, 0.2, 0.3, 0.6])),
        max_size=10,
    ),
    st.integers(1, len(REQUIREMENTS)),
    st.integers(1, 5),
)
def test_no_other_team_is_better(drawn: list[tuple[frozenset[str], float]], asked: int, most: int) -> None:
    requirements = REQUIREMENTS[:asked]
    candidates = [Candidate(f"成果{i}", covers, score) for i, (covers, score) in enumerate(drawn)]
    found = find_team(requirements, candidates, most=most)
    left, size, cost, ids = best_by_trying(requirements, candidates, most)
    if size < 2:
        assert found is None
        return
    assert found is not None
    scores = {one.id: one.score for one in candidates}
    assert tuple(sorted(one.id for one in found.members)) == ids
    assert -sum(round(scores[one.id] * 10**6) for one in found.members) == cost
    assert len(requirements) - len(found.open) == -left > found.alone
    assert found.proved


@given(
    st.lists(st.frozensets(st.sampled_from(REQUIREMENTS), max_size=3), min_size=1, max_size=8),
    st.integers(1, 5),
)
def test_every_member_is_needed(drawn: list[frozenset[str]], most: int) -> None:
    found = find_team(REQUIREMENTS, [Candidate(str(i), covers, 0.5) for i, covers in enumerate(drawn)], most=most)
    for member in found.members if found else ():
        others = {what for one in found.members if one is not member for what in one.covers} if found else set()
        assert set(member.covers) - others != set()
