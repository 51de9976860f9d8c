"""What stands in the way of a submission is named in one round, and dates that have passed are refused."""

import datetime
import re

import pytest
from django.utils import timezone
from playwright.sync_api import Browser

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


def test_where_only_the_submission_asks_for_more_the_fields_are_named_marked_and_linked_too(town: Town) -> None:
    need = draft(town, problem="", fields=[])
    sent = form_of(town, need, background="写好的背景", then="submit")
    answer = town.editor.post(f"/records/{need.number}/edit", **sent)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert '<a href="#id_problem">技术难题</a>：请填写技术难题。' in page
    assert '<a href="#id_fields_errors">技术领域</a>：请填写技术领域。' in page
    problem = re.search(r'<textarea name="problem"[^>]*>', page)
    assert problem
    assert 'aria-invalid="true"' in problem[0]
    assert "id_problem_errors" in problem[0]
    assert "尚未提交" in page
    assert "尚未提交" not in town.editor.get(f"/records/{need.number}/edit").content.decode()
    need.refresh_from_db()
    assert (need.state, need.background) == (State.DRAFT, "写好的背景")
    again = town.editor.post(f"/records/{need.number}/edit", **as_sent(page) | {"problem": "剥落", "then": "submit"})
    assert ("请填写技术难题。" in again.content.decode(), "请填写技术领域。" in again.content.decode()) == (False, True)
    fields = [str(town.node.pk)]
    town.editor.post(
        f"/records/{need.number}/edit", **as_sent(again.content.decode()) | {"fields": fields, "then": "submit"}
    )
    need.refresh_from_db()
    assert need.state == State.SUBMITTED


def test_what_no_field_can_mend_is_told_above_the_form(town: Town) -> None:
    need = draft(town)
    type(town.enterprise).objects.filter(pk=town.enterprise.pk).update(state="pending")
    answer = town.editor.post(f"/records/{need.number}/edit", **form_of(town, need, then="submit"))
    assert (answer.status_code, "尚未通过审核，通过后即可提交" in answer.content.decode()) == (422, True)


def test_a_name_given_away_is_told_at_the_field(town: Town) -> None:
    need = draft(town)
    sent = form_of(town, need, visibility="blind", blind_title=f"{town.enterprise.name}的难题", then="submit")
    page = town.editor.post(f"/records/{need.number}/edit", **sent).content.decode()
    assert '<a href="#id_blind_title">匿名标题</a>：匿名时公开的内容里出现了单位名称' in page


@pytest.mark.django_db(transaction=True)
def test_a_refused_form_claims_nothing_to_have_come_back_and_what_was_lost_in_the_net_does(
    browser: Browser, live_server, town: Town
) -> None:
    need, context = draft(town, problem=""), browser.new_context()
    key = town.editor.client.cookies["sessionid"].value
    context.add_cookies([{"name": "sessionid", "value": key, "url": live_server.url}])
    page = context.new_page()
    page.goto(f"{live_server.url}/records/{need.number}/edit")
    status = page.locator("[data-autosave-status]")
    page.get_by_label("预算").fill("看着给")
    page.get_by_role("button", name="保存", exact=True).click()
    page.get_by_text("看不懂“看着给”这个金额").first.wait_for()
    assert status.inner_text() == ""
    page.get_by_label("预算").fill("")
    page.get_by_role("button", name="保存并提交审核").click()
    page.get_by_text("请填写技术难题。").first.wait_for()
    assert "尚未提交" in status.inner_text()
    page.route("**/copy", lambda route: route.abort())
    page.get_by_label("技术难题").fill("断网时写的")
    page.get_by_text("未能保存").wait_for()
    page.goto(f"{live_server.url}/records/{need.number}/edit")
    assert "已恢复上次未保存的文字" in status.inner_text()
    assert page.get_by_label("技术难题").input_value() == "断网时写的"
    context.close()


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
