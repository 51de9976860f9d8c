"""Results into files: whole or not at all, the same bytes for the same content."""

import csv
import io
import os
import re
import tempfile
import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from openpyxl import Workbook

from queqiao.core.errors import InputError
from queqiao.core.i18n import _

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
_STAMP = (1980, 1, 1, 0, 0, 0)  # the earliest time that an archive can carry
_MODIFIED = re.compile(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*")


def check_writable(path: Path) -> None:
    """Raise InputError now rather than after long work, where ``path`` cannot be written."""
    if path.is_dir():
        raise InputError(_("这是文件夹，不能写成文件；请给出文件名。"), path=path)
    try:
        with tempfile.TemporaryFile(dir=path.parent):
            pass
    except OSError as error:
        raise _unwritable(path, error) from error


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file in one step: it is complete, or what stood there before stays."""
    temporary: Path | None = None
    try:
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
            temporary = Path(file.name)
            file.write(content)
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
    write_bytes(path, text.encode("utf-8", errors="replace"))


def write_csv(
    path: Path, header: Sequence[str], rows: Iterable[Sequence[object]], *, texts: Sequence[str] = ()
) -> None:
    """Write a table, as XLSX where the name ends so, else as CSV in UTF-8.

    Cells of the columns named in ``texts`` that a spreadsheet would take for a formula get a leading apostrophe.
    """
    guarded = {header.index(name) for name in texts}
    table = [[_guard(str(cell)) if position in guarded else cell for position, cell in enumerate(row)] for row in rows]
    if path.suffix.lower() == ".xlsx":
        write_bytes(path, _workbook(header, table))
        return
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(table)
    write_text(path, buffer.getvalue())


def _guard(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


def _workbook(header: Sequence[str], rows: Sequence[Sequence[object]]) -> bytes:
    workbook = Workbook(write_only=True)
    sheet = workbook.create_sheet("queqiao")
    sheet.append(list(header))
    for row in rows:
        sheet.append(list(row))
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


def _unwritable(path: Path, error: OSError) -> InputError:
    message = _("无法写入（{reason}），什么也没有写；请换一个可写的文件夹。").format(reason=error.strerror)
    return InputError(message, path=path)
