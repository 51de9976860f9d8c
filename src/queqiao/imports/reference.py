"""Reference tables as they are published: divisions, national classifications, universities."""

import csv
import datetime
from collections.abc import Iterator
from pathlib import Path

from queqiao.accounts.models import Scope
from queqiao.core.errors import InputError
from queqiao.core.i18n import _
from queqiao.taxonomy.actions import NodeRow, link_own_fields, load_classification, load_own_fields, load_regions
from queqiao.taxonomy.models import Classification, Region, RegionKind

STANDARDS = (
    ("gbt13745-2009_disciplines.csv", "GB/T 13745", "2009", "学科分类与代码", "Disciplines"),
    ("gbt4754-2017_industries.csv", "GB/T 4754", "2017", "国民经济行业分类", "Industries"),
    ("ipc_en.csv", "IPC", "2024", "国际专利分类", "International Patent Classification"),
)


def load_divisions(folder: Path) -> int:
    """Load provinces, cities and counties from ``provinces.csv``, ``cities.csv`` and ``areas.csv`` of a folder.

    Short codes of GB/T 2260 are filled up to six digits. Returns the number of regions.
    """
    rows = [
        Region(code=_six(row["code"]), name=row["name"], kind=RegionKind.PROVINCE)
        for row in read_rows(folder / "provinces.csv", "code", "name")
    ]
    rows += [
        Region(code=_six(row["code"]), name=row["name"], kind=RegionKind.CITY, parent_id=_six(row["provinceCode"]))
        for row in read_rows(folder / "cities.csv", "code", "name", "provinceCode")
    ]
    cities = {row.code for row in rows}  # a city without counties stands among the counties once more
    rows += [
        Region(code=_six(row["code"]), name=row["name"], kind=RegionKind.COUNTY, parent_id=_six(row["cityCode"]))
        for row in read_rows(folder / "areas.csv", "code", "name", "cityCode")
        if _six(row["code"]) not in cities
    ]
    return load_regions(rows)


def load_zones(path: Path) -> int:
    """Load functional zones (development zones and the like) with codes of their own, below the regions that hold them.

    The table has code, parent, name and, where wanted, name_en, begins_on, ends_on (2026-01-31). Returns their number.
    """
    known = set(Region.objects.values_list("code", flat=True))
    zones = []
    for line, row in enumerate(read_rows(path, "code", "parent", "name"), start=2):
        if row["parent"] not in known:
            raise InputError(_("没有代码为“{code}”的地区").format(code=row["parent"]), path=path, line=line)
        days = {name: _day(row.get(name) or "", path, line, name) for name in ("begins_on", "ends_on")}
        english = row.get("name_en") or ""
        zones.append(
            Region(code=row["code"], parent_id=row["parent"], name=row["name"], name_en=english, kind="zone", **days)
        )
        known.add(row["code"])
    return load_regions(zones)


def _day(text: str, path: Path, line: int, column: str) -> datetime.date | None:
    try:
        return datetime.date.fromisoformat(text.strip()) if text.strip() else None
    except ValueError as error:
        raise InputError(_("日期请写成 2026-01-31 的样子"), path=path, line=line, column=column) from error


def load_standards(folder: Path) -> int:
    """Load the classifications that a folder holds and map our own fields to them; return the number of classes."""
    count = load_own_fields()
    for name, code, version, title, title_en in STANDARDS:
        if not (folder / name).exists():
            continue
        made = Classification(code=code, version=version, name=title, name_en=title_en)
        count += load_classification(made, _nodes(folder / name))
    link_own_fields()
    return count


def load_own_classes(path: Path, scope_code: str, *, version: str) -> int:
    """Load an operator's own classes or industry chain, and let its scope use them; return the number of classes.

    The table has code, parent, name and, where wanted, name_en; the file's name is the name of the classification. A
    new version stands beside the old one, so that records keep the classes that they were given.
    """
    scope = Scope.objects.filter(code=scope_code).first()
    if scope is None:
        raise InputError(_("没有代码为“{code}”的范围").format(code=scope_code))
    made = Classification(code=f"{scope.code}/{path.stem}"[:40], version=version, name=path.stem[:80], is_chain=True)
    count = load_classification(made, _nodes(path))
    scope.classifications.add(Classification.objects.get(code=made.code, version=version))
    return count


def _nodes(path: Path) -> list[NodeRow]:
    """Read classes; one whose parent the table lacks hangs on the nearest class above it that is there."""
    rows = {row["code"]: row for row in read_rows(path, "code", "parent")}
    found = []
    for code, row in rows.items():
        parent = row["parent"]
        while parent and parent not in rows:
            parent = parent[:-1]
        english = _shortened(row.get("title_en") or "", 200)
        name = _shortened(row.get("name") or english, 120)
        found.append(NodeRow(code, parent, name, english, (row.get("note") or "")[:200]))
    return found


def _shortened(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def read_rows(path: Path, *columns: str) -> Iterator[dict[str, str]]:
    """Yield the rows of a CSV table by heading; InputError where it is absent or lacks one of the columns."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            missing = [name for name in columns if name not in (reader.fieldnames or ())]
            if missing:
                raise InputError(_("缺少列：{names}").format(names=_("、").join(missing)), path=path)
            yield from reader
    except FileNotFoundError as error:
        raise InputError(_("文件不存在"), path=path) from error


def _six(code: str) -> str:
    return code.ljust(6, "0")
