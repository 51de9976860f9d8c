"""The report in a real browser: as it is opened, on a desk and on a phone, in both languages and on paper."""

import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page
from samples import ACHIEVEMENTS

Run = Callable[..., tuple[int, str, str]]
Table = Callable[..., Path]

SCRIPT = "</p><script>document.title='owned'</script><img src=x onerror=alert(1)>"


@pytest.fixture
def report(run: Run, table: Table, needs: Path, tmp_path: Path) -> Path:
    rows = [
        *ACHIEVEMENTS,
        ("A4", f"压铸模具排气{SCRIPT}", f"真空压铸{SCRIPT}"),
        ("A5", "深度除氟" * 30, "含氟废水" * 400),
    ]
    out = tmp_path / "report.html"
    call = ("match", "--needs", needs, "--achievements", table("more.csv", rows), "--out", tmp_path / "m.csv")
    assert run(*call, "--report", out)[0] == 0
    return out


def open_page(browser: Browser, report: Path, width: int) -> tuple[Page, list[str]]:
    page = browser.new_page(viewport={"width": width, "height": 900})
    trouble: list[str] = []
    page.on("console", lambda message: trouble.append(message.text))
    page.on("pageerror", lambda error: trouble.append(str(error)))
    page.on("request", lambda request: trouble.append(request.url) if request.url != report.as_uri() else None)
    page.goto(report.as_uri())
    return page, trouble


@pytest.mark.parametrize("width", [1440, 390, 320])
def test_the_page_opens_alone_and_fits_the_screen(browser: Browser, report: Path, width: int):
    page, trouble = open_page(browser, report, width)
    assert trouble == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.locator("h1").inner_text() == "需求与成果匹配报告"


def test_needs_candidates_marks_and_gap_tables_are_there(browser: Browser, report: Path):
    page, _trouble = open_page(browser, report, 1440)
    first = page.locator("#need-1")
    assert first.locator(".candidate h3").first.inner_text() == "高真空压铸工艺"
    assert "压铸" in first.locator("mark").all_inner_texts()
    assert [row.inner_text().split("\t") for row in first.locator(".gaps").first.locator("tbody tr").all()] == [
        ["气孔率", "不高于1.5%", "0.8%", "✓ 达到"],
        ["抗拉强度", "不低于240MPa", "265MPa", "✓ 达到"],
    ]
    assert page.locator(".unfitting li").all_inner_texts() == ["3. 食堂一周菜谱"]


def test_the_language_is_switched_without_a_script(browser: Browser, report: Path):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(report.as_uri())
    page.locator("label[for=show-en]").click()
    assert page.locator("h1").inner_text() == "Needs and achievements: match report"
    assert page.locator(".unfitting h2").inner_text() == "Needs that nothing fits"
    visible = page.locator("main").inner_text()
    labels = re.sub(r"[^\u3400-\u9fff]", "", page.locator("header").inner_text().replace("中文", ""))
    assert labels == ""
    assert "没有合适" not in visible
    context.close()


def test_what_a_record_says_is_text_and_never_markup(browser: Browser, report: Path):
    page, trouble = open_page(browser, report, 1440)
    assert trouble == []
    assert page.title() == "鹊桥匹配报告"
    assert page.locator("script, img, link, iframe").count() == 0
    assert SCRIPT in page.locator("#need-1").inner_text().replace("\n", "")


def test_the_page_prints_on_a4(browser: Browser, report: Path):
    page, _trouble = open_page(browser, report, 1440)
    paper = page.pdf(prefer_css_page_size=True)
    boxes = {box.split()[2:4] and tuple(round(float(x)) for x in box.split()[2:4]) for box in media_boxes(paper)}
    assert boxes == {(595, 842)}
    page.emulate_media(media="print")
    assert not page.locator(".languages").is_visible()


def media_boxes(paper: bytes) -> list[str]:
    return [box.decode() for box in re.findall(rb"/MediaBox \[([^\]]*)\]", paper)]


class Addresses(HTMLParser):
    """Collects every address that a page names."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value or "" for name, value in attrs if name in ("href", "src", "action", "xlink:href")]


def test_the_page_names_no_address_but_its_own_places(report: Path):
    text = report.read_text(encoding="utf-8")
    parser = Addresses()
    parser.feed(text)
    assert {address[0] for address in parser.found} == {"#"}
    assert "url(" not in text
    assert "@import" not in text
