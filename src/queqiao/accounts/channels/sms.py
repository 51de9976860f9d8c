"""Short messages through an HTTP gateway that takes JSON; what the gateway calls its fields is a setting."""

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from queqiao.accounts.channels.addresses import AddressKind
from queqiao.accounts.channels.gateway import post_json
from queqiao.accounts.channels.letters import ChannelError, Letter, recipient
from queqiao.core.i18n import _
from queqiao.env import SettingError, is_near, read_given_secret, read_seconds, split_address

BODY = '{"mobile": "{to}", "content": "{sign}{text} {link}"}'
HEADER = "Authorization: Bearer {token}"
_PLACE = re.compile(r"\{(\w+)\}")
_PLACES = frozenset({"to", "text", "link", "kind", "sign"})


@dataclass(frozen=True, slots=True)
class SmsChannel:
    """One gateway.

    ``body`` is JSON whose strings hold {to}, {text}, {link}, {kind} and {sign}; ``success`` names the field of the
    answer and the value that mean "taken", and None takes every 2xx answer; ``timeout`` in seconds.
    """

    url: str = field(repr=False)
    body: object
    headers: Mapping[str, str] = field(repr=False)
    sign: str
    success: tuple[str, str] | None
    timeout: float

    def send(self, letter: Letter) -> None:
        """Post the letter; a 4xx answer is final, a 5xx answer and trouble on the line may be tried again."""
        values = {
            "to": recipient(letter, AddressKind.MOBILE),
            "text": letter.text.strip(),
            "link": letter.link,
            "kind": letter.kind,
            "sign": f"【{self.sign}】" if self.sign else "",
        }
        gateway = _("短信网关")
        answer = post_json(gateway, self.url, _filled(self.body, values), headers=self.headers, timeout=self.timeout)
        if self.success and str(answer.get(self.success[0])) != self.success[1]:
            raise ChannelError(_("短信网关没有接受这条短信（{code}）。").format(code=self._code(answer)), retry=False)

    def _code(self, answer: Mapping[str, object]) -> str:
        """What the gateway said, if it looks like a code and like nothing that we keep secret."""
        code = str(answer.get(self.success[0])) if self.success else ""
        known = any(code in value for value in (self.url, *self.headers.values()))
        return code if re.fullmatch(r"[\w.-]{1,24}", code) and (len(code) < 8 or not known) else "?"


def read_sms(source: Mapping[str, str] = os.environ) -> SmsChannel | None:
    """Read the gateway from the environment; None where no address is set, SettingError for a wrong setting."""
    url = source.get("QUEQIAO_SMS_URL")
    if not url:
        return None
    parts = split_address("QUEQIAO_SMS_URL", url, ("https", "http"))
    if parts.scheme == "http" and not is_near(parts.hostname or ""):
        raise SettingError("QUEQIAO_SMS_URL：公网地址请用 https。/ Use https for an address on the public network.")
    if parts.username:
        raise SettingError(
            "QUEQIAO_SMS_URL：地址中不能有用户名；请用 QUEQIAO_SMS_TOKEN。/ No user name here; use QUEQIAO_SMS_TOKEN."
        )
    return SmsChannel(
        url=url,
        body=_read_body(source.get("QUEQIAO_SMS_BODY") or BODY),
        headers=_read_header(
            source.get("QUEQIAO_SMS_HEADER") or HEADER, read_given_secret("QUEQIAO_SMS_TOKEN", source=source)
        ),
        sign=source.get("QUEQIAO_SMS_SIGN", "鹊桥").strip("【】 "),
        success=_read_success(source.get("QUEQIAO_SMS_SUCCESS", "")),
        timeout=read_seconds("QUEQIAO_SMS_TIMEOUT", default=10, source=source),
    )


def _read_body(text: str) -> object:
    try:
        body = json.loads(text)
    except ValueError:
        body = None
    unknown = set(_PLACE.findall(text)) - _PLACES
    if not isinstance(body, dict) or unknown:
        raise SettingError(
            "QUEQIAO_SMS_BODY：请写 JSON 对象，可用 {to} {text} {link} {kind} {sign}。"
            "/ Write a JSON object with {to} {text} {link} {kind} {sign}."
        )
    return body


def _read_header(text: str, token: str) -> dict[str, str]:
    if not token:
        return {}
    name, colon, value = text.partition(":")
    header = value.strip().replace("{token}", token)
    if not colon or not re.fullmatch(r"[A-Za-z0-9-]+", name) or "{token}" not in value:
        raise SettingError("QUEQIAO_SMS_HEADER：请写成 “名称: {token}”。/ Write it as “Name: {token}”.")
    if not header.isascii() or not header.isprintable():
        raise SettingError("QUEQIAO_SMS_TOKEN：令牌含有不能使用的字符。/ The token has signs that cannot be used.")
    return {name: header}


def _read_success(text: str) -> tuple[str, str] | None:
    if not text:
        return None
    name, equals, value = (part.strip() for part in text.partition("="))
    if not name or not equals or not value:
        raise SettingError("QUEQIAO_SMS_SUCCESS：请写成“字段=值”，如 code=0。/ Write field=value, as in code=0.")
    return name, value


def _filled(body: object, values: Mapping[str, str]) -> object:
    if isinstance(body, str):
        return _PLACE.sub(lambda place: values[place[1]], body).strip()
    if isinstance(body, dict):
        return {key: _filled(value, values) for key, value in body.items()}
    if isinstance(body, list):
        return [_filled(value, values) for value in body]
    return body
