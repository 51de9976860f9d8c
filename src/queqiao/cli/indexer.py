"""``queqiao indexer``: lets search know of every change."""

from queqiao.cli.options import OptionParser, Options
from queqiao.cli.running import open_site
from queqiao.cli.running.logs import log_to_stderr
from queqiao.cli.running.parent import follow_parent
from queqiao.core.i18n import _


def summary() -> str:
    """Say in one line what the command does."""
    return _("把记录的变更写入搜索索引（serve 会自己启动一个）")


def add_options(parser: OptionParser) -> None:
    """Declare no options."""


def run(options: Options) -> int:
    """Index until the process is ended."""
    follow_parent()
    log_to_stderr()
    open_site("indexer").keep_indexing()
    return 0
