"""Loading tables and lists as the command line does it."""

import csv
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from queqiao.accounts.models import Organisation
from queqiao.cli.progress import Progress
from queqiao.cli.running import database
from queqiao.core.errors import QueqiaoError
from queqiao.core.i18n import _
from queqiao.imports import catalogue, reference
from queqiao.records.actions.importing import Outcome

TABLES: dict[str, Callable[[Path], int]] = {
    "divisions": reference.load_divisions,
    "zones": reference.load_zones,
    "classification": reference.load_standards,
}


@dataclass(frozen=True, slots=True)
class Given:
    """What else was said in the call; "" where it was not."""

    owner: str
    scope: str
    edition: str


def load(name: str, path: Path, given: Given) -> str:
    """Load one table or list and return what became of it, in one line."""
    if name in TABLES:
        return _("{path}：{n} 行。").format(path=path, n=TABLES[name](path))
    if name == "chain":
        if not (given.scope and given.edition):
            raise QueqiaoError(_("--chain 必须同时给出 --scope 和 --edition。"))
        count = reference.load_own_classes(path, given.scope, version=given.edition)
        return _("{path}：{n} 行。").format(path=path, n=count)
    database.check_up_to_date()
    total = _count(path)
    with Progress(_("装入 {name}").format(name=path.name)) as progress:

        def show(done: int) -> None:
            progress.show(done, total)

        if name == "universities":
            counts = catalogue.load_universities(path, progress=show)
        else:
            loader = {"needs": catalogue.load_needs, "achievements": catalogue.load_achievements}[name]
            owner = _owner(given.owner)
            counts = loader(path, source=owner.number, owner=owner, progress=show)
    return _("{path}：新增 {created}，更新 {changed}，未变 {same}。").format(
        path=path,
        created=counts[Outcome.CREATED],
        changed=counts[Outcome.CHANGED],
        same=counts[Outcome.SAME],
    )


def _count(path: Path) -> int:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return max(sum(1 for _row in csv.reader(file)) - 1, 0)
    except OSError as error:
        raise QueqiaoError(_("读不到 {path}：文件不存在或没有权限。").format(path=path)) from error


def _owner(number: str) -> Organisation:
    found = Organisation.objects.filter(number=number).first()
    if found is None:
        raise QueqiaoError(
            _("没有编号为“{number}”的机构；用 --owner 给出网站中已有机构的编号。").format(number=number)
            if number
            else _("缺少 --owner：请给出这些记录所属机构的编号，如 JG-2026-00001。")
        )
    return found
