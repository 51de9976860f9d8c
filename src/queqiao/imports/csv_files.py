"""Reads CSV files as they come: UTF-8 or GB18030, with commas, tabs or semicolons."""

import csv
import io
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from queqiao.core.errors import InputError
from queqiao.core.i18n import _

LONGEST_CELL = 1_000_000  # characters
_DELIMITERS = ",\t;"
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")

RawRow = tuple[int, tuple[str, ...]]


def read_csv_rows(path: Path, content: bytes) -> Iterator[RawRow]:
    """Yield each record with the line on which it begins; blank lines are left out.

    Raises InputError for an unknown or mixed encoding, an open quotation mark or an endless cell.
    """
    text = decode(path, content)
    csv.field_size_limit(LONGEST_CELL)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    line = 1
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise InputError(_csv_problem(str(error)), path=path, line=line) from error
        if any(cell.strip() for cell in cells):
            yield line, tuple(cells)
        line = reader.line_num + 1


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
        return content.decode("gb18030")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        message = _("这一行既不是 UTF-8 也不是 GB18030 编码；请另存为“CSV UTF-8”后重试。")
        raise InputError(message, path=path, line=line) from error


def _refuse_mixture(path: Path, content: bytes) -> None:
    """Find lines of the other encoding in a file that is not UTF-8 as a whole."""
    kinds = [_line_kind(line) for line in content.split(b"\n")]
    counts = Counter(kinds)
    if not counts["utf-8"] or not counts["other"]:
        return
    rare = "other" if counts["utf-8"] >= counts["other"] else "utf-8"
    message = _("这一行的编码与其余各行不同（UTF-8 与 GB18030 混用）；请把整个文件另存为“CSV UTF-8”后重试。")
    raise InputError(message, path=path, line=kinds.index(rare) + 1)


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


def _delimiter(text: str) -> str:
    """Return the delimiter that occurs most often in the first line that is not blank."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    return max(_DELIMITERS, key=lambda delimiter: (first.count(delimiter), -_DELIMITERS.index(delimiter)))


def _csv_problem(error: str) -> str:
    if "field larger" in error:
        return _("有一格超过 {limit} 个字符；请检查引号是否成对。").format(limit=LONGEST_CELL)
    return _("从这一行开始引号不成对；请检查单元格里的引号后重试。")
