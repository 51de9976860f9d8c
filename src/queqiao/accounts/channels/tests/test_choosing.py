"""Which channel a letter takes, and the console, which every site has."""

from pathlib import Path

import pytest

from queqiao.accounts.channels import (
    ConsoleChannel,
    Letter,
    SmsChannel,
    SmtpChannel,
    WecomChannel,
    choose,
    read_channels,
)
from queqiao.core.errors import QueqiaoError
from queqiao.env import SettingError

SMS = "https://sms.example.cn/send"
SETTINGS = {
    "QUEQIAO_SMTP_URL": "smtps://noreply%40example.cn:geheim-1@mail.example.cn",
    "QUEQIAO_SMS_URL": SMS,
    "QUEQIAO_SMS_TOKEN": "geheim-2",
    "QUEQIAO_WECOM_WEBHOOK": "https://qyapi.example.cn/cgi-bin/webhook/send?key=geheim-3",
}


def test_given_no_settings_every_letter_goes_to_the_console() -> None:
    assert [type(choose(to, source={})) for to in ("a@example.cn", "13800000000", "wecom")] == [ConsoleChannel] * 3


def test_given_settings_each_kind_of_address_has_its_channel() -> None:
    chosen = [type(choose(to, source=SETTINGS)) for to in ("a@example.cn", "+86 138 0000 0000", "wecom")]
    assert chosen == [SmtpChannel, SmsChannel, WecomChannel]


def test_a_text_that_is_no_address_has_no_channel() -> None:
    with pytest.raises(QueqiaoError):
        choose("王芳", source=SETTINGS)


def test_a_channel_put_into_words_does_not_tell_its_secrets() -> None:
    assert "geheim" not in repr(read_channels(SETTINGS))


def test_a_secret_may_come_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "webhook"
    file.write_text("http://127.0.0.1/hook?key=1\n", encoding="utf-8")
    chosen = choose("wecom", source={"QUEQIAO_WECOM_WEBHOOK_FILE": str(file)})
    assert chosen == WecomChannel("http://127.0.0.1/hook?key=1", timeout=10)
    with pytest.raises(SettingError, match="QUEQIAO_WECOM_WEBHOOK_FILE"):
        choose("wecom", source={"QUEQIAO_WECOM_WEBHOOK_FILE": str(tmp_path / "none")})


@pytest.mark.parametrize(
    ("named", "settings"),
    [
        ("QUEQIAO_SMTP_URL", {"QUEQIAO_SMTP_URL": "mail.example.cn:25"}),
        ("QUEQIAO_SMTP_URL", {"QUEQIAO_SMTP_URL": "smtp://mail.example.cn:99999"}),
        ("QUEQIAO_SMTP_URL", {"QUEQIAO_SMTP_URL": "smtp+plain://a%40example.cn:pw@mail.example.cn"}),
        ("QUEQIAO_MAIL_FROM", {"QUEQIAO_SMTP_URL": "smtp://mail.example.cn"}),
        (
            "QUEQIAO_MAIL_FROM",
            {"QUEQIAO_SMTP_URL": "smtp://mail.example.cn", "QUEQIAO_MAIL_FROM": "a@b.cn\nBcc: c@d.cn"},
        ),
        ("QUEQIAO_SMTP_PASSWORD", {"QUEQIAO_SMTP_URL": "smtp://a%40b.cn@m.cn", "QUEQIAO_SMTP_PASSWORD": "密码"}),
        ("QUEQIAO_SMTP_TIMEOUT", {"QUEQIAO_SMTP_URL": "smtp://a%40example.cn@m.cn", "QUEQIAO_SMTP_TIMEOUT": "soon"}),
        ("QUEQIAO_SMS_URL", {"QUEQIAO_SMS_URL": "http://sms.example.cn/send"}),
        ("QUEQIAO_SMS_URL", {"QUEQIAO_SMS_URL": "file:///etc/passwd"}),
        ("QUEQIAO_SMS_URL", {"QUEQIAO_SMS_URL": "https://user:pw@sms.example.cn/"}),
        ("QUEQIAO_SMS_BODY", {"QUEQIAO_SMS_URL": SMS, "QUEQIAO_SMS_BODY": "to={to}"}),
        ("QUEQIAO_SMS_BODY", {"QUEQIAO_SMS_URL": SMS, "QUEQIAO_SMS_BODY": '{"a": "{password}"}'}),
        ("QUEQIAO_SMS_HEADER", {"QUEQIAO_SMS_URL": SMS, "QUEQIAO_SMS_TOKEN": "t", "QUEQIAO_SMS_HEADER": "X-Key"}),
        ("QUEQIAO_SMS_TOKEN", {"QUEQIAO_SMS_URL": SMS, "QUEQIAO_SMS_TOKEN": "t\nX-Other: 1"}),
        ("QUEQIAO_SMS_SUCCESS", {"QUEQIAO_SMS_URL": SMS, "QUEQIAO_SMS_SUCCESS": "code"}),
        ("QUEQIAO_WECOM_WEBHOOK", {"QUEQIAO_WECOM_WEBHOOK": "http://qyapi.example.cn/?key=1"}),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(named: str, settings: dict[str, str]) -> None:
    with pytest.raises(SettingError, match=f"^{named}[：=]"):
        read_channels(settings)


def test_the_console_shows_a_letter_in_a_frame(capsys: pytest.CaptureFixture[str]) -> None:
    letter = Letter(
        "13800000000", "登录验证码", "您的验证码是 123456。\n\x1b[2J十分钟内有效。", "http://127.0.0.1/i/1", "code"
    )
    ConsoleChannel().send(letter)
    assert capsys.readouterr().err == (
        "┌─ 消息（未发出，仅在此显示） · code\n"
        "│ 收件人：13800000000\n"
        "│ 主题：登录验证码\n"
        "│\n"
        "│ 您的验证码是 123456。\n"
        "│ ·[2J十分钟内有效。\n"
        "│\n"
        "│ http://127.0.0.1/i/1\n"
        "└─\n"
    )
