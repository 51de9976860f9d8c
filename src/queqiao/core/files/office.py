"""Office files are zip archives: every part is unpacked once, within limits, before the file is kept."""

import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO
from itertools import pairwise

from queqiao.core.files.kinds import ZIP, FileKind, FileLimits, RefusedFileError
from queqiao.core.i18n import _

_MAIN = {
    b"wordprocessingml.document.main+xml": FileKind.WORD,
    b"spreadsheetml.sheet.main+xml": FileKind.SHEET,
    b"presentationml.presentation.main+xml": FileKind.SLIDES,
}
_TYPES = "[Content_Types].xml"
_MACRO_PARTS = frozenset({"vbaproject.bin", "vbadata.xml"})
_STEP = 1024 * 1024
_HEADER, _END = 30, 22  # bytes of a part's own header and of the record that ends an archive
_SMALL = 16 * _STEP  # below this no ratio is a bomb; drawings and tables of zeros pack very well


@dataclass
class _Budget:
    """What all parts together may still use up, embedded files included."""

    name: str
    limits: FileLimits
    packed: int
    unpacked: int = field(default=0)
    members: int = field(default=0)

    def spend(self, *, members: int = 0, size: int = 0) -> None:
        self.members += members
        self.unpacked += size
        dense = self.unpacked > max(_SMALL, self.packed * self.limits.ratio)
        if dense or self.unpacked > self.limits.unpacked or self.members > self.limits.members:
            raise RefusedFileError(_("“{name}”解压后过大，可能是压缩炸弹，未予接收。").format(name=self.name))


def office_kind(content: bytes, name: str, limits: FileLimits) -> FileKind | None:
    """Return what an archive is, or None where it is no Office file.

    RefusedFileError where it is broken, unpacks to too much, holds macros, or is two files in one.
    """
    budget = _Budget(name, limits, len(content))
    return _look_into(content, budget, embedded=False)


def _look_into(content: bytes, budget: _Budget, *, embedded: bool) -> FileKind | None:
    kind = None
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            parts = archive.infolist()
        budget.spend(members=len(parts))
        _check_layout(content, parts)
        if _TYPES not in {part.filename for part in parts}:
            return None
        for part in parts:
            if part.filename.rpartition("/")[2].lower() in _MACRO_PARTS:
                raise _macros(budget)
            whole = _unpack(content, part, budget)
            if part.filename == _TYPES:
                kind = _main_kind(whole, budget)
            elif whole.startswith(ZIP):
                _check_embedded(whole, part, budget, deep=embedded)
    except (zipfile.BadZipFile, zlib.error, struct.error, ValueError, NotImplementedError, OSError):
        raise RefusedFileError(_("“{name}”已损坏，无法打开；请重新导出后再上传。").format(name=budget.name)) from None
    return kind


def _check_layout(content: bytes, parts: list[zipfile.ZipInfo]) -> None:
    """Raise ValueError for an archive that two programs could read differently: overlaps, odd names, foreign ends."""
    names = {part.filename.lower() for part in parts}
    begins = sorted((part.header_offset, part.compress_size) for part in parts)
    apart = all(offset + _HEADER + size <= following for (offset, size), (following, _size) in pairwise(begins))
    odd = any(
        part.flag_bits & 0x1
        or ".." in part.filename.split("/")
        or part.filename.startswith("/")
        or "\\" in part.filename
        for part in parts
    )
    ends = content[-_END:].startswith(b"PK\x05\x06")
    if not parts or not ends or not apart or odd or len(names) != len(parts) or begins[0][0] != 0:
        raise ValueError


def _unpack(content: bytes, part: zipfile.ZipInfo, budget: _Budget) -> bytes:
    """Return a part; what it unpacks to is counted while unpacking, for the stated size may be a lie."""
    pieces = []
    for piece in _pieces(content, part):
        budget.spend(size=len(piece))
        pieces.append(piece)
    whole = b"".join(pieces)
    if len(whole) != part.file_size or zlib.crc32(whole) != part.CRC:
        raise ValueError
    return whole


def _pieces(content: bytes, part: zipfile.ZipInfo) -> Iterator[bytes]:
    header = content[part.header_offset : part.header_offset + _HEADER]
    if not header.startswith(ZIP):
        raise ValueError
    begin = (
        part.header_offset + _HEADER + int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little")
    )
    packed = content[begin : begin + part.compress_size]
    if part.compress_type == zipfile.ZIP_STORED:
        yield packed
        return
    if part.compress_type != zipfile.ZIP_DEFLATED:
        raise ValueError
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    while not inflater.eof:
        piece = inflater.decompress(packed, _STEP)
        packed = inflater.unconsumed_tail
        if not piece and not packed and not inflater.eof:
            raise ValueError
        yield piece


def _main_kind(types: bytes, budget: _Budget) -> FileKind | None:
    if b"macroEnabled" in types or b"vbaProject" in types:
        raise _macros(budget)
    return next((kind for mark, kind in _MAIN.items() if mark in types), None)


def _check_embedded(whole: bytes, part: zipfile.ZipInfo, budget: _Budget, *, deep: bool) -> None:
    """Let through an Office file inside an Office file (a chart's table), one level deep, and no other archive."""
    if deep or "/embeddings/" not in f"/{part.filename}" or _look_into(whole, budget, embedded=True) is None:
        raise RefusedFileError(_("“{name}”内含其他压缩包，请移除后再上传。").format(name=budget.name))


def _macros(budget: _Budget) -> RefusedFileError:
    return RefusedFileError(_("“{name}”含有宏，请另存为不含宏的文件后再上传。").format(name=budget.name))
