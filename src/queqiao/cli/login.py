"""``queqiao login``: take an access token for a site, try it, and keep it for the other commands."""

import getpass
import os
import sys
from contextlib import suppress

from queqiao.cli import site
from queqiao.cli.options import OptionParser, Options
from queqiao.core.errors import QueqiaoError
from queqiao.core.i18n import _

LONGEST = 200


def summary() -> str:
    """Say in one line what the command does."""
    return _("用访问令牌登录一个鹊桥网站，供 search 使用")


def add_options(parser: OptionParser) -> None:
    """Declare the options."""
    parser.add_text("--site", _("网站地址，如 https://queqiao.example.cn"))


def run(options: Options) -> int:
    """Ask for the token, try it, keep it, and say who it is; returns 0."""
    if not options.site:
        raise QueqiaoError(_("请用 --site 写明网站地址，如 queqiao login --site https://queqiao.example.cn"))
    address = site.read_address(options.site)
    found = site.Site(address, _token(address))
    told = site.call(found, "me")
    path = site.keep(found)
    token = told.get("token", {})
    sentence = _("已登录 {site}，您是{name}；令牌用途：{scopes}，有效期至 {day}。登录信息存在 {path}。")
    sys.stdout.write(
        sentence.format(
            site=address,
            name=told.get("name", ""),
            scopes=_("、").join(token.get("scopes", ())),
            day=str(token.get("expires_at", ""))[:10],
            path=path,
        )
        + "\n"
    )
    return 0


def _token(address: str) -> str:
    """Return the token: from the environment, typed unseen, or sent in where nobody is at a terminal."""
    text = os.environ.get(site.TOKEN, "")
    if not text and sys.stdin.isatty():
        sys.stderr.write(_("访问令牌在 {address} 生成。").format(address=f"{address}/my/account/tokens") + "\n")
        with suppress(EOFError):  # Ctrl-D says that there is none
            text = getpass.getpass(_("请粘贴访问令牌（不会显示）："))
    elif not text:
        text = sys.stdin.readline(LONGEST)
    text = text.strip()
    if not text or not text.isascii() or not text.isprintable():
        raise QueqiaoError(_("没有读到访问令牌，没有登录。"))
    return text
