"""Rounds of a need: nothing fits, settled, opened again; candidates that the staff know of."""

import pytest

from queqiao.accounts.actors import actor_for
from queqiao.accounts.choices import RoleKind
from queqiao.accounts.models import Message
from queqiao.accounts.tests.factories import give, make_organisation
from queqiao.core.errors import ForbiddenError, QueqiaoError, StaleError
from queqiao.core.queries import history
from queqiao.matching.actions.adding import add_by_hand
from queqiao.matching.actions.deciding import accept_match, assign_broker, grade_match, reject_match, reopen_match
from queqiao.matching.actions.feedback import FEEDBACK
from queqiao.matching.actions.rounds import close_round, reopen_round, settle_round
from queqiao.matching.choices import Origin, RoundState
from queqiao.matching.models import Match, Round
from queqiao.matching.tests.desk import Desk
from queqiao.matching.tests.workshop import blind, publish, put_out, work
from queqiao.matching.workbench import bench
from queqiao.records.choices import Visibility
from queqiao.research.models import Achievement, Expert

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk() -> Desk:
    return Desk()


def letters() -> list[Message]:
    return list(Message.objects.filter(key__startswith="nothing_fits:"))


def test_nothing_fits_ends_the_round_and_tells_the_owner_why_in_plain_words(desk: Desk) -> None:
    ended = close_round(desk.need, note=" 现有成果都达不到 320MPa。 ", seen_revision=1, by=desk.staff)
    assert (ended.state, ended.note, ended.closed_by_id) == (
        RoundState.NOTHING_FITS,
        "现有成果都达不到 320MPa。",
        desk.first.pk,
    )
    (letter,) = letters()
    assert letter.address == "luo@example.org"
    assert letter.subject == f"{desk.need.number} 这次没有找到合适的对象"
    assert letter.text == (
        f"您的需求“铝锭表面气孔率过高”（{desk.need.number}）这次没有找到合适的对象。\n"
        "运营人员的说明：现有成果都达不到 320MPa。\n需求修改并发布后，会重新匹配。"
    )
    assert [one.verb for one in history("round", ended.pk)] == ["close"]
    reopen_round(desk.need, seen_revision=2, by=desk.staff)
    assert letters() == []  # not sent yet: taken back


def test_nothing_fits_needs_a_reason_and_that_nothing_was_accepted(desk: Desk) -> None:
    with pytest.raises(QueqiaoError, match="请写明为什么没有合适的"):
        close_round(desk.need, note="  ", seen_revision=1, by=desk.staff)
    accept_match(desk.best(), seen_revision=1, by=desk.staff)
    with pytest.raises(QueqiaoError, match="已经采纳了 1 个候选"):
        close_round(desk.need, note="没有", seen_revision=1, by=desk.staff)
    assert (letters(), desk.round().state) == ([], RoundState.OPEN)


def test_a_round_is_settled_only_where_something_was_accepted(desk: Desk) -> None:
    with pytest.raises(QueqiaoError, match="还没有采纳任何候选"):
        settle_round(desk.need, seen_revision=1, by=desk.staff)
    accept_match(desk.best(), seen_revision=1, by=desk.staff)
    assert settle_round(desk.need, seen_revision=1, by=desk.staff).state == RoundState.SETTLED
    assert letters() == []


def test_in_a_round_that_has_ended_nothing_is_judged_until_it_is_opened_again(desk: Desk) -> None:
    match = grade_match(desk.best(), 2, seen_revision=1, by=desk.staff)
    close_round(desk.need, note="没有", seen_revision=1, by=desk.staff)
    acts = (
        lambda: accept_match(match, seen_revision=2, by=desk.staff),
        lambda: reject_match(match, reason_class="ip", seen_revision=2, by=desk.staff),
        lambda: grade_match(match, 3, seen_revision=2, by=desk.staff),
        lambda: reopen_match(match, seen_revision=2, by=desk.staff),
        lambda: add_by_hand(desk.need, desk.offered[5].number, by=desk.staff),
    )
    for act in acts:
        with pytest.raises(QueqiaoError, match="这一轮匹配已经结束，请先重新打开"):
            act()
    assign_broker(match, desk.broker, seen_revision=2, by=desk.staff)
    assert reopen_round(desk.need, seen_revision=2, by=desk.colleague).state == RoundState.OPEN
    accept_match(match, seen_revision=3, by=desk.staff)
    assert (desk.round().note, desk.round().closed_at) == ("", None)


def test_two_people_end_a_round_once_and_who_comes_late_is_told(desk: Desk) -> None:
    close_round(desk.need, note="没有", seen_revision=1, by=desk.colleague)
    close_round(desk.need, note="确实没有", seen_revision=1, by=desk.staff)
    assert (desk.round().note, len(letters())) == ("没有", 1)
    with pytest.raises(StaleError, match=r"许知行已于 .* 结束了这一轮匹配，您这次的操作没有保存。"):
        reopen_round(desk.need, seen_revision=1, by=desk.staff)
    Message.objects.update(state="sent")
    reopen_round(desk.need, seen_revision=2, by=desk.staff)
    with pytest.raises(StaleError, match="这一轮匹配在您打开之后有过变化"):
        close_round(desk.need, note="没有", seen_revision=1, by=desk.staff)
    close_round(desk.need, note="还是没有", seen_revision=3, by=desk.staff)
    assert len(letters()) == 2


def test_only_the_staff_of_the_need_end_rounds_and_add_candidates(desk: Desk) -> None:
    match = assign_broker(desk.best(), desk.broker, seen_revision=1, by=desk.staff)
    for person in (desk.owner, desk.broker):
        by = actor_for(person)
        with pytest.raises(ForbiddenError):
            close_round(match.need, note="没有", seen_revision=1, by=by)
        with pytest.raises(ForbiddenError):
            add_by_hand(match.need, desk.offered[5].number, by=by)


def test_a_changed_need_begins_a_new_round(desk: Desk) -> None:
    close_round(desk.need, note="没有", seen_revision=1, by=desk.staff)
    put_out(desk.need, indicators="气孔率低于3%", revision=2)
    work()
    assert list(Round.objects.filter(need=desk.need).values_list("number", "state")) == [
        (2, "open"),
        (1, "nothing_fits"),
    ]
    shown = bench(desk.staff, desk.need).round
    assert shown is not None
    assert shown.number == 2


def test_a_candidate_added_by_hand_is_scored_as_all_others_are(desk: Desk) -> None:
    scored = desk.best()
    Match.objects.filter(need=desk.need).delete()
    number = Achievement.objects.get(pk=scored.candidate_id).number
    added = add_by_hand(desk.need, f" {number.lower()} ", by=desk.staff)
    assert (added.score, added.level, added.parts, added.evidence, added.snapshot_id) == (
        scored.score,
        scored.level,
        scored.parts,
        scored.evidence,
        scored.snapshot_id,
    )
    assert (added.origin, added.listed, added.rank) == (Origin.HAND, True, 1)
    assert [one.verb for one in history("match", added.pk)] == ["add"]
    assert add_by_hand(desk.need, number, by=desk.colleague).pk == added.pk
    assert history("match", added.pk).count() == 1


def test_what_has_no_word_in_common_can_be_added_too_and_stays(desk: Desk) -> None:
    expert = publish(Expert, desk.university, title="林清源", record="古琴斫制")
    for record in (desk.offered[4], expert):
        added = add_by_hand(desk.need, record.number, by=desk.staff)
        assert (added.level, added.listed) == (1, True)
    put_out(desk.need)
    work()
    kept = Match.objects.filter(need=desk.need, origin=Origin.HAND, listed=True)
    assert {match.candidate_id for match in kept} == {desk.offered[4].pk, expert.pk}


def test_a_candidate_that_had_left_the_list_comes_back_by_hand_and_learns_from_the_grades(desk: Desk) -> None:
    grade_match(desk.best(), 4, seen_revision=1, by=desk.staff)
    last = Match.objects.filter(need=desk.need, listed=True).order_by("-rank")[0]
    Match.objects.filter(pk=last.pk).update(listed=False, rank=None)
    number = Achievement.objects.get(pk=last.candidate_id).number
    added = add_by_hand(desk.need, number, by=desk.staff)
    assert (added.pk, added.origin, added.revision) == (last.pk, Origin.HAND, 2)
    assert added.parts[FEEDBACK] > 0


def test_what_may_not_be_matched_is_not_added(desk: Desk) -> None:
    with pytest.raises(QueqiaoError, match="没有找到编号为“CG-2000-00001”的成果、专家或实验室"):
        add_by_hand(desk.need, "cg-2000-00001", by=desk.staff)
    own = publish(Achievement, desk.enterprise, title="自有工艺", description="压铸")
    hidden = publish(Achievement, desk.university, title="只给受邀者", visibility=Visibility.INVITED)
    give(desk.first, RoleKind.EDITOR, desk.university)
    for record in (own, hidden):
        with pytest.raises(QueqiaoError, match=f"{record.number} 不能和这条需求匹配"):
            add_by_hand(desk.need, record.number, by=actor_for(desk.first))
    elsewhere = make_organisation(kind="university")
    unseen = publish(Achievement, elsewhere, title="只给受邀者", visibility=Visibility.INVITED)
    with pytest.raises(QueqiaoError, match="没有找到编号"):
        add_by_hand(desk.need, unseen.number, by=desk.staff)


def test_a_blind_candidate_can_be_added_by_whoever_sees_its_blind_form(desk: Desk) -> None:
    elsewhere = make_organisation(kind="university")
    record = blind(publish(Achievement, elsewhere, title="真空压铸", description="压铸铝合金气孔"), "某压铸成果")
    assert add_by_hand(desk.need, record.number, by=desk.staff).listed
