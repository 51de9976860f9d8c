"""Every page kind in a real browser: two widths, two languages, no violation, no complaint, nothing from outside."""

import csv
from pathlib import Path

import pytest
from house import furnish
from playwright.sync_api import Browser, Page

from queqiao.web import assets
from queqiao.web.middleware import POLICY

AXE = assets.ROOT / "node_modules" / "axe-core" / "axe.min.js"
CHECKS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
WIDTHS = {1440: 900, 390: 844}
# The role that looks at a page: the one for which it is made.
LOOKERS = ("operator_admin", "system_admin", "security_admin", "audit_admin", "organisation_admin", "visitor")
NO_PAGE = {"attachment", "record-code", "record-copy", "record-step", "record-files", "record-file-remove", "health",
           "registration-proof", "api-openapi", "sign-out", "record-cover", "theme-cover", "record-theme",
           "record-field"}  # fmt: skip


def pages() -> list[tuple[str, str]]:
    """Return each page's address and the role that looks at it."""
    with Path(__file__).with_name("access.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["route"] not in NO_PAGE and row["rule"] != "token"]
    found = [(row["address"], next((role for role in LOOKERS if row[role] == "open"), "")) for row in rows]
    public = [(row["address"], "visitor") for row in rows if row["visitor"] == "open"]
    return sorted({(address, role) for address, role in found + public if role})


def complaints_of(page: Page, address: str, language: str) -> list[str]:
    """Look at a page in both widths and say what is wrong with it; another language is read closely on a phone only."""
    wrong = []
    answer = page.goto(address)
    assert answer is not None
    if answer.headers.get("content-security-policy") != POLICY:
        wrong.append("policy")
    page.evaluate(AXE.read_text(encoding="utf-8"))
    for width, height in WIDTHS.items():
        page.set_viewport_size({"width": width, "height": height})
        over = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if over > 0:
            wrong.append(f"{width}: {over} px too wide")
        if language and width != min(WIDTHS):
            continue
        result = page.evaluate("checks => axe.run(document, {runOnly: checks})", CHECKS)
        wrong += [f"{width}: {v['id']} {v['nodes'][0]['html'][:120]}" for v in result["violations"]]
    return wrong


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("language", ["", "/en"])
def test_every_page_kind_is_accessible_and_quiet(
    browser: Browser, live_server, settings, tmp_path: Path, language: str
) -> None:
    settings.FILES_DIR = tmp_path
    clients, names = furnish()
    found: dict[str, list[str]] = {}
    for role in sorted({role for _address, role in pages()}):
        context = browser.new_context(bypass_csp=True)
        key = clients[role].cookies.get("sessionid")
        if key:
            context.add_cookies([{"name": "sessionid", "value": key.value, "url": live_server.url}])
        page = context.new_page()
        heard: list[str] = []
        page.on("console", lambda message, to=heard: to.append(message.text) if message.type == "error" else None)
        page.on(
            "request",
            lambda request, to=heard: to.append(request.url) if outside(request.url, live_server.url) else None,
        )
        for address in [address for address, looker in pages() if looker == role]:
            path = language + address.format(**names)
            wrong = complaints_of(page, live_server.url + path, language)
            wrong += [line for line in heard if "410" not in line]  # an invitation that is not there says so
            heard.clear()
            if wrong:
                found[f"{role} {path}"] = wrong
        context.close()
    if found:
        pytest.fail("\n".join(f"{where}: {what}" for where, lines in found.items() for what in lines))


def outside(url: str, own: str) -> bool:
    return not url.startswith((own, "data:", "blob:"))
