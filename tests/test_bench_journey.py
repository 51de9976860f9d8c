"""Staff settle a queue by keyboard, in a real browser: many decisions over several needs without loading a page."""

import re
import sys
from statistics import median
from typing import Any

import pytest
from browsing import DESK, PHONE, Browsing
from playwright.sync_api import Page, expect
from test_journeys import sign_in, staff_user

from queqiao.accounts.choices import RoleKind
from queqiao.accounts.models import ScopeMembership
from queqiao.accounts.tests.factories import make_organisation
from queqiao.core.models import Outbox
from queqiao.matching.models import Match
from queqiao.matching.tests.workshop import publish, work
from queqiao.needs.models import Need
from queqiao.research.models import Achievement
from queqiao.web.tests.workshop import make_town, published

pytestmark = pytest.mark.django_db(transaction=True)
NEEDS, OFFERED, DECISIONS = 4, 12, 40
MOST_TIMES = 2.5  # as long as the first page of a need, which reads the same and writes nothing
PROBLEMS = (
    ("阀座冲蚀", "阀座密封面三个月冲蚀穿透，要求硬度不低于 60 HRC，结合强度不低于 70 MPa。"),
    ("轧辊磨损", "轧辊表面磨损快，要求涂层硬度不低于 62 HRC，寿命不低于 5000 小时。"),
    ("叶片剥落", "叶片涂层剥落，要求结合强度不低于 75 MPa，使用温度不低于 900 ℃。"),
    ("刀具崩刃", "刀具表面涂层不耐冲蚀，崩刃、剥落，要求硬度不低于 65 HRC，寿命不低于 9000 小时。"),
)


@pytest.fixture
def expected_complaints() -> tuple[str, ...]:
    """A decision that somebody else took first is answered with 409, which the browser notes."""
    return ("409",)


def put_up() -> Any:
    """Publish needs and achievements of the same trade, and match them."""
    town = make_town()
    university = make_organisation(name="锦城大学", kind="university")
    ScopeMembership.objects.create(scope=town.scope, organisation=university, recorded_by="system:test")
    for title, problem in PROBLEMS[:NEEDS]:
        published(town, title=title, problem=problem)
    for i in range(OFFERED):
        text = (
            f"阀座、轧辊、叶片和刀具的表面涂层，硬度 {56 + i} HRC，结合强度 {60 + 2 * i} MPa，不剥落、不磨损、耐冲蚀。"
        )
        publish(
            Achievement, university, title=f"表面涂层工艺{i + 1}号", description=text, indicators=f"寿命 {i}000 小时"
        )
    Outbox.objects.all().delete()
    work()
    return town


class Timed:
    """Notes what a page asks the server for: whole pages, and how long each decision and each need shown took."""

    def __init__(self, page: Page):
        self.loads: list[str] = []
        self.decisions: list[float] = []
        self.pages: list[float] = []
        page.on("request", self._asked)
        page.on("requestfinished", self._answered)

    def _asked(self, request: Any) -> None:
        if request.is_navigation_request():
            self.loads.append(f"{request.method} {request.url}")

    def _answered(self, request: Any) -> None:
        if "/staff/bench/" in request.url:
            timing = request.timing
            taken = self.decisions if request.method == "POST" else self.pages
            taken.append((timing["responseStart"] - timing["requestStart"]) / 1000)


def press(page: Page, key: str) -> None:
    """Press a key that decides, and wait until the answer has been heard."""
    before = page.locator("#candidates").evaluate("node => (node.seen = true)")
    assert before
    page.keyboard.press(key)
    page.wait_for_function("() => !document.getElementById('candidates').seen")


def reject(page: Page, note: str) -> None:
    page.keyboard.press("x")
    dialog = page.locator("#ask-reject")
    expect(dialog).to_be_visible()
    page.keyboard.press("1")
    expect(dialog.get_by_label("不是同一回事")).to_be_checked()
    dialog.locator("textarea").fill(note)
    dialog.get_by_role("button", name="排除").focus()
    page.keyboard.press("Enter")
    expect(dialog).to_be_hidden()


def test_forty_decisions_by_keyboard_without_loading_a_page(browsing: Browsing) -> None:
    town = put_up()
    page = browsing.device(DESK)
    sign_in(browsing, page, staff_user(RoleKind.STAFF, town.scope.operator))
    browsing.open(page, "/staff/bench")
    page.get_by_role("link", name="继续处理").click()
    page.wait_for_load_state()
    timed, decided, seen = Timed(page), 0, set()
    first = page.locator("[data-row]").first.get_attribute("data-row")
    while decided < DECISIONS:
        number = page.url.rpartition("/")[2].partition("?")[0]
        seen.add(number)
        for step in range(DECISIONS // NEEDS):
            press(page, "a" if step == 0 else "1234"[step % 4])
            decided += 1
            if decided == 1:  # before one was chosen, the first was meant
                assert Match.objects.get(pk=first).state == "accepted"
            # The next one that nobody has judged is at hand already.
            expect(page.locator(":focus")).to_have_attribute("data-row", re.compile("."))
            expect(page.locator(":focus[data-judged]")).to_have_count(0)
        if decided < DECISIONS:
            page.keyboard.press("n")
            page.wait_for_function("number => !location.pathname.endsWith(number)", arg=number)
            expect(page.locator("#candidates [data-row]").first).to_be_focused()
    assert (decided, len(seen), timed.loads) == (DECISIONS, NEEDS, [])
    judged = Match.objects.exclude(state="open", grade=None)
    assert (judged.count(), judged.filter(state="accepted").count()) == (DECISIONS, NEEDS)
    took = sorted(timed.decisions)
    p50, p95, page_p50 = median(took), took[int(len(took) * 0.95) - 1], median(timed.pages)
    sys.stdout.write(f"\n{len(took)} decisions, server time p50 {p50 * 1000:.0f} ms, p95 {p95 * 1000:.0f} ms; ")
    sys.stdout.write(f"{len(timed.pages)} pages p50 {page_p50 * 1000:.0f} ms\n")
    assert p50 < MOST_TIMES * page_p50


def test_a_rejection_is_asked_for_a_reason_taken_back_by_key_and_heard(browsing: Browsing) -> None:
    town = put_up()
    page = browsing.device(DESK)
    sign_in(browsing, page, staff_user(RoleKind.STAFF, town.scope.operator))
    need = Need.objects.get(title="阀座冲蚀")
    browsing.open(page, f"/staff/bench/{need.number}")
    page.keyboard.press("j")
    first = page.locator("[data-row]").first.get_attribute("data-row")
    reject(page, "行业不同")
    row = page.locator(f"#match-{first}")
    expect(row).to_contain_text("行业不同")
    expect(page.locator("#bench-said")).to_have_text("已排除。")
    expect(page.locator("[data-row]:not([data-judged])").first).to_be_focused()
    page.keyboard.press("u")
    expect(row).to_be_focused()
    expect(row).not_to_contain_text("行业不同")
    expect(page.locator("#bench-said")).to_have_text("已撤销。")
    assert Match.objects.get(pk=first).state == "open"
    page.locator("#find").fill("ajx1")  # letters that are typed decide nothing
    assert Match.objects.filter(state="open", grade=None).count() == Match.objects.count()


def test_who_comes_second_keeps_what_he_typed(browsing: Browsing) -> None:
    town = put_up()
    page = browsing.device(DESK)
    sign_in(browsing, page, staff_user(RoleKind.STAFF, town.scope.operator))
    need = Need.objects.get(title="阀座冲蚀")
    browsing.open(page, f"/staff/bench/{need.number}")
    page.keyboard.press("j")
    first = page.locator("[data-row]").first.get_attribute("data-row")
    page.keyboard.press("x")
    dialog = page.locator("#ask-reject")
    dialog.get_by_label("价格不合适").check()
    dialog.locator("textarea").fill("价格谈不拢")
    match = Match.objects.get(pk=first)
    town.staff.post(
        f"/staff/bench/{need.number}", do="accept", match=str(match.pk), revision=match.revision, kind=match.kind
    )
    dialog.get_by_role("button", name="排除").click()
    expect(dialog.get_by_role("alert")).to_contain_text("周以宁已于")
    expect(dialog.locator("textarea")).to_have_value("价格谈不拢")
    assert Match.objects.get(pk=first).state == "accepted"


def test_on_a_phone_the_need_is_folded_and_an_indicator_opens_it(browsing: Browsing) -> None:
    town = put_up()
    page = browsing.device(PHONE)
    sign_in(browsing, page, staff_user(RoleKind.STAFF, town.scope.operator))
    need = Need.objects.get(title="阀座冲蚀")
    browsing.open(page, f"/staff/bench/{need.number}")
    body = page.locator("#need-body")
    expect(body).to_be_hidden()
    page.get_by_role("link", name="查看需求").click()
    expect(body).to_be_visible()
    page.get_by_role("link", name="收起需求").click()
    expect(body).to_be_hidden()
    page.locator("a.q-ind-tag").first.click()
    expect(body.locator("mark").first).to_be_visible()
