"""Reads XLSX workbooks: merged cells, formulas with their last values, no surprises from the archive."""

import datetime
import io
import warnings
import zipfile
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from defusedxml.ElementTree import iterparse
from openpyxl.cell.cell import Cell, MergedCell
from openpyxl.reader.excel import ExcelReader
from openpyxl.utils.cell import coordinate_to_tuple
from openpyxl.worksheet.cell_range import CellRange
from openpyxl.xml.constants import SHEET_MAIN_NS

from queqiao.core.errors import InputError
from queqiao.core.i18n import _
from queqiao.imports.tables import MOST_ROWS, Source, Table

_MOST_UNPACKED = 1_000_000_000  # bytes
_MOST_RATIO = 200  # unpacked to packed; real workbooks stay below 50
_RATIO_FROM = 50_000_000  # bytes unpacked; whatever unpacks to less does no harm
_MOST_MERGED = 5_000_000  # cells
_LAST_LINE = 1_048_576  # the format has no row after it

_ROW, _CELL, _FORMULA, _VALUE, _MERGED = (f"{{{SHEET_MAIN_NS}}}{name}" for name in ("row", "c", "f", "v", "mergeCell"))


@dataclass(frozen=True, slots=True)
class _Area:
    """A merged area; lines count from 1, positions in a line from 0, ``stop`` and ``below`` are outside."""

    line: int
    below: int
    start: int
    stop: int


def read_xlsx(path: Path, content: bytes) -> Iterator[Table]:
    """Yield the worksheets' rows that are not blank; a merged area has its value in every cell.

    Raises InputError for a damaged or oversized workbook.
    """
    _refuse_bomb(path, content)
    with _damage_named(path):
        reader = ExcelReader(io.BytesIO(content), read_only=True, data_only=True)
        reader.read()
        parts = {sheet.name: relation.target for sheet, relation in reader.parser.find_sheets()}
        sheets = reader.wb.worksheets
    for sheet in sheets:
        source = Source(path, sheet.title if len(sheets) > 1 else "")
        with _damage_named(path):
            with reader.archive.open(parts[sheet.title]) as file:
                areas, uncalculated = _scan(file)
            sheet.reset_dimensions()  # some programs state them wrongly
            rows, faults = _rows(source, sheet.iter_rows(), uncalculated)
        repeated = _fill_merged(source, rows, areas)
        yield Table(source, [(line, tuple(texts)) for line, texts in rows], repeated, faults)


@contextmanager
def _damage_named(path: Path) -> Iterator[None]:
    """Turn what openpyxl lets escape from a damaged workbook into InputError; keep its advice on styles quiet."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except (InputError, MemoryError):
        raise
    except Exception as error:  # whatever a damaged part causes
        raise _damaged(path) from error


def _damaged(path: Path) -> InputError:
    return InputError(
        _("不是 XLSX 工作簿，或者已损坏，无法打开；请用 Excel 或 WPS 打开并另存为 XLSX 后重试。"), path=path
    )


def _refuse_bomb(path: Path, content: bytes) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            unpacked = sum(entry.file_size for entry in archive.infolist())
    except zipfile.BadZipFile as error:
        raise _damaged(path) from error
    if unpacked > _MOST_UNPACKED or (unpacked > _RATIO_FROM and unpacked > _MOST_RATIO * len(content)):
        raise InputError(_("工作簿解开后过大，未打开；请另存为 CSV 后重试。"), path=path)


def _scan(part: IO[bytes]) -> tuple[list[_Area], set[tuple[int, int]]]:
    """Find what openpyxl leaves out when it reads row by row: merged areas, and formulas without a value.

    Excel marks a formula that yields an empty text as a string; one that was never calculated has no type.
    """
    areas: list[_Area] = []
    uncalculated: set[tuple[int, int]] = set()
    line = 0
    for _event, element in iterparse(part):
        if element.tag == _MERGED:
            area = CellRange(element.get("ref"))
            areas.append(_Area(area.min_row, area.max_row + 1, area.min_col - 1, area.max_col))
        elif element.tag == _ROW:
            line = int(element.get("r", line + 1))
            column = 0
            for cell in element.iterfind(_CELL):
                place = cell.get("r")
                column = coordinate_to_tuple(place)[1] if place else column + 1
                if cell.find(_FORMULA) is not None and not cell.findtext(_VALUE) and cell.get("t") != "str":
                    uncalculated.add((line, column - 1))
            element.clear()
    return areas, uncalculated


def _rows(
    source: Source, lines: Iterable[Sequence[Cell | MergedCell]], uncalculated: set[tuple[int, int]]
) -> tuple[list[tuple[int, list[str]]], dict[tuple[int, int], str]]:
    """Return the rows that are not blank, without blank cells at their ends, and what is wrong with cells."""
    rows: list[tuple[int, list[str]]] = []
    faults: dict[tuple[int, int], str] = {}
    for line, cells in enumerate(lines, 1):
        texts = [_text(cell) for cell in cells]
        for position, cell in enumerate(cells):
            if (line, position) in uncalculated:
                texts[position] = "="
                faults[line, position] = _("这一格的公式还没有计算过；请用 Excel 或 WPS 打开并保存一次后重试。")
            elif cell.data_type == "e":
                faults[line, position] = _("这一格是错误值 {value}；请改正后重试。").format(value=cell.value)
        while texts and not texts[-1].strip():
            texts.pop()
        if texts:
            rows.append((line, texts))
        if len(rows) > MOST_ROWS or line > _LAST_LINE:
            raise source.too_many_rows()
    return rows, faults


def _fill_merged(
    source: Source, rows: Sequence[tuple[int, list[str]]], areas: Sequence[_Area]
) -> dict[int, list[range]]:
    """Write the value of each merged area into all of its cells; return the positions filled from a line above.

    Rows that have nothing of their own were left out as blank and stay out.
    """
    lines = [line for line, _texts in rows]
    width = max((len(texts) for _line, texts in rows), default=0)
    repeated: dict[int, list[range]] = defaultdict(list)
    filled = 0
    for area in areas:
        inside = rows[bisect_left(lines, area.line) : bisect_left(lines, area.below)]
        span = range(area.start, min(area.stop, width))
        filled += len(inside) * len(span)
        if filled > _MOST_MERGED:
            raise source.problem(_("合并的单元格太多；请取消合并或另存为 CSV 后重试。"))
        if not span or not inside or inside[0][0] != area.line:
            continue  # nothing is written in it
        value = "".join(inside[0][1][area.start : area.start + 1])
        for line, texts in inside:
            texts.extend([""] * (span.stop - len(texts)))
            texts[span.start : span.stop] = [value] * len(span)
            if line > area.line:
                repeated[line].append(span)
    return dict(repeated)


def _text(cell: Cell | MergedCell) -> str:
    """Return what a person sees in a cell of general format."""
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, float):
        return f"{value:.15g}"  # Excel computes with more digits than it shows
    if isinstance(value, datetime.datetime):
        whole_day = value.time() == datetime.time()
        return value.date().isoformat() if whole_day else value.isoformat(sep=" ", timespec="seconds")
    return str(value).replace("_x000D_", "\r")  # how XLSX spells the character
