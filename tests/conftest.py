"""What tests of the whole house share."""

import csv
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from browsing import Browsing
from playwright.sync_api import Browser
from samples import ACHIEVEMENTS, NEEDS

from queqiao.cli import main
from queqiao.core.i18n import use_language


@pytest.fixture(autouse=True)
def _chinese() -> Iterator[None]:
    """Each test begins in the language of the product."""
    use_language("zh")
    yield
    use_language("zh")


@pytest.fixture
def expected_complaints() -> tuple[str, ...]:
    """What the browser may note in a test: nothing, unless its module says otherwise."""
    return ()


@pytest.fixture
def browsing(
    browser: Browser, live_server: Any, settings: Any, expected_complaints: tuple[str, ...]
) -> Iterator[Browsing]:
    """Give people devices; whatever else their browsers complain of is a failure."""
    settings.SITE_URL = live_server.url
    made = Browsing(browser, live_server.url)
    yield made
    for context in browser.contexts:
        context.close()
    assert [line for line in made.complaints if not any(one in line for one in expected_complaints)] == []


@pytest.fixture
def table(tmp_path: Path) -> Callable[..., Path]:
    """Write rows as a CSV file of the given name and return its path."""

    def write(name: str, rows: Sequence[Sequence[object]], encoding: str = "utf-8") -> Path:
        path = tmp_path / name
        with path.open("w", encoding=encoding, newline="") as file:
            csv.writer(file).writerows(rows)
        return path

    return write


@pytest.fixture
def needs(table: Callable[..., Path]) -> Path:
    return table("needs.csv", NEEDS)


@pytest.fixture
def achievements(table: Callable[..., Path]) -> Path:
    return table("achievements.csv", ACHIEVEMENTS)


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Run ``queqiao`` with the given words; return the exit code, standard output and standard error."""

    def call(*words: object) -> tuple[int, str, str]:
        code = main([str(word) for word in words])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call
