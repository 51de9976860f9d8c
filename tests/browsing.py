"""People at their own devices, for stories in a real browser."""

from playwright.sync_api import Browser, Page

PHONE, DESK = {"width": 390, "height": 844}, {"width": 1440, "height": 900}
EXPECT_MS = 10_000


class Browsing:
    """People at their own devices; a message on the console of any of them is a failure."""

    def __init__(self, browser: Browser, address: str):
        self.browser, self.address = browser, address
        self.complaints: list[str] = []

    def device(self, size: dict[str, int]) -> Page:
        context = self.browser.new_context(viewport=size, locale="zh-CN")
        context.set_default_timeout(EXPECT_MS)
        page = context.new_page()
        page.on("console", lambda message: self.complaints.append(message.text) if message.type == "error" else None)
        page.on("request", lambda request: self._watch(request.url))
        return page

    def _watch(self, url: str) -> None:
        if not url.startswith((self.address, "data:")):
            self.complaints.append(f"outside: {url}")

    def open(self, page: Page, path: str) -> None:
        page.goto(self.address + path)
