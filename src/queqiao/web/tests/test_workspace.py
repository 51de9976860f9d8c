"""What waits for somebody, his own records, and that long lists cost no more than short ones."""

import datetime
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from queqiao.accounts.choices import RoleKind
from queqiao.accounts.models import Registration, Substitution
from queqiao.accounts.tests.factories import make_organisation
from queqiao.needs.models import Need
from queqiao.records.actions import advance, create_record, save_record
from queqiao.records.choices import Verb
from queqiao.records.workspace import Work, todos
from queqiao.research.models import Achievement, Expert, Lab
from queqiao.web.tests.workshop import (
    Somebody,
    Town,
    as_sent,
    days_ago,
    draft,
    make_town,
    published,
    somebody,
    submitted,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def town() -> Town:
    return make_town()


def waiting(who: Somebody) -> list[tuple[Work, str, bool]]:
    return [(todo.work, todo.title, todo.overdue) for todo in todos(who.actor)]


def test_an_editor_sees_what_he_owes_overdue_things_first(town: Town):
    draft(town, title="今天的草稿")
    draft(town, title="旧草稿", now=days_ago(9))
    returned = submitted(town, title="退回的", now=days_ago(20))
    advance(returned, Verb.RETURN, by=town.staff.actor, reason="请补充指标")
    published(town, title="快到期的", valid_until=timezone.localdate() + datetime.timedelta(days=10))
    published(town, title="还早的")
    assert waiting(town.editor) == [
        (Work.RETURNED, "退回的", True),
        (Work.UNSENT, "旧草稿", False),
        (Work.EXPIRING, "快到期的", False),
    ]
    page = town.editor.get("/my").content.decode()
    assert ("3 件事等您处理，其中 1 件已逾期" in page, f"/records/{returned.number}/edit" in page) == (True, True)


def test_a_draft_of_yesterday_waits_under_the_title_that_its_author_has_typed_and_nobody_else_reads(town: Town):
    begun = create_record(Need, organisation=town.enterprise, values={}, by=town.editor.actor, now=days_ago(1.5))
    typed = as_sent(town.editor.get(f"/records/{begun.number}/edit").content.decode()) | {"title": "写到一半的标题"}
    town.editor.post(f"/records/{begun.number}/copy", **typed)
    assert waiting(town.editor) == [(Work.UNSENT, "写到一半的标题", False)]
    assert "写到一半的标题" in town.editor.get("/my").content.decode()
    colleague = somebody("许长风", RoleKind.EDITOR, town.enterprise)
    page = colleague.get("/my").content.decode()
    assert ("（未命名）" in page, "写到一半的标题" in page) == (True, False)


def test_the_staff_see_reviews_changes_and_registrations_of_their_own_scopes(town: Town):
    submitted(town, title="等待审核的", now=days_ago(8))
    changed = published(town, title="提出修改的")
    save_record(changed, {"problem": "改写"}, base_revision=changed.revision, by=town.editor.actor)
    newcomer = make_organisation(name="新来的公司", state="pending")
    Registration.objects.create(organisation=newcomer, scope=town.scope, applicant=somebody("申请人").person)
    elsewhere = make_town()
    submitted(elsewhere, title="别处的")
    assert waiting(town.staff) == [
        (Work.REVIEW, "等待审核的", True),
        (Work.PROPOSAL, "提出修改的", False),
        (Work.REGISTRATION, "新来的公司", False),
    ]
    page = town.staff.get("/my").content.decode()
    assert ("等待审核的" in page, "新来的公司" in page, "别处的" in page) == (True, True, False)


def test_a_substitute_sees_what_waits_for_a_colleague_who_is_away(town: Town):
    substitute = somebody("许长风", RoleKind.EDITOR, town.enterprise)
    draft(town, title="旧草稿", now=days_ago(9))
    Substitution.objects.create(
        person=town.editor.person,
        substitute=substitute.person,
        begins_on=timezone.localdate(),
        recorded_by="system:test",
    )
    assert [(todo.title, todo.instead_of) for todo in todos(substitute.actor)] == [("旧草稿", "林知夏")]
    assert "代林知夏处理" in substitute.get("/my").content.decode()


def test_nothing_waits_for_a_newcomer_and_the_page_says_so():
    assert "今天没有等您处理的事" in somebody("新人").get("/my").content.decode()
    assert Client().get("/my").status_code == 302


def test_own_records_stand_under_their_state_with_counts(town: Town):
    draft(town, title="草稿甲")
    draft(town, Achievement, title="草稿乙")
    published(town, Lab, title="已发布丙")
    neighbour = make_town()
    draft(neighbour, title="邻家的")
    page = town.editor.get("/my/records", state="draft").content.decode()
    assert [word in page for word in ("草稿甲", "草稿乙", "已发布丙", "邻家的")] == [True, True, False, False]
    assert '草稿 <span class="q-count">2</span>' in page
    assert '已发布 <span class="q-count">1</span>' in page
    assert "已发布丙" in town.editor.get("/my/records", state="published").content.decode()
    assert town.editor.get("/my/records", state="' or 1=1").status_code == 200


def queries_of(client: Any, address: str) -> int:
    client.get(address)
    with CaptureQueriesContext(
        connection,
    ) as captured:
        assert client.get(address).status_code == 200
    return len(captured)


LISTS = {
    "/catalogue/needs": Need,
    "/catalogue/achievements": Achievement,
    "/catalogue/experts": Expert,
    "/catalogue/labs": Lab,
    "/": Need,
    "/my/records?state=published": Need,
    "/my": Need,
}


@pytest.mark.parametrize("address", LISTS)
def test_a_list_costs_the_same_for_1_3_and_50_rows(town: Town, address: str):
    soon = timezone.localdate() + datetime.timedelta(days=3)
    counts = {}
    there = 0
    for rows in (1, 3, 50):
        for n in range(rows - there):
            published(town, LISTS[address], keywords=[f"词{n}"], cooperation=["service"], valid_until=soon)
        there = rows
        counts[rows] = queries_of(town.editor.client, address)
    assert len(set(counts.values())) == 1, counts


def test_the_list_of_organisations_costs_the_same_for_1_3_and_50_rows(town: Town):
    counts = []
    for rows in (1, 2, 47):
        for _n in range(rows):
            make_organisation()
        counts.append(queries_of(Client(), "/organisations"))
    assert len(set(counts)) == 1, counts


def test_the_pages_of_one_record_cost_the_same_for_a_long_history(town: Town):
    record = draft(town)
    counts = []
    for n in (1, 30):
        for step in range(n):
            record.refresh_from_db()
            save_record(
                record, {"problem": f"第 {n} 轮第 {step} 稿"}, base_revision=record.revision, by=town.editor.actor
            )
        counts.append(queries_of(town.editor.client, f"/records/{record.number}/history"))
    assert len(set(counts)) == 1, counts
