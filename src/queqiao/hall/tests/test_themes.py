"""Staff put records together into themes; visitors see of them what the list rule lets them see."""

import datetime

import pytest
from django.utils import timezone

from queqiao.accounts.actors import STRANGER
from queqiao.accounts.choices import RoleKind
from queqiao.accounts.tests.factories import make_scope
from queqiao.core.errors import ForbiddenError, QueqiaoError, StaleError
from queqiao.core.models import Activity
from queqiao.hall.actions import (
    add_item,
    create_theme,
    move_item,
    move_theme,
    note_item,
    remove_item,
    save_theme,
    show_theme,
    withdraw_theme,
)
from queqiao.hall.models import Theme
from queqiao.hall.queries import items_with_faces, kept_themes, shown_themes, visible_themes
from queqiao.records.actions import advance
from queqiao.records.choices import Verb, Visibility
from queqiao.research.models import Achievement, Lab
from queqiao.web.tests.workshop import Town, make_town, published, somebody, submitted

pytestmark = pytest.mark.django_db


@pytest.fixture
def town() -> Town:
    return make_town()


def theme_of(town: Town, title: str = "耐磨专题", **values) -> Theme:
    return create_theme(scope=town.scope, values={"title": title} | values, by=town.staff.actor)


def test_a_theme_is_in_the_hall_from_when_it_is_shown_until_it_is_withdrawn(town: Town):
    theme = theme_of(town)
    with pytest.raises(QueqiaoError, match="还没有记录"):
        show_theme(theme=theme, by=town.staff.actor)
    add_item(theme=theme, record=published(town), by=town.staff.actor)
    assert list(visible_themes(STRANGER)) == []
    show_theme(theme=theme, by=town.staff.actor)
    assert [one.number for one in visible_themes(STRANGER)] == [theme.number]
    withdraw_theme(theme=theme, by=town.staff.actor)
    assert (list(shown_themes()), list(kept_themes(town.staff.actor))) == ([], [theme])
    verbs = Activity.objects.filter(target_id=theme.pk).values_list("verb", flat=True)
    assert list(verbs) == ["create", "add_item", "show", "withdraw"]


def test_a_theme_keeps_its_days(town: Town):
    today = timezone.localdate()
    day = datetime.timedelta(days=1)
    theme = theme_of(town, begins_on=today, ends_on=today + day)
    add_item(theme=theme, record=published(town), by=town.staff.actor)
    show_theme(theme=theme, by=town.staff.actor)
    seen = [shown_themes(today + n * day).exists() for n in (-1, 0, 1, 2)]
    assert seen == [False, True, True, False]
    with pytest.raises(QueqiaoError, match="不能早于"):
        theme_of(town, begins_on=today, ends_on=today - day)


def test_only_the_staff_of_its_scope_keep_a_theme(town: Town):
    theme, need = theme_of(town), published(town)
    elsewhere = somebody("外地人", RoleKind.STAFF, make_scope().operator)
    for who in (town.editor.actor, elsewhere.actor):
        with pytest.raises(ForbiddenError):
            create_theme(scope=town.scope, values={"title": "别人的"}, by=who)
        with pytest.raises(ForbiddenError):
            add_item(theme=theme, record=need, by=who)
        with pytest.raises(ForbiddenError):
            move_theme(theme=theme, up=True, by=who)
    assert elsewhere.get(f"/staff/themes/{theme.number}").status_code == 404


def test_two_who_edit_at_once_learn_of_each_other(town: Town):
    theme = theme_of(town)
    save_theme(theme=theme, values={"title": "先保存的"}, base_revision=1, by=town.staff.actor)
    with pytest.raises(StaleError) as error:
        save_theme(theme=theme, values={"title": "后保存的"}, base_revision=1, by=town.staff.actor)
    assert error.value.theirs["title"] == "先保存的"
    page = town.staff.post(f"/staff/themes/{theme.number}", what="save", revision="1", title="后保存的")
    assert page.status_code == 409
    assert "后保存的" in page.content.decode()
    assert Theme.objects.get().title == "先保存的"


def test_records_stand_in_the_order_that_staff_gave_them_each_once(town: Town):
    theme, staff = theme_of(town), town.staff.actor
    first, second, third = (
        add_item(theme=theme, record=published(town, title=title), by=staff) for title in ("甲", "乙", "丙")
    )
    move_item(item=third, up=True, by=staff)
    move_item(item=first, up=True, by=staff)
    note_item(item=second, note=" 值得一看。 ", by=staff)
    told = [(face.title, item.note) for item, face in items_with_faces(theme, STRANGER) if face]
    assert told == [("甲", ""), ("丙", ""), ("乙", "值得一看。")]
    remove_item(item=first, by=staff)
    remove_item(item=first, by=staff)
    assert theme.items.count() == 2
    with pytest.raises(QueqiaoError, match="已在专题"):
        add_item(theme=theme, record=published(town).__class__.objects.get(title="丙"), by=staff)


def test_what_is_not_published_does_not_come_in_and_what_is_withdrawn_goes_out_of_sight(town: Town):
    theme, staff = theme_of(town), town.staff.actor
    with pytest.raises(QueqiaoError, match="已发布"):
        add_item(theme=theme, record=submitted(town), by=staff)
    need, lab = published(town), published(town, Lab)
    for record in (need, lab):
        add_item(theme=theme, record=record, by=staff)
    show_theme(theme=theme, by=staff)
    advance(need, Verb.WITHDRAW, by=town.editor.actor, reason="暂停")
    page = somebody("路人").get(f"/themes/{theme.number}").content.decode()
    assert (need.title in page, lab.title in page) == (False, True)
    assert "现在不公开" in town.staff.get(f"/staff/themes/{theme.number}").content.decode()


def test_a_theme_shows_a_stranger_the_blind_form_and_leaves_out_what_is_for_others(town: Town):
    theme, staff = theme_of(town), town.staff.actor
    blind = published(town, title="密标题", visibility=Visibility.BLIND, blind_title="某设备的难题")
    members = published(town, Achievement, title="会员成果", visibility=Visibility.MEMBERS)
    add_item(theme=theme, record=blind, note="征集中。", by=staff)
    add_item(theme=theme, record=members, note="只对会员说。", by=staff)
    show_theme(theme=theme, by=staff)
    page = somebody("路人").get(f"/themes/{theme.number}").content.decode()
    assert [word in page for word in ("某设备的难题", "征集中。")] == [True, True]
    assert [w for w in ("密标题", town.enterprise.name, "会员成果", "只对会员说", members.number) if w in page] == []
    assert "会员成果" in town.editor.get(f"/themes/{theme.number}").content.decode()


def test_staff_keep_a_theme_by_the_pages_alone(town: Town):
    need, desk = published(town), "/staff/themes"
    made = town.staff.post(desk, what="create", scope=town.scope.pk, title="秋季专题")
    address = made.headers["Location"]
    assert "没有找到编号" in town.staff.post(address, what="add", number="CG-2000-1").content.decode()
    assert town.staff.post(address, what="add", number=need.number.lower(), note="急。").status_code == 302
    assert "加入专题" in town.staff.get(f"/records/{need.number}").content.decode()
    assert "加入专题" not in town.editor.get(f"/records/{need.number}").content.decode()
    lab, theme = published(town, Lab), Theme.objects.get()
    town.staff.post(f"/records/{lab.number}/theme", theme=theme.number, note="可预约。")
    item = theme.items.get(record_id=need.pk)
    town.staff.post(address, what="down", id=item.pk)
    town.staff.post(address, what="note", id=item.pk, note="很急。")
    town.staff.post(address, what="show")
    assert [(one.kind, one.note) for one in theme.items.all()] == [("lab", "可预约。"), ("need", "很急。")]
    assert "秋季专题" in somebody("路人").get("/").content.decode()
    town.staff.post(address, what="remove", id="不是编号")
    assert theme.items.count() == 2
