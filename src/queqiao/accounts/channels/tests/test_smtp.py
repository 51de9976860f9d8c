"""E-mail arrives unharmed at a real server, and every way of failing is one sentence."""

import socket
import ssl
import threading
from pathlib import Path
from typing import Any

import pytest

from queqiao.accounts.channels import ChannelError, Letter, choose

SECRET = "QUEQIAO_SMTP_PASSWORD"  # noqa: S105 -- the name of a setting
LETTER = Letter(
    to="Wang@Example.cn",
    subject="鹊桥：邀请您加入“成都某新材料有限公司”，请在七日内确认；这个主题有意写得很长以便折行",
    text="王芳老师：\n\n您好。\n.单独的点和“引号”、生僻字 𠮷 都应原样到达。",
    link="http://127.0.0.1:8000/i/abc?x=1&y=2",
    kind="invitation",
)


def send(url: str, letter: Letter = LETTER, **settings: str) -> None:
    source = {"QUEQIAO_SMTP_URL": url, "QUEQIAO_MAIL_FROM": "鹊桥（成都） <noreply@example.cn>", **settings}
    choose(letter.to, source=source).send(letter)


def failure(url: str, letter: Letter = LETTER, **settings: str) -> tuple[str, bool]:
    with pytest.raises(ChannelError) as caught:
        send(url, letter, **settings)
    return str(caught.value), caught.value.retry


def test_chinese_arrives_unharmed(start: Any, mail: Any) -> None:
    send(f"smtp+plain://{start()}")
    (letter,) = mail.letters
    assert letter.get_content().replace("\r\n", "\n") == LETTER.text + "\n\n" + LETTER.link + "\n"
    assert {name: str(letter[name]) for name in ("From", "To", "Subject")} == {
        "From": "鹊桥（成都） <noreply@example.cn>",
        "To": "wang@example.cn",
        "Subject": LETTER.subject,
    }
    assert letter["Message-ID"].endswith("@example.cn>")
    assert letter["Date"].datetime.utcoffset() is not None


@pytest.mark.parametrize("subject", ["验证码\r\nBcc: x@example.cn", "验证码\nX: 1", "验证码\x00", "验证码\u2028X: 1"])
def test_a_subject_that_would_begin_a_header_is_refused(start: Any, mail: Any, subject: str) -> None:
    url = f"smtp+plain://{start()}"
    assert failure(url, Letter("a@example.cn", subject, "文")) == (
        "邮件主题中有换行或其他控制字符，邮件未发出。",
        False,
    )
    assert mail.letters == []


def test_an_address_that_would_begin_a_header_is_refused(start: Any, mail: Any) -> None:
    url = f"smtp+plain://{start()}"
    channel = choose("a@example.cn", source={"QUEQIAO_SMTP_URL": url, "QUEQIAO_MAIL_FROM": "n@example.cn"})
    with pytest.raises(ChannelError, match=r"^电子邮箱的格式不正确"):
        channel.send(Letter("a@example.cn\r\nBcc: x@example.cn", "主题", "文"))
    with pytest.raises(ChannelError, match=r"^邮件只能发往电子邮箱。$"):
        channel.send(Letter("13800000000", "主题", "文"))
    assert mail.letters == []


def test_text_that_looks_like_headers_stays_text(start: Any, mail: Any) -> None:
    send(f"smtp+plain://{start()}", Letter("a@example.cn", "主题", "Bcc: x@example.cn\n\n文"))
    assert mail.letters[0].get_content().replace("\r\n", "\n") == "Bcc: x@example.cn\n\n文\n"
    assert mail.letters[0]["Bcc"] is None


def test_a_refused_address_is_final_and_a_busy_server_is_not(start: Any, mail: Any) -> None:
    url = f"smtp+plain://{start()}"
    mail.refused = {"wang@example.cn": "550 no such user"}
    assert failure(url) == ("邮件服务器不接受这个收件地址（550）。", False)
    mail.refused = {"wang@example.cn": "450 greylisted"}
    assert failure(url) == ("邮件服务器不接受这个收件地址（450）。", True)
    mail.refused, mail.data_answer = {}, "554 looks like spam"
    assert failure(url) == ("邮件服务器拒绝了这封邮件（554）。", False)
    mail.data_answer = "452 disk full"
    assert failure(url) == ("邮件服务器拒绝了这封邮件（452）。", True)


def test_nobody_listening_may_be_tried_again(closed_port: int) -> None:
    assert failure(f"smtp+plain://127.0.0.1:{closed_port}") == ("无法连接邮件服务器，请稍后再试。", True)


def test_a_silent_server_is_given_up_in_time() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"smtp+plain://127.0.0.1:{silent.getsockname()[1]}"
        assert failure(url, QUEQIAO_SMTP_TIMEOUT="0.2") == ("邮件服务器没有及时答复，请稍后再试。", True)


def test_a_server_that_speaks_something_else_may_be_tried_again() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:

        def answer() -> None:
            line, _peer = other.accept()
            with line:
                line.sendall(b"SSH-2.0-OpenSSH\r\n")
                line.recv(100)

        thread = threading.Thread(target=answer)
        thread.start()
        sentence = failure(f"smtp+plain://127.0.0.1:{other.getsockname()[1]}")
        thread.join()
    assert sentence == ("无法连接邮件服务器，请稍后再试。", True)


def test_a_server_without_encryption_gets_no_letter(start: Any, mail: Any) -> None:
    assert failure(f"smtp://{start()}") == ("邮件服务器不支持所要求的加密或登录方式，邮件未发出。", False)
    assert mail.letters == []


def tls(certificate: tuple[Path, Path]) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    return context


def test_given_a_trusted_certificate_the_letter_goes_encrypted_with_a_password(
    start: Any, mail: Any, certificate: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    server = start(tls_context=tls(certificate), authenticator=mail.check, auth_required=True, require_starttls=True)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))
    send(f"smtp://queqiao@{server}", **{SECRET: "right-one"})
    assert (len(mail.letters), mail.signed_in) == (1, ["queqiao"])
    sentence, retry = failure(f"smtp://queqiao@{server}", **{SECRET: "wrong-one"})
    assert (sentence, retry) == ("邮件服务器不接受所配置的用户名或密码。", False)


def test_a_certificate_that_nobody_vouches_for_is_not_believed(
    start: Any, mail: Any, certificate: tuple[Path, Path]
) -> None:
    server = start(tls_context=tls(certificate))
    assert failure(f"smtp://{server}") == ("邮件服务器的证书不可信，消息未发出。", False)
    assert mail.letters == []


def test_given_smtps_the_line_is_encrypted_from_the_start(
    start: Any, mail: Any, certificate: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))
    server = start(ssl_context=tls(certificate))
    send(f"smtps://{server}")
    assert len(mail.letters) == 1
