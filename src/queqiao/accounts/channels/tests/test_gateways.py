"""Short messages and the WeCom robot over real HTTP: what arrives, and every way of failing."""

import threading
import traceback
from typing import Any

import pytest

from queqiao.accounts.channels import ChannelError, Letter, choose

SMS = Letter("+86 138 0000 0000", "", "您的验证码是 123456，{sign}𠮷 十分钟内有效。", kind="code")
GROUP = Letter("wecom", "新的技术需求", "“耐高温涂层”待审核。", "http://127.0.0.1:8000/needs/1")


def sms(url: str, **settings: str) -> dict[str, str]:
    return {"QUEQIAO_SMS_URL": url, "QUEQIAO_SMS_TOKEN": "geheim-token", **settings}


def robot(url: str, **settings: str) -> dict[str, str]:
    return {"QUEQIAO_WECOM_WEBHOOK": f"{url}?key=geheim-key", **settings}


def failure(letter: Letter, source: dict[str, str]) -> tuple[str, bool]:
    """The sentence and whether to try again; nothing secret is in it, nor in what a log would show."""
    with pytest.raises(ChannelError) as caught:
        choose(letter.to, source=source).send(letter)
    assert "geheim" not in "".join(traceback.format_exception(caught.value))
    return str(caught.value), caught.value.retry


def test_a_short_message_arrives_with_signature_and_token(gateway: Any) -> None:
    choose(SMS.to, source=sms(gateway.url)).send(SMS)
    assert gateway.bodies == [
        {"mobile": "13800000000", "content": "【鹊桥】您的验证码是 123456，{sign}𠮷 十分钟内有效。"}
    ]
    assert gateway.tokens == ["Bearer geheim-token"]


def test_the_fields_and_the_signature_are_the_gateways_own(gateway: Any) -> None:
    source = sms(
        gateway.url,
        QUEQIAO_SMS_BODY='{"to": ["{to}"], "form": "T-{kind}", "values": {"t": "{text}{link}", "n": 1}, "s": "{sign}"}',
        QUEQIAO_SMS_SIGN="科创成都",
        QUEQIAO_SMS_HEADER="Authorization: APPCODE {token}",
        QUEQIAO_SMS_SUCCESS="code=0",
    )
    choose(SMS.to, source=source).send(Letter(SMS.to, "", '引号"与\n换行', "http://127.0.0.1/i/1", "invitation"))
    assert gateway.bodies == [
        {
            "to": ["13800000000"],
            "form": "T-invitation",
            "values": {"t": '引号"与\n换行http://127.0.0.1/i/1', "n": 1},
            "s": "【科创成都】",
        }
    ]
    assert gateway.tokens == ["APPCODE geheim-token"]


def test_a_short_message_goes_to_mobile_numbers_only(gateway: Any) -> None:
    channel = choose("13800000000", source=sms(gateway.url))
    with pytest.raises(ChannelError, match=r"^短信只能发往手机号。$"):
        channel.send(Letter("a@example.cn", "", "文"))
    assert gateway.bodies == []


def test_given_a_success_rule_any_other_answer_is_a_refusal(gateway: Any) -> None:
    source = sms(gateway.url, QUEQIAO_SMS_SUCCESS="code=0")
    gateway.answer = '{"code": 1016, "msg": "余额不足"}'.encode()
    assert failure(SMS, source) == ("短信网关没有接受这条短信（1016）。", False)
    gateway.answer = b'{"code": "geheim-token"}'
    assert failure(SMS, source) == ("短信网关没有接受这条短信（?）。", False)
    gateway.answer = b"{}"
    assert failure(SMS, source) == ("短信网关没有接受这条短信（None）。", False)


@pytest.mark.parametrize(("letter", "source", "name"), [(SMS, sms, "短信网关"), (GROUP, robot, "企业微信")])
class TestEveryGateway:
    def test_a_4xx_answer_is_final(self, gateway: Any, letter: Letter, source: Any, name: str) -> None:
        gateway.status, gateway.answer = 403, b'{"msg": "geheim-token geheim-key"}'
        assert failure(letter, source(gateway.url)) == (f"{name}拒绝了这条消息（403）。", False)

    def test_a_5xx_answer_may_be_tried_again(self, gateway: Any, letter: Letter, source: Any, name: str) -> None:
        gateway.status = 502
        assert failure(letter, source(gateway.url)) == (f"{name}暂时出错（502），请稍后再试。", True)

    def test_a_redirect_is_not_followed(self, gateway: Any, letter: Letter, source: Any, name: str) -> None:
        gateway.status, gateway.headers = 307, {"Location": gateway.url.replace("/send", "/elsewhere")}
        sentence = f"{name}要求转到别的地址（307），未予跟随；请检查所配置的地址。"
        assert failure(letter, source(gateway.url)) == (sentence, False)
        assert len(gateway.bodies) == 1

    @pytest.mark.parametrize("answer", [b"<html>ok</html>", b"\xff\xfe", b"[]", b"", b"[" * 60_000, b" " * 70_000])
    def test_an_answer_that_cannot_be_read_is_not_tried_again(
        self, gateway: Any, letter: Letter, source: Any, name: str, answer: bytes
    ) -> None:
        gateway.answer = answer
        assert failure(letter, source(gateway.url)) == (f"{name}的答复无法读懂，不能确定消息是否发出。", False)

    def test_a_silent_gateway_is_given_up_in_time(self, gateway: Any, letter: Letter, source: Any, name: str) -> None:
        gateway.gate = threading.Event()
        settings = source(gateway.url, QUEQIAO_SMS_TIMEOUT="0.2", QUEQIAO_WECOM_TIMEOUT="0.2")
        assert failure(letter, settings) == (f"{name}没有及时答复，请稍后再试。", True)

    def test_nobody_listening_may_be_tried_again(
        self, closed_port: int, letter: Letter, source: Any, name: str
    ) -> None:
        url = f"http://127.0.0.1:{closed_port}/send"
        assert failure(letter, source(url)) == (f"无法连接{name}，请稍后再试。", True)


def test_the_robot_says_subject_text_and_link(gateway: Any) -> None:
    gateway.answer = b'{"errcode": 0, "errmsg": "ok"}'
    choose("wecom", source=robot(gateway.url)).send(GROUP)
    content = "新的技术需求\n“耐高温涂层”待审核。\nhttp://127.0.0.1:8000/needs/1"
    assert gateway.bodies == [{"msgtype": "text", "text": {"content": content}}]


def test_a_text_too_long_for_the_robot_is_cut_but_never_its_link(gateway: Any) -> None:
    gateway.answer = b'{"errcode": 0}'
    choose("wecom", source=robot(gateway.url)).send(Letter("wecom", "", "字" * 1000, GROUP.link))
    content = gateway.bodies[0]["text"]["content"]
    assert content == "字" * 671 + "…\n" + GROUP.link
    assert len(content.encode()) <= 2048


@pytest.mark.parametrize(
    ("answer", "sentence", "retry"),
    [
        (b'{"errcode": 93000, "errmsg": "invalid webhook geheim-key"}', "企业微信没有接受这条消息（93000）。", False),
        (b'{"errcode": 45009}', "企业微信群机器人发送过于频繁，请稍后再试。", True),
        (b'{"errcode": "0"}', "企业微信的答复无法读懂，不能确定消息是否发出。", False),
        (b"{}", "企业微信的答复无法读懂，不能确定消息是否发出。", False),
    ],
)
def test_an_error_code_of_the_robot_is_a_refusal(gateway: Any, answer: bytes, sentence: str, retry: bool) -> None:
    gateway.answer = answer
    assert failure(GROUP, robot(gateway.url)) == (sentence, retry)
