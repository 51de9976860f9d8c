"""A real server on loopback that turns texts into vectors, and misbehaves as it is told."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import numpy as np

from queqiao.matching.encoders.tests.tiny import SPECIAL, character_vectors

VECTORS = character_vectors()


def vector_of(text: str, width: int = 8) -> list[float]:
    """Return the mean of a text's characters, as the tiny model does, drawn out or cut to a width."""
    mean = np.mean([VECTORS.get(one, VECTORS[SPECIAL[1]]) for one in text] or [VECTORS[SPECIAL[1]]], axis=0)
    return [float(value) for value in np.resize(mean, width)]


Answer = tuple[int, bytes]


@dataclass
class Server:
    """Answers with the vectors of the texts, unless ``behave`` says otherwise; keeps what it was asked."""

    url: str = ""
    asked: list[dict[str, Any]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    keys: list[str | None] = field(default_factory=list)
    behave: Callable[["Server", BaseHTTPRequestHandler], None] | None = None
    answers: int = 10**9  # after so many it goes away
    gate: threading.Event = field(default_factory=threading.Event)

    @property
    def texts(self) -> list[str]:
        return [text for body in self.asked for text in body["input"]]


def entries(texts: list[str], width: int = 8) -> list[dict[str, Any]]:
    return [{"object": "embedding", "index": i, "embedding": vector_of(one, width)} for i, one in enumerate(texts)]


def send(handler: BaseHTTPRequestHandler, content: object, status: int = 200) -> None:
    raw = content if isinstance(content, bytes) else json.dumps(content).encode()
    handler.send_response(status)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", str(len(raw)))
    handler.end_headers()
    handler.wfile.write(raw)


def answering(make: Callable[[list[str]], object], status: int = 200) -> Callable[[Server, Any], None]:
    """Return the behaviour of answering with what ``make`` makes of the texts."""
    return lambda server, handler: send(handler, make(server.asked[-1]["input"]), status)


def hanging(server: Server, _handler: BaseHTTPRequestHandler) -> None:
    server.gate.wait(20)


def cut_off(server: Server, handler: BaseHTTPRequestHandler) -> None:
    """Promise a whole answer and leave in its middle."""
    raw = json.dumps({"data": entries(server.asked[-1]["input"])}).encode()
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(raw)))
    handler.end_headers()
    handler.wfile.write(raw[: len(raw) // 2])


@contextmanager
def serving() -> Iterator[Server]:
    state = Server()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            state.paths.append(self.path)
            state.keys.append(self.headers["Authorization"])
            state.asked.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            if len(state.asked) > state.answers:
                self.connection.close()
            elif state.behave is not None:
                state.behave(state, self)
            else:
                send(self, {"object": "list", "data": entries(state.asked[-1]["input"])})

        def log_message(self, *_: object) -> None:
            pass

    class Quiet(ThreadingHTTPServer):
        def handle_error(self, *_: object) -> None:
            pass  # a client that has left is what the test wants

    server = Quiet(("127.0.0.1", 0), Handler)
    state.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield state
    finally:
        state.gate.set()
        server.shutdown()
        thread.join()
        server.server_close()
