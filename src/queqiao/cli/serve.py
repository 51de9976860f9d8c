"""``queqiao serve``: the whole site as one tree of processes."""

import sys

from queqiao.cli.options import OptionParser, Options
from queqiao.cli.running import open_site
from queqiao.cli.running.address import check_free, read_address
from queqiao.cli.running.supervise import supervise
from queqiao.core.i18n import _


def summary() -> str:
    """Say in one line what the command does."""
    return _("启动网站：网页、后台工作和定期工作，哪个停了就重新启动；按 Ctrl-C 结束")


def add_options(parser: OptionParser) -> None:
    """Declare no options."""


def run(options: Options) -> int:
    """Check that the site can start, gather its static files, then become its supervisor; does not return."""
    address = read_address()
    check_free(address)
    database = open_site("database")
    database.check_up_to_date()
    open_site("static").gather()
    data_dir = database.data_dir()
    text = _("网站：http://{address}/ ，日志在 {folder}，按 Ctrl-C 结束。")
    sys.stdout.write(f"{text.format(address=address, folder=data_dir / 'logs')}\n")
    supervise(data_dir)
