"""Letters: written once, sent once, tried again where that makes sense, and secret ones forgotten."""

import datetime
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from django.utils import timezone

from queqiao.accounts.actions.messages import DROPPED, PAUSES, deliver, deliver_waiting, try_again, write_letter
from queqiao.accounts.models import Message
from queqiao.accounts.tasks import look_for_waiting
from queqiao.core.models import Run

pytestmark = pytest.mark.django_db


class Gateway:
    """A real gateway for short messages on this machine; answers what it is told to answer."""

    def __init__(self) -> None:
        self.taken: list[dict[str, str]] = []
        self.status = 200
        gateway = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                if gateway.status == 200:
                    gateway.taken.append(body)
                self.send_response(gateway.status)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"{}")

            def log_message(self, *_words: object) -> None:
                """Say nothing."""

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01})
        self.thread.start()

    def close(self) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


@pytest.fixture
def gateway(monkeypatch: pytest.MonkeyPatch) -> Iterator[Gateway]:
    made = Gateway()
    monkeypatch.setenv("QUEQIAO_SMS_URL", f"http://127.0.0.1:{made.server.server_port}/send")
    yield made
    made.close()


def letter(key: str = "code:1", **values: object) -> Message:
    plain: dict[str, object] = {"address": "13800000001", "subject": "验证码", "text": "您的验证码是 123456"}
    made = write_letter(key=key, **plain | values)  # type: ignore[arg-type]
    assert made
    return made


def state(message: Message) -> tuple[str, int]:
    message.refresh_from_db()
    return message.state, message.tries


def test_the_same_letter_written_twice_is_one_and_one_run_sends_it():
    assert letter() == letter()
    assert list(Run.objects.values_list("kind", "arguments__message")) == [
        ("messages.deliver", str(Message.objects.get().pk))
    ]


def test_without_an_address_no_letter_is_written():
    assert write_letter(key="a", address="", subject="s", text="t") is None
    assert (Message.objects.count(), Run.objects.count()) == (0, 0)


def test_a_letter_is_sent_once_however_often_it_is_asked(gateway: Gateway):
    message = letter(key="need:1", text="您的需求已发布。", link="/needs/1")
    assert [deliver(message), deliver(message), deliver_waiting()] == [True, False, 0]
    assert gateway.taken == [
        {"mobile": "13800000001", "content": "【鹊桥】您的需求已发布。 http://127.0.0.1:8000/needs/1"}
    ]
    assert state(message) == ("sent", 1)


def test_two_workers_that_hold_the_same_letter_send_it_once(gateway: Gateway):
    message = letter()
    copies = [Message.objects.get(pk=message.pk) for _ in range(2)]
    assert [deliver(copy) for copy in copies] == [True, False]
    assert len(gateway.taken) == 1


def test_a_secret_letter_is_forgotten_once_it_is_sent(gateway: Gateway):
    message = letter(secret=True, link="/join/token")
    assert deliver(message)
    message.refresh_from_db()
    assert (message.text, message.link) == (DROPPED, "")
    assert "123456" in gateway.taken[0]["content"]


def test_while_the_other_side_is_down_the_pauses_grow_and_then_it_ends(gateway: Gateway):
    gateway.status = 503
    message, now = letter(secret=True), timezone.now()
    for n, pause in enumerate(PAUSES, start=1):
        assert deliver(message, now=now) is False
        assert state(message) == ("waiting", n)
        assert deliver_waiting(now=now + pause / 2) == 0
        assert state(message) == ("waiting", n), "too soon for another try"
        now += pause
    assert deliver(message, now=now) is False
    assert state(message) == ("failed", len(PAUSES) + 1)
    assert (message.text, message.error != "") == (DROPPED, True)


def test_when_the_other_side_is_up_again_the_letter_goes_out(gateway: Gateway):
    gateway.status = 503
    message, now = letter(), timezone.now()
    deliver(message, now=now)
    gateway.status = 200
    assert deliver_waiting(now=now + PAUSES[0]) == 1
    assert (state(message), len(gateway.taken)) == (("sent", 2), 1)


def test_a_final_refusal_is_not_tried_again_until_somebody_says_so(gateway: Gateway):
    gateway.status = 400
    message, now = letter(), timezone.now()
    deliver(message, now=now)
    assert state(message) == ("failed", 1)
    gateway.status = 200
    try_again(message)
    assert deliver_waiting(now=timezone.now()) == 1


def test_a_letter_whose_worker_died_is_not_sent_twice_and_says_so(gateway: Gateway):
    message, now = letter(), timezone.now()
    Message.objects.update(state="sending", tries=1, due_at=now)
    assert deliver_waiting(now=now + datetime.timedelta(seconds=1)) == 0
    message.refresh_from_db()
    assert (message.state, message.error, gateway.taken) == (
        "failed",
        "发送中断，不能确定是否已经送达；为避免重复，没有再次发送。",
        [],
    )


def test_a_letter_to_what_is_no_address_fails_with_a_sentence():
    message = letter(address="nobody")
    assert deliver(message) is False
    assert (state(message), message.error) == (("failed", 1), "这既不是手机号，也不是电子邮箱，请检查后重新填写。")


def test_a_round_of_sending_is_asked_for_once_and_only_where_a_letter_is_due_again(gateway: Gateway):
    gateway.status = 503
    message, now = letter(), timezone.now()
    asked = []
    for moment in (now, now + PAUSES[0], now + PAUSES[0]):
        look_for_waiting(moment)
        asked.append(Run.objects.filter(kind="messages.waiting").count())
        deliver(message, now=now)
    assert asked == [0, 1, 1]
