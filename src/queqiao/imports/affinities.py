"""How well which expert serves which need: a matrix of experts by needs, or a table with a row for each pair."""

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from queqiao.core.errors import InputError
from queqiao.core.i18n import _
from queqiao.imports.columns import AFFINITY_COLUMNS, CONFLICT_COLUMNS
from queqiao.imports.records import Known, require_known
from queqiao.imports.sheets import Sheet, SheetRow, find_sheet, read_sheet, read_tables
from queqiao.imports.tables import Table

_NPY = b"\x93NUMPY"
_MOST_PAIRS = 100_000_000


@dataclass(frozen=True, slots=True)
class Affinity:
    """The names of both sides, and the pairs that may be: indices of need and expert, and the value."""

    needs: tuple[str, ...]
    experts: tuple[str, ...]
    need: NDArray[np.int32]
    expert: NDArray[np.int32]
    value: NDArray[np.float64]


def read_affinity(path: Path, conflicts: Path | None = None) -> Affinity:
    """Read the values, without the pairs that the other table forbids; InputError where either cannot be read."""
    affinity = _read_npy(path) if _is_npy(path) else _read_table(path)
    return affinity if conflicts is None else _without(affinity, conflicts)


def _is_npy(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(len(_NPY)) == _NPY
    except OSError:
        return False  # the reader of tables says what is wrong


def _read_npy(path: Path) -> Affinity:
    try:
        matrix = np.load(path, allow_pickle=False)
    except (ValueError, EOFError, OSError) as error:
        raise InputError(_("NPY 文件已损坏，或装的不是数；请重新导出。"), path=path) from error
    if matrix.ndim != 2 or matrix.dtype.kind not in "biuf":
        message = _("要的是二维的数（行为专家，列为需求）；这里是 {shape}，类型 {type}。")
        raise InputError(message.format(shape=matrix.shape, type=matrix.dtype), path=path)
    experts, needs = (tuple(map(str, range(size))) for size in matrix.shape)
    return _of_matrix(path, needs, experts, matrix)


def _of_matrix(path: Path, needs: tuple[str, ...], experts: tuple[str, ...], matrix: NDArray[np.generic]) -> Affinity:
    """Take the pairs out of a matrix of experts by needs."""
    if not needs or not experts:
        raise InputError(_("没有一行一列的数；请检查是否选错了文件。"), path=path)
    if matrix.size > _MOST_PAIRS:
        raise InputError(_("超过 {limit} 对；请改用逐对的表，只列可派的。").format(limit=_MOST_PAIRS), path=path)
    by_need = matrix.T.astype(np.float64)
    if np.isinf(by_need).any():
        need, expert = np.argwhere(np.isinf(by_need))[0]
        message = _("专家 {expert}、需求 {need} 的值是无穷大；请改为数，不可派的写 NaN。")
        raise InputError(message.format(expert=experts[expert], need=needs[need]), path=path)
    need, expert = np.nonzero(~np.isnan(by_need))
    return Affinity(needs, experts, need.astype(np.int32), expert.astype(np.int32), by_need[need, expert])


def _read_table(path: Path) -> Affinity:
    table = next(read_tables(path, AFFINITY_COLUMNS))
    sheet = find_sheet(table, AFFINITY_COLUMNS)
    if sheet is not None:
        return _of_pairs(sheet)
    _check_shape(table)
    named = not _is_value(table.rows[0][1][0])
    body = table.rows[1:] if named else table.rows
    columns = table.rows[0][1]
    if named:
        needs = _names(table, [(table.rows[0][0], name) for name in columns[1:]])
        experts = _names(table, [(line, cells[0]) for line, cells in body])
        _refuse_values_as_names(table, needs + experts)
    else:
        needs, experts = (tuple(map(str, range(size))) for size in (len(columns), len(body)))
    matrix = np.full((len(experts), len(needs)), np.nan)
    for place, (line, cells) in enumerate(body):
        values = cells[named:]
        matrix[place, : len(values)] = [
            _value(table, line, need, text) for need, text in zip(needs, values, strict=False)
        ]
    return _of_matrix(path, needs, experts, matrix)


def _check_shape(table: Table) -> None:
    """Refuse rows of different widths, and blank ones, which would shift the numbers of those below."""
    width = len(table.rows[0][1])
    for place, (line, cells) in enumerate(table.rows):
        if line != place + 1 and _is_value(table.rows[0][1][0]):
            message = _("这一行之前有空行；没有可派之处的专家请写一行 NaN。")
            raise table.source.problem(message, line=line)
        if len(cells) > width or (table.delimited and len(cells) < width):
            message = _("这一行有 {found} 格，第一行有 {width} 格；每行的格数要相同。")
            raise table.source.problem(message.format(found=len(cells), width=width), line=line)
        for position in range(len(cells)):
            if (line, position) in table.faults:
                raise table.source.problem(table.faults[line, position], line=line)


def _is_value(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _names(table: Table, cells: list[tuple[int, str]]) -> tuple[str, ...]:
    seen: dict[str, int] = {}
    for line, cell in cells:
        name = cell.strip()
        if not name:
            raise table.source.problem(_("有一个名称是空的；请补上。"), line=line)
        if name in seen:
            raise table.source.problem(_("名称“{name}”出现了两次；请改为不同的名称。").format(name=name), line=line)
        seen[name] = line
    return tuple(seen)


def _refuse_values_as_names(table: Table, names: tuple[str, ...]) -> None:
    """Refuse a matrix without names whose first cell is empty: its first row would be taken for names."""
    if all(map(_is_value, names)) and not all(name.isdecimal() for name in names):
        message = _("第一格不是数，第一行和第一列却都是数，看不出是名称还是值；没有名称时，第一格请写数或 NaN。")
        raise table.source.problem(message, line=table.rows[0][0])


def _value(table: Table, line: int, column: str, text: str) -> float:
    """Return the number, NaN for an empty cell."""
    try:
        number = float(text) if text.strip() else math.nan
    except ValueError:
        number = math.inf
    if math.isinf(number):
        message = _("“{text}”不是数；不可派的请留空或写 NaN。").format(text=text.strip()[:20])
        raise table.source.problem(message, line=line, column=column)
    return number


def _of_pairs(sheet: Sheet) -> Affinity:
    needs: dict[str, int] = {}
    experts: dict[str, int] = {}
    seen: dict[tuple[int, int], int] = {}
    values = []
    table = Table(sheet.source, ())
    for row in sheet.rows:
        need, expert = _name(sheet, row, "need"), _name(sheet, row, "expert")
        pair = needs.setdefault(need, len(needs)), experts.setdefault(expert, len(experts))
        if pair in seen:
            message = _("这一对与第 {first} 行重复；请只留一行。").format(first=seen[pair])
            raise sheet.source.problem(message, line=row.line)
        seen[pair] = row.line
        values.append(_value(table, row.line, sheet.headings["value"], row.cells["value"]))
    pairs, numbers = np.array(list(seen), dtype=np.int32), np.array(values)
    allowed = ~np.isnan(numbers)
    return Affinity(tuple(needs), tuple(experts), pairs[allowed, 0], pairs[allowed, 1], numbers[allowed])


def _name(sheet: Sheet, row: SheetRow, column: str) -> str:
    text = row.cells[column].strip()
    if not text:
        raise sheet.source.problem(_("这一格是空的；请补上。"), line=row.line, column=sheet.headings[column])
    return text


def read_conflicts(path: Path, known: Known) -> tuple[tuple[str, str], ...]:
    """Read the pairs of need and expert that must not be, each once; ``known`` has both columns."""
    sheet = read_sheet(path, CONFLICT_COLUMNS)
    pairs: dict[tuple[str, str], None] = {}
    for row in sheet.rows:
        need, expert = _name(sheet, row, "need"), _name(sheet, row, "expert")
        require_known(sheet, row, {"need": need, "expert": expert}, known)
        pairs[need, expert] = None
    return tuple(pairs)


def _without(affinity: Affinity, path: Path) -> Affinity:
    needs = {name: index for index, name in enumerate(affinity.needs)}
    experts = {name: index for index, name in enumerate(affinity.experts)}
    unknown = _("--affinity 的文件中没有“{id}”；请核对两个文件。")
    conflicts = read_conflicts(path, {"need": (needs, unknown), "expert": (experts, unknown)})
    keys = [needs[need] * len(experts) + experts[expert] for need, expert in conflicts]
    own = affinity.need.astype(np.int64) * len(experts) + affinity.expert
    kept = ~np.isin(own, np.array(keys, dtype=np.int64))
    return Affinity(affinity.needs, affinity.experts, affinity.need[kept], affinity.expert[kept], affinity.value[kept])
