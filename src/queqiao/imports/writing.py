"""Results into files: whole or not at all, the same bytes for the same content."""

import csv
import io
import os
import re
import tempfile
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from openpyxl import Workbook
from openpyxl.cell import Cell, WriteOnlyCell

from queqiao.core.errors import InputError
from queqiao.core.i18n import _

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
_STAMP = (1980, 1, 1, 0, 0, 0)  # the earliest time that an archive can carry
_MODIFIED = re.compile(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*")
_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_MOST_XLSX_LINES, _LONGEST_XLSX_CELL = 1_048_576, 32_767  # what the format holds


def check_writable(path: Path) -> None:
    """Raise InputError now rather than after long work, where ``path`` cannot be written."""
    try:
        _refuse_special(path)
        with tempfile.TemporaryFile(dir=path.parent):
            pass
    except OSError as error:
        raise _unwritable(path, error) from error


@contextmanager
def atomic_output(path: Path) -> Iterator[IO[bytes]]:
    """Open a file for bytes that becomes ``path`` when the block ends.

    However the block ends otherwise, what stood at ``path`` before stays and nothing is left beside it. Raises
    InputError where the file cannot be written.
    """
    temporary: Path | None = None
    try:
        _refuse_special(path)
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".queqiao-", delete=False) as file:
            temporary = Path(file.name)
            yield file
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(0o666 & ~_umask())
        temporary.replace(path)
    except OSError as error:
        raise _unwritable(path, error) from error
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write a text as UTF-8 in one step."""
    with atomic_output(path) as file:
        file.write(text.encode("utf-8", errors="replace"))


def write_csv(
    path: Path, header: Sequence[str], rows: Iterable[Sequence[object]], *, texts: Sequence[str] = ()
) -> None:
    """Write a table in one step, as XLSX where the name ends so, else as CSV in UTF-8 without a mark.

    Cells of the columns named in ``texts`` that a spreadsheet would take for a formula get a leading apostrophe.
    """
    guarded = {header.index(name) for name in texts}
    table = [[_guard(str(cell)) if position in guarded else cell for position, cell in enumerate(row)] for row in rows]
    if path.suffix.lower() == ".xlsx":
        content = _workbook(path, header, table)
        with atomic_output(path) as file:
            file.write(content)
        return
    lines = _Lines()
    writer = csv.writer(lines)
    writer.writerow(header)
    writer.writerows(table)
    write_text(path, "".join(lines.texts))


class _Lines:
    """Ends lines with LF; csv is left to end them with CR LF, because it quotes only the ends that it writes."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def write(self, line: str) -> None:
        self.texts.append(line.removesuffix("\r\n") + "\n")


def _guard(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


def _workbook(path: Path, header: Sequence[str], rows: Sequence[Sequence[object]]) -> bytes:
    texts = (cell for row in (header, *rows) for cell in row if isinstance(cell, str))
    if len(rows) >= _MOST_XLSX_LINES or any(len(text) > _LONGEST_XLSX_CELL for text in texts):
        message = _("结果放不进 XLSX（最多 {lines} 行，每格最多 {length} 个字符），什么也没有写；请改写成 CSV。")
        raise InputError(message.format(lines=_MOST_XLSX_LINES, length=_LONGEST_XLSX_CELL), path=path)
    workbook = Workbook(write_only=True)
    sheet = workbook.create_sheet("queqiao")
    for row in (header, *rows):
        cells = [WriteOnlyCell(sheet, _NOT_IN_XML.sub(" ", cell)) if isinstance(cell, str) else cell for cell in row]
        for cell in cells:
            if isinstance(cell, Cell):
                cell.data_type = "s"  # what looks like a formula or an error stays text
        sheet.append(cells)
    buffer = io.BytesIO()
    workbook.save(buffer)
    return _timeless(buffer.getvalue())


def _timeless(content: bytes) -> bytes:
    """Pack a workbook again without the time at which it was made."""
    result = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(result, "w") as new:
        for name in sorted(old.namelist()):
            part = old.read(name)
            if name == "docProps/core.xml":
                part = _MODIFIED.sub(rb"\g<1>1980-01-01T00:00:00Z", part)
            new.writestr(zipfile.ZipInfo(name, _STAMP), part, compress_type=zipfile.ZIP_DEFLATED)
    return result.getvalue()


def _umask() -> int:
    current = os.umask(0)
    os.umask(current)
    return current


def _refuse_special(path: Path) -> None:
    """Refuse folders, and devices and pipes too, which a result must not replace."""
    if path.is_dir():
        raise InputError(_("这是文件夹，不能写成文件；请给出文件名。"), path=path)
    if path.exists() and not path.is_file():
        raise InputError(_("这是设备或管道，不能写成文件；请给出文件名。"), path=path)


def _unwritable(path: Path, error: OSError) -> InputError:
    if not path.parent.is_dir():
        message = _("文件夹 {folder} 不存在，什么也没有写；请先建立它，或换一个文件夹。").format(folder=path.parent)
    else:
        message = _("无法写入（{reason}），什么也没有写；请换一个可写的文件夹。").format(reason=error.strerror)
    return InputError(message, path=path)
