"""The running site: one tree of processes that heals itself and leaves nobody behind."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from urllib.parse import quote

import pytest

from queqiao.cli.running.address import Address, read_address
from queqiao.cli.running.logs import without_secrets
from queqiao.core.errors import QueqiaoError

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
TOKEN = "Zk3v9QxT7mLp2RwYc8Hd5Nb1"  # noqa: S105 -- what a token looks like


def wait_until(holds: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def children(pid: int) -> dict[int, str]:
    """Return the calls of a process's children and grandchildren by their ids."""
    try:
        words = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        found = {int(word): Path(f"/proc/{word}/cmdline").read_text().replace("\0", " ") for word in words}
    except FileNotFoundError:
        return {}
    return found | {key: call for child in found for key, call in children(child).items()}


class Tree:
    """A site that is served on a free port."""

    def __init__(self, environment: Mapping[str, str]):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.address = f"127.0.0.1:{probe.getsockname()[1]}"
        self.environment = {**environment, "QUEQIAO_BIND": self.address}
        self.logs = Path(environment["QUEQIAO_DATA_DIR"]) / "logs"
        self.supervisor = subprocess.Popen(
            [sys.executable, "-m", "queqiao.cli", "serve"], env=self.environment, stdout=subprocess.PIPE, text=True
        )
        wait_until(self.answers)
        wait_until(lambda: all(len(self.named(f"cli {name}")) == 1 for name in ("worker", "tick", "indexer")))

    def answers(self, path: str = "/") -> bool:
        try:
            urllib.request.urlopen(f"http://{self.address}{path}", timeout=5).close()
        except urllib.error.HTTPError as error:
            error.close()
        except OSError:
            return False
        return True

    def named(self, words: str) -> list[int]:
        return [pid for pid, call in children(self.supervisor.pid).items() if words in call]

    def kill_and_see_again(self, words: str) -> None:
        victim = self.named(words)[0]
        os.kill(victim, signal.SIGKILL)
        wait_until(lambda: self.named(words) != [] and victim not in self.named(words))

    def log(self, name: str) -> str:
        return (self.logs / f"{name}.log").read_text(encoding="utf-8")


@pytest.fixture
def tree(migrated_site: Mapping[str, str]) -> Iterator[Tree]:
    tree = Tree(migrated_site)  # its folder's name is an awkward one
    yield tree
    if tree.supervisor.poll() is None:
        tree.supervisor.terminate()
    tree.supervisor.communicate(timeout=30)


def test_a_process_that_dies_is_started_again_and_all_end_together(tree: Tree):
    for words in ("cli worker", "cli tick", "cli indexer", "gunicorn"):
        tree.kill_and_see_again(words)
    # Pages are answered by what the killed one left behind, until a whole new one is there.
    wait_until(lambda: len(tree.named("gunicorn")) == 3)
    wait_until(tree.answers)
    everybody = children(tree.supervisor.pid)
    tree.supervisor.terminate()
    assert tree.supervisor.wait(timeout=20) == 0
    assert "with SIGKILL" not in tree.log("supervisor")  # nobody had to be ended by force
    assert [pid for pid in everybody if alive(pid)] == []


def test_given_the_supervisor_is_killed_then_no_process_is_left_behind(tree: Tree):
    everybody = children(tree.supervisor.pid)
    assert len(everybody) == 6  # gunicorn and its two processes, worker, tick, indexer
    tree.supervisor.kill()
    wait_until(lambda: not any(alive(pid) for pid in everybody), 15)


def test_the_log_holds_no_question_and_no_token(tree: Tree):
    tree.answers(f"/invitations/{TOKEN}?code=483920")
    wait_until(lambda: " GET /invitations/… " in tree.log("web"))
    assert "483920" not in tree.log("web")
    assert TOKEN not in tree.log("web")


@pytest.mark.parametrize("path", ["/search", "/api/v1/search"])
def test_a_question_of_five_thousand_characters_gets_our_own_answer(tree: Tree, path: str):
    question = quote("".join(chr(0x4E00 + i) for i in range(5001)))
    with socket.create_connection(tree.address.split(":"), timeout=60) as line:
        line.sendall(f"GET {path}?q={question} HTTP/1.0\r\nHost: {tree.address}\r\n\r\n".encode())
        with line.makefile("rb") as answer:
            said = answer.read().decode()
    assert len(question) == 45_009
    assert "Request Line is too large" not in said
    assert ("查找的文字太长，只用了开头的" if path == "/search" else "访问令牌") in said


def test_a_taken_port_is_said_in_one_sentence(tree: Tree):
    second = subprocess.run(
        [sys.executable, "-m", "queqiao.cli", "serve"],
        env=tree.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (second.returncode, second.stderr.strip()) == (
        2, f"{tree.address} 已被别的程序占用；先停掉它，或者用 QUEQIAO_BIND 换一个端口。",
    )  # fmt: skip


def test_a_database_that_is_not_made_yet_is_said_in_one_sentence(own_site: Mapping[str, str]):
    call = [sys.executable, "-m", "queqiao.cli", "serve"]
    environment = {**own_site, "QUEQIAO_BIND": "127.0.0.1:0"}
    wrong = subprocess.run(call, env=environment, capture_output=True, text=True, check=False)
    assert (wrong.returncode, wrong.stderr.strip()) == (2, "QUEQIAO_BIND=127.0.0.1:0：请写成 127.0.0.1:8000 的样子。")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        environment["QUEQIAO_BIND"] = f"127.0.0.1:{probe.getsockname()[1]}"
    empty = subprocess.run(call, env=environment, capture_output=True, text=True, check=False)
    assert (empty.returncode, empty.stderr.strip()) == (
        2, "数据库还没有建好，或者是旧版本的；先运行 queqiao migrate，再启动。",
    )  # fmt: skip


def test_a_database_out_of_reach_is_said_in_one_sentence(tmp_path: Path):
    environment = os.environ | {
        "QUEQIAO_DATA_DIR": str(tmp_path),
        "QUEQIAO_DATABASE_URL": "postgresql://a:b@127.0.0.1:1/c",
    }
    call = [sys.executable, "-m", "queqiao.cli", "migrate"]
    done = subprocess.run(call, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.strip().startswith("数据库用不了：")
    assert len(done.stderr.strip().splitlines()) == 1


def test_migrating_twice_says_that_nothing_was_left_to_do(migrated_site: Mapping[str, str]):
    call = [sys.executable, "-m", "queqiao.cli", "migrate"]
    done = subprocess.run(call, env=migrated_site, capture_output=True, text=True, check=True)
    assert (done.stdout.strip(), done.stderr) == ("数据库已是最新。", "")


def test_an_address_is_a_host_and_a_port():
    assert read_address({}) == Address("127.0.0.1", 8000)
    assert str(read_address({"QUEQIAO_BIND": "[::1]:8080"})) == "[::1]:8080"
    for wrong in ("8000", ":8000", "localhost:", "localhost:http", "localhost:70000", "localhost:８０００"):
        with pytest.raises(QueqiaoError, match="QUEQIAO_BIND="):
            read_address({"QUEQIAO_BIND": wrong})


def test_only_what_looks_like_a_token_is_hidden():
    public = "/needs/01890a5d-ac96-774b-bcce-b302099a8057/edit"
    lines = [
        "GET / 200",
        public,
        f"Not Found: /reset/{TOKEN}/",
        f"GET /in/{TOKEN}?x=/{TOKEN} 200",
        "/bootstrap.0123456789abcdef01.css",
    ]
    assert [without_secrets(line) for line in lines] == [
        "GET / 200", public, "Not Found: /reset/…/", "GET /in/… 200", "/bootstrap.0123456789abcdef01.css",
    ]  # fmt: skip
