"""``queqiao index``: how the search index is, and rebuilding it."""

import sys

from queqiao.cli.options import OptionParser, Options
from queqiao.cli.running import open_site
from queqiao.core.i18n import _


def summary() -> str:
    """Say in one line what the command does."""
    return _("查看搜索索引的状态，或从数据库重建它")


def add_options(parser: OptionParser) -> None:
    """Declare the options."""
    parser.add_switch("--rebuild", _("从数据库重建索引；索引完好时，重建期间仍可搜索"))


def run(options: Options) -> int:
    """Look or rebuild, and say what was found or done; returns 0."""
    indexer = open_site("indexer")
    text = indexer.rebuild_now() if options.rebuild else indexer.state()
    sys.stdout.write(f"{text}\n")
    return 0
