"""What only the owner and the staff see of a record, and what is told of the person behind an expert."""

import re

import pytest
from django.test import Client
from django.utils import timezone

from queqiao.accounts.actions.people import erase_person
from queqiao.accounts.actors import system
from queqiao.accounts.choices import RoleKind
from queqiao.accounts.tests.factories import make_organisation, make_person
from queqiao.core.models import Activity
from queqiao.needs.models import Need
from queqiao.records.actions import accept_proposal, advance, grant, save_record
from queqiao.records.auditing import LogFilter, log_page
from queqiao.records.choices import Verb
from queqiao.records.history import entries_of
from queqiao.records.models import WorkingCopy
from queqiao.records.review import changes_since_publication, proposed_changes
from queqiao.research.models import Achievement, Expert
from queqiao.research.queries import age_band
from queqiao.web.tests.workshop import as_sent, draft, make_town, published, somebody

pytestmark = pytest.mark.django_db
CONTACT = {"contact_name": "罗素秋", "contact_details": "13812340000"}


def test_a_needs_contact_is_masked_to_all_but_its_owner_and_the_staff():
    town = make_town()
    need = published(town, Need, **CONTACT)
    for reader in (town.editor.client, town.staff.client):
        page = reader.get(f"/records/{need.number}").content.decode()
        assert "罗素秋" in page
        assert "13812340000" in page
    for client in (Client(), somebody("外人", RoleKind.EDITOR, make_organisation(name="别处")).client):
        page = client.get(f"/records/{need.number}").content.decode()
        assert "罗**" in page
        assert "138****0000" in page
        assert "罗素秋" not in page
        assert "13812340000" not in page


def test_a_stranger_sees_no_contact_of_a_blind_need_and_an_invited_one_a_masked_one():
    town = make_town()
    guest = make_organisation(name="受邀单位")
    need = published(town, Need, **CONTACT, visibility="blind", blind_title="匿名")
    grant(need, guest, by=town.editor.actor)
    assert "罗" not in Client().get(f"/records/{need.number}").content.decode()
    page = somebody("客人", RoleKind.MEMBER, guest).get(f"/records/{need.number}").content.decode()
    assert ("罗**" in page, "罗素秋" in page) == (True, False)


def test_a_contact_that_is_no_number_is_hidden_but_for_its_end():
    town = make_town()
    need = published(town, Need, contact_details="微信 luosuqiu")
    assert "luosuqiu" not in Client().get(f"/records/{need.number}").content.decode()


def contact_sent(town, need, typed):
    address = f"/records/{need.number}/edit"
    sent = as_sent(town.editor.get(address).content.decode()) | {"contact_details": typed}
    return town.editor.client.post(address, sent)


@pytest.mark.parametrize("typed", ["12345", "1381234", "没有", "28 MPa", "85001234", "yuan@", "13812340000、12345"])
def test_a_contact_under_which_nobody_can_be_reached_is_refused_and_told_what_to_write(typed: str):
    town = make_town()
    need = draft(town)
    answer = contact_sent(town, need, typed)
    page = answer.content.decode()
    assert (answer.status_code, "请填写手机号、带区号的固定电话（如 028-85001234 转 801）或电子邮箱。" in page) == (
        422,
        True,
    )
    assert as_sent(page)["contact_details"] == [typed]
    need.refresh_from_db()
    assert need.contact_details == ""


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("138 1234-0000", "13812340000"),
        ("+86 13812340000", "13812340000"),
        ("Yuan@Example.cn", "yuan@example.cn"),
        ("028-85001234", "028-85001234"),
        ("（028）8500 1234 转 801", "（028）8500 1234 转 801"),
        ("0816-2345678-", "0816-2345678-"),
        ("+86 28 85001234", "+86 28 85001234"),
        ("400-800-1234", "400-800-1234"),
        ("+49 89 1234567", "+49 89 1234567"),
        ("13812340000、028-85001234", "13812340000、028-85001234"),
        ("", ""),
    ],
)
def test_a_mobile_number_a_number_with_area_code_or_an_e_mail_is_kept(typed: str, kept: str):
    town = make_town()
    need = draft(town)
    assert contact_sent(town, need, typed).status_code == 302
    need.refresh_from_db()
    assert need.contact_details == kept


def test_what_is_wrong_with_an_amount_a_number_and_two_dates_is_said_at_the_field():
    town = make_town()
    need, made = draft(town), draft(town, Achievement)

    def told(record, **typed):
        address = f"/records/{record.number}/edit"
        answer = town.editor.client.post(address, as_sent(town.editor.get(address).content.decode()) | typed)
        assert answer.status_code == 422
        return answer.content.decode()

    page = told(need, budget="80万到50万")
    assert ("“80万到50万”的前后顺序反了，请把较小的金额写在前面。" in page, "看不懂" in page) == (True, False)
    page = told(made, ip="发明专利ZL2023（申请中）")
    assert ("“发明专利ZL2023（申请中）”里的号码太短" in page, "看不懂" in page) == (True, False)
    page = told(need, deadline="2031-06-30", valid_until="2031-05-31")
    assert page.count("期望完成日期晚于“有效期至”（2031-05-31），请改其中一个。") == 2


def test_another_way_to_reach_people_that_came_with_a_list_stays_until_somebody_changes_it():
    town = make_town()
    need = draft(town, contact_details="微信 luosuqiu")
    assert contact_sent(town, need, "微信 luosuqiu").status_code == 302
    assert contact_sent(town, need, "微信 别人").status_code == 422
    need.refresh_from_db()
    assert need.contact_details == "微信 luosuqiu"


def test_the_log_keeps_no_contact_and_who_leaves_is_no_contact_any_more():
    town = make_town()
    leaver = make_person(name="罗素秋", mobile="13812340000")
    need = published(town, Need, **CONTACT)
    assert [one for one in Activity.objects.all() if "罗素秋" in str(one.changes)] == []
    erase_person(person=leaver, by=system("test"))
    need.refresh_from_db()
    assert (need.contact_name, need.contact_details) == ("", "")


def test_of_a_contact_the_history_tells_that_it_was_set_changed_and_removed_never_a_mark():
    town = make_town()
    need = draft(town)
    for contact in ("13812340000", "13912340000", ""):
        need.refresh_from_db()
        save_record(need, {"contact_details": contact}, base_revision=need.revision, by=town.editor.actor)
    told = [entry.changes for entry in entries_of(need)][:3]
    assert told == [
        (("联系电话或邮箱", "", "已清除"),),
        (("联系电话或邮箱", "", "已更改"),),
        (("联系电话或邮箱", "", "已填写"),),
    ]
    save_record(need, CONTACT, base_revision=need.revision + 1, by=town.editor.actor)
    need.refresh_from_db()
    need = advance(need, Verb.SUBMIT, by=town.editor.actor)
    day = timezone.localdate().isoformat()
    for page in (
        town.editor.get(f"/records/{need.number}/history", at=day),
        town.staff.get(f"/staff/review/{need.number}"),
    ):
        text = page.content.decode()
        assert ("已更改" in text, re.findall(r"#[0-9a-f]{10}", text)) == (True, [])
    assert "已填写，日志不留原文" in town.editor.get(f"/records/{need.number}/history", at=day).content.decode()


def test_the_staff_learn_that_a_contact_changed_since_the_publication_and_no_mark():
    town = make_town()
    need = published(town, Need, **CONTACT)
    need = advance(need, Verb.WITHDRAW, by=town.editor.actor, reason="改联系人")
    need = advance(need, Verb.REVISE, by=town.editor.actor)
    save_record(need, {"contact_name": "郑接洽"}, base_revision=need.revision, by=town.editor.actor)
    need.refresh_from_db()
    assert changes_since_publication(need) == [("联系人", "已填写", "已更改")]


def test_the_auditor_reads_beside_a_mark_what_it_is():
    town = make_town()
    draft(town, Need, **CONTACT)
    rows, _older = log_page(LogFilter(), before=None, size=50)
    marks = [after for row in rows for _label, _before, after in row.changes if after.startswith("#")]
    assert marks
    assert all(one.endswith("（记号，不留原文）") for one in marks)


def test_what_was_typed_of_who_leaves_is_gone_from_copies_and_cannot_come_back_with_a_change():
    town = make_town()
    leaver = make_person(name="罗素秋", mobile="13812340000")
    need = published(town, Need, **CONTACT)
    change(town, need, title="新的名称", contact_name="罗素秋女士")
    erase_person(person=leaver, by=system("test"))
    assert "13812340000" not in str(list(WorkingCopy.objects.values_list("values", flat=True)))
    assert "罗素秋" not in str(list(WorkingCopy.objects.values_list("values", flat=True)))


def change(town, need, **values) -> None:
    address = f"/records/{need.number}/edit"
    sent = as_sent(town.editor.get(address).content.decode())
    assert town.editor.client.post(address, sent | values).status_code == 302


def test_a_change_of_the_title_leaves_a_contact_alone_that_the_staff_corrected_meanwhile():
    town = make_town()
    need = published(town, Need, **CONTACT)
    change(town, need)
    assert not WorkingCopy.objects.exclude(proposed_at=None).exists()
    change(town, need, title="新的名称")
    copy = WorkingCopy.objects.exclude(proposed_at=None).get()
    need.refresh_from_db()
    assert [row[0] for row in proposed_changes(need, copy)] == ["名称"]
    save_record(need, {"contact_name": "郑接洽"}, base_revision=need.revision, by=town.staff.actor)
    accept_proposal(copy, by=town.staff.actor)
    need.refresh_from_db()
    assert (need.title, need.contact_name) == ("新的名称", "郑接洽")


def test_the_staff_read_of_a_proposed_contact_what_it_is_and_was():
    town = make_town()
    need = published(town, Need, **CONTACT)
    change(town, need, contact_name="郑接洽")
    copy = WorkingCopy.objects.exclude(proposed_at=None).get()
    assert proposed_changes(need, copy) == [("联系人", "罗素秋", "郑接洽")]


def test_whom_an_expert_wants_to_avoid_is_for_his_own_side_and_the_staff():
    town = make_town()
    expert = published(town, Expert, conflicts="青峦以外的竞争对手")
    assert "竞争对手" in town.staff.get(f"/records/{expert.number}").content.decode()
    assert "竞争对手" not in Client().get(f"/records/{expert.number}").content.decode()


def test_of_an_experts_year_of_birth_others_see_the_band_only():
    town = make_town()
    person = make_person(name="沈若水", birth_year=1971, orcid="0000-0002-1825-0097")
    expert = published(town, Expert)
    Expert.objects.filter(pk=expert.pk).update(person=person)
    page = Client().get(f"/records/{expert.number}").content.decode()
    assert "55 岁及以上" in page
    assert 'href="https://orcid.org/0000-0002-1825-0097"' in page
    assert "1971" not in page


def test_the_bands_have_no_gap():
    assert [age_band(age) for age in (34, 35, 44, 45, 54, 55)] == [
        "35 岁以下", "35～44 岁", "35～44 岁", "45～54 岁", "45～54 岁", "55 岁及以上",
    ]  # fmt: skip


def test_intellectual_property_is_typed_in_lines_and_what_cannot_be_read_is_named_with_the_text_kept():
    town = make_town()
    made = draft(town, Achievement)
    address = f"/records/{made.number}/edit"
    sent = as_sent(town.editor.get(address).content.decode())
    refused = town.editor.client.post(address, sent | {"ip": "发明专利 ZL202310123456.7（已授权）\n许多好东西"})
    assert "看不懂“许多好东西”" in refused.content.decode()
    assert "ZL202310123456.7（已授权）\n许多好东西" in refused.content.decode().replace("\r\n", "\n")
    town.editor.client.post(address, sent | {"ip": "发明专利 ZL202310123456.7（已授权）\n软著 2 项"})
    made.refresh_from_db()
    assert [(one["kind"], one["number"], one["count"], one["status"]) for one in made.ip] == [
        ("invention", "ZL202310123456.7", 0, "granted"), ("software", "", 2, ""),
    ]  # fmt: skip
    again = as_sent(town.editor.get(address).content.decode())
    assert again["ip"] == ["发明专利 ZL202310123456.7（已授权）\n软件著作权 2 项"]
    assert "软件著作权 2 项" in town.editor.get(f"/records/{made.number}").content.decode()
