"""``queqiao start``: from nothing to a running site with the demo city, in one process start."""

import os
import sys

from queqiao.cli import command_parser, load_command
from queqiao.cli.options import OptionParser, Options
from queqiao.cli.running.address import check_free, read_address
from queqiao.core.i18n import _

STEPS = ("migrate", "demo", "serve")


def summary() -> str:
    """Say in one line what the command does."""
    return _("试用：更新数据库，空库时放入演示城市，列出演示账号，然后启动网站")


def add_options(parser: OptionParser) -> None:
    """Declare no options."""


def run(options: Options) -> int:
    """Go through the steps; the last one does not return. What cannot be served is said before anything is done."""
    check_free(read_address())
    if os.environ.setdefault("QUEQIAO_STAFF_SECOND_FACTOR", "false") == "false":
        sys.stdout.write(_("试用时运营人员登录不要求两步验证；正式部署请用 queqiao serve，默认要求。") + "\n")
    for name in STEPS:
        load_command(name).run(command_parser(name).read([]))
    return 0
