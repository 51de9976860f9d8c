"""A server on the operator's network: what is asked of it, and that no answer of it can do harm."""

import json
import socket
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from queqiao.core.i18n import use_language
from queqiao.matching.encoders import EncoderFailedError, address, open_encoder
from queqiao.matching.encoders.address import AT_ONCE, LONGEST_TEXT, AddressEncoder
from queqiao.matching.encoders.configuration import Address, read_configuration
from queqiao.matching.encoders.tests.loopback import Server, answering, cut_off, entries, hanging, send, vector_of
from queqiao.matching.encoders.tests.tiny import unit

pytestmark = pytest.mark.usefixtures("data_folder")

TEXTS = ["气孔率", "含氟废水深度除氟", "钛合金焊接"]
KEY = "sk-very-secret"


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(address, "_PAUSE", 0.01)


def encoder(server: Server, timeout: float = 5) -> AddressEncoder:
    source = {
        "QUEQIAO_ENCODER": server.url,
        "QUEQIAO_ENCODER_MODEL": "bge-m3",
        "QUEQIAO_ENCODER_KEY": KEY,
        "QUEQIAO_ENCODER_TIMEOUT": str(timeout),
    }
    read = read_configuration(source)
    assert isinstance(read, Address)
    assert KEY not in repr(read)
    return AddressEncoder(read)


def failure(asked: AddressEncoder, texts: list[str] | None = None) -> str:
    with pytest.raises(EncoderFailedError) as caught:
        asked.encode(texts or TEXTS)
    assert KEY not in f"{caught.value!r} {caught.value}"
    return str(caught.value)


def expected(texts: list[str]) -> np.ndarray:
    return np.stack([unit(np.array(vector_of(one))) for one in texts])


def test_texts_are_posted_as_the_interface_wants_them(server: Server):
    found = encoder(server).encode(TEXTS)
    assert found == pytest.approx(expected(TEXTS), abs=1e-6)
    assert server.asked == [{"model": "bge-m3", "input": TEXTS, "encoding_format": "float"}]
    assert (server.paths, server.keys) == (["/v1/embeddings"], [f"Bearer {KEY}"])


def test_vectors_go_by_their_index_and_not_by_their_place(server: Server):
    server.behave = answering(lambda texts: {"data": entries(texts)[::-1]})
    assert encoder(server).encode(TEXTS) == pytest.approx(expected(TEXTS), abs=1e-6)


def test_many_texts_go_in_batches_and_long_ones_are_cut(server: Server):
    texts = [f"{'氟' * 600}{i}" for i in range(2 * AT_ONCE + 6)]
    assert encoder(server).encode(texts).shape == (len(texts), 8)
    assert [len(body["input"]) for body in server.asked] == [AT_ONCE, AT_ONCE, 6]
    assert {len(text) for text in server.texts} == {LONGEST_TEXT}


def test_a_server_that_does_not_answer_is_waited_for_once(server: Server):
    server.behave = hanging
    began = time.monotonic()
    assert failure(encoder(server, timeout=0.3)).endswith("在 0.3 秒内没有答复")
    assert time.monotonic() - began < 2
    assert len(server.asked) == 1


def test_an_answer_that_trickles_is_not_waited_for_to_its_end(server: Server):
    def trickle(state: Server, handler: Any) -> None:
        handler.send_response(200)
        handler.end_headers()
        for _ in range(100):
            handler.wfile.write(b" ")
            handler.wfile.flush()
            if state.gate.wait(0.1):
                return

    server.behave = trickle
    began = time.monotonic()
    assert "在 0.4 秒内没有答复" in failure(encoder(server, timeout=0.4))
    assert time.monotonic() - began < 2


def test_a_busy_server_is_asked_once_more(server: Server):
    def busy_at_first(state: Server, handler: Any) -> None:
        first = len(state.asked) == 1
        send(handler, {} if first else {"data": entries(state.asked[-1]["input"])}, 503 if first else 200)

    server.behave = busy_at_first
    assert encoder(server).encode(TEXTS) == pytest.approx(expected(TEXTS), abs=1e-6)
    server.asked.clear()
    server.behave = answering(lambda _texts: {"error": KEY}, 500)
    assert "没有接受请求（500）" in failure(encoder(server))
    assert len(server.asked) == 2


@pytest.mark.parametrize("status", [400, 401, 404, 413])
def test_a_refusal_is_final(server: Server, status: int):
    server.behave = answering(lambda _texts: {"error": KEY}, status)
    assert f"没有接受请求（{status}）" in failure(encoder(server))
    assert len(server.asked) == 1


def test_a_redirect_is_not_followed(server: Server):
    def elsewhere(state: Server, handler: Any) -> None:
        handler.send_response(307)
        handler.send_header("Location", f"{state.url}/v1/elsewhere")
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    server.behave = elsewhere
    assert "没有接受请求（307）" in failure(encoder(server))
    assert server.paths == ["/v1/embeddings"]


def test_a_line_that_breaks_in_the_middle_is_tried_once_more(server: Server):
    server.behave = cut_off
    assert "中途断开" in failure(encoder(server))
    assert len(server.asked) == 2


def test_nobody_there_is_said(server: Server):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        server.url = f"http://127.0.0.1:{probe.getsockname()[1]}"
    assert failure(encoder(server)) == f"连不上 {server.url[7:]}，或者它中途断开"


def test_a_width_that_changes_from_batch_to_batch_is_refused(server: Server):
    server.behave = lambda state, handler: send(
        handler, {"data": entries(state.asked[-1]["input"], width=8 if len(state.asked) == 1 else 6)}
    )
    told = failure(encoder(server), [f"氟{i}" for i in range(AT_ONCE + 1)])
    assert "给出 6 维的向量，应为 8 维" in told


def replaced(first: Any) -> Callable[[list[str]], object]:
    return lambda texts: {"data": [{"index": 0, "embedding": first}, *entries(texts)[1:]]}


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (replaced([float("nan")] * 8), "不是数的值"),
        (replaced([1.0] * 7 + [float("inf")]), "不是数的值"),
        (replaced([None] * 8), "不是所要的向量"),
        (replaced(["1"] * 8), "不是所要的向量"),
        (replaced([1.0] * 7), "不是所要的向量"),
        (replaced([[1.0]] * 8), "不是所要的向量"),
        (replaced(None), "不是所要的向量"),
        (lambda texts: {"data": entries(texts)[1:]}, "不是所要的向量"),
        (lambda texts: {"data": [*entries(texts), *entries(texts)]}, "不是所要的向量"),
        (lambda texts: {"data": entries(texts[:1]) * 3}, "不是所要的向量"),
        (lambda texts: {"data": [{"index": i, "embedding": []} for i in range(len(texts))]}, "不是所要的向量"),
        (lambda _texts: {"data": None}, "不是所要的向量"),
        (lambda _texts: [], "不是所要的向量"),
        (lambda _texts: b"<html>not this</html>", "不是所要的向量"),
        (lambda _texts: b"[" * 200_000, "不是所要的向量"),
    ],
)  # fmt: skip
def test_an_answer_that_is_no_table_of_numbers_is_refused(
    server: Server, make: Callable[[list[str]], object], told: str
):
    server.behave = answering(make)
    assert told in failure(encoder(server))


def test_numbers_of_any_size_give_vectors_of_length_one(server: Server):
    server.behave = answering(lambda _texts: {"data": [{"index": i, "embedding": row} for i, row in enumerate(rows)]})
    rows = [[1e300, 1e300], [1e-300, 0.0], [0, 0]]
    found = encoder(server).encode(TEXTS)
    assert found == pytest.approx(np.array([[0.5**0.5, 0.5**0.5], [1, 0], [0, 0]]), abs=1e-6)


def test_an_answer_without_end_is_left(server: Server, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(address, "LONGEST_ANSWER", 1000)
    server.behave = answering(lambda texts: {"data": entries(texts), "more": "x" * 5000})
    assert "不是所要的向量" in failure(encoder(server))


def test_the_version_names_the_model_and_goes_with_its_address(server: Server):
    version = encoder(server).version
    assert version.startswith("bge-m3@")
    server.url = "http://127.0.0.1:1"
    assert encoder(server).version != version
    assert json.dumps(version)


@pytest.mark.parametrize(
    ("given", "url"),
    [
        ("http://10.0.0.5:8080", "http://10.0.0.5:8080/v1/embeddings"),
        ("http://localhost:11434/v1/", "http://localhost:11434/v1/embeddings"),
        ("https://encoder.example.edu.cn/api/v1/embeddings", "https://encoder.example.edu.cn/api/v1/embeddings"),
    ],
)
def test_the_address_may_be_written_as_far_as_one_likes(given: str, url: str):
    read = read_configuration({"QUEQIAO_ENCODER": given, "QUEQIAO_ENCODER_MODEL": "m"})
    assert isinstance(read, Address)
    assert read.url == url


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"QUEQIAO_ENCODER": "ftp://10.0.0.5"}, "QUEQIAO_ENCODER：请写下列形式的地址"),
        ({"QUEQIAO_ENCODER": "http://encoder.example.com"}, "公网地址请用 https"),
        ({"QUEQIAO_ENCODER": "http://u:p@10.0.0.5"}, "不能有用户名"),
        ({"QUEQIAO_ENCODER_MODEL": ""}, "QUEQIAO_ENCODER_MODEL：请写"),
        ({"QUEQIAO_ENCODER_KEY": "密钥"}, "QUEQIAO_ENCODER_KEY：密钥含有"),
        ({"QUEQIAO_ENCODER_TIMEOUT": "soon"}, "QUEQIAO_ENCODER_TIMEOUT='soon'"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(settings: dict[str, str], told: str):
    from queqiao.matching.encoders import open_encoder

    good = {"QUEQIAO_ENCODER": "http://10.0.0.5", "QUEQIAO_ENCODER_MODEL": "m"}
    with pytest.raises(EncoderFailedError, match=told):
        open_encoder(good | settings)


def test_a_wrong_setting_is_told_in_the_readers_language_alone(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("QUEQIAO_ENCODER", "http://127.0.0.1:9")
    with pytest.raises(EncoderFailedError) as found:
        open_encoder()
    assert str(found.value) == "QUEQIAO_ENCODER_MODEL：请写服务器上的模型名"
    use_language("en")
    try:
        assert str(found.value) == "QUEQIAO_ENCODER_MODEL: Write the name of the model on the server"
    finally:
        use_language("zh")
