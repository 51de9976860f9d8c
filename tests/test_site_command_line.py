"""The command line at a running site: logging in, searching, and what it says when that does not work."""

import datetime
import json
import os
import pty
import socket
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from django.test import Client
from django.utils import timezone
from house import token_of

from queqiao.accounts.actions.tokens import revoke_token
from queqiao.accounts.actors import actor_for
from queqiao.accounts.models import ApiToken, Message, Person
from queqiao.accounts.tests.factories import make_person, make_user
from queqiao.cli import site
from queqiao.core.errors import QueqiaoError
from queqiao.core.models import Outbox
from queqiao.records.choices import Visibility
from queqiao.research.models import Achievement
from queqiao.search import index
from queqiao.search.actions.indexing import rebuild
from queqiao.search.actions.saving import save_search, tell_new
from queqiao.search.asking import Question
from queqiao.search.models import SavedSearch
from queqiao.web.tests.workshop import make_town, published

Answer = tuple[int, str, str]
Call = Callable[..., Answer]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "配置"


@pytest.fixture
def queqiao(home: Path) -> Call:
    """Run ``queqiao`` as a process of its own, with a token in the environment or on standard input."""

    def call(*words: str, token: str = "", typed: str = "", language: str = "zh") -> Answer:
        clean = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
        environment = clean | {"XDG_CONFIG_HOME": str(home), "QUEQIAO_LANG": language, "PYTHONIOENCODING": "utf-8"}
        done = subprocess.run(
            [sys.executable, "-m", "queqiao.cli", *words],
            env=environment | ({"QUEQIAO_TOKEN": token} if token else {}),
            input=typed,
            capture_output=True,
            encoding="utf-8",
            timeout=60,
            check=False,
        )
        return done.returncode, done.stdout, done.stderr

    return call


@pytest.fixture
def person(live_server) -> Person:
    return make_user(make_person(name="沈若水")).person


@pytest.fixture
def hall(live_server, settings, tmp_path: Path) -> str:
    """A site in which one achievement is open and one is blind; return the number of the open one."""
    settings.DATA_DIR = str(tmp_path)
    town = make_town()
    made = published(town, Achievement, description="等离子喷涂试验台已运行三年。")
    published(town, Achievement, title="保密的等离子炬", visibility=Visibility.BLIND, blind_title="匿名成果")
    with index.turn() as engine:
        assert engine is not None
        rebuild(engine, lambda _done, _total: None)
    return str(made.number)


@pytest.mark.django_db(transaction=True)
def test_from_login_to_a_hit_and_out_again(live_server, person: Person, hall: str, queqiao: Call, home: Path) -> None:
    code, said, _complaint = queqiao("login", "--site", live_server.url, typed=token_of(person) + "\n")
    assert (code, "您是沈若水" in said, live_server.url in said) == (0, True, True)
    kept = home / "queqiao" / "site.json"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert [path.name for path in kept.parent.iterdir()] == ["site.json"]
    code, found, closing = queqiao("search", "等离子")
    assert (code, "共 1 条" in closing) == (0, True)
    assert found.splitlines() == [
        f"{hall}  超音速喷涂工艺", "    青峦机械有限公司", "    详细说明：等离子喷涂试验台已运行三年。",
    ]  # fmt: skip
    assert queqiao("search", "等离子", "--kind", "need")[1] == ""
    assert "保密的" not in queqiao("search")[1]
    assert queqiao("logout")[0] == 0
    assert not kept.exists()
    assert "请先运行 queqiao login" in queqiao("search", "等离子")[2]
    assert "没有保存登录信息" in queqiao("logout")[1]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("word", ["等离子喷涂", "等離子噴塗", "“等离子喷涂”", "等离仔喷涂", "HVOF 涂层"])
def test_chinese_is_found_through_every_door(word: str, live_server, person: Person, hall: str, queqiao: Call) -> None:
    Achievement.objects.filter(number=hall).update(title="超音速等离子喷涂 HVOF 涂层工艺")
    person.mobile = "+8613900000009"
    person.save()
    saved = save_search(Question(word), by=actor_for(person))
    SavedSearch.objects.filter(pk=saved.pk).update(told_until=timezone.now() - datetime.timedelta(days=1))
    with index.turn() as engine:
        assert engine is not None
        rebuild(engine, lambda _done, _total: None)
    Outbox.objects.all().delete()
    secret = token_of(person)
    box = Client().get("/search", {"q": word}).content.decode()
    told = Client(headers={"Authorization": f"Bearer {secret}"}).get("/api/v1/search", {"q": word}).json()
    printed = queqiao("search", word, "--site", live_server.url, token=secret)[1]
    tell_new(now=timezone.now() + datetime.timedelta(hours=1))
    letters = Message.objects.filter(key__startswith="alert:").values_list("text", flat=True)
    assert hall in box
    assert hall in [hit["number"] for hit in told["hits"]]
    assert hall in printed
    # A near miss is shown to who looks, and is no news to who does not.
    assert ["超音速等离子喷涂" in text for text in letters] == ([] if word == "等离仔喷涂" else [True])


@pytest.mark.django_db(transaction=True)
def test_what_cannot_be_searched_is_said_in_one_sentence(live_server, person: Person, hall: str, queqiao: Call) -> None:
    about = {"token": token_of(person)}
    here = ("--site", live_server.url)
    wrong = queqiao("search", "等离子", "--kind", "foo", *here, **about)
    said = "kind 没有“foo”这个选项；可选：achievement、expert、lab、need、organisation。"
    assert (wrong[0], wrong[2].strip()) == (2, said)
    assert hall in queqiao("search", "等离子", "--kind", "", *here, **about)[1]
    assert "没有找到“超音素”，以下按“超音速”查找。" in queqiao("search", "超音素", *here, **about)[2]
    english = queqiao("search", "等离子", *here, language="en", **about)
    assert (hall in english[1], "共" in english[2]) == (True, False)


@pytest.mark.django_db(transaction=True)
def test_a_word_behind_a_minus_is_no_option(live_server, person: Person, hall: str, queqiao: Call) -> None:
    about = {"token": token_of(person)}
    here = ("--site", live_server.url)
    assert hall in queqiao("search", "-电池", *here, **about)[1]
    assert hall not in queqiao("search", "-等离子", *here, **about)[1]
    assert hall not in queqiao("search", "喷涂", "-等离子", *here, "工艺", **about)[1]
    for mistake in ("--knd", "-kind"):
        assert "不认识 " + mistake in queqiao("search", "喷涂", mistake, "need", *here, **about)[2]


@pytest.mark.django_db(transaction=True)
def test_a_token_from_the_environment_needs_no_login(live_server, person: Person, hall: str, queqiao: Call) -> None:
    code, found, _said = queqiao("search", "等离子", "--site", live_server.url, token=token_of(person))
    assert (code, hall in found) == (0, True)


@pytest.mark.django_db(transaction=True)
def test_a_wrong_or_ended_token_is_said_and_nothing_is_kept(
    live_server, person: Person, queqiao: Call, home: Path
) -> None:
    secret = token_of(person)
    revoke_token(token=ApiToken.objects.get(), by=actor_for(person))
    said = [queqiao("login", "--site", live_server.url, token=one) for one in (secret, "queqiao_wrong")]
    assert [code for code, _printed, _complaint in said] == [2, 2]
    assert ("已撤销" in said[0][2], "访问令牌不对" in said[1][2]) == (True, True)
    assert "没有读到访问令牌" in queqiao("login", "--site", live_server.url)[2]
    assert not home.exists()
    assert secret not in "".join(said[0][1:])


@pytest.mark.django_db(transaction=True)
def test_a_kept_token_is_shown_to_no_other_site(live_server, person: Person, queqiao: Call, thief: "Thief") -> None:
    queqiao("login", "--site", live_server.url, token=token_of(person))
    assert "请先运行 queqiao login" in queqiao("search", "词", "--site", thief.address)[2]
    assert thief.heard == []


class Thief:
    """A server on this machine that would like to have tokens, and sends on to ``onward``, or answers nonsense."""

    def __init__(self, onward: str = "", status: int = 200) -> None:
        self.heard: list[str | None] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.heard.append(self.headers.get("Authorization"))
                self.send_response(302 if onward else status)
                self.send_header("Location", onward)
                self.end_headers()
                self.wfile.write(b"<html>")

            def log_message(self, *_about: object) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def thief() -> Iterator[Thief]:
    made = Thief()
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.mark.parametrize(
    ("keys", "code", "sentence"), [(b"queqiao_x\n", 2, "读不懂"), (b"\x04", 2, "没有读到访问令牌")]
)
def test_at_a_terminal_the_token_is_asked_for_and_not_shown(
    thief: Thief, home: Path, keys: bytes, code: int, sentence: str
) -> None:
    terminal, theirs = pty.openpty()
    asking = subprocess.Popen(
        [sys.executable, "-m", "queqiao.cli", "login", "--site", thief.address],
        env=os.environ | {"XDG_CONFIG_HOME": str(home), "QUEQIAO_TOKEN": ""},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    said = b""
    while "不会显示".encode() not in said:
        said += os.read(terminal, 4096)
    os.write(terminal, keys)
    with suppress(OSError):  # so does Linux say that the other side has left
        while more := os.read(terminal, 4096):
            said += more
    os.close(terminal)
    assert asking.wait(timeout=30) == code
    assert (sentence in said.decode(), "queqiao_x" in said.decode()) == (True, False)


def test_no_redirect_is_followed_with_a_token(thief: Thief, queqiao: Call) -> None:
    gate = Thief(onward=f"{thief.address}/api/v1/me")
    code, _printed, said = queqiao("login", "--site", gate.address, token="queqiao_x")  # noqa: S106 -- of nobody
    gate.server.shutdown()
    gate.server.server_close()
    assert (code, len(gate.heard), thief.heard) == (2, 1, [])
    assert "没有跟过去" in said


def test_a_question_too_long_for_the_server_is_called_so(queqiao: Call) -> None:
    gate = Thief(status=414)
    code, _printed, said = queqiao("search", "长" * 9000, "--site", gate.address, token="queqiao_x")  # noqa: S106 -- of nobody
    gate.server.shutdown()
    gate.server.server_close()
    assert (code, said.strip()) == (2, f"查找的文字太长，{gate.address} 没有接受；请只留下最要紧的词。")


def test_what_is_no_queqiao_site_or_cannot_be_reached_is_said(thief: Thief, queqiao: Call, home: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        nobody = f"http://127.0.0.1:{free.getsockname()[1]}"
    for address, sentence in ((thief.address, "读不懂"), (nobody, "连接不上")):
        code, _printed, said = queqiao("login", "--site", address, token="queqiao_x")  # noqa: S106 -- of nobody
        assert (code, sentence in said, len(said.strip().splitlines())) == (2, True, 1)
    assert not home.exists()


@pytest.mark.parametrize(
    ("typed", "kept"),
    [("https://queqiao.example.cn/", "https://queqiao.example.cn"), ("https://a.cn:8443", "https://a.cn:8443"),
     ("http://127.0.0.1:8000", "http://127.0.0.1:8000"), ("http://[::1]:8000", "http://[::1]:8000"),
     ("http://localhost", "http://localhost")],
)  # fmt: skip
def test_a_site_is_reached_encrypted_or_on_this_machine(typed: str, kept: str) -> None:
    assert site.read_address(typed) == kept


@pytest.mark.parametrize(
    "typed",
    ["http://queqiao.example.cn", "http://10.0.0.1", "http://localhost.example.cn", "queqiao.example.cn", "", "ftp://a",
     "https://u:p@a.cn", "https://a.cn/path", "https://a.cn?x=1", "https://a.cn:port", "https://", "http://[::1"],
)  # fmt: skip
def test_any_other_address_is_refused(typed: str) -> None:
    with pytest.raises(QueqiaoError):
        site.read_address(typed)


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", json.dumps({"address": "http://far.example", "token": "x"})])
def test_a_damaged_file_counts_as_not_logged_in(content: str, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home))
    site.kept_in().parent.mkdir(parents=True)
    site.kept_in().write_text(content, encoding="utf-8")
    assert site.kept_site() is None
