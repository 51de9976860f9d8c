"""``queqiao worker``: does the work that the site has queued."""

from queqiao.cli.options import OptionParser, Options
from queqiao.cli.running import open_site
from queqiao.cli.running.logs import log_to_stderr
from queqiao.cli.running.parent import follow_parent
from queqiao.core.i18n import _


def summary() -> str:
    """Say in one line what the command does."""
    return _("执行网站排队的后台工作（serve 会自己启动一个）")


def add_options(parser: OptionParser) -> None:
    """Declare the options."""
    parser.add_switch("--until-empty", _("队列空了就结束，不再等待"))


def run(options: Options) -> int:
    """Work until asked to end; returns 0."""
    follow_parent()
    log_to_stderr()
    open_site("worker").work(until_empty=options.until_empty)
    return 0
