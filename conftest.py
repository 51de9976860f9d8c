"""For every test: chance is steady where nobody watches, and free where a developer does; and sites of one's own."""

import os
import secrets
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from django.db import connection
from django.test import override_settings
from hypothesis import settings
from playwright.sync_api import Browser, sync_playwright
from pytest_django import DjangoDbBlocker

from queqiao.matching.encoders.tests.loopback import Server, serving

settings.register_profile("steady", derandomize=True, deadline=None)
settings.register_profile("free", deadline=None)
settings.load_profile("steady" if os.environ.get("CI") else "free")


@pytest.fixture(scope="session", autouse=True)
def _quick_passwords() -> Iterator[None]:
    """Hash at the least cost in this process; sites in processes of their own hash as the product does."""
    with override_settings(PASSWORD_HASHERS=["queqiao.accounts.tests.hashing.QuickArgon2"]):
        yield


@contextmanager
def _site(folder: Path, like: Mapping[str, str] | None = None) -> Iterator[Mapping[str, str]]:
    """Give the environment of a site with a data folder; its database is a copy of that of another, or new and empty.

    The database is of the kind that the other tests run on, and is gone afterwards.
    """
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "queqiao.settings", "QUEQIAO_DATA_DIR": str(folder)}
    if like:
        shutil.copytree(like["QUEQIAO_DATA_DIR"], folder)
    address = os.environ.get("QUEQIAO_DATABASE_URL")
    if not address:
        yield environment
        return
    name = f"queqiao_{secrets.token_hex(6)}"
    template = urlsplit(like["QUEQIAO_DATABASE_URL"]).path.lstrip("/") if like else "template1"
    with psycopg.connect(address, autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        try:
            yield environment | {"QUEQIAO_DATABASE_URL": urlsplit(address)._replace(path=f"/{name}").geturl()}
        finally:
            server.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def own_site(tmp_path: Path) -> Iterator[Mapping[str, str]]:
    """Give the environment of processes that share a site of their own: its data folder and a fresh, empty database."""
    with _site(tmp_path / "数据 100%") as environment:
        yield environment


@pytest.fixture(scope="session")
def _made_tables(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, str]]:
    with _site(tmp_path_factory.mktemp("tables") / "data") as environment:
        call = [sys.executable, "-m", "queqiao.cli", "migrate"]
        subprocess.run(call, env=environment, stdout=subprocess.DEVNULL, timeout=120, check=True)
        yield environment


@pytest.fixture
def migrated_site(_made_tables: Mapping[str, str], tmp_path: Path) -> Iterator[Mapping[str, str]]:
    """Give the environment of a site of one's own whose tables are made; they are made once and copied."""
    with _site(tmp_path / "数据 100%", _made_tables) as environment:
        yield environment


@pytest.fixture
def server() -> Iterator[Server]:
    """A server on loopback that turns texts into vectors."""
    with serving() as state:
        yield state


@pytest.fixture
def data_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Give a data folder of the test's own, in which no vectors are kept yet, and let no encoder be set."""
    for name in ("", "_MODEL", "_KEY", "_TIMEOUT"):
        monkeypatch.delenv(f"QUEQIAO_ENCODER{name}", raising=False)
    monkeypatch.setenv("QUEQIAO_DATA_DIR", str(tmp_path / "data"))
    return tmp_path / "data"


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Make the tables as ever; at the end, send away threads of pages' servers that have not left PostgreSQL yet."""
    yield
    with django_db_blocker.unblock():
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
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
