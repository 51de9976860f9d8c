"""``queqiao logout``: forget the site and the token on this machine."""

import sys

from queqiao.cli import site
from queqiao.cli.options import OptionParser, Options
from queqiao.core.i18n import _


def summary() -> str:
    """Say in one line what the command does."""
    return _("删除本机保存的登录信息；令牌本身要在网站上撤销")


def add_options(parser: OptionParser) -> None:
    """Declare no options."""


def run(options: Options) -> int:
    """Forget; returns 0."""
    known = site.kept_site()
    if not site.forget():
        sys.stdout.write(_("本机没有保存登录信息。") + "\n")
        return 0
    where = known.address if known else ""
    sys.stdout.write(_("已退出 {site}，本机的登录信息已删除；不再使用的令牌请在网站上撤销。").format(site=where) + "\n")
    return 0
