"""Writing records in the browser: nothing that was typed is lost, and nobody reads what is not for him."""

import datetime
import io
import json
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from PIL import Image
from playwright.sync_api import Browser

from queqiao.accounts.choices import RoleKind
from queqiao.accounts.tests.factories import make_organisation, make_person, make_user
from queqiao.needs.models import Need
from queqiao.records.actions import accept_proposal, advance, save_record
from queqiao.records.actions.content import create_record
from queqiao.records.choices import Verb
from queqiao.records.models import Attachment, Grant, WorkingCopy
from queqiao.records.queries import working_copy
from queqiao.research.models import Achievement, Expert, Lab
from queqiao.web.tests.workshop import Town, as_sent, days_ago, draft, make_town, published, somebody, submitted

pytestmark = pytest.mark.django_db


@pytest.fixture
def town() -> Town:
    return make_town()


def sent_form(town: Town, record: Need, **changes: object) -> dict[str, object]:
    page = town.editor.get(f"/records/{record.number}/edit").content.decode()
    return as_sent(page) | changes


def test_a_clerk_begins_a_need_writes_it_and_sends_it_in(town: Town):
    begun = town.editor.post("/new/needs", organisation=town.enterprise.number)
    record = Need.objects.get()
    assert begun.headers["Location"] == f"/records/{record.number}/edit"
    form = sent_form(
        town,
        record,
        title="耐磨涂层结合强度不足",
        problem="涂层在冲击下剥落。",
        indicators="结合强度：现状 28 MPa，目标 ≥45 MPa",
        fields=[str(town.node.pk)],
        keywords="热喷涂、结合强度；热喷涂，耐磨",
        cooperation=["licence", "service"],
        budget="100万~200万元",
        deadline="2027-06-30",
        then="submit",
    )
    answer = town.editor.post(f"/records/{record.number}/edit", **form)
    record.refresh_from_db()
    assert answer.headers["Location"] == f"/records/{record.number}"
    assert (record.state, record.keywords, record.cooperation) == (
        "submitted",
        ["热喷涂", "结合强度", "耐磨"],
        ["licence", "service"],
    )
    assert (record.budget_low, record.budget_high, record.deadline) == (
        Decimal(1_000_000),
        Decimal(2_000_000),
        datetime.date(2027, 6, 30),
    )
    assert [node.name for node in record.fields.all()] == ["表面涂层"]


def test_who_goes_back_and_begins_again_finds_his_empty_draft_and_not_a_second_one(town: Town):
    def begin(who: Any, plural: str = "needs") -> str:
        return who.post(f"/new/{plural}", organisation=town.enterprise.number).headers["Location"]

    colleague = somebody("许长风", RoleKind.EDITOR, town.enterprise)
    first = begin(town.editor)
    assert begin(town.editor) == first
    assert begin(town.editor, "labs") != first
    assert begin(colleague) != first
    typed = as_sent(town.editor.get(first).content.decode()) | {"problem": "写了一半"}
    town.editor.post(first.replace("/edit", "/copy"), **typed)
    second = begin(town.editor)
    assert second != first
    town.editor.post(second, **as_sent(town.editor.get(second).content.decode()) | {"title": "写好的"})
    assert begin(town.editor) not in (first, second)


def test_who_begins_in_english_reads_the_english_name_of_his_organisation(town: Town):
    type(town.enterprise).objects.filter(pk=town.enterprise.pk).update(name_en="Qingluan Machinery")
    page = town.editor.get("/en/new/needs").content.decode()
    assert ("Qingluan Machinery" in page, town.enterprise.name in page) == (True, False)


def test_an_untitled_record_is_archived_by_its_number(town: Town):
    record = create_record(Need, organisation=town.enterprise, values={}, by=town.editor.actor)
    for place in ("", "/edit"):
        page = town.editor.get(f"/records/{record.number}{place}").content.decode()
        assert f"确定要归档“{record.number}”吗？" in page


@pytest.mark.parametrize("model", [Achievement, Expert, Lab, Need])
def test_saving_a_form_as_it_stands_changes_nothing(town: Town, model: type):
    record = draft(town, model, keywords=["甲", "乙"], cooperation=["service"], visibility="members")
    if model is Need:
        save_record(
            record,
            {"budget_low": 800000, "budget_high": 800000, "budget_qualifier": "about", "bottleneck": True},
            base_revision=1,
            by=town.editor.actor,
        )
        record.refresh_from_db()
    revision = record.revision
    answer = town.editor.post(f"/records/{record.number}/edit", **sent_form(town, record))
    record.refresh_from_db()
    assert (answer.status_code, record.revision) == (302, revision)


def test_what_was_typed_survives_an_interruption_and_can_be_thrown_away(town: Town):
    record = draft(town)
    typed = sent_form(town, record, problem="还没有写完的", budget="约八十")
    kept = town.editor.post(f"/records/{record.number}/copy", **typed)
    assert kept.status_code == 200
    assert set(kept.json()) == {"saved_at", "revision"}
    page = town.editor.get(f"/records/{record.number}/edit").content.decode()
    assert f"已恢复 {kept.json()['saved_at']} 未提交的内容" in page
    again = as_sent(page)
    assert (again["problem"], again["budget"], again["title"]) == (
        ["还没有写完的"],
        ["约八十"],
        ["耐磨涂层结合强度不足"],
    )
    assert "还没有写完的" not in town.editor.get(f"/records/{record.number}").content.decode()
    town.editor.post(f"/records/{record.number}/copy", discard="1")
    page = town.editor.get(f"/records/{record.number}/edit").content.decode()
    assert ("未提交的内容" in page, as_sent(page)["problem"]) == (False, ["涂层在冲击下剥落。"])


def test_an_untouched_form_that_saves_itself_leaves_nothing_behind(town: Town):
    record = draft(town)
    answer = town.editor.post(f"/records/{record.number}/copy", **sent_form(town, record))
    assert (answer.status_code, WorkingCopy.objects.count()) == (200, 0)


def test_an_amount_nobody_can_read_is_asked_about_and_the_rest_stays(town: Town):
    record = draft(town)
    answer = town.editor.post(
        f"/records/{record.number}/edit", **sent_form(town, record, budget="看着给", problem="新写的")
    )
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "看不懂“看着给”这个金额" in page
    assert (as_sent(page)["problem"], as_sent(page)["budget"]) == (["新写的"], ["看着给"])


def test_of_two_who_write_at_once_the_second_sees_both_texts_and_chooses(town: Town):
    colleague = somebody("许长风", RoleKind.EDITOR, town.enterprise)
    record = draft(town, background="旧背景", tried="旧办法")
    mine = sent_form(town, record, problem="我写的难题", tried="我写的办法")
    theirs = as_sent(colleague.get(f"/records/{record.number}/edit").content.decode())
    colleague.post(
        f"/records/{record.number}/edit", **theirs | {"problem": "同事写的难题", "background": "同事写的背景"}
    )
    conflict = town.editor.post(f"/records/{record.number}/edit", **mine)
    page = conflict.content.decode()
    assert conflict.status_code == 409
    assert "刚被他人修改过" in page
    choice = as_sent(page)
    picks = {name: value for name, value in choice.items() if name.startswith("pick-")}
    assert picks == {"pick-problem": ["mine"], "pick-background": ["theirs"], "pick-tried": ["mine"]}
    town.editor.post(f"/records/{record.number}/edit", **choice | {"pick-problem": "theirs"})
    record.refresh_from_db()
    assert (record.problem, record.background, record.tried, record.revision) == (
        "同事写的难题",
        "同事写的背景",
        "我写的办法",
        3,
    )
    assert WorkingCopy.objects.count() == 0


def test_the_second_one_who_leaves_the_conflict_page_finds_his_text_again(town: Town):
    record = draft(town)
    mine = sent_form(town, record, problem="我写的难题")
    save_record(record, {"problem": "同事写的难题"}, base_revision=1, by=town.editor.actor)
    town.editor.post(f"/records/{record.number}/edit", **mine)
    page = town.editor.get(f"/records/{record.number}/edit").content.decode()
    assert as_sent(page)["problem"] == ["我写的难题"]
    assert town.editor.post(f"/records/{record.number}/edit", **as_sent(page)).status_code == 409


def test_who_writes_in_two_windows_is_told_so_and_not_of_somebody_else(town: Town):
    record = draft(town)
    address = f"/records/{record.number}/edit"
    first, second = sent_form(town, record, problem="第一页"), sent_form(town, record, problem="第二页")
    town.editor.post(address, **first)
    kept = town.editor.post(f"/records/{record.number}/copy", **second).content.decode()
    opened = town.editor.get(address).content.decode()
    page = town.editor.post(address, **second).content.decode()
    for told in (kept, opened, page):
        assert ("您在另一个页面保存过" in told, "他人" in told.replace('aria-label="他人的修改"', "")) == (True, False)
    assert ("用已保存的" in page, "用这里填写的" in page) == (True, True)
    town.editor.post(address, **as_sent(page) | {"pick-problem": "theirs"})
    record.refresh_from_db()
    assert record.problem == "第一页"


def test_what_was_compared_once_is_not_compared_again(town: Town):
    record = draft(town)
    address = f"/records/{record.number}/edit"
    mine = sent_form(town, record, problem="我写的", budget="看着给")
    save_record(
        record, {"problem": "同事写的"}, base_revision=1, by=somebody("许长风", RoleKind.EDITOR, town.enterprise).actor
    )
    assert town.editor.post(f"/records/{record.number}/copy", **mine).status_code == 409
    choice = as_sent(town.editor.post(address, **mine | {"budget": ""}).content.decode())
    refused = town.editor.post(address, **choice | {"budget": "看着给", "pick-problem": "mine"})
    assert refused.status_code == 422
    again = town.editor.get(address).content.decode()
    assert ("他人修改过这条记录" in again, as_sent(again)["problem"]) == (False, ["我写的"])
    assert town.editor.post(address, **as_sent(again) | {"budget": ""}).status_code == 302
    record.refresh_from_db()
    assert record.problem == "我写的"


def test_two_texts_that_are_the_same_are_not_compared(town: Town):
    record = draft(town)
    address = f"/records/{record.number}/edit"
    first = sent_form(town, record, problem="同样的字")
    typed = sent_form(town, record, problem="写到一半")
    town.editor.post(f"/records/{record.number}/copy", **typed)
    colleague = somebody("许长风", RoleKind.EDITOR, town.enterprise)
    save_record(record, {"problem": "同样的字"}, base_revision=1, by=colleague.actor)
    assert town.editor.post(f"/records/{record.number}/copy", **first).status_code == 200
    assert "他人修改过" not in town.editor.get(address).content.decode()
    assert town.editor.post(address, **first).status_code == 302
    assert WorkingCopy.objects.count() == 0


def test_a_form_that_saves_itself_says_when_somebody_else_was_faster_and_still_keeps_the_text(town: Town):
    record, colleague = draft(town), somebody("许长风", RoleKind.EDITOR, town.enterprise)
    mine = sent_form(town, record, problem="我写的难题")
    save_record(record, {"problem": "同事写的难题"}, base_revision=1, by=colleague.actor)
    answer = town.editor.post(f"/records/{record.number}/copy", **mine)
    assert (answer.status_code, "刚被他人修改过" in answer.content.decode()) == (409, True)
    copy = working_copy(record, town.editor.actor)
    assert copy is not None
    assert copy.values["typed"]["problem"] == "我写的难题"


def test_a_change_of_a_published_record_waits_for_the_staff(town: Town):
    record = published(town, background="旧背景")
    form = sent_form(town, record, problem="改写后的难题")
    assert "由运营人员审核后生效" in town.editor.get(f"/records/{record.number}/edit").content.decode()
    town.editor.post(f"/records/{record.number}/edit", **form)
    assert "改写后的难题" not in Client().get(f"/records/{record.number}").content.decode()
    page = town.editor.get(f"/records/{record.number}/edit").content.decode()
    assert ("正在等待审核" in page, as_sent(page)["problem"]) == (True, ["改写后的难题"])
    record.refresh_from_db()
    save_record(record, {"background": "运营人员补充的背景"}, base_revision=record.revision, by=town.staff.actor)
    accept_proposal(WorkingCopy.objects.get(), by=town.staff.actor)
    page = Client().get(f"/records/{record.number}").content.decode()
    assert ("改写后的难题" in page, "运营人员补充的背景" in page) == (True, True)


def test_a_step_without_its_reason_says_so_and_a_wrong_step_keeps_the_reason(town: Town):
    record = submitted(town)
    answer = town.staff.post(f"/records/{record.number}/step", verb="return", reason="  ")
    assert (answer.status_code, "请写明退回的原因" in answer.content.decode()) == (422, True)
    advance(record, Verb.WITHDRAW, by=town.editor.actor)
    answer = town.editor.post(f"/records/{record.number}/step", verb="publish", reason="写了很久的说明")
    assert answer.status_code == 422
    assert as_sent(answer.content.decode())["reason"] == ["写了很久的说明"]
    done = town.editor.post(f"/records/{record.number}/step", verb="revise")
    record.refresh_from_db()
    assert (done.status_code, record.state) == (302, "draft")


def test_a_reason_is_asked_for_only_where_a_step_needs_one_and_then_the_form_itself_asks(town: Town):
    def note(who: Any, record: Need, place: str = "") -> tuple[bool, bool]:
        page = who.get(f"/records/{record.number}{place}").content.decode()
        found = re.search(r'<textarea[^>]*id="reason"[^>]*>', page)
        assert found
        return " required" in found[0], "必须写明原因" in page

    record = draft(town)
    assert [note(town.editor, record, place) for place in ("", "/edit")] == [(False, False)] * 2
    record = published(town)
    for place in ("", "/edit"):
        assert note(town.editor, record, place) == (True, True)
        page = town.editor.get(f"/records/{record.number}{place}").content.decode()
        assert "撤回时必须写明原因，对方会看到。" in page
        assert 'value="reconfirm" formnovalidate' in page
        assert 'value="withdraw" data-confirm' in page
    record = submitted(town)
    assert note(town.editor, record) == (False, False)
    assert "退回时必须写明原因，对方会看到。" in town.staff.get(f"/records/{record.number}").content.decode()


@pytest.mark.django_db(transaction=True)
def test_who_withdraws_without_a_reason_is_asked_for_it_before_he_is_asked_whether_he_is_sure(
    browser: Browser, live_server, town: Town
):
    record, context = published(town), browser.new_context()
    key = town.editor.client.cookies["sessionid"].value
    context.add_cookies([{"name": "sessionid", "value": key, "url": live_server.url}])
    page = context.new_page()
    page.goto(f"{live_server.url}/records/{record.number}")
    page.get_by_role("button", name="撤回").click()
    assert page.get_by_role("dialog").count() == 0
    assert page.evaluate("document.activeElement.id") == "reason"
    page.get_by_label("说明").fill("已经解决")
    page.get_by_role("button", name="撤回").click()
    page.get_by_role("dialog").get_by_role("button", name="撤回").click()
    page.get_by_text("撤回已完成").wait_for()
    context.close()


def test_a_note_that_is_too_long_is_kept_on_the_page(town: Town):
    record = submitted(town)
    answer = town.staff.post(f"/records/{record.number}/step", verb="return", reason="长" * 501 + "\x00")
    assert (answer.status_code, "说明最多 500 个字" in answer.content.decode()) == (422, True)
    assert as_sent(answer.content.decode())["reason"] == ["长" * 501]


def test_submitting_what_is_not_whole_keeps_the_text_and_names_what_is_missing(town: Town):
    record = draft(town, problem="")
    form = sent_form(town, record, background="新写的背景", then="submit")
    page = town.editor.client.post(f"/records/{record.number}/edit", form, follow=True).content.decode()
    record.refresh_from_db()
    assert (record.state, record.background) == ("draft", "新写的背景")
    assert "请填写技术难题。" in page


@pytest.mark.parametrize("place", ["", "/edit", "/history", "/sharing", "/english", "/code.svg"])
def test_a_stranger_does_not_learn_that_a_draft_exists(town: Town, place: str):
    record = draft(town)
    neighbour = somebody("路人", RoleKind.EDITOR, make_organisation())
    assert neighbour.get(f"/records/{record.number}{place}").status_code == 404
    assert Client().get(f"/records/{record.number}{place}").status_code in (302, 404)


def test_a_reader_of_a_published_record_may_not_change_it_nor_read_its_history(town: Town):
    record = published(town)
    neighbour = somebody("路人", RoleKind.EDITOR, make_organisation())
    answers = [
        neighbour.get(f"/records/{record.number}/{place}").status_code for place in ("edit", "sharing", "history")
    ]
    assert answers == [403, 403, 404]
    assert neighbour.post(f"/records/{record.number}/copy", revision="1", title="x").status_code == 403


MARKERS = ("青峦机械", "甲标题甲", "乙难题乙", "丙背景丙")


@pytest.mark.parametrize("language", ["", "/zh-hant"])
def test_a_stranger_reads_only_the_blind_form_of_a_blind_record(town: Town, language: str):
    record = published(
        town,
        title="甲标题甲",
        problem="乙难题乙",
        background="丙背景丙",
        indicators="结合强度：现状 28 MPa，目标 ≥45 MPa",
        visibility="blind",
        blind_title="某部件的涂层剥落",
    )
    stranger = Client()
    number = record.number
    places = [f"/records/{number}", "/catalogue/needs", "/", f"/organisations/{town.enterprise.number}"]
    places += [f"/catalogue/needs?q={marker}" for marker in MARKERS]
    leaked = {}
    for place in places:
        # What he typed himself stands in the box, in the title and where nothing was found.
        said = r'value="[^"]*"|aria-label="[^"]*"|<title>[^<]*|“[^”]*”'
        page = re.sub(said, "", stranger.get(language + place).content.decode())
        if place.startswith("/organisations"):
            page = page.replace("青峦机械", "")
        leaked[place] = [marker for marker in MARKERS if marker in page]
    assert {place: found for place, found in leaked.items() if found} == {}
    page = stranger.get(f"/records/{number}").content.decode()
    assert ("某部件的涂层剥落" in page, "某新材料企业（已实名）" in page, "≥45 MPa" in page) == (True, True, True)
    assert "某部件的涂层剥落" not in stranger.get("/catalogue/needs?q=甲标题甲").content.decode()
    assert "甲标题甲" in town.editor.get(f"/records/{number}").content.decode()


EVIL = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'"


@pytest.mark.parametrize("model", [Need, Achievement, Expert, Lab])
def test_html_and_script_in_any_field_comes_out_as_text(town: Town, model: type):
    texts = {
        name: EVIL
        for name in model.CONTENT
        if model._meta.get_field(name).get_internal_type() in ("CharField", "TextField")
        and not model._meta.get_field(name).choices
        and name != "live_link"
        and not name.endswith("_currency")
    }
    record = published(town, model, **texts, keywords=[EVIL])
    save_record(record, {"title": EVIL + "!"}, base_revision=record.revision, by=town.staff.actor)
    plural = {"need": "needs", "achievement": "achievements", "expert": "experts", "lab": "labs"}[model.KIND]
    places = ["", "/edit", "/history", f"/history?at={timezone.localdate()}", "/sharing", "/english"]
    for place in [f"/records/{record.number}{one}" for one in places] + [
        f"/catalogue/{plural}",
        "/",
        "/my/records?state=published",
    ]:
        page = town.editor.client.get(place).content.decode()
        assert ("<script>alert" in page, "<img src=x" in page) == (False, False), place
    assert "&lt;script&gt;alert(1)" in town.editor.get(f"/records/{record.number}").content.decode()


def test_the_history_shows_the_record_as_it_was_last_week(town: Town):
    record = draft(town, problem="上周的难题", now=days_ago(10))
    save_record(record, {"problem": "今天的难题"}, base_revision=1, by=town.editor.actor)
    day = (timezone.localdate() - datetime.timedelta(days=7)).isoformat()
    page = town.editor.get(f"/records/{record.number}/history", at=day).content.decode()
    shown = page[page.index('id="as-of"') : page.index("发生过什么")]
    assert ("上周的难题" in shown, "今天的难题" in shown, "表面涂层" in shown) == (True, False, True)
    assert "林知夏" in page
    early = town.editor.get(f"/records/{record.number}/history", at="2020-01-01").content.decode()
    assert "那一天还没有这条记录" in early
    assert "看不懂这个日期" in town.editor.get(f"/records/{record.number}/history", at="昨天").content.decode()


def test_an_invited_organisation_reads_a_blind_record_until_the_invitation_is_taken_back(town: Town):
    guest = somebody("受邀人", RoleKind.EDITOR, make_organisation(name="云渡研究院", kind="institute"))
    record = published(town, title="甲标题甲", visibility="blind", blind_title="某部件的涂层剥落")
    page = f"/records/{record.number}"
    assert "甲标题甲" not in guest.get(page).content.decode()
    unknown = town.editor.post(f"{page}/sharing", party="没有这家", invite="1")
    assert (unknown.status_code, 'value="没有这家"' in unknown.content.decode()) == (422, True)
    town.editor.post(f"{page}/sharing", party="云渡研究院", invite="1")
    assert "甲标题甲" in guest.get(page).content.decode()
    shown = town.editor.get(f"{page}/sharing").content.decode()
    given = re.search(r'name="revoke" value="([^"]+)"', shown)
    assert given is not None
    town.editor.post(f"{page}/sharing", revoke=given[1])
    assert "甲标题甲" not in guest.get(page).content.decode()


@pytest.mark.parametrize(("typed", "found"), [("苏", False), ("13900139000", True), ("SU@example.org", True)])
def test_a_person_is_invited_by_the_address_of_his_account_and_never_by_his_name(town: Town, typed: str, found: bool):
    make_user(make_person(name="苏"), mobile="13900139000", email="su@example.org")
    record = published(town)
    answer = town.editor.post(f"/records/{record.number}/sharing", party=typed, invite="1")
    invited = [given.person.name for given in Grant.objects.current().filter(record_id=record.pk)]
    assert (answer.status_code, invited) == ((302, ["苏"]) if found else (422, []))


def test_english_texts_stand_beside_their_source_and_outdated_ones_are_marked(town: Town):
    record = published(town)
    page = f"/records/{record.number}"
    town.staff.post(f"{page}/english", title="Weak bond of a wear coating", problem="")
    shown = Client().get(f"/en{page}").content.decode()
    assert ("Weak bond of a wear coating" in shown, '<div class="q-prose" lang="zh-Hans">' in shown) == (True, True)
    record.refresh_from_db()
    save_record(record, {"title": "耐磨涂层结合强度偏低"}, base_revision=record.revision, by=town.staff.actor)
    assert "原文已改，英文待更新" in town.editor.get(f"{page}/english").content.decode()
    town.staff.post(f"{page}/english", **{"title": "Weak bond of a wear coating", "right-title": "on", "problem": ""})
    assert "原文已改，英文待更新" not in town.editor.get(f"{page}/english").content.decode()


@pytest.mark.parametrize("revision", ["", "x", "-1", "9" * 30])
def test_a_form_without_its_revision_is_refused_in_one_sentence(town: Town, revision: str):
    record = draft(town)
    answer = town.editor.post(f"/records/{record.number}/edit", **sent_form(town, record, revision=revision))
    assert (answer.status_code, "表单不完整，没有保存" in answer.content.decode()) == (400, True)


def test_too_many_fields_and_words_are_refused_by_name(town: Town):
    record = draft(town)
    nodes = [
        town.node.classification.nodes.create(code=f"n{n}", name=f"领域{n}", parent=town.node.parent).pk
        for n in range(4)
    ]
    form = sent_form(town, record, fields=nodes, keywords="、".join(f"词{n}" for n in range(11)))
    page = town.editor.post(f"/records/{record.number}/edit", **form).content.decode()
    assert ("最多选 3 项，现在选了 4 项" in page, "关键词最多 10 个" in page) == (True, True)


def test_nobody_enters_a_record_for_an_organisation_that_is_not_his(town: Town):
    other = make_organisation(name="别家")
    answer = town.editor.post("/new/needs", organisation=other.number)
    assert (answer.status_code, "请选择以哪家机构的名义登记" in answer.content.decode()) == (400, True)
    assert Need.objects.count() == 0
    assert "您还不能登记" in somebody("路人").get("/new/needs").content.decode()
    assert town.staff.get("/new/needs").content.decode().count("青峦机械有限公司") == 1


def test_a_picture_is_added_shown_to_those_who_may_see_it_and_removed(town: Town, settings: Any, tmp_path: Path):
    settings.FILES_DIR = tmp_path
    record = published(town, visibility="blind", blind_title="某部件的涂层剥落")
    picture = io.BytesIO()
    Image.new("RGB", (40, 30), "#1a4fa0").save(picture, "PNG")
    sent = SimpleUploadedFile("青峦样件.png", picture.getvalue())
    town.staff.post(f"/records/{record.number}/files", file=sent)
    kept = Attachment.objects.get()
    answer = town.editor.get(f"/attachments/{kept.pk}")
    assert Image.open(io.BytesIO(answer.getvalue())).size == (40, 30)
    assert Client().get(f"/attachments/{kept.pk}").status_code == 404
    assert "青峦样件" not in Client().get(f"/records/{record.number}").content.decode()
    town.editor.post(f"/records/{record.number}/files/{kept.pk}/remove")
    assert town.editor.get(f"/attachments/{kept.pk}").status_code == 404


def test_a_file_that_is_not_what_it_says_is_refused_in_one_sentence(town: Town, settings: Any, tmp_path: Path):
    settings.FILES_DIR = tmp_path
    record = draft(town)
    sent = SimpleUploadedFile("样件.png", b"MZ no picture at all")
    answer = town.editor.client.post(f"/records/{record.number}/files", {"file": sent}, follow=True)
    assert (answer.status_code, Attachment.objects.count()) == (200, 0)
    assert 'class="q-alert q-alert-no"' in answer.content.decode()


def test_the_answer_to_a_form_that_saves_itself_can_be_read_by_a_script(town: Town):
    record = draft(town)
    answer = town.editor.post(f"/records/{record.number}/copy", **sent_form(town, record, title="新标题"))
    assert answer.headers["Content-Type"] == "application/json"
    assert re.fullmatch(r"\d\d:\d\d", json.loads(answer.content)["saved_at"])
    create_record(Lab, organisation=town.enterprise, values={}, by=town.editor.actor)
    assert town.editor.get("/my/records", state="draft").status_code == 200
