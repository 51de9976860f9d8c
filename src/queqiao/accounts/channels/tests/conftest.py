"""Real servers on loopback: a gateway that answers as told, and a mail server."""

import json
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1")


@dataclass
class Gateway:
    """Answers every request with ``status`` and ``answer``, after ``wait`` seconds; keeps what it was sent."""

    url: str = ""
    status: int = 200
    answer: bytes = b'{"code": 0}'
    headers: dict[str, str] = field(default_factory=dict)
    gate: threading.Event | None = None
    bodies: list[Any] = field(default_factory=list)
    tokens: list[str | None] = field(default_factory=list)


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    state = Gateway()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            state.bodies.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            state.tokens.append(self.headers["Authorization"])
            if state.gate:
                state.gate.wait(10)
                return
            self.send_response(state.status)
            for name, value in state.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(state.answer)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = False
    state.url = f"http://127.0.0.1:{server.server_port}/send"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield state
    if state.gate:
        state.gate.set()
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def closed_port() -> int:
    """A port on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class MailServer:
    """Keeps the letters it took; refuses the addresses in ``refused`` with their answer."""

    def __init__(self) -> None:
        self.letters: list[EmailMessage] = []
        self.refused: dict[str, str] = {}
        self.data_answer = "250 taken"
        self.signed_in: list[str] = []

    async def handle_RCPT(  # noqa: N802 -- the server's name for it
        self, _server: Any, _session: Any, envelope: Any, to: str, _options: Any
    ) -> str:
        if to in self.refused:
            return self.refused[to]
        envelope.rcpt_tos.append(to)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 -- as above
        if self.data_answer.startswith("2"):
            letter = BytesParser(policy=default).parsebytes(envelope.content)
            assert isinstance(letter, EmailMessage)
            self.letters.append(letter)
        return self.data_answer

    def check(self, _server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
        good = (data.login, data.password) == (b"queqiao", b"right-one")
        self.signed_in.append(data.login.decode())
        return AuthResult(success=good, handled=False)


Start = Callable[..., str]


@pytest.fixture
def mail() -> MailServer:
    return MailServer()


@pytest.fixture
def start(mail: MailServer, closed_port: int) -> Iterator[Start]:
    """Start the mail server and return its host and port."""
    started: list[Controller] = []

    def run(**options: Any) -> str:
        controller = Controller(mail, hostname="127.0.0.1", port=closed_port, **options)
        controller.start()
        started.append(controller)
        return f"127.0.0.1:{closed_port}"

    yield run
    for controller in started:
        controller.stop()


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 and its key, which nobody trusts yet."""
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-subj", "/CN=loopback", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", cert],
        check=True, capture_output=True,
    )  # fmt: skip
    return cert, key
