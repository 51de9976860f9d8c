"""``queqiao found``: the first operator, its scope and its administrator, for a site that starts empty."""

import sys

from queqiao.cli.options import OptionParser, Options
from queqiao.cli.running import open_site
from queqiao.core.errors import QueqiaoError
from queqiao.core.i18n import _


def summary() -> str:
    """Say in one line what the command does."""
    return _("为空的网站登记第一家运营方、它的范围和管理员")


def add_options(parser: OptionParser) -> None:
    """Declare the options."""
    parser.add_text("--operator", _("运营方的全称"))
    parser.add_text("--scope", _("它运营的范围，如城市名"))
    parser.add_text("--admin", _("管理员姓名"))
    parser.add_text("--address", _("管理员登录用的手机号或电子邮箱"))


def run(options: Options) -> int:
    """Write them down and say how the administrator gets in; returns 0."""
    given = {name: getattr(options, name).strip() for name in ("operator", "scope", "admin", "address")}
    missing = [f"--{name}" for name, value in given.items() if not value]
    if missing:
        raise QueqiaoError(
            _("缺少选项 {names}；用 queqiao found --help 查看写法。").format(names=_("、").join(missing))
        )
    sys.stdout.write(open_site("founding").found(**given) + "\n")
    return 0
