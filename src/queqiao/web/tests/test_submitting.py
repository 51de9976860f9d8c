"""What stands in the way of a submission is named in one round, and dates that have passed are refused."""

import datetime

import pytest
from django.utils import timezone

from queqiao.core.errors import QueqiaoError
from queqiao.needs.models import Need
from queqiao.records.actions import advance
from queqiao.records.choices import State, Verb
from queqiao.web.tests.workshop import Town, as_sent, days_ago, draft, make_town, submitted, untitled

pytestmark = pytest.mark.django_db


@pytest.fixture
def town() -> Town:
    return make_town()


def form_of(town: Town, record, **changed) -> dict:
    return as_sent(town.editor.get(f"/records/{record.number}/edit").content.decode()) | changed


def test_all_that_is_missing_is_named_at_once(town: Town) -> None:
    need = untitled(town)
    sent = form_of(town, need, visibility="blind", background="写好的背景", then="submit")
    answer = town.editor.post(f"/records/{need.number}/edit", **sent)
    page = answer.content.decode()
    wanted = ("请填写名称。", "请填写技术难题。", "请填写技术领域。", "请填写匿名标题。")
    assert (answer.status_code, [one in page for one in wanted]) == (422, [True] * 4)
    assert as_sent(page)["background"] == ["写好的背景"]


def test_a_plain_save_still_asks_for_the_title_alone(town: Town) -> None:
    need = untitled(town)
    page = town.editor.post(f"/records/{need.number}/edit", **form_of(town, need)).content.decode()
    assert ("请填写名称。" in page, "请填写技术难题。" in page) == (True, False)


def test_a_name_given_away_a_gap_and_a_passed_date_are_told_together(town: Town) -> None:
    yesterday = timezone.localdate() - datetime.timedelta(days=1)
    need = draft(town, problem="", visibility="blind", blind_title=f"{town.enterprise.name}的难题", deadline=yesterday)
    with pytest.raises(QueqiaoError) as caught:
        advance(need, Verb.SUBMIT, by=town.editor.actor)
    assert str(caught.value) == (
        f"提交前请先填写：技术难题。匿名时公开的内容里出现了单位名称“{town.enterprise.name}”，请改写后再提交。"
        f"“期望完成日期”不能早于今天（{timezone.localdate()}）。已填的内容都已保存。"
    )


@pytest.mark.parametrize(("name", "label"), [("deadline", "期望完成日期"), ("valid_until", "有效期至")])
def test_a_need_with_a_date_in_the_past_is_not_submitted_and_keeps_what_was_typed(
    town: Town, name: str, label: str
) -> None:
    need, today = draft(town), timezone.localdate()
    yesterday = (today - datetime.timedelta(days=1)).isoformat()
    sent = form_of(town, need, background="新背景", then="submit", **{name: yesterday})
    page = town.editor.client.post(f"/records/{need.number}/edit", sent, follow=True).content.decode()
    assert f"“{label}”不能早于今天（{today}）。" in page
    assert (as_sent(page)["background"], as_sent(page)[name]) == (["新背景"], [yesterday])
    need.refresh_from_db()
    assert need.state == State.DRAFT
    sent = form_of(town, need, then="submit", **{name: today.isoformat()})
    town.editor.post(f"/records/{need.number}/edit", **sent)
    need.refresh_from_db()
    assert need.state == State.SUBMITTED


def test_a_date_that_passed_while_it_waited_does_not_hold_up_the_staff(town: Town) -> None:
    need = submitted(town, now=days_ago(9), deadline=timezone.localdate() - datetime.timedelta(days=3))
    assert advance(need, Verb.PUBLISH, by=town.staff.actor).state == State.PUBLISHED
    assert Need.objects.get().valid_until > timezone.localdate()
