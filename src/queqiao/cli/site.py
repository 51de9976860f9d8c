"""A Queqiao site as the command line reaches it: where it is, by which token, and one careful way to ask.

The token travels over encrypted connections only, or inside this machine, and to no other host: no redirect is
followed.
"""

import ipaddress
import json
import os
import ssl
import tempfile
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from queqiao.core.errors import QueqiaoError
from queqiao.core.i18n import _, current_language

SECONDS = 20  # to wait at each step
LARGEST = 4 * 1024 * 1024  # bytes of an answer
TOKEN = "QUEQIAO_TOKEN"  # noqa: S105 -- the name of a setting


@dataclass(frozen=True, slots=True)
class Site:
    """Where a site is, such as https://queqiao.example.cn, and the token to show there."""

    address: str
    token: str


def read_address(text: str) -> str:
    """Return the address of a site without anything behind the host; QueqiaoError where it cannot be used."""
    try:
        parts = urlsplit(text.strip())
        host, _port = parts.hostname or "", parts.port
    except ValueError:
        parts, host = urlsplit(""), ""
    plain = not (parts.username or parts.password or parts.query or parts.fragment) and parts.path in ("", "/")
    if not host or not plain or parts.scheme not in ("http", "https"):
        raise QueqiaoError(_("“{text}”不是网站的地址，请写成 https://域名 的样子。").format(text=text))
    if parts.scheme == "http" and not is_loopback(host):
        raise QueqiaoError(_("http:// 不加密，令牌会被别人看到；请用 https://。只有本机的网站可以用 http://。"))
    return f"{parts.scheme}://{parts.netloc}"


def is_loopback(host: str) -> bool:
    """Whether a host is this machine itself."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def call(site: Site, path: str, query: Mapping[str, str | Sequence[str]] | None = None) -> dict[str, Any]:
    """Ask a site by GET and return its JSON; QueqiaoError with one sentence where that fails."""
    address = f"{site.address}/api/v1/{path}" + (f"?{urlencode(query, doseq=True)}" if query else "")
    headers = {
        "Authorization": f"Bearer {site.token}", "Accept": "application/json", "Accept-Language": current_language(),
    }  # fmt: skip
    request = urllib.request.Request(address, headers=headers)  # noqa: S310 -- ``read_address`` lets http(s) through only
    try:
        with _opener(site).open(request, timeout=SECONDS) as answer:
            return _read(site, answer.read(LARGEST + 1))
    except urllib.error.HTTPError as error:
        with error:
            raise QueqiaoError(_refused(site, error)) from None
    except (OSError, ValueError) as error:
        raise QueqiaoError(_unreachable(site, error)) from None


def keep(site: Site) -> Path:
    """Keep a site and its token for later, in a file that nobody else may read; return where."""
    path = kept_in()
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # A new file is the owner's alone from the beginning, and takes the place of the old one at once.
    number, name = tempfile.mkstemp(dir=path.parent, prefix=".site-")
    with os.fdopen(number, "w", encoding="utf-8") as file:
        json.dump(asdict(site), file)
    Path(name).replace(path)
    return path


def forget() -> bool:
    """Forget the site that was kept; return whether there was one."""
    try:
        kept_in().unlink()
    except FileNotFoundError:
        return False
    return True


def known_site(address: str) -> Site:
    """Return the site at an address, or the one kept where none is given, with its token.

    QUEQIAO_TOKEN goes before the kept token, which is shown to no other site. QueqiaoError where there is none.
    """
    kept, given = kept_site(), os.environ.get(TOKEN, "").strip()
    where = read_address(address) if address else kept.address if kept else ""
    if where and given:
        return Site(where, given)
    if kept is None or kept.address != where:
        raise QueqiaoError(_("还没有登录这个网站，请先运行 queqiao login --site 网址。"))
    return kept


def kept_site() -> Site | None:
    """Return the site that was kept, None where there is none or its file is no longer readable."""
    try:
        values = json.loads(kept_in().read_text(encoding="utf-8"))
        return Site(read_address(values["address"]), str(values["token"]))
    except (OSError, ValueError, KeyError, TypeError, QueqiaoError):
        return None


def kept_in() -> Path:
    """Return the file in which the site and its token are kept."""
    folder = os.environ.get("XDG_CONFIG_HOME", "")
    return (Path(folder) if Path(folder).is_absolute() else Path.home() / ".config") / "queqiao" / "site.json"


class _Stay(urllib.request.HTTPRedirectHandler):
    """Follows no redirect: the token would go along."""

    def redirect_request(self, *_about: Any, **_more: Any) -> None:
        """Refuse."""


def _opener(site: Site) -> urllib.request.OpenerDirector:
    own = is_loopback(urlsplit(site.address).hostname or "")
    proxies = urllib.request.ProxyHandler({} if own else None)
    return urllib.request.build_opener(
        proxies, urllib.request.HTTPSHandler(context=ssl.create_default_context()), _Stay()
    )


def _read(site: Site, body: bytes) -> dict[str, Any]:
    try:
        told = json.loads(body) if len(body) <= LARGEST else None
    except ValueError:
        told = None
    if not isinstance(told, dict):
        raise QueqiaoError(_("{site} 的答复读不懂，请核对网址是不是鹊桥网站。").format(site=site.address))
    return told


def _refused(site: Site, error: urllib.error.HTTPError) -> str:
    if 300 <= error.code < 400:
        where = urlsplit(error.headers.get("Location", "")).netloc or site.address
        return _("{site} 把请求转到了 {where}，没有跟过去；请核对网址。").format(site=site.address, where=where)
    if error.code == 414:  # from the web server or a gateway before it
        return _("查找的文字太长，{site} 没有接受；请只留下最要紧的词。").format(site=site.address)
    try:
        told = _read(site, error.read(LARGEST + 1)).get("error")
    except (OSError, QueqiaoError):
        told = None
    if not isinstance(told, str):
        return _("{site} 没有接受请求（{code}），请核对网址是不是鹊桥网站。").format(site=site.address, code=error.code)
    return told


def _unreachable(site: Site, error: Exception) -> str:
    reason = getattr(error, "reason", error)
    if isinstance(reason, ssl.SSLCertVerificationError):
        return _("{site} 的证书不可信，没有发出令牌；请核对网址，或请网站管理员换证书。").format(site=site.address)
    if isinstance(reason, TimeoutError):
        return _("{site} 在 {n} 秒内没有答复，请稍后再试。").format(site=site.address, n=SECONDS)
    return _("连接不上 {site}，请检查网址和网络后重试。").format(site=site.address)
