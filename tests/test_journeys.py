"""Whole stories in a real browser, from the first look to the last, as the people in them would tell them."""

import datetime
import re

import pyotp
import pytest
import segno
from browsing import DESK, PHONE, Browsing
from django.utils import timezone
from playwright.sync_api import Page, expect

from queqiao.accounts.choices import RoleKind
from queqiao.accounts.models import Message, ScopeMembership, User
from queqiao.accounts.tests.factories import PASSWORD, give, make_organisation, make_person, make_user
from queqiao.hall.actions import add_item, create_theme, show_theme
from queqiao.hall.models import ViewCount
from queqiao.needs.models import Need
from queqiao.research.models import Achievement, Lab
from queqiao.web.answers import qr_answer
from queqiao.web.tests.workshop import make_town, published

pytestmark = pytest.mark.django_db(transaction=True)


def sign_in(browsing: Browsing, page: Page, user: User) -> None:
    """Sign in as a person does: address, password, and the second factor where it is due."""
    browsing.open(page, "/sign-in")
    form = page.locator("form", has=page.locator("[name=password]"))
    form.locator("[name=address]").fill(user.email or user.mobile or "")
    form.locator("[name=password]").fill(PASSWORD)
    form.locator("button[type=submit]").click()
    if user.totp_secret:
        page.locator("[name=code]").fill(pyotp.TOTP(user.totp_secret).now())
        page.locator("main button[type=submit]").first.click()
    expect(page.get_by_role("heading", name="今日待办")).to_be_visible()


def staff_user(kind: RoleKind, organisation) -> User:
    person = make_person(name="周审核" if kind is RoleKind.STAFF else "郑主任")
    give(person, kind, organisation)
    return make_user(person, totp_secret=pyotp.random_base32(), totp_confirmed_at=timezone.now())


def code_for(address: str) -> str:
    """Read the code in the letter that waits for an address."""
    text = Message.objects.filter(address=address, secret=True).order_by("-recorded_at")[0].text
    return re.search(r"\d{6}", text)[0]


def test_an_enterprise_comes_by_qr_code_and_its_need_is_published_blind(browsing: Browsing) -> None:
    town = make_town()
    town.enterprise.name = "澄江阀门股份有限公司"
    town.enterprise.save()
    staff = browsing.device(DESK)
    sign_in(browsing, staff, staff_user(RoleKind.STAFF, town.scope.operator))
    link = invite(browsing, staff, town.enterprise.number)

    phone = browsing.device(PHONE)
    join(phone, link, "13911112222")
    number = draft_over_an_interruption(browsing, phone)

    give_back(browsing, staff, number, "请补充现有水平")
    answer(browsing, phone, number)
    browsing.open(staff, f"/staff/review/{number}")
    staff.get_by_role("button", name="发布", exact=True).click()
    need = Need.objects.get(number=number)
    assert need.state == "published"

    stranger = browsing.device(PHONE)
    browsing.open(stranger, f"/records/{number}")
    expect(stranger.get_by_role("heading", name="某流体设备的密封难题")).to_be_visible()
    text = stranger.content()
    assert [word for word in ("澄江阀门", "阀座", "冲蚀", town.enterprise.number) if word in text] == []
    assert "某新材料企业（已实名）" in text


def invite(browsing: Browsing, staff: Page, number: str) -> str:
    """Make an invitation on the organisation's page and return its link, after comparing the QR code with it."""
    browsing.open(staff, f"/admin/organisations/{number}")
    staff.get_by_text("邀请加入", exact=True).click()
    form = staff.locator("form", has=staff.get_by_role("button", name="建立邀请"))
    form.get_by_label("机构管理员").check() if form.get_by_label("机构管理员").count() else form.locator(
        "select"
    ).first.select_option("organisation_admin")
    form.get_by_role("button", name="建立邀请").click()
    link = staff.get_by_label("链接", exact=True).input_value()
    picture = staff.get_by_alt_text("邀请链接的二维码").get_attribute("src")
    assert picture == segno.make(link, error="m").svg_data_uri(scale=4, border=2)
    return link


def join(phone: Page, link: str, mobile: str) -> None:
    """Accept an invitation as somebody new: name, mobile number, code."""
    phone.goto(link)
    phone.get_by_label("姓名").fill("沈厂长")
    phone.get_by_label("手机号或电子邮箱").fill(mobile)
    phone.get_by_label("我已阅读并同意").check()
    phone.get_by_role("button", name="下一步").click()
    phone.get_by_label("验证码").fill(code_for(mobile))
    phone.locator("main button[type=submit]").first.click()
    expect(phone.get_by_role("heading", name="今日待办")).to_be_visible()


def draft_over_an_interruption(browsing: Browsing, phone: Page) -> str:
    """Begin a need, lose the page in the middle, find the text again, finish and submit; return the number."""
    browsing.open(phone, "/new/needs")
    phone.get_by_role("button", name="开始填写").click()
    number = re.search(r"XQ-\d{4}-\d{5}", phone.url)[0]
    phone.locator("[name=title]").fill("阀座冲蚀")
    phone.locator("[name=problem]").fill("阀座密封面三个月冲蚀穿透。")
    expect(phone.locator("[data-autosave-status]")).to_contain_text("已保存")
    browsing.open(phone, "/")  # a call comes in, the page is gone
    browsing.open(phone, f"/records/{number}/edit")
    expect(phone.get_by_text("未提交的内容")).to_be_visible()
    expect(phone.locator("[name=problem]")).to_have_value("阀座密封面三个月冲蚀穿透。")
    phone.get_by_text("新材料", exact=True).click()
    phone.get_by_label("表面涂层").check()
    phone.locator("[name=visibility][value=blind]").check()
    phone.locator("[name=blind_title]").fill("某流体设备的密封难题")
    phone.get_by_role("button", name="保存并提交审核").click()
    expect(phone.get_by_text("待审核").first).to_be_visible()
    return number


def give_back(browsing: Browsing, staff: Page, number: str, reason: str) -> None:
    """Open the first of the queue and return it with a reason."""
    browsing.open(staff, "/staff/review")
    staff.get_by_role("link", name=re.compile("阀座冲蚀")).first.click()
    staff.locator("summary", has_text="退回修改").click()
    form = staff.locator("form", has=staff.get_by_role("button", name="退回", exact=True))
    form.get_by_label("内容不完整").check()
    form.get_by_label("具体说明").fill(reason)
    form.get_by_role("button", name="退回", exact=True).click()
    assert Need.objects.get(number=number).state == "returned"


def answer(browsing: Browsing, phone: Page, number: str) -> None:
    """Find the returned draft on the today list, add what was asked for and submit again."""
    browsing.open(phone, "/my")
    expect(phone.get_by_text("阀座冲蚀").first).to_be_visible()
    browsing.open(phone, f"/records/{number}/edit")
    expect(phone.get_by_text("请补充现有水平").first).to_be_visible()
    phone.locator("[name=indicators]").fill("寿命：现状 3 个月，目标 ≥18 个月")
    phone.get_by_role("button", name="保存并提交审核").click()
    expect(phone.get_by_text("待审核").first).to_be_visible()


def test_an_organisation_is_merged_and_all_its_addresses_lead_on(browsing: Browsing) -> None:
    town = make_town()
    need = published(town)
    other = make_organisation(name="青峦机械集团")
    ScopeMembership.objects.create(scope=town.scope, organisation=other, recorded_by="system:test")
    desk = browsing.device(DESK)
    sign_in(browsing, desk, staff_user(RoleKind.OPERATOR_ADMIN, town.scope.operator))
    browsing.open(desk, f"/admin/organisations/{town.enterprise.number}/merge")
    desk.get_by_label("查找要保留的机构").fill("青峦机械集团")
    desk.get_by_role("button", name="查找").click()
    desk.get_by_role("link", name="选择青峦机械集团").click()
    desk.get_by_role("button", name=re.compile("并入")).first.click()
    desk.locator("dialog[open]").get_by_role("button").last.click()
    expect(desk.get_by_text("已合并").first).to_be_visible()

    phone = browsing.device(PHONE)
    browsing.open(phone, f"/organisations/{town.enterprise.number}")
    assert phone.url.endswith(f"/organisations/{other.number}")
    expect(phone.get_by_text(need.title).first).to_be_visible()
    browsing.open(phone, f"/records/{need.number}")
    expect(phone.get_by_role("link", name="青峦机械集团", exact=True)).to_be_visible()


def test_a_record_is_shown_as_it_was_last_week(browsing: Browsing) -> None:
    town = make_town()
    last_week = timezone.now() - datetime.timedelta(days=7)
    need = published(town, title="上周的标题", now=last_week)
    user = town.editor.person.users.get()
    desk = browsing.device(DESK)
    sign_in(browsing, desk, user)
    from queqiao.records.actions import save_record

    save_record(need, {"title": "本周的标题"}, base_revision=need.revision, by=town.staff.actor)
    browsing.open(desk, f"/records/{need.number}/history?at={timezone.localdate(last_week)}")
    expect(desk.locator("#as-of")).to_contain_text("上周的标题")
    expect(desk.get_by_role("heading", level=1)).to_contain_text("本周的标题")


def test_a_stranger_walks_on_a_phone_from_home_to_a_theme_to_a_booth_to_an_achievement(
    browsing: Browsing, settings, live_server
) -> None:
    town = make_town()
    achievement = published(town, Achievement, indicators="结合强度≥70 MPa")
    theme = create_theme(scope=town.scope, values={"title": "耐磨专题"}, by=town.staff.actor)
    lab = published(town, Lab)
    add_item(theme=theme, record=lab, note="可以带样来试。", by=town.staff.actor)
    show_theme(theme=theme, by=town.staff.actor)

    phone = browsing.device(PHONE)
    browsing.open(phone, "/")
    phone.get_by_role("link", name="耐磨专题").click()
    expect(phone.get_by_text("可以带样来试。")).to_be_visible()
    phone.get_by_role("link", name=lab.title).click()
    phone.get_by_role("link", name=town.enterprise.name).first.click()
    expect(phone.get_by_role("heading", level=1, name=town.enterprise.name)).to_be_visible()
    phone.get_by_role("link", name=achievement.title).click()
    expect(phone.get_by_role("row", name=re.compile("结合强度.*≥70.*MPa"))).to_be_visible()
    phone.get_by_role("link", name="分享").click()
    code = phone.get_by_alt_text("本页地址的二维码")
    expect(code).to_be_in_viewport()
    drawn = phone.request.get(live_server.url + str(code.get_attribute("src"))).text()
    address = f"{settings.SITE_URL}/records/{achievement.number}"
    assert drawn == qr_answer(address).content.decode()
    assert ViewCount.objects.get(record_id=achievement.pk).count == 1
