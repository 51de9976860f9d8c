"""What tests of encoders share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from queqiao.matching.encoders.tests.loopback import Server, serving


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as state:
        yield state


@pytest.fixture(autouse=True)
def data_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Keep caches apart, and no encoder but the test's own."""
    for name in ("", "_MODEL", "_KEY", "_TIMEOUT"):
        monkeypatch.delenv(f"QUEQIAO_ENCODER{name}", raising=False)
    monkeypatch.setenv("QUEQIAO_DATA_DIR", str(tmp_path / "data"))
    return tmp_path / "data"
