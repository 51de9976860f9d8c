"""E-mail by SMTP, encrypted unless the operator says otherwise for a server of his own network."""

import os
import smtplib
import ssl
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from email.headerregistry import Address as Mailbox
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import localtime, make_msgid, parseaddr
from urllib.parse import unquote

from queqiao.accounts.channels.addresses import AddressKind, parse_address
from queqiao.accounts.channels.gateway import line_trouble
from queqiao.accounts.channels.letters import ChannelError, Letter, recipient
from queqiao.core.errors import QueqiaoError
from queqiao.core.i18n import _
from queqiao.env import SettingError, is_near, read_given_secret, read_seconds, split_address

PORTS = {"smtps": 465, "smtp": 587, "smtp+plain": 25}


@dataclass(frozen=True, slots=True)
class SmtpChannel:
    """One mail server.

    ``scheme`` is "smtps" (encrypted from the start), "smtp" (STARTTLS, never without) or "smtp+plain"; ``sender_name``
    is what people see, ``sender`` the address; ``timeout`` in seconds holds for each step.
    """

    scheme: str
    host: str
    port: int
    user: str
    password: str = field(repr=False)
    sender: str
    sender_name: str
    timeout: float

    def send(self, letter: Letter) -> None:
        """Hand the letter to the server; ChannelError is to be tried again after a 4xx answer or trouble on the line.

        A line break or another control sign in the subject is refused: it would begin a header of its own.
        """
        message = self._message(letter)
        try:
            server = self._connect()
            try:
                self._hand_over(server, message)
                with suppress(OSError, smtplib.SMTPException):
                    server.quit()  # the letter is taken: trouble from here on must not send it twice
            finally:
                server.close()
        except (smtplib.SMTPException, OSError) as error:
            raise _refusal(error) from None

    def _connect(self) -> smtplib.SMTP:
        name = self.sender.rpartition("@")[2]  # said in the greeting, instead of this machine's name
        if self.scheme == "smtps":
            context = ssl.create_default_context()
            return smtplib.SMTP_SSL(self.host, self.port, name, timeout=self.timeout, context=context)
        return smtplib.SMTP(self.host, self.port, name, timeout=self.timeout)

    def _hand_over(self, server: smtplib.SMTP, message: EmailMessage) -> None:
        if self.scheme == "smtp":
            server.starttls(context=ssl.create_default_context())
        if self.user:
            server.login(self.user, self.password)
        server.send_message(message)

    def _message(self, letter: Letter) -> EmailMessage:
        to = recipient(letter, AddressKind.EMAIL)
        if not letter.subject.isprintable():
            raise ChannelError(_("邮件主题中有换行或其他控制字符，邮件未发出。"), retry=False)
        message = EmailMessage(policy=SMTP)
        message["From"] = Mailbox(self.sender_name, addr_spec=self.sender)
        message["To"] = Mailbox(addr_spec=to)
        message["Subject"] = letter.subject
        message["Date"] = localtime()
        message["Message-ID"] = make_msgid(domain=self.sender.rpartition("@")[2])
        message["Auto-Submitted"] = "auto-generated"
        text = letter.text.rstrip() + (f"\n\n{letter.link}" if letter.link else "") + "\n"
        message.set_content(text, charset="utf-8", cte="base64")
        return message


def _refusal(error: Exception) -> ChannelError:
    """Put what went wrong into one sentence that repeats nothing the server said."""
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return ChannelError(_("邮件服务器不支持所要求的加密或登录方式，邮件未发出。"), retry=False)
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code = next(iter(error.recipients.values()))[0]
        return ChannelError(_("邮件服务器不接受这个收件地址（{code}）。").format(code=code), retry=code < 500)
    if isinstance(error, smtplib.SMTPResponseException) and error.smtp_code >= 400:
        code = error.smtp_code
        if isinstance(error, smtplib.SMTPAuthenticationError) and code >= 500:
            return ChannelError(_("邮件服务器不接受所配置的用户名或密码。"), retry=False)
        return ChannelError(_("邮件服务器拒绝了这封邮件（{code}）。").format(code=code), retry=code < 500)
    late = isinstance(error.__context__, TimeoutError)  # smtplib calls a silent server a lost connection
    return line_trouble(_("邮件服务器"), error.__context__ if late else error)


def read_smtp(source: Mapping[str, str] = os.environ) -> SmtpChannel | None:
    """Read the server from the environment; None where no address is set, SettingError for a wrong setting."""
    url = source.get("QUEQIAO_SMTP_URL")
    if not url:
        return None
    parts = split_address("QUEQIAO_SMTP_URL", url, tuple(PORTS))
    host, user = parts.hostname or "", unquote(parts.username or "")
    password = read_given_secret("QUEQIAO_SMTP_PASSWORD", source=source) or unquote(parts.password or "")
    if user and parts.scheme == "smtp+plain" and not is_near(host):
        raise SettingError(
            "QUEQIAO_SMTP_URL：密码不能不加密地发到公网；请用 smtp 或 smtps。"
            "/ A password must not cross the public network unencrypted; use smtp or smtps."
        )
    if not (user + password).isascii():
        raise SettingError(
            "QUEQIAO_SMTP_PASSWORD：用户名和密码只能用 ASCII 字符。/ User name and password must be in ASCII."
        )
    sender_name, sender = _read_sender(source.get("QUEQIAO_MAIL_FROM") or user)
    return SmtpChannel(
        scheme=parts.scheme,
        host=host,
        port=parts.port or PORTS[parts.scheme],
        user=user,
        password=password,
        sender=sender,
        sender_name=sender_name or source.get("QUEQIAO_SITE_NAME", "鹊桥"),
        timeout=read_seconds("QUEQIAO_SMTP_TIMEOUT", default=15, source=source),
    )


def _read_sender(text: str) -> tuple[str, str]:
    name, address = parseaddr(text)
    try:
        parsed = parse_address(address)
    except QueqiaoError:
        parsed = None
    if not text.isprintable() or parsed is None or parsed.kind is not AddressKind.EMAIL:
        raise SettingError(
            "QUEQIAO_MAIL_FROM：请写发件地址，如 鹊桥 <noreply@example.cn>。"
            "/ Write the sender's address, as in Queqiao <noreply@example.cn>."
        )
    return name, parsed.value
