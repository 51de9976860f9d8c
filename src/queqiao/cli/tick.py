"""``queqiao tick``: calls the site's periodic work."""

from queqiao.cli.options import OptionParser, Options
from queqiao.cli.running import open_site
from queqiao.cli.running.logs import log_to_stderr
from queqiao.cli.running.parent import follow_parent
from queqiao.core.i18n import _


def summary() -> str:
    """Say in one line what the command does."""
    return _("按时执行网站的定期工作（serve 会自己启动一个）")


def add_options(parser: OptionParser) -> None:
    """Declare no options."""


def run(options: Options) -> int:
    """Tick until asked to end; returns 0."""
    follow_parent()
    log_to_stderr()
    open_site("tick").keep_ticking()
    return 0
