"""Tables from files: finds out what a file is, and where in it the table begins."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from openpyxl.utils import get_column_letter

from queqiao.core.errors import InputError
from queqiao.core.i18n import _
from queqiao.imports.columns import Column, Layout, resolve_header
from queqiao.imports.csv_files import LONGEST_CELL, read_csv
from queqiao.imports.tables import RawRow, Source, Table
from queqiao.imports.xlsx_files import read_xlsx

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

    source: Source
    headings: dict[str, str]
    rows: tuple[SheetRow, ...]


def read_sheet(path: Path, columns: Sequence[Column]) -> Sheet:
    """Read the first table in the file that has the required columns.

    Raises InputError where the file cannot be read, is empty, has no such table, or has no rows in it.
    """
    others = []
    for table in read_tables(path, columns):
        sheet = find_sheet(table, columns)
        if sheet is not None:
            return sheet
        others.append(table)
    raise _no_header(others, columns)


def read_tables(path: Path, columns: Sequence[Column]) -> Iterator[Table]:
    """Yield the tables of the file that have rows, whatever they hold; a CSV is split as fits ``columns`` best.

    Raises InputError where the file cannot be read or is empty.
    """
    empty = True
    for table in _tables(path, _content(path), columns):
        if table.rows:
            empty = False
            yield table
    if empty:
        raise InputError(_("文件是空的；请检查是否选错了文件。"), path=path)


def find_sheet(table: Table, columns: Sequence[Column]) -> Sheet | None:
    """Return the table by its columns, None where it has no row that names the required ones."""
    header = _find_header(table.rows, columns)
    return None if header is None else _sheet(table, *header)


def _named(cells: Sequence[str], columns: Sequence[Column]) -> int:
    """Return how many columns a row names, 0 where a required one is missing."""
    layout = resolve_header(cells, columns)
    return 0 if layout.missing else len(layout.positions)


def _find_header(rows: Sequence[RawRow], columns: Sequence[Column]) -> tuple[int, Layout] | None:
    """Return the position and the layout of the first row that names most columns, all required ones among them."""
    counts = [_named(cells, columns) for _line, cells in rows[:_HEADER_WITHIN]]
    best = max(counts, default=0)
    if not best:
        return None
    index = counts.index(best)
    return index, resolve_header(rows[index][1], columns)


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST_FILE + 1)
    except FileNotFoundError as error:
        raise InputError(_("文件不存在；请检查路径。"), path=path) from error
    except IsADirectoryError as error:
        raise InputError(_("这是文件夹，不是文件；请给出表格文件。"), path=path) from error
    except OSError as error:
        raise InputError(_("文件无法读取（{reason}）。").format(reason=error.strerror), path=path) from error
    if len(content) > _LARGEST_FILE:
        raise InputError(_("文件超过 100 MB；请拆成几个文件。"), path=path)
    return content


def _tables(path: Path, content: bytes, columns: Sequence[Column]) -> Iterator[Table]:
    if content.startswith(b"PK\x03\x04"):
        yield from read_xlsx(path, content)
    elif content.startswith(b"\xd0\xcf\x11\xe0"):
        message = _("这是旧的 XLS 格式或加了密码的工作簿；请去掉密码并另存为 XLSX 后重试。")
        raise InputError(message, path=path)
    elif path.suffix.lower() == ".xlsx":
        raise InputError(_("文件名以 .xlsx 结尾，内容却不是 XLSX；请在表格软件里另存为 XLSX。"), path=path)
    else:
        yield read_csv(path, content, lambda cells: _named(cells, columns), _HEADER_WITHIN)


def _sheet(table: Table, index: int, layout: Layout) -> Sheet:
    line, header = table.rows[index]
    if layout.clash:
        message = _("“{first}”和“{second}”是同一列；请只留一列。").format(first=layout.clash[0], second=layout.clash[1])
        raise table.source.problem(message, line=line)
    width = len(header) if table.delimited else None
    rows = tuple(
        _row(table, layout, row, width) for row in table.rows[index + 1 :] if not _continues(table, layout, row)
    )
    if not rows:
        raise table.source.problem(_("表头下面没有数据；请检查是否选错了文件。"), line=line)
    return Sheet(table.source, layout.headings, rows)


def _continues(table: Table, layout: Layout, row: RawRow) -> bool:
    """Say whether a row shows nothing but merged cells begun above: it belongs to the record or header there."""
    line, cells = row
    above = table.repeated.get(line, ())
    shown = [
        position
        for positions in layout.positions.values()
        for position in positions
        if position < len(cells) and cells[position].strip()
    ]
    return bool(shown) and all(any(position in span for span in above) for position in shown)


def _row(table: Table, layout: Layout, row: RawRow, width: int | None) -> SheetRow:
    line, cells = row
    if width is not None and any(cell.strip() for cell in cells[width:]):
        message = _("这一行比表头多出单元格；单元格里有分隔符时，请给它加上引号。")
        raise table.source.problem(message, line=line)
    values: dict[str, str] = {}
    for name, positions in layout.positions.items():
        for position in positions:
            if (line, position) in table.faults:
                column = f"{get_column_letter(position + 1)} {layout.headings[name]}"
                raise table.source.problem(table.faults[line, position], line=line, column=column)
        texts = [cells[position].translate(_CONTROLS) for position in positions if position < len(cells)]
        if len(positions) > 1:
            texts = [text for text in dict.fromkeys(texts) if text.strip()]
        values[name] = "\n".join(texts)
        if len(values[name]) > LONGEST_CELL:
            message = _("这一格超过 {limit} 个字符；请拆开。").format(limit=LONGEST_CELL)
            raise table.source.problem(message, line=line, column=layout.headings[name])
    return SheetRow(line, values)


def _no_header(tables: Sequence[Table], columns: Sequence[Column]) -> InputError:
    """Report the row that comes nearest to a header: titles above it are no help to the reader."""
    candidates = [(table, row) for table in tables for row in table.rows[:_HEADER_WITHIN]]
    table, (line, cells) = max(
        candidates,
        key=lambda entry: (len(resolve_header(entry[1][1], columns).positions), sum(map(bool, entry[1][1]))),
    )
    missing = resolve_header(cells, columns).missing
    wanted = _("、").join(f"{column.name}（{column.headings[0]}）" for column in missing)
    found = _("、").join(cell.strip()[:20] for cell in cells if cell.strip())
    message = _("缺少列：{wanted}；找到的列：{found}。请补上表头后重试。").format(wanted=wanted, found=found)
    return table.source.problem(message, line=line)
