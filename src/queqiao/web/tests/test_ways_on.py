"""From every public page a newcomer finds the way on: to the search, all of a booth, whom to ask, paper."""

import re
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from PIL import ImageFont
from playwright.sync_api import Browser

from queqiao.accounts.models import ScopeMembership
from queqiao.accounts.tests.factories import make_organisation, make_scope
from queqiao.matching.choices import Decision, RoundState
from queqiao.matching.models import Match, Round
from queqiao.matching.tests.workshop import publish
from queqiao.needs.models import Need
from queqiao.records.choices import Visibility
from queqiao.research.models import Achievement, Expert, Lab
from queqiao.web.cover import balanced, find_font
from queqiao.web.news import news_for
from queqiao.web.tests.workshop import Somebody, Town, days_ago, make_town, published

pytestmark = pytest.mark.django_db


@pytest.fixture
def town(tmp_path, settings) -> Town:
    settings.FILES_DIR = tmp_path
    return make_town()


def page(address: str, who: Somebody | None = None) -> str:
    answer = (who.client if who else Client()).get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def queries_of(address: str, who: Somebody) -> int:
    who.get(address)
    with CaptureQueriesContext(connection) as captured:
        who.get(address)
    return len(captured)


# ---- search


@pytest.mark.django_db(transaction=True)
def test_a_slash_leads_to_the_search_box_or_to_the_page_that_has_one(
    browser: Browser, live_server: Any, tmp_path, settings
):
    settings.FILES_DIR = tmp_path
    made = published(make_town())
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    desk = context.new_page()
    desk.goto(f"{live_server.url}/organisations")
    desk.keyboard.press("/")
    desk.keyboard.type("a/b")  # in a field a slash is a slash
    assert desk.locator("#q").input_value() == "a/b"
    desk.goto(f"{live_server.url}/records/{made.number}")
    desk.keyboard.press("/")
    desk.wait_for_url("**/search")
    desk.set_viewport_size({"width": 390, "height": 844})
    desk.locator(".q-menu > summary").click()
    desk.locator(".q-menu-panel").get_by_role("link", name="搜索").click()
    desk.wait_for_url("**/search")
    context.close()


def test_a_list_that_has_nothing_for_the_words_leads_to_the_search_over_everything(town: Town):
    for address in ("/catalogue/labs?q=石墨", "/organisations?q=石墨"):
        assert 'href="/search?q=%E7%9F%B3%E5%A2%A8"' in page(address)
    assert "在全站搜索这些词" not in page("/search?q=石墨")


# ---- the booth


def test_all_of_a_booth_is_a_list_narrowed_to_the_organisation_without_what_is_blind(town: Town):
    made = [published(town, Achievement, title=f"工艺{n}号") for n in range(25)]
    hidden = published(town, Achievement, title="密", visibility=Visibility.BLIND, blind_title="某工艺")
    other = make_organisation(name="别家")
    address = f"/organisations/{town.enterprise.number}"
    booth = page(address)
    assert (f'href="{address}/achievements"' in booth, "查看全部 25 项" in booth) == (True, True)
    pages = [page(f"{address}/achievements?page={n}") for n in (1, 2)]
    shown = re.findall(r'href="/records/(CG-[0-9-]+)"', "".join(pages))
    assert sorted(shown) == sorted(record.number for record in made)
    assert hidden.number not in "".join(pages)
    assert "共 25 条" in pages[0]
    assert f'aria-label="移除条件：{town.enterprise.name}"' in pages[0]
    assert 'class="q-chip" href="/catalogue/achievements"' in pages[0]
    assert "还没有公开的记录" in page(f"/organisations/{other.number}/achievements")
    assert Client().get(f"{address}/nothing").status_code == 404


def test_a_list_of_an_organisation_costs_the_same_for_one_record_and_for_20(town: Town):
    address = f"/organisations/{town.enterprise.number}/labs"
    published(town, Lab)
    one = queries_of(address, town.editor)
    for _n in range(19):
        published(town, Lab)
    assert queries_of(address, town.editor) == one


# ---- whom to ask


def test_a_record_says_how_to_reach_its_owner_to_all_but_the_owner_and_the_staff(town: Town):
    made = published(town)
    shown = page(f"/records/{made.number}")
    booth = f"/organisations/{town.enterprise.number}#contact"
    wanted = (f"请把编号 {made.number} 告诉运营方", town.scope.operator.name, booth)
    assert [text for text in wanted if text not in shown] == []
    assert [who for who in (town.editor, town.staff) if "怎样联系" in page(f"/records/{made.number}", who)] == []


def test_of_a_blind_record_everybody_learns_the_same_way_which_says_nothing_of_its_owner(town: Town):
    inner = make_scope(name="只有它的园区", parent=town.scope)
    ScopeMembership.objects.create(scope=inner, organisation=town.enterprise, recorded_by="system:test")
    made = published(town, visibility=Visibility.BLIND, blind_title="某难题")
    shown = page(f"/records/{made.number}")
    assert "由运营方转告发布单位" in shown
    assert town.scope.operator.name in shown
    assert [text for text in (town.enterprise.name, town.enterprise.number, "只有它的园区") if text in shown] == []


# ---- news of matches


def accepted(town: Town, need: Need, ago: float = 0) -> Match:
    university = make_organisation(name="锦城大学", kind="university")
    ScopeMembership.objects.create(scope=town.scope, organisation=university, recorded_by="system:test")
    made = publish(Achievement, university, title="喷涂")
    return Match.objects.create(
        need=need, kind=Achievement.KIND, candidate_id=made.pk, state=Decision.ACCEPTED, decided_at=days_ago(ago)
    )


def nothing(need: Need, note: str, ago: float = 0, number: int = 1) -> Round:
    ended = {"state": RoundState.NOTHING_FITS, "note": note, "closed_at": days_ago(ago)}
    return Round.objects.create(need=need, number=number, **ended)


def test_that_nothing_fits_is_read_by_the_owner_on_the_need_until_it_is_looked_for_again(town: Town):
    need = published(town)
    nothing(need, "没有耐 500 ℃ 的。")
    address = f"/records/{need.number}"
    assert "没有耐 500 ℃ 的。" in page(address, town.editor)
    assert "没有耐 500 ℃ 的。" not in page(address)
    Round.objects.create(need=need, number=2)
    assert "没有耐 500 ℃ 的。" not in page(address, town.editor)


def test_owners_read_news_of_their_matches_the_newest_first_and_others_none(town: Town):
    first, second, old = (published(town, title=title) for title in ("甲需求", "乙需求", "旧需求"))
    match = accepted(town, first, ago=2)
    nothing(second, "都达不到。", ago=1)
    nothing(old, "去年的事。", ago=31)
    candidate = Achievement.objects.get(pk=match.candidate_id)
    assert [(item["title"], item["href"]) for item in news_for(town.editor.actor, timezone.now())] == [
        ("“乙需求”这次没有找到合适的对象", f"/records/{second.number}"),
        ("“甲需求”与“喷涂”的匹配已采纳", f"/records/{first.number}"),
    ]
    shown = page("/my", town.editor)
    assert ("都达不到。" in shown, f'href="/records/{candidate.number}"' in shown) == (True, True)
    assert "去年的事。" not in shown
    assert "匹配的新消息" not in page("/my", town.staff)


def test_news_end_at_ten_and_cost_no_more_than_one(town: Town):
    accepted(town, published(town))
    nothing(published(town), "没有。")
    few = queries_of("/my", town.editor)
    for n in range(9):
        need = published(town)
        accepted(town, need)
        nothing(need, "没有。", ago=n)
    assert queries_of("/my", town.editor) == few
    assert len(news_for(town.editor.actor, timezone.now())) == 10


# ---- English


def test_english_pages_mark_what_is_chinese_and_show_latin_letters(town: Town):
    need = published(town, background="两家饲料厂。", tried="换过试纸。", indicators="偏差 ≤12%")
    shown = page(f"/en/records/{need.number}")
    assert shown.count('<span class="q-tag">Chinese only</span>') == 5  # title, problem, and these three
    assert "Chinese only" not in page(f"/records/{need.number}")
    expert = published(town, Expert)
    latin = published(town, Expert, title="Mira")
    listed = page(f"/en/organisations/{town.enterprise.number}")
    assert ">沈</span>" not in listed
    assert ">M</span>" in listed
    assert expert.number.startswith("ZJ")
    assert "Chinese only" in listed
    assert latin.title in listed


def test_the_site_has_a_name_in_each_language_unless_its_operator_named_it(town: Town, settings):
    assert ("<title>Queqiao" in page("/en/"), "<title>鹊桥" in page("/")) == (True, True)
    settings.SITE = {**settings.SITE, "name": "临江对接"}
    assert "<title>临江对接" in page("/en/")


def test_one_hit_is_called_by_the_word_for_one(town: Town):
    published(town, title="superalloy coating")
    shown = page("/en/search?q=superalloy")
    assert ('<span class="q-tag q-tag-brand">Need</span>' in shown, "Needs</span>" in shown) == (True, False)


# ---- covers and paper


@pytest.mark.parametrize("title", ["储能电站热失控与产气早期告警", "紧邻敏感建筑的开挖变形控制服务", "短"])
def test_no_line_of_a_cover_holds_one_character_alone(title: str):
    found = find_font()
    if found is None:
        pytest.skip("no Chinese font")
    font = ImageFont.truetype(str(found[0]), 56, index=found[1])
    lines = balanced(font, title, 832, 3)
    assert "".join(lines) == title
    assert len(lines) == 1 or max(map(len, lines)) - min(map(len, lines)) <= 1


@pytest.mark.django_db(transaction=True)
def test_a_short_achievement_is_printed_on_one_sheet(browser: Browser, live_server: Any, tmp_path, settings):
    settings.FILES_DIR = tmp_path
    made = published(
        make_town(), Achievement, advantages="比镀铬省一半。", application="轧辊、泵阀。", trl=7,
        indicators="结合强度 ≥70 MPa；孔隙率 ≤0.8%；厚度 0.3 mm", cooperation=["licence", "service"],
        description="粉末与参数一并优化，" * 12,
    )  # fmt: skip
    context = browser.new_context()
    sheet = context.new_page()
    sheet.goto(f"{live_server.url}/records/{made.number}")
    paper = sheet.pdf(prefer_css_page_size=True)
    sheet.emulate_media(media="print")
    seen = {name: sheet.locator(name).first.is_visible() for name in (".q-print-code", ".q-poster", ".q-share")}
    context.close()
    assert len(re.findall(rb"/Type\s*/Page\b", paper)) == 1
    assert seen == {".q-print-code": True, ".q-poster": False, ".q-share": False}


# ---- the frame


def test_the_home_page_counts_organisations_and_the_footer_leads_on(town: Town):
    shown = page("/")
    there = len(re.findall(r'href="/organisations/JG-', page("/organisations")))
    assert re.search(rf'href="/organisations">机构</a></dt><dd>{there}</dd>', shown)
    assert [name for name in ("/themes", "/api", "/terms", "/register") if f'href="{name}"' not in shown] == []
    assert settings.SITE["contact"] == ""
    assert "联系方式" not in shown
