"""Which requirements and which candidates count for the team of a need."""

import pytest

from queqiao.matching.actions.deciding import grade_match
from queqiao.matching.models import Match
from queqiao.matching.teams import NothingToShareError, Teamed, team_of
from queqiao.matching.tests.desk import Desk
from queqiao.matching.tests.workshop import publish, put_out, work
from queqiao.matching.workbench import bench
from queqiao.needs.models import Need
from queqiao.research.models import Achievement

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk() -> Desk:
    """A desk with a need that two achievements of the university answer together, one of them better than a third."""
    desk = Desk()
    desk.need = publish(
        Need,
        desk.enterprise,
        title="高速轴承密封，寿命不低于 8000 小时",
        problem="高速轴承密封圈早期磨损，要求密封寿命不低于 8000 小时，转速不低于 12000 r/min。",
    )
    for title, text in (
        ("耐磨密封圈", "高速轴承密封圈，密封寿命 9000 小时。"),
        ("高速密封结构", "高速轴承密封结构早期磨损小，转速 15000 r/min。"),
        ("普通密封圈", "轴承密封圈，密封寿命 8500 小时，用于洗衣机。"),
    ):
        publish(Achievement, desk.university, title=title, description=text)
    work()
    return desk


def team(desk: Desk) -> Teamed | None:
    desk.need.refresh_from_db()
    return team_of(desk.need, bench(desk.staff, desk.need).matches, desk.staff)


def members(desk: Desk) -> list[str]:
    found = team(desk)
    ids = [part.match.candidate_id for part in found.parts] if found else []
    titles = dict(Achievement.objects.values_list("pk", "title"))
    return sorted(titles[pk] for pk in ids)


def test_what_the_title_repeats_is_one_requirement(desk: Desk) -> None:
    found = team(desk)
    assert found is not None
    assert (found.asked, found.alone, found.missing) == (2, 1, ())
    assert [[gap["need"]["name"] for gap in part.gaps] for part in found.parts] in (
        [["密封寿命"], ["转速"]],
        [["转速"], ["密封寿命"]],
    )


def test_whom_the_staff_find_unrelated_is_no_member_and_the_next_takes_the_place(desk: Desk) -> None:
    assert members(desk) == ["耐磨密封圈", "高速密封结构"]
    best = Match.objects.get(need=desk.need, candidate_id=Achievement.objects.get(title="耐磨密封圈").pk)
    grade_match(best, 1, seen_revision=best.revision, by=desk.staff)
    assert members(desk) == ["普通密封圈", "高速密封结构"]


def test_what_was_compared_with_another_wording_of_the_need_makes_no_team(desk: Desk) -> None:
    put_out(desk.need, revision=desk.need.revision + 1)
    with pytest.raises(NothingToShareError):
        team(desk)


def test_whom_the_staff_find_hardly_related_is_no_member_whatever_value_he_states(desk: Desk) -> None:
    fast = Match.objects.get(need=desk.need, candidate_id=Achievement.objects.get(title="高速密封结构").pk)
    grade_match(fast, 2, seen_revision=fast.revision, by=desk.staff)
    assert team(desk) is None
    grade_match(fast, 3, seen_revision=fast.revision + 1, by=desk.staff)
    assert members(desk) == ["耐磨密封圈", "高速密封结构"]
