"""Reads XLSX workbooks: merged cells, formulas with their last values, no surprises from the archive."""

import datetime
import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from openpyxl import load_workbook
from openpyxl.cell.cell import Cell, MergedCell
from openpyxl.utils import get_column_letter
from openpyxl.workbook.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from queqiao.core.errors import InputError
from queqiao.core.i18n import _

MOST_ROWS = 200_000
_MOST_UNPACKED = 1_000_000_000  # bytes
_MOST_RATIO = 200  # unpacked to packed; real workbooks stay below 50

RawRow = tuple[int, tuple[str, ...]]


def read_xlsx_sheets(path: Path, content: bytes) -> Iterator[tuple[str, list[RawRow]]]:
    """Yield each worksheet's name and its rows that are not blank, with their row numbers.

    A merged area has its value in every cell. Raises InputError for a damaged or oversized workbook, for a formula
    that was never calculated and for a cell that holds an error.
    """
    _refuse_bomb(path, content)
    formulas = _load(path, content, data_only=False) if _has_formulas(content) else None
    workbook = _load(path, content, data_only=True)
    for sheet in workbook.worksheets:
        if (sheet.max_row or 0) > MOST_ROWS:
            message = _("工作表“{sheet}”超过 {limit} 行；请另存为 CSV 后重试。")
            raise InputError(message.format(sheet=sheet.title, limit=MOST_ROWS), path=path)
        _fill_merged(sheet)
        yield sheet.title, _rows(path, sheet, formulas[sheet.title] if formulas else None)


def _load(path: Path, content: bytes, *, data_only: bool) -> Workbook:
    try:
        return load_workbook(io.BytesIO(content), data_only=data_only)
    except Exception as error:  # openpyxl lets whatever a damaged part causes escape
        raise InputError(_("工作簿已损坏，无法打开；请用 Excel 或 WPS 修复并另存后重试。"), path=path) from error


def _refuse_bomb(path: Path, content: bytes) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            unpacked = sum(entry.file_size for entry in archive.infolist())
    except zipfile.BadZipFile as error:
        raise InputError(_("工作簿已损坏，无法打开；请用 Excel 或 WPS 修复并另存后重试。"), path=path) from error
    if unpacked > _MOST_UNPACKED or (unpacked > 50_000_000 and unpacked > _MOST_RATIO * len(content)):
        raise InputError(_("工作簿解开后过大，未打开；请另存为 CSV 后重试。"), path=path)


def _has_formulas(content: bytes) -> bool:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        sheets = [name for name in archive.namelist() if name.startswith("xl/worksheets/") and name.endswith(".xml")]
        return any(b"<f>" in part or b"<f " in part for part in map(archive.read, sheets))


def _fill_merged(sheet: Worksheet) -> None:
    for area in list(sheet.merged_cells.ranges):
        value = sheet.cell(area.min_row, area.min_col).value
        sheet.unmerge_cells(area.coord)
        for row in sheet.iter_rows(area.min_row, area.max_row, area.min_col, area.max_col):
            for cell in row:
                cell.value = value


def _rows(path: Path, sheet: Worksheet, formulas: Worksheet | None) -> list[RawRow]:
    rows: list[RawRow] = []
    for line, cells in enumerate(sheet.iter_rows(), 1):
        texts = tuple(_text(CellPlace(path, line, column), cell, formulas) for column, cell in enumerate(cells, 1))
        if any(text.strip() for text in texts):
            rows.append((line, texts))
    return rows


@dataclass(frozen=True, slots=True)
class CellPlace:
    """Where a cell is: row and column count from 1."""

    path: Path
    line: int
    column: int

    def problem(self, message: str) -> InputError:
        """Return an error about this cell."""
        return InputError(message, path=self.path, line=self.line, column=get_column_letter(self.column))


def _text(place: CellPlace, cell: Cell | MergedCell, formulas: Worksheet | None) -> str:
    value = cell.value
    if value is None:
        if formulas is not None and formulas.cell(place.line, place.column).data_type == "f":
            raise place.problem(_("这一格的公式还没有计算过；请用 Excel 或 WPS 打开并保存一次后重试。"))
        return ""
    if cell.data_type == "e":
        raise place.problem(_("这一格是错误值 {value}；请改正后重试。").format(value=value))
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, datetime.datetime):
        whole_day = value.time() == datetime.time()
        return value.date().isoformat() if whole_day else value.isoformat(sep=" ", timespec="minutes")
    return str(value)
