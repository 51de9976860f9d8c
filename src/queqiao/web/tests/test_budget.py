"""How much the home page asks of a slow line, in a real browser, as the site is served."""

import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser

from queqiao.web import assets

MOST_BYTES, MOST_REQUESTS = 100_000, 10
FILL = """
import django
django.setup()
from queqiao.needs.models import Need
from queqiao.research.models import Achievement, Expert, Lab
from queqiao.web.tests.workshop import make_town, published
town = make_town()
for model, n in ((Achievement, 8), (Need, 8), (Expert, 2), (Lab, 2)):
    for i in range(n):
        published(town, model, title=f"第{i + 1}项耐磨涂层与超音速喷涂的组合工艺，结合强度在循环载荷下保持不降")
"""


@pytest.fixture
def address(migrated_site: Mapping[str, str]) -> Iterator[str]:
    """Serve a site whose home page is full, on a free port."""
    assets.build()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        bind = f"127.0.0.1:{probe.getsockname()[1]}"
    environment = {**migrated_site, "QUEQIAO_PLAIN_STATIC": "false", "QUEQIAO_BIND": bind}
    subprocess.run([sys.executable, "-c", FILL], env=environment, timeout=120, check=True)
    call = [sys.executable, "-m", "queqiao.cli", "serve"]
    supervisor = subprocess.Popen(call, env=environment, stdout=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 60
    while not answers(bind):
        assert supervisor.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.1)
    yield f"http://{bind}/"
    supervisor.terminate()
    supervisor.communicate(timeout=30)


def answers(bind: str) -> bool:
    try:
        urllib.request.urlopen(f"http://{bind}/", timeout=5).close()
    except OSError:
        return False
    return True


def transferred(browser: Browser, address: str) -> dict[str, int]:
    """Open a page in a browser that knows nothing yet; return the bytes that each address took over the line."""
    context = browser.new_context()
    page = context.new_page()
    asked: dict[str, str] = {}
    sizes: dict[str, int] = {}
    line = context.new_cdp_session(page)
    line.on("Network.requestWillBeSent", lambda event: asked.update({event["requestId"]: event["request"]["url"]}))
    line.on("Network.loadingFinished", lambda event: sizes.update({event["requestId"]: event["encodedDataLength"]}))
    line.send("Network.enable")
    page.goto(address, wait_until="networkidle")
    context.close()
    # Pictures that lie inside the page's own files are no requests.
    return {url: int(sizes.get(key, 0)) for key, url in asked.items() if not url.startswith("data:")}


def test_the_home_page_takes_at_most_100_kilobytes_and_10_requests_all_from_the_site_itself(
    browser: Browser, address: str
) -> None:
    sizes = transferred(browser, address)
    assert {urlsplit(url).netloc for url in sizes} == {urlsplit(address).netloc}
    assert sum(sizes.values()) <= MOST_BYTES, sizes
    assert len(sizes) <= MOST_REQUESTS, sizes
    assert all(sizes.values()), sizes
