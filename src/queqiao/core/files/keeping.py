"""Where files lie: each under the hash of its content, whole or not at all."""

import errno
import os
import re
import tempfile
from collections.abc import Container
from pathlib import Path
from typing import BinaryIO

from queqiao.core.errors import QueqiaoError, StorageFullError
from queqiao.core.files.intake import InspectedFile
from queqiao.core.i18n import _

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_KEPT = re.compile(r"[0-9a-f]{2}/[0-9a-f]{64}\.[a-z0-9]{1,10}")


def store(file: InspectedFile, folder: Path) -> str:
    """Keep a file below ``folder`` and return its path there, such as "3f/3f...e1.pdf"; the same content lies once.

    Once this returns, the file survives a power cut. StorageFullError where the disk has no room; nothing stays then.
    """
    path = f"{file.sha256[:2]}/{file.sha256}{file.extension}"
    target = folder / path
    try:
        if not (target.is_file() and target.stat().st_size == file.size):
            target.parent.mkdir(parents=True, exist_ok=True)
            _write(file.content, target)
    except OSError as error:
        if error.errno in _FULL:
            raise StorageFullError(
                _("服务器的存储空间不足，“{name}”没有保存；请联系运营方，稍后再试。").format(name=file.name)
            ) from error
        raise
    return path


def open_stored(folder: Path, path: str) -> BinaryIO:
    """Open a kept file for reading; QueqiaoError where it is gone, ValueError for a path that store never gave."""
    if not _KEPT.fullmatch(path):
        raise ValueError(path)
    try:
        return (folder / path).open("rb")
    except FileNotFoundError:
        raise QueqiaoError(_("这个文件已不在服务器上，请联系运营方。")) from None


def _write(content: bytes, target: Path) -> None:
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=".part-")
    part = Path(name)
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        part.replace(target)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    for folder in (target.parent, target.parent.parent):
        _sync_folder(folder)


def _sync_folder(folder: Path) -> None:
    """Make the names in a folder survive a power cut, as its files do."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sweep(folder: Path, wanted: Container[str], *, before: float) -> int:
    """Delete kept files that nothing wants and that are older than a time (seconds since 1970); return how many."""
    gone = 0
    for path in folder.glob("??/*"):
        kept = path.relative_to(folder).as_posix()
        if _KEPT.fullmatch(kept) and kept not in wanted and path.stat().st_mtime < before:
            path.unlink(missing_ok=True)
            gone += 1
    return gone
