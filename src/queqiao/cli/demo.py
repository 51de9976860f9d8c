"""``queqiao demo``: enters the demo city into an empty site and lists its logins."""

import sys

from queqiao.cli.options import OptionParser, Options
from queqiao.cli.running import open_site
from queqiao.core.i18n import _


def summary() -> str:
    """Say in one line what the command does."""
    return _("在空的网站中放入演示城市，并列出演示账号")


def add_options(parser: OptionParser) -> None:
    """Declare no options."""


def run(options: Options) -> int:
    """Enter the city where nothing was entered yet; list the demo logins where there are any. Returns 0."""
    text = open_site("demonstration").enter(sys.stdout.write)
    sys.stdout.write(text)
    return 0
