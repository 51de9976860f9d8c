"""One JSON request to a gateway: within a time, without following redirects, with errors that hold no secret."""

import json
import ssl
import time
import urllib.request
from collections.abc import Mapping
from http.client import HTTPException, HTTPResponse
from typing import cast
from urllib.error import HTTPError, URLError

from queqiao.accounts.channels.letters import ChannelError
from queqiao.core.i18n import _

LONGEST_ANSWER = 64 * 1024


def post_json(
    gateway: str, address: str, body: object, *, headers: Mapping[str, str], timeout: float
) -> dict[str, object]:
    """Post ``body`` as JSON and return the JSON object that comes back.

    ``gateway`` is what the sentences call the other side; ``address`` begins with http or https, which the settings
    have checked; ``timeout`` in seconds holds for each step and for the whole answer. ChannelError is to be tried
    again after a 5xx answer or trouble on the line, and final after anything else.
    """
    request = urllib.request.Request(  # noqa: S310 -- the settings let http and https pass only
        address,
        data=json.dumps(body, ensure_ascii=False).encode(),
        headers={"Content-Type": "application/json; charset=utf-8", "Accept": "application/json", **headers},
        method="POST",
    )
    # "from None" throughout: the causes may hold the address, and the address may hold a key.
    try:
        with cast("HTTPResponse", _opener().open(request, timeout=timeout)) as answer:
            raw = _read(answer, timeout)
    except HTTPError as error:
        error.close()
        raise _refusal(gateway, error.code) from None
    except URLError as error:
        raise line_trouble(gateway, error.reason) from None
    except (OSError, HTTPException) as error:
        raise line_trouble(gateway, error) from None
    return _object(gateway, raw)


def _opener() -> urllib.request.OpenerDirector:
    """Make an opener without a redirect handler: a redirect is an error, for it would carry the secret elsewhere."""
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        urllib.request.HTTPHandler(),
        urllib.request.HTTPSHandler(context=ssl.create_default_context()),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.HTTPErrorProcessor(),
    ):
        opener.add_handler(handler)
    return opener


def _read(answer: HTTPResponse, timeout: float) -> bytes:
    until, raw = time.monotonic() + timeout, b""
    while len(raw) <= LONGEST_ANSWER and (piece := answer.read1(LONGEST_ANSWER)):
        raw += piece
        if time.monotonic() > until:
            raise TimeoutError
    return raw


def _refusal(gateway: str, status: int) -> ChannelError:
    if 300 <= status < 400:
        return ChannelError(
            _("{gateway}要求转到别的地址（{status}），未予跟随；请检查所配置的地址。").format(
                gateway=gateway, status=status
            ),
            retry=False,
        )
    if status >= 500:
        return ChannelError(
            _("{gateway}暂时出错（{status}），请稍后再试。").format(gateway=gateway, status=status), retry=True
        )
    return ChannelError(_("{gateway}拒绝了这条消息（{status}）。").format(gateway=gateway, status=status), retry=False)


def line_trouble(gateway: str, reason: object) -> ChannelError:
    """Put into one sentence why ``gateway`` could not be spoken to; only a bad certificate is final."""
    if isinstance(reason, ssl.SSLCertVerificationError):
        return ChannelError(_("{gateway}的证书不可信，消息未发出。").format(gateway=gateway), retry=False)
    if isinstance(reason, TimeoutError):
        return ChannelError(_("{gateway}没有及时答复，请稍后再试。").format(gateway=gateway), retry=True)
    return ChannelError(_("无法连接{gateway}，请稍后再试。").format(gateway=gateway), retry=True)


def _object(gateway: str, raw: bytes) -> dict[str, object]:
    try:
        answer = json.loads(raw) if len(raw) <= LONGEST_ANSWER else None
    except (ValueError, RecursionError):
        answer = None
    if not isinstance(answer, dict):
        # Perhaps it was sent: sending it again could reach the person twice.
        raise ChannelError(_("{gateway}的答复无法读懂，不能确定消息是否发出。").format(gateway=gateway), retry=False)
    return answer
