"""What tests of the whole house share."""

import csv
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright
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


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """A real browser, one for all tests that open pages."""
    executable = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    assert executable, "no Chromium on this machine; 'make test' installs Debian's when it runs as root"
    quiet = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
             "--disable-component-update", "--disable-sync"]  # fmt: skip
    with sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=executable, args=quiet)
        # Playwright's loop runs in this thread, where Django would otherwise refuse to ask the database.
        os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
        yield opened
        opened.close()
