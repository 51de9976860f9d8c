"""Handing a single task to a colleague: who may take it, who sees it then, and how it comes back."""

import datetime
import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from playwright.sync_api import Browser
from test_pages import complaints_of

from queqiao.accounts.actions.people import erase_person
from queqiao.accounts.actors import system
from queqiao.accounts.choices import RoleKind
from queqiao.accounts.models import Message, Registration, Role, Substitution
from queqiao.accounts.tests.factories import make_organisation
from queqiao.core.errors import QueqiaoError
from queqiao.core.models import Activity
from queqiao.records.actions import advance, save_record
from queqiao.records.actions.handing_over import hand_over, take_back
from queqiao.records.choices import Verb
from queqiao.records.hand_over import HandOver
from queqiao.records.handing_over import desk_of
from queqiao.records.workspace import Key
from queqiao.research.models import Achievement
from queqiao.web.tests.workshop import Somebody, Town, days_ago, draft, make_town, published, somebody, submitted

pytestmark = pytest.mark.django_db


@pytest.fixture
def town() -> Town:
    return make_town()


@pytest.fixture
def colleague(town: Town) -> Somebody:
    return somebody("许长风", RoleKind.EDITOR, town.enterprise)


@pytest.fixture
def partner(town: Town) -> Somebody:
    return somebody("顾南舟", RoleKind.STAFF, town.scope.operator)


def returned(town: Town, title: str = "退回的"):
    return advance(submitted(town, title=title), Verb.RETURN, by=town.staff.actor, reason="请补充指标")


def key_of(who: Somebody, title: str) -> Key:
    return next(task.todo.key for task in desk_of(who.actor).tasks if task.todo.title == title)


def titles(who: Somebody) -> list[str]:
    return [task.todo.title for task in desk_of(who.actor).tasks]


def passed(who: Somebody) -> list[tuple[str, str]]:
    return [(one.todo.title, one.handed.receiver.name) for one in desk_of(who.actor).passed if one.own]


def give(giver: Somebody, title: str, to: Somebody, note: str = "") -> HandOver:
    return hand_over(key_of(giver, title), to=to.person.pk, note=note, by=giver.actor)


def choices(who: Somebody, title: str) -> list[str]:
    task = next(task for task in desk_of(who.actor).tasks if task.todo.title == title)
    return [person.name for person in task.colleagues]


def send(who: Somebody, title: str, to: Somebody, note: str = ""):
    key = key_of(who, title).write()
    return who.post("/my", what="hand_over", task=key, to=str(to.person.pk), note=note)


def test_a_returned_draft_goes_to_a_colleague_with_a_note_and_can_be_taken_back(town: Town, colleague: Somebody):
    record = returned(town)
    key = key_of(town.editor, "退回的").write()
    assert send(town.editor, "退回的", colleague, "指标在你那份检测报告里").status_code == 302
    own = town.editor.get("/my").content.decode()
    today = timezone.localdate().isoformat()
    assert [word in own for word in ("已转交给许长风", "今天没有等您处理的事", "我转交的")] == [True] * 3
    assert f"{today} 转交给许长风：指标在你那份检测报告里" in own
    other = colleague.get("/my").content.decode()
    assert ("由林知夏转交：指标在你那份检测报告里" in other, f"/records/{record.number}/edit" in other) == (True, True)
    answer = town.editor.client.post("/my", {"what": "take_back", "task": key}, follow=True).content.decode()
    assert ("已收回“退回的”，现在由您处理" in answer, "我转交的" in answer) == (True, False)
    assert "由林知夏转交" not in colleague.get("/my").content.decode()
    assert titles(town.editor) == titles(colleague) == ["退回的"]  # editors share what falls to their organisation


def test_the_colleague_gets_one_message_and_the_log_tells_who_handed_what_to_whom(town: Town, colleague: Somebody):
    record = returned(town)
    give(town.editor, "退回的", colleague, "拜托")
    letter = Message.objects.get(key__startswith="handover:")
    assert (letter.person, letter.address) == (colleague.person, colleague.person.users.get().email)
    assert (letter.text, letter.link) == ("林知夏把“退回的”转交给您处理：拜托", "/my")
    take_back(Key("need", "returned", record.pk, record.submitted_at), by=town.editor.actor)
    log = Activity.objects.filter(target_id=record.pk).order_by("-id").values_list("verb", "actor", "changes")[:2]
    name, to = town.editor.actor.name, str(colleague.person.pk)
    assert list(log) == [
        ("take_back", name, {"handed_to": [to, None]}),
        ("hand_over", name, {"handed_to": [None, to]}),
    ]
    page = town.editor.get(f"/records/{record.number}/history").content.decode()
    assert ("转交待办" in page, "许长风" in page, "拜托" in page) == (True, True, False)


def test_only_colleagues_who_may_do_the_task_anyhow_can_be_chosen(town: Town, colleague: Somebody, partner: Somebody):
    somebody("只是成员", RoleKind.MEMBER, town.enterprise)
    somebody("别家编辑", RoleKind.EDITOR, make_organisation())
    elsewhere = make_town()
    gone = somebody("停用的", RoleKind.EDITOR, town.enterprise)
    gone.person.users.update(is_active=False)
    returned(town)
    submitted(town, title="等待审核的")
    assert choices(town.editor, "退回的") == ["许长风"]
    assert choices(town.staff, "等待审核的") == ["顾南舟"]
    for stranger in (elsewhere.staff, town.editor, colleague):
        with pytest.raises(QueqiaoError, match="只能转交给本来就可以处理这件事的同事"):
            give(town.staff, "等待审核的", stranger)
    assert colleague.get("/staff/review").status_code == 403


def test_a_review_does_not_go_to_who_submitted_the_record_himself(town: Town, partner: Somebody):
    record = draft(town, by=partner, title="运营代录的")
    advance(record, Verb.SUBMIT, by=partner.actor)
    third = somebody("程远", RoleKind.STAFF, town.scope.operator)
    assert (choices(town.staff, "运营代录的"), choices(partner, "运营代录的")) == (["程远"], ["周以宁", "程远"])
    assert third.person.name in town.staff.get("/my").content.decode()


def test_whoever_is_alone_sees_no_button_for_handing_over(town: Town):
    returned(town)
    assert "转交给哪位同事" not in town.editor.get("/my").content.decode()


def test_a_researcher_hands_his_own_returned_draft_to_an_editor_who_then_has_it_alone(town: Town, colleague: Somebody):
    author = somebody("陆云舟", RoleKind.RESEARCHER, town.enterprise)
    record = draft(town, Achievement, by=author, title="研究人员写的")
    advance(advance(record, Verb.SUBMIT, by=author.actor), Verb.RETURN, by=town.staff.actor, reason="请补充")
    give(author, "研究人员写的", colleague)
    assert (titles(author), titles(town.editor), titles(colleague)) == ([], [], ["研究人员写的"])


def test_a_review_that_all_staff_see_is_then_his_alone_but_stays_in_the_queue(town: Town, partner: Somebody):
    third = somebody("程远", RoleKind.STAFF, town.scope.operator)
    submitted(town, title="等待审核的")
    give(town.staff, "等待审核的", partner)
    assert (titles(town.staff), titles(third), titles(partner)) == ([], [], ["等待审核的"])
    assert (passed(town.staff), passed(third)) == ([("等待审核的", "顾南舟")], [])
    assert "等待审核的" in third.get("/staff/review").content.decode()
    assert "我转交的" not in third.get("/my").content.decode()


def test_a_change_and_a_registration_can_be_handed_over_like_a_review(town: Town, partner: Somebody):
    changed = published(town, title="提出修改的")
    save_record(changed, {"problem": "改写"}, base_revision=changed.revision, by=town.editor.actor)
    newcomer = make_organisation(name="新来的公司", state="pending")
    Registration.objects.create(organisation=newcomer, scope=town.scope, applicant=somebody("申请人").person)
    for title in ("提出修改的", "新来的公司"):
        assert send(town.staff, title, partner).status_code == 302
    assert (titles(town.staff), sorted(titles(partner))) == ([], ["提出修改的", "新来的公司"])
    assert "由周以宁转交" in partner.get("/my").content.decode()
    auditor = somebody("审计", RoleKind.AUDIT_ADMIN)
    assert auditor.get("/audit/log").content.decode().count("转交待办") >= 2


def test_half_done_work_stays_with_the_colleague_and_done_work_ends_the_hand_over(town: Town, colleague: Somebody):
    record = returned(town)
    give(town.editor, "退回的", colleague)
    save_record(record, {"problem": "补了一半"}, base_revision=record.revision, by=colleague.actor)
    assert (titles(town.editor), titles(colleague)) == ([], ["退回的"])
    advance(record, Verb.SUBMIT, by=colleague.actor)
    assert (titles(town.editor), passed(town.editor), titles(colleague)) == ([], [], [])
    advance(record, Verb.RETURN, by=town.staff.actor, reason="还差一项")
    assert (titles(town.editor), titles(colleague)) == (["退回的"], ["退回的"])  # a new task, in nobody's hands
    assert "由林知夏转交" not in colleague.get("/my").content.decode()


def test_a_draft_that_comes_back_from_the_review_is_a_new_task(town: Town, colleague: Somebody):
    record = draft(town, title="旧草稿", now=days_ago(9))
    give(town.editor, "旧草稿", colleague)
    assert titles(town.editor) == []
    for verb in (Verb.SUBMIT, Verb.WITHDRAW, Verb.REVISE):
        advance(record, verb, by=colleague.actor)
    assert titles(town.editor) == ["旧草稿"]


def test_a_record_that_expires_meanwhile_is_still_the_same_task(town: Town, colleague: Somebody):
    soon = timezone.localdate() + datetime.timedelta(days=3)
    record = published(town, title="快到期的", valid_until=soon)
    give(town.editor, "快到期的", colleague)
    advance(record, Verb.EXPIRE, by=system("clock"))
    assert (titles(town.editor), titles(colleague)) == ([], ["快到期的"])


def test_the_task_comes_back_when_the_colleague_loses_the_right_or_leaves(town: Town, colleague: Somebody):
    returned(town)
    give(town.editor, "退回的", colleague)
    Role.objects.filter(person=colleague.person).update(superseded_at=timezone.now())
    assert (titles(town.editor), passed(town.editor), titles(colleague)) == (["退回的"], [], [])
    successor = somebody("沈若水", RoleKind.EDITOR, town.enterprise)
    give(town.editor, "退回的", successor)
    assert passed(town.editor) == [("退回的", "沈若水")]
    successor.person.users.update(is_active=False)  # the account was closed
    assert titles(town.editor) == ["退回的"]


def test_of_two_who_hand_over_at_once_the_second_reads_one_sentence(town: Town, partner: Somebody):
    third = somebody("程远", RoleKind.STAFF, town.scope.operator)
    submitted(town, title="等待审核的")
    key = key_of(third, "等待审核的").write()
    give(town.staff, "等待审核的", partner)
    answer = third.post("/my", what="hand_over", task=key, to=str(town.staff.person.pk))
    assert answer.status_code == 422
    assert "“等待审核的”刚由周以宁转交给顾南舟，您这次没有转交。" in answer.content.decode()
    again = town.staff.post("/my", what="hand_over", task=key, to=str(third.person.pk)).content.decode()
    assert "您已把“等待审核的”转交给顾南舟，没有重复转交。" in again
    assert titles(partner) == ["等待审核的"]
    assert Message.objects.filter(key__startswith="handover:").count() == 1


def test_who_got_a_task_can_hand_it_on_or_give_it_back(town: Town, colleague: Somebody):
    third = somebody("沈若水", RoleKind.EDITOR, town.enterprise)
    returned(town)
    give(town.editor, "退回的", colleague)
    give(colleague, "退回的", third)
    assert (passed(town.editor), passed(colleague), titles(third)) == ([], [("退回的", "沈若水")], ["退回的"])
    give(third, "退回的", town.editor, "还是您熟悉")
    assert "由沈若水转交：还是您熟悉" in town.editor.get("/my").content.decode()


def test_what_is_done_or_not_mine_cannot_be_handed_over_or_taken_back(town: Town, colleague: Somebody):
    record = returned(town)
    key = key_of(town.editor, "退回的").write()
    stranger = somebody("路人")
    tries = [
        (stranger, {"what": "hand_over", "task": key, "to": str(colleague.person.pk)}, "已不归您处理"),
        (stranger, {"what": "take_back", "task": key}, "无需收回"),
        (town.editor, {"what": "take_back", "task": key}, "无需收回"),
        (town.editor, {"what": "hand_over", "task": key, "to": ""}, "请选择要转交给哪位同事"),
        (town.editor, {"what": "hand_over", "task": "x", "to": ""}, "没有看懂要转交哪件事"),
        (town.editor, {"what": "hand_over", "task": key.replace("2026", "0001"), "to": ""}, "已不归您处理"),
    ]
    for who, sent, sentence in tries:
        answer = who.post("/my", **sent)
        assert (answer.status_code, sentence in answer.content.decode()) == (422, True), sent
    advance(record, Verb.SUBMIT, by=town.editor.actor)
    answer = town.editor.post("/my", what="hand_over", task=key, to=str(colleague.person.pk))
    assert (answer.status_code, "这件事已经办完" in answer.content.decode()) == (422, True)
    assert not HandOver.objects.exists()


def test_a_note_that_is_too_long_stays_in_the_form(town: Town, colleague: Somebody):
    returned(town)
    answer = send(town.editor, "退回的", colleague, "长" * 201)
    page = answer.content.decode()
    assert (answer.status_code, "附言最多 200 个字" in page, "长" * 201 in page) == (422, True, True)
    assert f'value="{colleague.person.pk}" selected' in page
    send(town.editor, "退回的", colleague, "<script>alert(1)</script>")
    assert "<script>alert(1)" not in colleague.get("/my").content.decode()


def test_who_stands_in_for_the_receiver_has_his_task_and_who_stands_in_for_the_giver_takes_it_back(
    town: Town, colleague: Somebody
):
    third = somebody("沈若水", RoleKind.EDITOR, town.enterprise)
    returned(town)
    give(town.editor, "退回的", colleague)
    assert titles(third) == []
    away = Substitution.objects.create(
        person=colleague.person, substitute=third.person, begins_on=timezone.localdate(), recorded_by="system:test"
    )
    assert titles(third) == ["退回的"]
    Substitution.objects.filter(pk=away.pk).update(person=town.editor.person)
    assert (titles(third), passed(third)) == ([], [("退回的", "许长风")])


def test_erasing_a_person_erases_the_notes(town: Town, colleague: Somebody):
    returned(town)
    give(town.editor, "退回的", colleague, "打我手机 13800000000")
    erase_person(person=colleague.person, by=colleague.actor)
    assert HandOver.objects.get().note == ""
    assert titles(town.editor) == ["退回的"]


def test_the_list_costs_the_same_for_1_3_and_50_tasks_that_were_handed_over(town: Town, colleague: Somebody):
    counts = {"giver": [], "receiver": []}
    there = 0
    for rows in (1, 3, 50):
        for n in range(there, rows):
            submitted(town, title=f"第{n}条", now=days_ago(1))
            third = somebody(f"同事{n}", RoleKind.STAFF, town.scope.operator)
            give(town.staff, f"第{n}条", third)
            returned(town, f"退{n}")
            give(town.editor, f"退{n}", colleague)
        there = rows
        for role, who in (("giver", town.staff), ("receiver", colleague)):
            who.get("/my")
            with CaptureQueriesContext(connection) as captured:
                assert who.get("/my").status_code == 200
            counts[role].append(len(captured))
    assert [len(set(found)) for found in counts.values()] == [1, 1], counts


def opened(browser: Browser, live_server, who: Somebody, **values):
    context = browser.new_context(**values)
    key = who.client.cookies["sessionid"].value
    context.add_cookies([{"name": "sessionid", "value": key, "url": live_server.url}])
    return context.new_page()


@pytest.mark.django_db(transaction=True)
def test_it_works_on_a_phone_without_scripts(browser: Browser, live_server, town: Town, colleague: Somebody):
    returned(town)
    page = opened(browser, live_server, town.editor, java_script_enabled=False, viewport={"width": 390, "height": 844})
    page.goto(f"{live_server.url}/my")
    page.locator("summary", has_text="转交").click()
    page.get_by_label("转交给哪位同事").select_option(label="许长风")
    page.get_by_label("附言（可不填）").fill("拜托")
    page.get_by_role("button", name="转交", exact=True).click()
    assert page.get_by_text("已转交给许长风，并已发消息告知。").is_visible()
    page.get_by_role("button", name="收回：退回的").click()
    assert page.get_by_text("已收回“退回的”，现在由您处理。").is_visible()
    page.context.close()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("language", ["", "/en"])
def test_the_list_with_forms_and_notes_is_accessible_in_both_widths(
    browser: Browser, live_server, town: Town, colleague: Somebody, language: str
):
    for n in range(3):
        returned(town, f"第 {n} 项耐磨涂层与超音速喷涂的组合工艺，结合强度在循环载荷下保持不降")
    give(town.editor, titles(town.editor)[0], colleague, "https://example.org/" + "a" * 170)
    give(colleague, titles(colleague)[1], town.editor, "指标在您那份检测报告里")
    page = opened(browser, live_server, town.editor, bypass_csp=True)
    assert complaints_of(page, f"{live_server.url}{language}/my", language) == []
    page.context.close()


PREPARE = """
import django
django.setup()
from queqiao.accounts.choices import RoleKind
from queqiao.web.tests.workshop import make_town, somebody, submitted
town = make_town()
people = [town.staff, *(somebody(name, RoleKind.STAFF, town.scope.operator) for name in ("顾南舟", "程远"))]
submitted(town, title="等待审核的")
print(*(one.person.pk for one in people))
"""
HAND_OVER = """
import django, sys
django.setup()
from queqiao.accounts.actors import actor_for
from queqiao.accounts.models import Person
from queqiao.core.errors import QueqiaoError
from queqiao.records.actions.handing_over import hand_over
from queqiao.records.handing_over import desk_of
giver, receiver = (Person.objects.get(pk=pk) for pk in sys.argv[1:3])
key = desk_of(actor_for(giver)).tasks[0].todo.key
print("ready", flush=True)
sys.stdin.readline()
try:
    print("handed to", hand_over(key, to=receiver.pk, note="", by=actor_for(giver)).receiver.name)
except QueqiaoError as error:
    print("refused:", error)
"""


def test_of_two_processes_that_hand_over_the_same_task_at_the_same_moment_one_is_told(
    migrated_site: Mapping[str, str],
):
    def start(script: str, *words: str) -> subprocess.Popen[str]:
        call = [sys.executable, "-c", script, *words]
        return subprocess.Popen(call, env=migrated_site, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    first, second, third = start(PREPARE).communicate(timeout=60)[0].split()
    both = [start(HAND_OVER, first, third), start(HAND_OVER, second, third)]
    for process in both:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
    with ThreadPoolExecutor(2) as pool:
        said = sorted(pool.map(lambda process: process.communicate("go\n", timeout=60)[0].strip(), both))
    assert said[0] == "handed to 程远"
    assert said[1].startswith("refused: “等待审核的”刚由")
    assert said[1].endswith("转交给程远，您这次没有转交。")
