"""A robot in a WeCom group: one webhook, whose address is the secret."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field

from queqiao.accounts.channels.gateway import post_json
from queqiao.accounts.channels.letters import ChannelError, Letter
from queqiao.core.i18n import _
from queqiao.env import SettingError, is_near, read_given_secret, read_seconds, split_address

LONGEST = 2048  # bytes of UTF-8; WeCom's own bound for a text message
TOO_OFTEN = 45009


@dataclass(frozen=True, slots=True)
class WecomChannel:
    """One robot; ``timeout`` in seconds."""

    webhook: str = field(repr=False)
    timeout: float

    def send(self, letter: Letter) -> None:
        """Post the letter to the group; its address is not used, for the robot knows one group only."""
        body = {"msgtype": "text", "text": {"content": _content(letter)}}
        answer = post_json(_("企业微信"), self.webhook, body, headers={}, timeout=self.timeout)
        code = answer.get("errcode")
        if code == TOO_OFTEN:
            raise ChannelError(_("企业微信群机器人发送过于频繁，请稍后再试。"), retry=True)
        if type(code) is not int:
            raise ChannelError(
                _("{gateway}的答复无法读懂，不能确定消息是否发出。").format(gateway=_("企业微信")), retry=False
            )
        if code:
            raise ChannelError(_("企业微信没有接受这条消息（{code}）。").format(code=code), retry=False)


def read_wecom(source: Mapping[str, str] = os.environ) -> WecomChannel | None:
    """Read the robot from the environment; None where no webhook is set, SettingError for a wrong setting."""
    webhook = read_given_secret("QUEQIAO_WECOM_WEBHOOK", source=source)
    if not webhook:
        return None
    parts = split_address("QUEQIAO_WECOM_WEBHOOK", webhook, ("https", "http"))
    if parts.scheme == "http" and not is_near(parts.hostname or ""):
        raise SettingError(
            "QUEQIAO_WECOM_WEBHOOK：公网地址请用 https。/ Use https for an address on the public network."
        )
    return WecomChannel(webhook, read_seconds("QUEQIAO_WECOM_TIMEOUT", default=10, source=source))


def _content(letter: Letter) -> str:
    """Join subject, text and link; a text that is too long is cut, the link never is."""
    tail = f"\n{letter.link}" if letter.link else ""
    head = "\n".join(part for part in (letter.subject.strip(), letter.text.strip()) if part)
    room = LONGEST - len(tail.encode())
    if len(head.encode()) <= room:
        return head + tail
    return head.encode()[: max(room - len("…".encode()), 0)].decode(errors="ignore") + "…" + tail
