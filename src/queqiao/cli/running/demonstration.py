"""The demo city as the command line enters it."""

from collections.abc import Callable
from pathlib import Path

from django.conf import settings

from queqiao.cli.running import database
from queqiao.core.i18n import _
from queqiao.demo.seed import LOGINS_FILE, is_empty, keep_logins, seed


def enter(say: Callable[[str], object]) -> str:
    """Enter the demo city into an empty site; return the list of demo logins, or why there is none."""
    database.check_up_to_date()
    folder = Path(settings.DATA_DIR)
    if is_empty():
        say(_("正在放入演示城市（约半分钟）……") + "\n")
        keep_logins(seed(), folder)
    logins = folder / LOGINS_FILE
    if not logins.exists():
        return _("网站里已有数据，没有放入演示城市。") + "\n"
    return _("演示账号（手机号、密码、身份）：") + "\n" + logins.read_text(encoding="utf-8")
