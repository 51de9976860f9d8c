"""``queqiao search``: the search of a site on the command line, with the rights of the token."""

import sys
from typing import Any

from queqiao.cli import site
from queqiao.cli.options import OptionParser, Options
from queqiao.core.i18n import _


def summary() -> str:
    """Say in one line what the command does."""
    return _("在已登录的网站里搜索成果、需求、专家、实验室和机构")


def add_options(parser: OptionParser) -> None:
    """Declare the options."""
    parser.add_words("words", _("词"), _("要找的词；引号里的原样找，减号后面的不要；不写就列出最新的"))
    parser.add_text("--kind", _("只找一类：achievement、need、expert、lab 或 organisation"))
    parser.add_text("--site", _("网站地址；不写就用已登录的那个"))
    parser.add_count("--page", _("第几页"), default=1)


def run(options: Options) -> int:
    """Search and write one block for each hit: number, title, organisation, and why; returns 0."""
    asked = {"q": " ".join(options.words), "page": str(options.page)}
    if options.kind:
        asked["kind"] = options.kind
    told = site.call(site.known_site(options.site), "search", asked)
    hits: list[dict[str, Any]] = told.get("hits", [])
    for hit in hits:
        sys.stdout.write("\n".join(_lines(hit)) + "\n")
    sys.stderr.write(_closing(told, hits) + "\n")
    return 0


def _lines(hit: dict[str, Any]) -> list[str]:
    why = [f"    {one['label']}{_('：')}{one['text']}" for one in hit["found_in"]]
    return [_clean(line) for line in (f"{hit['number']}  {hit['title']}", f"    {hit['organisation']}", *why)]


def _clean(text: str) -> str:
    """Return a line as a terminal may show it: what others have written gives it no orders."""
    return "".join(char if char.isprintable() else " " for char in text)


def _closing(told: dict[str, Any], hits: list[dict[str, Any]]) -> str:
    remarks = [_clean(one) for one in told.get("remarks", ())]
    if not hits:
        return "\n".join([*remarks, _("没有找到，请换一个词，或少写几个词。")])
    if told.get("total") is not None:
        pages = {name: told[name] for name in ("total", "page", "pages")}
        remarks.append(_("共 {total} 条，第 {page} 页，共 {pages} 页。").format(**pages))
    return "\n".join(remarks)
