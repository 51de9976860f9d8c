"""Judging candidates: accept, reject, grade, undo, brokers; several people at once never tread on each other."""

import datetime
import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.utils import timezone

from queqiao.accounts.actions.messages import deliver_waiting
from queqiao.accounts.actors import STRANGER, actor_for
from queqiao.accounts.choices import RoleKind
from queqiao.accounts.models import Message, Role, ScopeMembership
from queqiao.accounts.tests.factories import give, make_organisation, make_person, make_scope, make_user
from queqiao.core.errors import ForbiddenError, QueqiaoError, StaleError
from queqiao.core.queries import first_broken_link, history
from queqiao.matching.actions.deciding import accept_match, assign_broker, grade_match, reject_match, reopen_match
from queqiao.matching.actions.feedback import FEEDBACK
from queqiao.matching.choices import Decision, ReasonClass
from queqiao.matching.models import Match
from queqiao.matching.queries import visible_matches
from queqiao.matching.rights import possible_brokers
from queqiao.matching.tests.desk import Desk
from queqiao.matching.tests.workshop import put_out, work
from queqiao.matching.workbench import bench
from queqiao.records.actions import advance
from queqiao.records.choices import Verb

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk() -> Desk:
    return Desk()


def letters() -> list[str]:
    return list(Message.objects.filter(key__startswith="accepted:").values_list("address", flat=True))


def judged(match: Match) -> tuple[object, ...]:
    match.refresh_from_db()
    return match.state, match.reason_class, match.note, match.decided_by_id, match.grade, match.graded_by_id


UNJUDGED = (Decision.OPEN, "", "", None, None, None)


def test_accepting_tells_the_owner_of_the_need_once_and_the_log_says_who(desk: Desk) -> None:
    match = accept_match(desk.best(), seen_revision=1, by=desk.staff)
    assert judged(match) == (Decision.ACCEPTED, "", "", desk.first.pk, None, None)
    assert (match.revision, match.decided_at is not None) == (2, True)
    assert letters() == ["luo@example.org"]
    last = history("match", match.pk).last()
    assert last is not None
    assert (last.verb, last.actor, last.changes["state"]) == ("accept", f"person:{desk.first.pk}", ["open", "accepted"])
    assert first_broken_link() is None


def test_a_refusal_teaches_only_the_staff(desk: Desk) -> None:
    match = desk.best()
    before = Message.objects.count()
    reject_match(match, reason_class=ReasonClass.TOO_EARLY, note=" 还在实验室阶段 ", seen_revision=1, by=desk.staff)
    assert judged(match) == (Decision.REJECTED, "too_early", "还在实验室阶段", desk.first.pk, None, None)
    assert Message.objects.count() == before
    inventor = make_person(email="inventor@example.org")
    give(inventor, RoleKind.EDITOR, desk.university)
    assert not visible_matches(actor_for(inventor)).filter(pk=match.pk).exists()
    assert visible_matches(desk.colleague).get(pk=match.pk).note == "还在实验室阶段"


def test_a_refusal_needs_a_reason_and_a_note_has_an_end(desk: Desk) -> None:
    match = desk.best()
    for reason in ("", "whatever"):
        with pytest.raises(QueqiaoError, match="请选择排除的原因"):
            reject_match(match, reason_class=reason, seen_revision=1, by=desk.staff)
    with pytest.raises(QueqiaoError, match="请在说明里写明"):
        reject_match(match, reason_class="other", note=" ", seen_revision=1, by=desk.staff)
    with pytest.raises(QueqiaoError, match="备注最多 1000 字，现在是 1001 字"):
        reject_match(match, reason_class="ip", note="长" * 1001, seen_revision=1, by=desk.staff)
    with pytest.raises(QueqiaoError, match="只能是 1 到 4"):
        grade_match(match, 5, seen_revision=1, by=desk.staff)
    assert judged(match) == UNJUDGED


def test_given_that_a_colleague_decided_meanwhile_then_nothing_changes_and_it_says_who_and_when(desk: Desk) -> None:
    match = desk.best()
    reject_match(match, reason_class="price", seen_revision=1, by=desk.colleague)
    with pytest.raises(StaleError) as error:
        accept_match(match, seen_revision=1, by=desk.staff)
    assert str(error.value).startswith("许知行已于 2")
    assert str(error.value).endswith(" 排除了这个候选，您这次的操作没有保存。")
    assert (error.value.theirs["state"], error.value.revision) == ("rejected", 2)
    assert judged(match)[:2] == (Decision.REJECTED, "price")
    assert letters() == []
    with pytest.raises(StaleError, match=r"许知行已于 .* 排除了这个候选"):
        grade_match(match, 3, seen_revision=1, by=desk.staff)
    accept_match(match, seen_revision=2, by=desk.staff)
    assert judged(match)[:4] == (Decision.ACCEPTED, "", "", desk.first.pk)


def test_given_that_both_did_the_same_then_it_is_no_error_and_the_first_stays(desk: Desk) -> None:
    one, two, three = desk.best(0), desk.best(1), desk.best(2)
    for actor in (desk.colleague, desk.staff):
        accept_match(one, seen_revision=1, by=actor)
        grade_match(two, 3, seen_revision=1, by=actor)
        reject_match(three, reason_class="ip", seen_revision=1, by=actor)
    assert judged(one)[3] == judged(two)[5] == judged(three)[3] == desk.second.pk
    assert [one.revision, two.revision, three.revision] == [2, 2, 2]
    assert letters() == ["luo@example.org"]


def test_undo_restores_what_was_there_before_step_by_step(desk: Desk) -> None:
    match = desk.best()
    grade_match(match, 2, seen_revision=1, by=desk.staff)
    reject_match(match, reason_class="unclear", note="看不懂", seen_revision=2, by=desk.staff)
    graded_at = Match.objects.get(pk=match.pk).graded_at
    reopen_match(match, seen_revision=3, by=desk.staff)
    assert judged(match) == (Decision.OPEN, "", "", None, 2, desk.first.pk)
    assert (match.graded_at, match.decided_at) == (graded_at, None)
    reopen_match(match, seen_revision=3, by=desk.staff)  # the same click twice undoes once
    assert judged(match)[4] == 2
    reopen_match(match, seen_revision=4, by=desk.staff)
    assert judged(match) == UNJUDGED
    with pytest.raises(QueqiaoError, match="没有可以撤销"):
        reopen_match(match, seen_revision=5, by=desk.staff)


def test_nobody_undoes_what_a_colleague_did(desk: Desk) -> None:
    match = desk.best()
    grade_match(match, 4, seen_revision=1, by=desk.staff)
    accept_match(match, seen_revision=2, by=desk.colleague)
    for seen in (2, 3):
        with pytest.raises(StaleError, match=r"许知行已于 .* 采纳了这个候选"):
            reopen_match(match, seen_revision=seen, by=desk.staff)
    reopen_match(match, seen_revision=3, by=desk.colleague)
    assert judged(match) == (Decision.OPEN, "", "", None, 4, desk.first.pk)
    with pytest.raises(StaleError, match=r"周敏已于 .* 给这个候选评了级"):
        reopen_match(match, seen_revision=4, by=desk.colleague)


def test_an_acceptance_that_is_undone_is_hidden_from_the_owner_and_told_once_when_it_comes_again(desk: Desk) -> None:
    match = desk.best()
    owner = actor_for(desk.owner)
    accept_match(match, seen_revision=1, by=desk.staff)
    assert visible_matches(owner).filter(pk=match.pk).exists()
    Message.objects.update(state="sent")
    reopen_match(match, seen_revision=2, by=desk.staff)
    assert not visible_matches(owner).filter(pk=match.pk).exists()
    accept_match(match, seen_revision=3, by=desk.staff)
    assert letters() == ["luo@example.org"]


@pytest.mark.parametrize("end", ["undo", "reject"])
def test_the_letter_of_an_acceptance_waits_half_a_minute_and_is_taken_back_with_it(desk: Desk, end: str) -> None:
    match = accept_match(desk.best(), seen_revision=1, by=desk.staff)
    assert deliver_waiting(now=timezone.now() + datetime.timedelta(seconds=25)) == 0
    if end == "undo":
        reopen_match(match, seen_revision=2, by=desk.staff)
    else:
        reject_match(match, reason_class="price", seen_revision=2, by=desk.staff)
    assert letters() == []
    accept_match(match, seen_revision=3, by=desk.staff)
    assert letters() == ["luo@example.org"]
    assert deliver_waiting(now=timezone.now() + datetime.timedelta(seconds=35)) == 1


def test_a_broker_is_told_what_was_given_to_him_and_not_what_was_taken_again(desk: Desk) -> None:
    match = desk.best()
    assign_broker(match, desk.broker, seen_revision=1, by=desk.staff)
    (letter,) = Message.objects.filter(person=desk.broker)
    assert desk.need.title in letter.text
    assert letter.link == "/my/matches"
    assign_broker(match, desk.second, seen_revision=2, by=desk.staff)
    assert [one.person_id for one in Message.objects.filter(key__startswith="assigned:")] == [desk.second.pk]
    assign_broker(match, desk.first, seen_revision=3, by=desk.staff)  # who takes it himself knows it
    assert not Message.objects.filter(key__startswith="assigned:").exists()


def test_a_grade_can_be_taken_off(desk: Desk) -> None:
    match = grade_match(desk.best(), 4, seen_revision=1, by=desk.staff)
    grade_match(match, None, seen_revision=2, by=desk.colleague)
    assert judged(match)[4:] == (None, desk.second.pk)


def test_only_the_staff_of_the_need_judge(desk: Desk) -> None:
    elsewhere = make_person()
    give(elsewhere, RoleKind.STAFF, make_scope().operator)
    for actor in (STRANGER, actor_for(desk.owner), actor_for(elsewhere), actor_for(desk.broker)):
        for act in (accept_match, reopen_match):
            with pytest.raises(ForbiddenError):
                act(desk.best(), seen_revision=1, by=actor)
        with pytest.raises(ForbiddenError):
            grade_match(desk.best(), 4, seen_revision=1, by=actor)
        with pytest.raises(ForbiddenError):
            reject_match(desk.best(), reason_class="ip", seen_revision=1, by=actor)
    assert judged(desk.best()) == UNJUDGED


def test_a_broker_judges_what_was_given_to_him_while_he_is_one(desk: Desk) -> None:
    match, other = desk.best(0), desk.best(1)
    broker = actor_for(desk.broker)
    assign_broker(match, desk.broker, seen_revision=1, by=desk.staff)
    assert [one.pk for one in bench(broker, desk.need).matches] == [match.pk]
    grade_match(match, 4, seen_revision=2, by=broker)
    with pytest.raises(ForbiddenError):
        grade_match(other, 4, seen_revision=1, by=broker)
    with pytest.raises(ForbiddenError, match="可以指派"):
        assign_broker(match, desk.second, seen_revision=3, by=broker)
    Role.objects.filter(person=desk.broker).delete()
    with pytest.raises(ForbiddenError):
        accept_match(match, seen_revision=3, by=broker)


def test_a_match_is_given_only_to_brokers_and_staff_of_the_scope(desk: Desk) -> None:
    match = desk.best()
    elsewhere, operator = make_person(name="外地人"), make_organisation(kind="association")
    make_user(elsewhere)
    give(elsewhere, RoleKind.BROKER, operator, make_scope(operator=operator))
    for person in (desk.owner, elsewhere):
        with pytest.raises(QueqiaoError, match="不是这条需求所在范围的技术经理人"):
            assign_broker(match, person, seen_revision=1, by=desk.staff)
    assign_broker(match, desk.second, seen_revision=1, by=desk.staff)
    with pytest.raises(StaleError, match=r"周敏已于 .* 指派了"):
        assign_broker(match, desk.broker, seen_revision=1, by=desk.colleague)
    assign_broker(match, desk.broker, seen_revision=2, by=desk.colleague)
    match.refresh_from_db()
    assert (match.broker_id, match.assigned_by_id) == (desk.broker.pk, desk.second.pk)


def test_brokers_of_a_firm_that_belongs_to_the_scope_can_be_chosen(desk: Desk) -> None:
    firm, broker = make_organisation(name="远航技术转移", kind="intermediary"), make_person(name="许知行")
    make_user(broker)
    give(broker, RoleKind.BROKER, firm)
    assert broker not in possible_brokers(desk.need)
    ScopeMembership.objects.create(scope=desk.scope, organisation=firm, recorded_by="system:test")
    assert broker in possible_brokers(desk.need)
    match = assign_broker(desk.best(), broker, seen_revision=1, by=desk.staff)
    assert accept_match(match, seen_revision=2, by=actor_for(broker)).state == Decision.ACCEPTED


def test_what_is_no_longer_published_is_not_accepted(desk: Desk) -> None:
    advance(desk.offered[0], Verb.WITHDRAW, by=desk.staff, reason="不再转让")
    with pytest.raises(QueqiaoError, match=r"候选已经不再发布|不归您处理"):
        accept_match(desk.match(desk.offered[0]), seen_revision=1, by=desk.staff)
    advance(desk.need, Verb.WITHDRAW, by=desk.staff, reason="已经停产")
    with pytest.raises(QueqiaoError, match="需求已经不再发布"):
        accept_match(desk.match(desk.offered[3]), seen_revision=1, by=desk.staff)
    assert letters() == []


def order(desk: Desk) -> list[object]:
    return [match.candidate_id for match in bench(desk.staff, desk.need).matches]


def test_a_grade_moves_the_others_at_once_and_the_score_of_the_engine_stays(desk: Desk) -> None:
    scores = dict(Match.objects.filter(need=desk.need).values_list("pk", "score"))
    strong = desk.best()
    grade_match(strong, 4, seen_revision=1, by=desk.staff)
    others = Match.objects.filter(need=desk.need).exclude(pk=strong.pk)
    assert others.exists()
    assert all(match.parts[FEEDBACK] > 0 for match in others)
    assert FEEDBACK not in desk.best().parts
    assert dict(Match.objects.filter(need=desk.need).values_list("pk", "score")) == scores
    grade_match(strong, 1, seen_revision=2, by=desk.staff)
    assert all(match.parts[FEEDBACK] < 0 for match in others.all())
    reopen_match(strong, seen_revision=3, by=desk.staff)
    reopen_match(strong, seen_revision=4, by=desk.staff)
    assert not any(FEEDBACK in match.parts for match in others.all())


def test_what_is_like_the_graded_one_overtakes_its_neighbour(desk: Desk) -> None:
    third = put_out(
        desk.offered[3], title="铝锭气孔检测", description="用超声波检查铝锭内部气孔率，气孔率低于2%时放行。"
    )
    twin = put_out(desk.offered[5], title="铝锭气孔探伤", description="用超声波检查铝锭内部的气孔，逐块放行。")
    work()
    before = order(desk)
    weaker = max((third, twin), key=lambda one: before.index(one.pk))
    stronger = third if weaker is twin else twin
    grade_match(desk.match(stronger), 4, seen_revision=desk.match(stronger).revision, by=desk.staff)
    gained = {match.candidate_id: match.parts.get(FEEDBACK, 0) for match in bench(desk.staff, desk.need).matches}
    assert max(gained, key=lambda pk: gained[pk]) == weaker.pk
    assert order(desk).index(weaker.pk) <= before.index(weaker.pk)


@pytest.mark.parametrize("reason", [one for one in ReasonClass.values if one != "out_of_field"])
def test_a_refusal_that_says_nothing_of_the_subject_moves_nobody(desk: Desk, reason: str) -> None:
    reject_match(desk.best(), reason_class=reason, note="另有安排", seen_revision=1, by=desk.staff)
    assert not any(FEEDBACK in match.parts for match in Match.objects.filter(need=desk.need))


def test_what_was_learnt_of_the_grades_outlives_the_next_ranking(desk: Desk) -> None:
    reject_match(desk.best(), reason_class="out_of_field", seen_revision=1, by=desk.staff)
    before = {match.pk: match.parts for match in Match.objects.filter(need=desk.need)}
    put_out(desk.need)
    work()
    assert {match.pk: match.parts for match in Match.objects.filter(need=desk.need)} == before
    assert any(FEEDBACK in parts for parts in before.values())


PREPARE = """
import django
django.setup()
from queqiao.matching.tests.desk import Desk
desk = Desk()
print(desk.best().pk, desk.first.pk, desk.second.pk)
"""
DECIDE = """
import django, sys
django.setup()
from queqiao.accounts.actors import actor_for
from queqiao.accounts.models import Person
from queqiao.core.errors import QueqiaoError
from queqiao.matching.actions.deciding import reject_match
from queqiao.matching.models import Match
match, person, reason = Match.objects.get(pk=sys.argv[1]), Person.objects.get(pk=sys.argv[2]), sys.argv[3]
print("ready", flush=True)
sys.stdin.readline()
try:
    print("done", reject_match(match, reason_class=reason, seen_revision=1, by=actor_for(person)).reason_class)
except QueqiaoError as error:
    print("refused:", error)
"""


def test_of_two_people_who_decide_in_the_same_moment_one_is_told(migrated_site: Mapping[str, str]) -> None:
    def start(script: str, *words: str) -> subprocess.Popen[str]:
        call = [sys.executable, "-c", script, *words]
        return subprocess.Popen(call, env=migrated_site, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    match, first, second = start(PREPARE).communicate(timeout=60)[0].split()
    both = [start(DECIDE, match, first, "price"), start(DECIDE, match, second, "ip")]
    for process in both:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
    with ThreadPoolExecutor(2) as pool:
        said = sorted(pool.map(lambda process: process.communicate("go\n", timeout=60)[0].strip(), both))
    assert said[0] in ("done price", "done ip")
    assert said[1].startswith("refused: ")
    assert said[1].endswith(" 排除了这个候选，您这次的操作没有保存。")
