"""Tables from files: finds out what a file is, and where in it the table begins."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from queqiao.core.errors import InputError
from queqiao.core.i18n import _
from queqiao.imports.columns import Column, Layout, resolve_header
from queqiao.imports.csv_files import LONGEST_CELL, RawRow, read_csv_rows
from queqiao.imports.xlsx_files import read_xlsx_sheets

_LARGEST_FILE = 100_000_000  # bytes
_HEADER_WITHIN = 20  # rows: above it stand titles, notes and units of the sheet

# One for one, so that character offsets into a cell stay true.
_CONTROLS = dict.fromkeys((*range(9), 11, 12, *range(14, 32), 127), " ")


@dataclass(frozen=True, slots=True)
class SheetRow:
    """One record: where it begins in the file, and its cells by the names of the columns."""

    line: int
    cells: dict[str, str]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table read from a file; ``headings`` maps the names of the columns to the headings as written."""

    path: Path
    headings: dict[str, str]
    rows: tuple[SheetRow, ...]


def read_sheet(path: Path, columns: Sequence[Column]) -> Sheet:
    """Read the first table in the file that has the required columns.

    Raises InputError where the file cannot be read, is empty, has no such table, or has no rows in it.
    """
    tables = [rows for rows in _tables(path, _content(path)) if rows]
    if not tables:
        raise InputError(_("文件是空的；请检查是否选错了文件。"), path=path)
    for rows in tables:
        header = _find_header(rows, columns)
        if header is not None:
            return _sheet(path, rows, *header)
    raise _no_header(path, tables[0], columns)


def _find_header(rows: Sequence[RawRow], columns: Sequence[Column]) -> tuple[int, Layout] | None:
    """Return the position and the layout of the row that names most columns, all required ones among them."""
    layouts = [(index, resolve_header(cells, columns)) for index, (_line, cells) in enumerate(rows[:_HEADER_WITHIN])]
    complete = [(index, layout) for index, layout in layouts if not layout.missing]
    return max(complete, key=lambda entry: (len(entry[1].positions), -entry[0]), default=None)


def _content(path: Path) -> bytes:
    try:
        if path.stat().st_size > _LARGEST_FILE:
            raise InputError(_("文件超过 100 MB；请拆成几个文件。"), path=path)
        return path.read_bytes()
    except FileNotFoundError as error:
        raise InputError(_("文件不存在；请检查路径。"), path=path) from error
    except IsADirectoryError as error:
        raise InputError(_("这是文件夹，不是文件；请给出表格文件。"), path=path) from error
    except OSError as error:
        raise InputError(_("文件无法读取（{reason}）。").format(reason=error.strerror), path=path) from error


def _tables(path: Path, content: bytes) -> Iterator[list[RawRow]]:
    if content.startswith(b"PK\x03\x04"):
        for _name, rows in read_xlsx_sheets(path, content):
            yield rows
    elif content.startswith(b"\xd0\xcf\x11\xe0"):
        message = _("这是旧的 XLS 格式或加了密码的工作簿；请去掉密码并另存为 XLSX 后重试。")
        raise InputError(message, path=path)
    else:
        yield list(read_csv_rows(path, content))


def _sheet(path: Path, rows: Sequence[RawRow], index: int, layout: Layout) -> Sheet:
    line, body = rows[index][0], rows[index + 1 :]
    if layout.clash:
        message = _("“{first}”和“{second}”是同一列；请只留一列。").format(first=layout.clash[0], second=layout.clash[1])
        raise InputError(message, path=path, line=line)
    if not body:
        raise InputError(_("表头下面没有数据；请检查是否选错了文件。"), path=path, line=line)
    return Sheet(path, layout.headings, tuple(_row(path, layout, line, cells) for line, cells in body))


def _row(path: Path, layout: Layout, line: int, cells: Sequence[str]) -> SheetRow:
    values: dict[str, str] = {}
    for name, positions in layout.positions.items():
        texts = [cells[position].translate(_CONTROLS) for position in positions if position < len(cells)]
        texts = [text for text in texts if text.strip()] if len(positions) > 1 else texts
        values[name] = "\n".join(dict.fromkeys(texts))
        if len(values[name]) > LONGEST_CELL:
            message = _("这一格超过 {limit} 个字符；请拆开。").format(limit=LONGEST_CELL)
            raise InputError(message, path=path, line=line, column=layout.headings[name])
    return SheetRow(line, values)


def _no_header(path: Path, rows: Sequence[RawRow], columns: Sequence[Column]) -> InputError:
    line, cells = rows[0]
    missing = resolve_header(cells, columns).missing
    wanted = _("、").join(f"{column.name}（{column.headings[0]}）" for column in missing)
    found = _("、").join(cell.strip()[:20] for cell in cells if cell.strip())
    message = _("缺少列：{wanted}；找到的列：{found}。请补上表头后重试。").format(wanted=wanted, found=found)
    return InputError(message, path=path, line=line)
