"""Records from sheets: what ``queqiao`` reads, with every rule that a row must keep."""

import math
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from queqiao.core.errors import InputError
from queqiao.core.i18n import _
from queqiao.engine.classification.classifier import MOST_EXAMPLES, Example
from queqiao.engine.records import Achievement, Expert, ExpertItem, Need, Pair
from queqiao.imports import columns
from queqiao.imports.sheets import Sheet, SheetRow, read_sheet

# For a column of ids: those there are, and what to say of another one, with ``{id}`` for it. Readers raise InputError
# that names the place of such a one.
Known = Mapping[str, tuple[Collection[str], str]]
NOTHING_KNOWN: Known = {}

_FIRST_YEAR, _LAST_YEAR = 1900, 2100
_LEAST_WEIGHT, _MOST_WEIGHT = 0.01, 100.0


@dataclass(frozen=True, slots=True)
class Judgement:
    """A person's grade of a pair: 4 strong, 3 fairly strong, 2 weak, 1 unrelated; ``weight`` grades of weight 1."""

    need_id: str
    achievement_id: str
    level: int
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class MatchRow:
    """A row of a result table; ``level`` is None where the table has no such column."""

    need_id: str
    candidate_id: str
    score: float
    level: int | None


def read_needs(path: Path) -> tuple[Need, ...]:
    """Read technology needs."""
    sheet = read_sheet(path, columns.NEED_COLUMNS)
    return tuple(Need(**cells) for cells in _titled(sheet))


def read_achievements(path: Path) -> tuple[Achievement, ...]:
    """Read achievements."""
    sheet = read_sheet(path, columns.ACHIEVEMENT_COLUMNS)
    return tuple(Achievement(**cells) for cells in _titled(sheet))


def read_experts(path: Path) -> tuple[Expert, ...]:
    """Read experts."""
    sheet = read_sheet(path, columns.EXPERT_COLUMNS)
    ids = _ids(sheet, "id")
    return tuple(Expert(**_trimmed(row) | {"id": one}) for one, row in zip(ids, sheet.rows, strict=True))


def read_records(path: Path, known: Known = NOTHING_KNOWN) -> tuple[ExpertItem, ...]:
    """Read the items of experts' records; the same item may stand under several experts."""
    sheet = read_sheet(path, columns.RECORD_COLUMNS)
    numbered = "item_id" not in sheet.headings
    items: list[ExpertItem] = []
    seen: dict[tuple[str, ...], int] = {}
    for number, row in enumerate(sheet.rows, 1):
        cells = _trimmed(row)
        _require_text(sheet, row, ("title", "text"))
        owner = _filled(sheet, row, "expert_id")
        require_known(sheet, row, {"expert_id": owner}, known)
        item_id = str(number) if numbered else _filled(sheet, row, "item_id")
        _require_first(sheet, row, "item_id", (owner, item_id), seen)
        items.append(ExpertItem(item_id, owner, cells["title"], cells.get("text", ""), _year(sheet, row)))
    return tuple(items)


def read_pairs(path: Path, known: Known = NOTHING_KNOWN) -> tuple[tuple[int, Pair], ...]:
    """Read pairs, each with its line; a pair may stand once."""
    sheet = read_sheet(path, columns.PAIR_COLUMNS)
    return tuple((row.line, pair) for row, pair in _of_known(sheet, _unique_pairs(sheet, "achievement_id"), known))


def read_judgements(path: Path, known: Known = NOTHING_KNOWN, *, repeated: bool = False) -> tuple[Judgement, ...]:
    """Read grades; a pair may be graded once, or where ``repeated`` by several people, who need not agree."""
    sheet = read_sheet(path, columns.JUDGEMENT_COLUMNS)
    pairs = (_pairs if repeated else _unique_pairs)(sheet, "achievement_id")
    return tuple(
        Judgement(pair.need_id, pair.achievement_id, _level(sheet, row), _weight(sheet, row))
        for row, pair in _of_known(sheet, pairs, known)
    )


def read_matches(path: Path) -> tuple[MatchRow, ...]:
    """Read a table of results, of achievements or of experts."""
    sheet = read_sheet(path, columns.MATCH_COLUMNS)
    has_level = "level" in sheet.headings
    return tuple(
        MatchRow(
            pair.need_id,
            pair.achievement_id,
            _number(sheet, row, "score"),
            _level(sheet, row) if has_level else None,
        )
        for row, pair in _unique_pairs(sheet, "candidate_id")
    )


def known_ids(needs: Iterable[Need], achievements: Iterable[Achievement]) -> Known:
    """Return what ``read_pairs`` and ``read_judgements`` hold against the ids of their rows."""
    return {
        "need_id": ({need.id for need in needs}, _("需求表中没有编号 {id}；请核对两张表。")),
        "achievement_id": ({one.id for one in achievements}, _("成果表中没有编号 {id}；请核对两张表。")),
    }


def read_texts(path: Path) -> tuple[tuple[str, str], ...]:
    """Read ids and texts; the texts stay exactly as they stand, because offsets point into them."""
    sheet = read_sheet(path, columns.TEXT_COLUMNS)
    return tuple(zip(_ids(sheet, "id"), (row.cells["text"] for row in sheet.rows), strict=True))


def read_labelled(path: Path) -> tuple[Example, ...]:
    """Read labelled texts to learn from: at least two labels, no empty one, and no more rows than can be held."""
    sheet = read_sheet(path, columns.LABELLED_COLUMNS)
    _ids(sheet, "id")
    examples = tuple(Example(_filled(sheet, row, "label"), row.cells["text"]) for row in sheet.rows)
    if len(examples) > MOST_EXAMPLES:
        message = _("有 {count} 行，最多能学 {limit} 行；请每个标签只留一部分。")
        raise sheet.source.problem(message.format(count=len(examples), limit=MOST_EXAMPLES))
    if len({one.label for one in examples}) < 2:
        message = _("所有行都是同一个标签“{label}”；至少要有两个标签才能分类。").format(label=examples[0].label[:20])
        raise sheet.source.problem(message, column=sheet.headings["label"])
    return examples


def read_words(path: Path) -> tuple[str, ...]:
    """Read the operator's domain words from a text file, one a line; lines that begin with # are notes."""
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise InputError(_("领域词表不是 UTF-8 编码；请另存为 UTF-8 后重试。"), path=path) from error
    except OSError as error:
        raise InputError(_("文件无法读取（{reason}）。").format(reason=error.strerror), path=path) from error
    return tuple(line.strip() for line in lines if line.strip() and not line.startswith("#"))


def _titled(sheet: Sheet) -> Iterator[dict[str, str]]:
    for one, row in zip(_ids(sheet, "id"), sheet.rows, strict=True):
        _require_text(sheet, row, ("title", "description"))
        yield _trimmed(row) | {"id": one}


def _ids(sheet: Sheet, column: str) -> list[str]:
    """Return the rows' ids, which must be unique; without such a column the rows are numbered from 1."""
    if column not in sheet.headings:
        return [str(number) for number in range(1, len(sheet.rows) + 1)]
    seen: dict[tuple[str, ...], int] = {}
    ids = [_filled(sheet, row, column) for row in sheet.rows]
    for one, row in zip(ids, sheet.rows, strict=True):
        _require_first(sheet, row, column, (one,), seen)
    return ids


def _pairs(sheet: Sheet, other: str) -> Iterator[tuple[SheetRow, Pair]]:
    for row in sheet.rows:
        yield row, Pair(_filled(sheet, row, "need_id"), _filled(sheet, row, other))


def _unique_pairs(sheet: Sheet, other: str) -> Iterator[tuple[SheetRow, Pair]]:
    seen: dict[Pair, int] = {}
    for row, pair in _pairs(sheet, other):
        if pair in seen:
            message = _("这一对与第 {first} 行重复；请只留一行。").format(first=seen[pair])
            raise _problem(sheet, row, "need_id", message)
        seen[pair] = row.line
        yield row, pair


def _of_known(sheet: Sheet, pairs: Iterable[tuple[SheetRow, Pair]], known: Known) -> Iterator[tuple[SheetRow, Pair]]:
    for row, pair in pairs:
        require_known(sheet, row, {"need_id": pair.need_id, "achievement_id": pair.achievement_id}, known)
        yield row, pair


def require_known(sheet: Sheet, row: SheetRow, ids: Mapping[str, str], known: Known) -> None:
    """Raise InputError for the first of a row's ids, by column, that is not known."""
    for column, given in ids.items():
        if column in known and given not in known[column][0]:
            raise _problem(sheet, row, column, known[column][1].format(id=given))


def _require_first(
    sheet: Sheet, row: SheetRow, column: str, key: tuple[str, ...], seen: dict[tuple[str, ...], int]
) -> None:
    if key in seen:
        message = _("编号 {id} 与第 {first} 行重复；请改为不同的编号。").format(id=key[-1], first=seen[key])
        raise _problem(sheet, row, column, message)
    seen[key] = row.line


def _trimmed(row: SheetRow) -> dict[str, str]:
    return {name: text.strip() for name, text in row.cells.items()}


def _filled(sheet: Sheet, row: SheetRow, column: str) -> str:
    text = row.cells[column].strip()
    if not text:
        raise _problem(sheet, row, column, _("这一格是空的；请补上。"))
    return text


def _require_text(sheet: Sheet, row: SheetRow, names: Sequence[str]) -> None:
    if not any(row.cells.get(name, "").strip() for name in names):
        raise _problem(sheet, row, names[0], _("名称和描述都是空的；请至少填一项，或删去这一行。"))


def _year(sheet: Sheet, row: SheetRow) -> int | None:
    text = row.cells.get("year", "").strip()
    if not text:
        return None
    digits = text.removesuffix("年")
    if not (digits.isascii() and digits.isdigit() and len(digits) == 4 and _FIRST_YEAR <= int(digits) <= _LAST_YEAR):
        message = _("“{text}”不是 {first} 到 {last} 之间的年份；请写成四位数，或留空。")
        raise _problem(sheet, row, "year", message.format(text=text[:20], first=_FIRST_YEAR, last=_LAST_YEAR))
    return int(digits)


def _level(sheet: Sheet, row: SheetRow) -> int:
    text = row.cells["level"].strip()
    if text not in ("1", "2", "3", "4"):
        raise _problem(sheet, row, "level", _("“{text}”不是等级；等级是 1、2、3、4 之一。").format(text=text[:20]))
    return int(text)


def _weight(sheet: Sheet, row: SheetRow) -> float:
    if not row.cells.get("weight", "").strip():
        return 1.0
    weight = _number(sheet, row, "weight")
    if not _LEAST_WEIGHT <= weight <= _MOST_WEIGHT:
        message = _("权重“{text}”不在 {least} 到 {most} 之间；不填就是 1。")
        text = row.cells["weight"].strip()[:20]
        raise _problem(sheet, row, "weight", message.format(text=text, least=_LEAST_WEIGHT, most=_MOST_WEIGHT))
    return weight


def _number(sheet: Sheet, row: SheetRow, column: str) -> float:
    text = row.cells[column].strip()
    try:
        number = float(text)
    except ValueError:
        number = float("nan")
    if not math.isfinite(number):
        raise _problem(sheet, row, column, _("“{text}”不是数。").format(text=text[:20]))
    return number


def _problem(sheet: Sheet, row: SheetRow, column: str, message: str) -> InputError:
    return sheet.source.problem(message, line=row.line, column=sheet.headings.get(column, column))
