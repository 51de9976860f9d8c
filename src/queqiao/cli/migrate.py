"""``queqiao migrate``: makes the tables of the database, or brings them up to date."""

import sys

from queqiao.cli.options import OptionParser, Options
from queqiao.cli.running import open_site
from queqiao.core.i18n import _


def summary() -> str:
    """Say in one line what the command does."""
    return _("建立数据库，或把它更新到这个版本")


def add_options(parser: OptionParser) -> None:
    """Declare no options."""


def run(options: Options) -> int:
    """Migrate and say what was done; returns 0."""
    steps = open_site("database").migrate()
    text = _("数据库已更新，共 {n} 步。").format(n=steps) if steps else _("数据库已是最新。")
    sys.stdout.write(f"{text}\n")
    return 0
