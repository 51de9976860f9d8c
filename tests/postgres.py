"""Runs pytest on PostgreSQL: ``python tests/postgres.py [what pytest is told]``.

The server is the one that QUEQIAO_TEST_DATABASE_URL names (its user may create databases); where it names none, one
is made in a temporary folder under an ordinary user, listens on a free port of this machine only, and is stopped and
removed afterwards, however the tests end. PostgreSQL never runs as root, so root hands it to an unprivileged user.
"""

import ctypes
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import urlsplit

import psycopg

UNPRIVILEGED = ("postgres", "nobody")
# Nothing of it outlives the tests: it need not survive a power cut.
FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "listen_addresses=127.0.0.1")
MISSING = (
    "找不到 PostgreSQL：在 Debian 或 Ubuntu 上用管理员身份运行 apt-get install postgresql，"
    "或者用 QUEQIAO_TEST_DATABASE_URL 指定一个服务器。\n"
    "PostgreSQL was not found: as administrator on Debian or Ubuntu, apt-get install postgresql; "
    "or name a server by QUEQIAO_TEST_DATABASE_URL."
)


def find_programs() -> Path:
    """Return the folder of ``initdb`` and ``postgres``; the newest where there are several."""
    debian = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    if debian:
        return max(debian, key=lambda folder: int(folder.parent.name.split(".")[0]))
    found = shutil.which("initdb")
    if found is None:
        sys.exit(MISSING)
    return Path(found).resolve().parent


def ordinary_user() -> Mapping[str, Any]:
    """Return the user and groups under which the server runs, for subprocess; empty where we are no administrator."""
    if os.geteuid() != 0:
        return {}
    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    entry = next(known[name] for name in UNPRIVILEGED if name in known)
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def own_server() -> Iterator[str]:
    """Start a server of our own and give its address; stop it and remove its folder in any case."""
    programs, who = find_programs(), ordinary_user()
    with tempfile.TemporaryDirectory(prefix="queqiao-postgres-") as name:
        folder, password = Path(name), secrets.token_hex(16)
        (folder / "password").write_text(password, encoding="ascii")
        if who:
            for path in (folder, folder / "password"):
                os.chown(path, who["user"], who["group"])
        make_cluster(programs, folder, who)
        address = f"postgresql://queqiao:{password}@127.0.0.1:{free_port()}/postgres"
        server = start_server(programs, folder, who, port=urlsplit(address).port)
        try:
            wait_for(address, server, folder / "log")
            yield address
        finally:
            server.send_signal(signal.SIGQUIT)  # PostgreSQL's word for: at once
            server.wait()


def make_cluster(programs: Path, folder: Path, who: Mapping[str, Any]) -> None:
    call = [programs / "initdb", "--pgdata", folder / "data", "--username=queqiao", "--auth=scram-sha-256"]
    call += [f"--pwfile={folder / 'password'}", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"]
    made = subprocess.run(call, **who, cwd=folder, capture_output=True, text=True, check=False)
    if made.returncode:
        sys.exit(f"initdb: {made.stderr.strip()}")


def start_server(programs: Path, folder: Path, who: Mapping[str, Any], *, port: int | None) -> subprocess.Popen[bytes]:
    call = [programs / "postgres", "-D", folder / "data"]
    for setting in (*FAST, f"port={port}", f"unix_socket_directories={folder}"):
        call += ["-c", setting]
    with (folder / "log").open("wb") as log:
        return subprocess.Popen(call, **who, cwd=folder, stdout=log, stderr=log, preexec_fn=end_with_us)  # noqa: PLW1509 -- no threads here


def end_with_us() -> None:
    """Have the kernel stop the server where these tests are killed."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, int(signal.SIGQUIT))  # 1: PR_SET_PDEATHSIG


def wait_for(address: str, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 30
    while True:
        try:
            psycopg.connect(address, connect_timeout=2).close()
        except psycopg.OperationalError:
            if server.poll() is not None or time.monotonic() > deadline:
                sys.exit(f"postgres: {log.read_text(encoding='utf-8', errors='replace')}")
            time.sleep(0.05)
        else:
            return


def run_tests(address: str, words: Sequence[str]) -> int:
    environment = os.environ | {"QUEQIAO_DATABASE_URL": address}
    return subprocess.run([sys.executable, "-m", "pytest", *words], env=environment, check=False).returncode


def leave(_number: int, _frame: object) -> NoReturn:
    sys.exit(2)


def main(words: Sequence[str]) -> int:
    signal.signal(signal.SIGTERM, leave)  # an end by request also stops the server
    address = os.environ.get("QUEQIAO_TEST_DATABASE_URL")
    if address:
        return run_tests(address, words)
    with own_server() as address:
        return run_tests(address, words)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
