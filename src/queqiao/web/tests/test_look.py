"""The look in a real browser: every component, strict policy, phone and desk, with and without scripts."""

import http.server
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django import forms
from django.core.paginator import Paginator
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from playwright.sync_api import Browser, BrowserContext, Page

from queqiao.core.i18n import _, current_language
from queqiao.core.i18n import language as speak
from queqiao.web import assets

WEB = Path(__file__).parent.parent
AXE = assets.ROOT / "node_modules" / "axe-core" / "axe.min.js"
POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; object-src 'none'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
PAGES = ("styleguide.html", "styleguide_staff.html", "errors/404.html", "errors/500.html")
CONFLICT = '<p>陈工刚刚改过预算</p><button type="button" data-autosave-resume="7">保留我的文字</button>'
CHECKS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
INVENTED = Path(__file__).parent / "invented.json"


class Draft(forms.Form):
    title = forms.CharField(label="需求名称", help_text="一句话说清要解决什么，不超过 40 个字。")
    problem = forms.CharField(label="技术难题", widget=forms.Textarea(attrs={"rows": 4}))
    field = forms.ChoiceField(label="领域", choices=[("m", "新材料"), ("e", "电子信息")])
    visibility = forms.ChoiceField(
        label="谁能看到", choices=[("public", "公开"), ("blind", "匿名发布")], widget=forms.RadioSelect
    )
    cooperation = forms.MultipleChoiceField(
        label="合作方式",
        required=False,
        choices=[("t", "技术转让"), ("l", "技术许可"), ("d", "委托开发")],
        widget=forms.CheckboxSelectMultiple,
    )
    deadline = forms.DateField(
        label="截止日期", required=False, widget=forms.DateInput(attrs={"type": "date", "autocomplete": "off"})
    )
    proof = forms.FileField(label="附件", required=False, help_text="PDF、图片或表格，每个不超过 20 MB。")
    agree = forms.BooleanField(label="我确认内容真实，并同意平台据此对接")


class Indicator(forms.Form):
    name = forms.CharField(label="指标")
    value = forms.DecimalField(label="数值")
    unit = forms.CharField(label="单位", required=False)


def content() -> dict[str, Any]:
    form = Draft({"title": "", "problem": "压铸件气孔率偏高"})
    form.is_valid()
    indicators = forms.formset_factory(Indicator, extra=1, can_delete=True)
    return {
        **json.loads(INVENTED.read_text(encoding="utf-8")),
        "lang_attr": "en" if current_language() == "en" else "zh-Hans",
        "csrf_input": "",
        "page": Paginator(range(400), 20).page(7),
        "form": form,
        "formset": indicators(prefix="indicators"),
    }


def render(name: str) -> str:
    made = Environment(
        loader=FileSystemLoader([WEB / "templates", Path(__file__).parent / "templates"]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals.update(
        _=_, static=lambda path: f"/static/{path}", url=lambda name, *_args: f"/to/{name}", language=current_language
    )
    return made.get_template(name).render(**content())


class Handler(http.server.BaseHTTPRequestHandler):
    """Serves the components, the static files, and an address that keeps what a form saves."""

    saved: list[str]
    status: int

    def do_GET(self) -> None:
        path = self.path.partition("?")[0][1:]
        language, _slash, name = path.partition("/")
        file = WEB / path
        if language in ("zh", "en"):
            with speak(language):
                self.answer(200, "text/html; charset=utf-8", render(name).encode())
        elif file.is_file():
            self.answer(200, TYPES[file.suffix], file.read_bytes())
        else:
            self.answer(404, "text/plain", b"")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        type(self).saved.append(body)
        if self.status == 409:
            self.answer(409, "text/html; charset=utf-8", CONFLICT.encode())
        else:
            self.answer(self.status, "application/json", json.dumps({"revision": len(self.saved) + 1}).encode())

    def answer(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Security-Policy", POLICY)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args: object) -> None:
        pass


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    assets.build()
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture(autouse=True)
def nothing_saved_yet() -> None:
    Handler.saved, Handler.status = [], 200


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    made = browser.new_context()
    yield made
    made.close()


def open_page(context: BrowserContext, address: str, width: int = 1440) -> tuple[Page, list[str]]:
    page = context.new_page()
    page.set_viewport_size({"width": width, "height": 900})
    trouble: list[str] = []
    page.on("console", lambda message: trouble.append(message.text))
    page.on("pageerror", lambda error: trouble.append(str(error)))
    page.on("requestfailed", lambda request: trouble.append(request.url))
    page.goto(address, wait_until="networkidle")
    return page, trouble


@pytest.mark.parametrize("width", [1440, 992, 390, 320])
@pytest.mark.parametrize("name", PAGES)
def test_every_component_fits_the_screen_and_breaks_no_policy(
    context: BrowserContext, site: str, name: str, width: int
):
    page, trouble = open_page(context, f"{site}/zh/{name}", width)
    assert trouble == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.evaluate("localStorage.setItem('queqiao:size', 'elder')")
    page.reload()
    assert page.evaluate("getComputedStyle(document.documentElement).fontSize") == "20px"
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing(browser: Browser, site: str, name: str, width: int):
    context = browser.new_context(bypass_csp=True)
    page, _trouble = open_page(context, f"{site}/zh/{name}", width)
    page.add_script_tag(path=AXE)
    found = page.evaluate("rules => axe.run({runOnly: rules})", CHECKS)
    context.close()
    assert [(v["id"], [node["html"] for node in v["nodes"]]) for v in found["violations"]] == []


def test_a_page_is_light(context: BrowserContext, site: str):
    asked: list[str] = []
    page = context.new_page()
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{site}/zh/styleguide.html", wait_until="networkidle")
    assert len(asked) <= 7
    assert all(address.startswith(site) for address in asked)


def test_given_typed_text_when_a_moment_passes_then_it_is_saved_with_the_revision(context: BrowserContext, site: str):
    page, _trouble = open_page(context, f"{site}/zh/styleguide_staff.html")
    page.get_by_label("技术难题").fill("气孔率高于百分之三")
    page.get_by_text("已保存").wait_for()
    assert "气孔率高于百分之三" in Handler.saved[0]
    assert page.locator("[name=revision]").input_value() == "2"
    assert page.evaluate("Object.keys(localStorage)") == []


def test_given_no_network_when_text_is_typed_then_it_is_kept_and_comes_back(context: BrowserContext, site: str):
    page, _trouble = open_page(context, f"{site}/zh/styleguide_staff.html")
    page.get_by_role("button", name="添加指标").click()
    context.set_offline(True)
    page.get_by_text("网络已断开").wait_for()
    page.get_by_label("技术难题").fill("断网时写下的文字")
    page.locator("[name=indicators-1-name]").fill("气孔率")
    page.get_by_text("未能保存").wait_for()
    Handler.status = 503
    context.set_offline(False)
    page.reload()
    assert page.get_by_label("技术难题").input_value() == "断网时写下的文字"
    assert page.locator("[name=indicators-1-name]").input_value() == "气孔率"
    Handler.status = 200
    page.get_by_label("技术难题").press("End")
    page.get_by_label("技术难题").type("。")
    page.get_by_text("已保存").wait_for()
    assert "断网时写下的文字。" in Handler.saved[-1]


def test_given_another_editor_when_the_form_saves_then_what_changed_is_shown(context: BrowserContext, site: str):
    Handler.status = 409
    page, _trouble = open_page(context, f"{site}/zh/styleguide_staff.html")
    page.get_by_label("技术难题").fill("我的文字")
    page.get_by_text("陈工刚刚改过预算").wait_for()
    assert page.get_by_label("技术难题").input_value() == "我的文字"
    Handler.status = 200
    page.get_by_role("button", name="保留我的文字").click()
    page.get_by_text("已保存").wait_for()
    assert 'name="revision"\r\n\r\n7\r\n' in Handler.saved[-1]


def test_given_a_danger_button_when_pressed_then_a_second_question_names_the_object(context: BrowserContext, site: str):
    page, _trouble = open_page(context, f"{site}/zh/styleguide.html")
    page.get_by_role("button", name="撤回").click()
    assert (
        page.get_by_role("dialog").locator("[data-confirm-text]").inner_text()
        == "确定撤回“高真空压铸模具”吗？撤回后他人不再看到它。"
    )
    page.get_by_role("button", name="取消").last.click()
    assert "verb=" not in page.url
    page.get_by_role("button", name="撤回").click()
    page.get_by_role("dialog").get_by_role("button", name="撤回").click()
    page.wait_for_url("**verb=withdraw**")


def test_given_rows_when_one_is_added_and_one_removed_then_the_form_counts_them(context: BrowserContext, site: str):
    page, _trouble = open_page(context, f"{site}/zh/styleguide_staff.html")
    page.get_by_role("button", name="添加指标").click()
    page.get_by_role("button", name="删除这一项").first.click()
    assert page.locator("[name=indicators-TOTAL_FORMS]").input_value() == "2"
    assert page.locator("[name=indicators-0-DELETE]").is_checked()
    assert page.locator("[data-row]:visible").count() == 1


def test_without_scripts_everything_can_still_be_filled_in_and_opened(browser: Browser, site: str):
    context = browser.new_context(java_script_enabled=False, viewport={"width": 390, "height": 844})
    page = context.new_page()
    page.goto(f"{site}/zh/styleguide_staff.html")
    assert page.locator("[name=indicators-0-DELETE]").is_visible()
    page.locator("summary", has_text="菜单").click()
    assert page.locator(".q-menu").get_by_role("link", name="科技成果").is_visible()
    assert page.locator(".q-menu").get_by_role("button", name="长者模式").count() == 0
    context.close()


def test_the_assets_are_built_once(tmp_path: Path):
    assert assets.build() is False
    with pytest.raises(assets.AssetsError, match="package-lock"):
        assets.build(tmp_path, tmp_path / "vendor")


def test_no_source_map_is_named_and_every_icon_in_use_is_in_the_sprite():
    assert not [
        name for name in assets.COPIES if "sourceMappingURL" in (assets.VENDOR / name).read_text(encoding="utf-8")
    ]
    sprite = (assets.VENDOR / assets.SPRITE).read_text(encoding="utf-8")
    assert [name for name in assets.ICONS if f'<symbol id="{name}"' not in sprite] == []
