"""Who submitted a record does not publish it himself, as the staff would tell it."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from queqiao.accounts.actors import staff_of, system
from queqiao.accounts.choices import RoleKind
from queqiao.accounts.models import User
from queqiao.accounts.tests.factories import give, make_person, make_scope
from queqiao.core.errors import ForbiddenError, QueqiaoError
from queqiao.core.queries import first_broken_link, history
from queqiao.records.actions import advance
from queqiao.records.choices import State, Verb
from queqiao.records.four_eyes import why_not_publish
from queqiao.records.queries import possible_steps
from queqiao.web.tests.workshop import Somebody, Town, draft, make_town, somebody, submitted

pytestmark = pytest.mark.django_db
BUTTON = 'value="publish"'


@pytest.fixture
def town() -> Town:
    return make_town()


@pytest.fixture
def colleague(town: Town) -> Somebody:
    return somebody("郑主任", RoleKind.OPERATOR_ADMIN, town.scope.operator)


def entered_by_staff(town: Town):
    return advance(draft(town, by=town.staff), Verb.SUBMIT, by=town.staff.actor)


def test_who_submitted_for_an_enterprise_leaves_the_publishing_to_a_colleague(town: Town, colleague: Somebody) -> None:
    need = entered_by_staff(town)
    address = f"/staff/review/{need.number}"
    page = town.staff.get(address).content.decode()
    sentence = f"“{need.title}”的这一版由您提交，须由另一位运营人员发布：郑主任。"
    assert (BUTTON in page, sentence in page, 'value="return"' in page) == (False, True, True)
    edit = town.staff.get(f"/records/{need.number}/edit").content.decode()
    assert (BUTTON in edit, sentence in edit) == (False, True)
    assert sentence in town.staff.get(f"/records/{need.number}").content.decode()
    refused = town.staff.post(address, what="publish", revision=str(need.revision))
    assert (refused.status_code, sentence in refused.content.decode()) == (422, True)
    step = town.staff.post(f"/records/{need.number}/step", verb="publish")
    assert (step.status_code, sentence in step.content.decode()) == (422, True)
    need.refresh_from_db()
    assert need.state == State.SUBMITTED
    page = colleague.get(address).content.decode()
    assert (BUTTON in page, "须由另一位" in page) == (True, False)
    colleague.post(address, what="publish", revision=str(need.revision))
    need.refresh_from_db()
    assert need.state == State.PUBLISHED
    assert "single_review" not in history("need", need.pk).last().changes
    assert first_broken_link() is None


def test_where_nobody_else_works_the_publishing_goes_on_and_the_log_says_so(town: Town) -> None:
    need = advance(entered_by_staff(town), Verb.PUBLISH, by=town.staff.actor)
    assert need.state == State.PUBLISHED
    assert history("need", need.pk).last().changes["single_review"] == [None, True]
    page = town.staff.get(f"/records/{need.number}/history").content.decode()
    assert "单人审核" in page
    assert "单人审核" in somebody("审计", RoleKind.AUDIT_ADMIN).get("/audit/log").content.decode()


def test_a_colleague_who_cannot_sign_in_or_works_elsewhere_does_not_hold_it_up(town: Town, colleague: Somebody) -> None:
    somebody("外地", RoleKind.STAFF, make_scope(name="外地").operator)
    give(make_person(name="没有账号"), RoleKind.STAFF, town.scope.operator)
    need = entered_by_staff(town)
    assert Verb.PUBLISH not in possible_steps(need, town.staff.actor)
    assert staff_of({town.scope.pk}) == {town.staff.person.pk, colleague.person.pk}
    User.objects.filter(person=colleague.person).update(is_active=False)
    assert Verb.PUBLISH in possible_steps(need, town.staff.actor)
    assert advance(need, Verb.PUBLISH, by=town.staff.actor).state == State.PUBLISHED


def test_what_a_colleague_must_publish_is_no_task_of_who_submitted_it_but_he_sees_that_it_waits(
    town: Town, colleague: Somebody
) -> None:
    need = entered_by_staff(town)
    submitted(town, title="企业自己提交的")
    own, other = town.staff.get("/my").content.decode(), colleague.get("/my").content.decode()
    assert ("1 件事等您处理" in own, "2 件事等您处理" in other) == (True, True)
    assert (own.count("等待他人审核"), other.count("等待他人审核"), need.title in own) == (1, 0, True)
    assert (badge(own), badge(other)) == ("1", "2")
    queue = town.staff.get("/staff/review").content.decode()
    assert (queue.count("等待他人审核"), need.number in queue) == (1, True)
    assert "等待他人审核" not in colleague.get("/staff/review").content.decode()


def test_where_nobody_else_can_publish_it_stays_the_task_of_who_submitted_it(town: Town) -> None:
    entered_by_staff(town)
    page = town.staff.get("/my").content.decode()
    assert ("1 件事等您处理" in page, "等待他人审核" in page, badge(page)) == (True, False, "1")


def badge(page: str) -> str:
    found = re.search(r"审核队列\D*?<[^>]*q-count[^>]*>(\d*)<", page)
    return found[1] if found else ""


def test_many_own_submissions_cost_no_more_questions_than_one(town: Town, colleague: Somebody) -> None:
    counts = []
    for rows in (1, 2, 5):
        for n in range(rows):
            advance(draft(town, by=town.staff, title=f"第{n}条"), Verb.SUBMIT, by=town.staff.actor)
        for address in ("/my", "/staff/review"):
            town.staff.get(address)
            with CaptureQueriesContext(connection) as captured:
                town.staff.get(address)
            counts.append(len(captured))
    assert (len(set(counts[::2])), len(set(counts[1::2]))) == (1, 1), counts


def test_what_counts_is_who_submitted_last(town: Town, colleague: Somebody) -> None:
    need = advance(entered_by_staff(town), Verb.RETURN, by=colleague.actor, reason="请补充")
    need = advance(need, Verb.SUBMIT, by=town.editor.actor)
    assert why_not_publish(need, town.staff.actor) == ""
    assert advance(need, Verb.PUBLISH, by=town.staff.actor).state == State.PUBLISHED


def test_an_owner_still_does_not_publish_and_learns_no_names(town: Town, colleague: Somebody) -> None:
    with pytest.raises(ForbiddenError) as caught:
        advance(submitted(town), Verb.PUBLISH, by=town.editor.actor)
    assert "郑主任" not in str(caught.value)


def test_the_system_is_exempt(town: Town, colleague: Somebody) -> None:
    need = advance(draft(town), Verb.SUBMIT, by=system("import"))
    assert advance(need, Verb.PUBLISH, by=system("import")).state == State.PUBLISHED
    assert "single_review" not in history("need", need.pk).last().changes


def test_of_many_colleagues_three_are_named_and_all_are_counted_with_as_many_queries(town: Town) -> None:
    need = entered_by_staff(town)
    counts = []
    for more in (1, 2, 47):
        for n in range(more):
            somebody(f"同事{len(counts)}{n:02}", RoleKind.STAFF, town.scope.operator)
        with CaptureQueriesContext(connection) as asked:
            sentence = why_not_publish(need, town.staff.actor)
        counts.append(len(asked))
    assert len(set(counts)) == 1, counts
    assert "同事000、同事100、同事101等 50 人。" in sentence


def test_who_was_merged_into_another_person_is_still_the_one_who_submitted(town: Town, colleague: Somebody) -> None:
    need = entered_by_staff(town)
    type(town.staff.person).objects.filter(pk=town.staff.person.pk).update(merged_into=colleague.person)
    give(colleague.person, RoleKind.STAFF, town.scope.operator)
    somebody("第三位", RoleKind.STAFF, town.scope.operator)
    with pytest.raises(QueqiaoError, match="第三位"):
        advance(need, Verb.PUBLISH, by=colleague.actor)
