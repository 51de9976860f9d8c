"""Reads CSV files as they come: UTF-8 or GB18030, with commas, tabs or semicolons."""

import csv
import io
import itertools
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

from queqiao.core.errors import InputError
from queqiao.core.i18n import _
from queqiao.imports.tables import MOST_ROWS, RawRow, Source, Table

LONGEST_CELL = 1_000_000  # characters
_DELIMITERS = ",\t;"
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_LINE_END = re.compile(r"\r\n?|\n")
_QUOTED = re.compile(r'"[^"]*"')

# GB18030 leaves these to its users, and texts do not have them; Big5 read as GB18030 is full of them.
_USER_DEFINED = range(0xE000, 0xE766)
# Planes of ideographs, to which Unicode adds more often than Python learns of it.
_RARE_IDEOGRAPHS = range(0x20000, 0x40000)


def read_csv(path: Path, content: bytes, named: Callable[[Sequence[str]], int], header_within: int) -> Table:
    """Read the records that are not blank, each with the line on which it begins.

    ``named`` says how many columns a row names, 0 where it is no header; the delimiter is the one with which a line
    among the first ``header_within`` names most. Raises InputError for an unknown or mixed encoding, an open
    quotation mark, an endless cell or too many rows.
    """
    text = decode(path, content)
    first = list(itertools.islice(io.StringIO(text, newline=""), header_within))
    rows = _records(Source(path), text, _delimiter(first, named))
    return Table(Source(path), rows, delimited=True)


def _records(source: Source, text: str, delimiter: str) -> list[RawRow]:
    csv.field_size_limit(LONGEST_CELL)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows: list[RawRow] = []
    line = 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                rows.append((line, tuple(cells)))
            if len(rows) > MOST_ROWS:
                raise source.too_many_rows()
            line = reader.line_num + 1
    except csv.Error as error:
        raise source.problem(_csv_problem(str(error)), line=line) from error
    return rows


def decode(path: Path, content: bytes) -> str:
    """Decode a whole file as UTF-8 or as GB18030, never a mixture; InputError names the line that breaks it."""
    if content.startswith(_UTF16_MARKS):
        raise InputError(_("文件是 UTF-16 编码；请另存为“CSV UTF-8”后重试。"), path=path)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        pass
    _refuse_mixture(path, content)
    try:
        text = content.decode("gb18030").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        raise _unknown_encoding(path, len(content[: error.start + 1].splitlines())) from error
    strange = "".join(letter for letter in set(text) if _is_strange(letter))
    if strange:
        place = min(text.index(letter) for letter in strange)
        raise _unknown_encoding(path, len(_LINE_END.findall(text, 0, place)) + 1)
    return text


def _is_strange(letter: str) -> bool:
    code = ord(letter)
    return code in _USER_DEFINED or (unicodedata.category(letter) == "Cn" and code not in _RARE_IDEOGRAPHS)


def _refuse_mixture(path: Path, content: bytes) -> None:
    """Find lines of the other encoding in a file that is not UTF-8 as a whole."""
    lines = content.splitlines()
    kinds = [_line_kind(line) for line in lines]
    counts = Counter(kinds)
    if not counts["utf-8"] or not counts["other"]:
        return
    rare = kinds.index("other" if counts["utf-8"] >= counts["other"] else "utf-8")
    try:
        lines[rare].decode("gb18030")
    except UnicodeDecodeError as error:
        if kinds[rare] == "other":
            raise _unknown_encoding(path, rare + 1) from error
    message = _("这一行的编码与其余各行不同（UTF-8 与 GB18030 混用）；请把整个文件另存为“CSV UTF-8”后重试。")
    raise InputError(message, path=path, line=rare + 1)


def _line_kind(line: bytes) -> str:
    """Return "plain", "utf-8", "other", or "unsure" for a line too short to tell.

    Chinese characters take three bytes in UTF-8. GB18030 text that happens to be valid UTF-8 exists (联通 is the
    famous case), but not with two such characters in the common range.
    """
    if line.isascii():
        return "plain"
    try:
        letters = line.decode("utf-8")
    except UnicodeDecodeError:
        return "other"
    return "utf-8" if sum("\u3000" <= letter <= "\u9fff" for letter in letters) >= 2 else "unsure"


def _unknown_encoding(path: Path, line: int) -> InputError:
    message = _("这一行既不是 UTF-8 也不是 GB18030 编码；请另存为“CSV UTF-8”后重试。")
    return InputError(message, path=path, line=line)


def _delimiter(lines: Sequence[str], named: Callable[[Sequence[str]], int]) -> str:
    """Return the delimiter of the header; where no line is one, the most frequent of the first line that has any."""
    counts = {(line, delimiter): named(_cells(line, delimiter)) for line in lines for delimiter in _DELIMITERS}
    best = max(counts.values(), default=0)
    if best:  # a line without any delimiter reads the same with each: the comma stands first
        return next(delimiter for (_line, delimiter), count in counts.items() if count == best)
    bare = (_QUOTED.sub("", line) for line in lines)
    first = next((line for line in bare if any(delimiter in line for delimiter in _DELIMITERS)), "")
    return max(_DELIMITERS, key=first.count)


def _cells(line: str, delimiter: str) -> list[str]:
    """Split a line that may be a header; one that is no whole record is none."""
    try:
        return next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:
        return []


def _csv_problem(error: str) -> str:
    if "field larger" in error:
        return _("有一格超过 {limit} 个字符；请检查引号是否成对。").format(limit=LONGEST_CELL)
    return _("从这一行开始引号不成对；请检查单元格里的引号后重试。")
