"""``queqiao load``: reference tables and existing lists into a running site; twice, the result is the same."""

import sys

from queqiao.cli.options import OptionParser, Options
from queqiao.cli.running import open_site
from queqiao.core.errors import QueqiaoError
from queqiao.core.i18n import _


def summary() -> str:
    """Say in one line what the command does."""
    return _("把行政区划、分类标准、高校名单和已有的需求、成果清单装入网站，可重复执行")


def add_options(parser: OptionParser) -> None:
    """Declare the options."""
    parser.add_path("--divisions", _("行政区划文件夹：provinces.csv、cities.csv、areas.csv"))
    parser.add_path("--zones", _("功能区（开发区等）：code、parent、name，可有 name_en、begins_on、ends_on"))
    parser.add_path("--classification", _("分类标准文件夹：GB/T 13745、GB/T 4754、IPC"))
    parser.add_path("--chain", _("运营方自己的分类或产业链：code、parent、name，文件名即分类名称"))
    parser.add_text("--scope", _("使用这套分类的范围代码；--chain 必须带上"))
    parser.add_text("--edition", _("这套分类的版本，如 2026；--chain 必须带上"))
    parser.add_path("--universities", _("高校名单：moe_code、name、province、city"))
    parser.add_path("--needs", _("需求清单：id、title、description"))
    parser.add_path("--achievements", _("成果清单：id、title，可有 description"))
    parser.add_text("--owner", _("这些需求和成果所属机构的编号，如 JG-2026-00001；--needs、--achievements 必须带上"))


def run(options: Options) -> int:
    """Load what is named, in the order in which it builds on each other; returns 0."""
    names = ("divisions", "zones", "classification", "chain", "universities", "needs", "achievements")
    wanted = {name: path for name in names if (path := getattr(options, name)) is not None}
    if not wanted:
        raise QueqiaoError(_("没有要装入的内容；用 queqiao load --help 查看选项。"))
    loading = open_site("loading")
    for name, path in wanted.items():
        given = loading.Given(owner=options.owner, scope=options.scope, edition=options.edition)
        sys.stdout.write(loading.load(name, path, given) + "\n")
    return 0
