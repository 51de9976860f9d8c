"""The door for files: what comes in is measured while it is read, told by its content, and given a clean name."""

import hashlib
import re
import unicodedata
import zipfile
from dataclasses import dataclass
from io import BytesIO
from typing import BinaryIO

from queqiao.core.files.kinds import (
    EXTENSIONS,
    MIMES,
    PICTURES,
    ZIP,
    FileKind,
    FileLimits,
    NoPictureError,
    RefusedFileError,
    binary_kind,
    refused_kind,
)
from queqiao.core.files.names import clean_name, split_extension
from queqiao.core.files.office import office_kind
from queqiao.core.files.pictures import redraw
from queqiao.core.i18n import _

_CHUNK = 64 * 1024
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class InspectedFile:
    """A file that may be kept.

    ``name`` is for people, with an extension that fits; ``extension`` begins with a dot; ``size`` in bytes and
    ``sha256`` in hex are those of ``content``; ``width`` and ``height`` in pixels, None for what is no picture.
    """

    name: str
    kind: FileKind
    mime: str
    extension: str
    size: int
    content: bytes
    sha256: str
    width: int | None = None
    height: int | None = None


def inspect(upload: BinaryIO, name: str, *, limits: FileLimits) -> InspectedFile:
    """Read an upload and tell by its content what it is; neither its name nor what the browser says is believed.

    Pictures are drawn anew. RefusedFileError says in one sentence why a file cannot be kept; at most
    ``limits.size`` bytes and one chunk are ever read.
    """
    shown = clean_name(name, limits.name)
    content = _read(upload, shown, limits)
    stem, extension = split_extension(shown)
    kind, charset = _kind(content, shown, extension.lower(), limits)
    if not extension:
        extension = EXTENSIONS[kind][0]
        shown = clean_name(f"{stem}{extension}", limits.name)
    if extension.lower() not in EXTENSIONS[kind]:
        raise _mismatch(shown, kind, extension)
    width = height = None
    if kind in PICTURES:
        picture = redraw(content, kind, shown, limits)
        content, width, height = picture.content, picture.width, picture.height
    return InspectedFile(
        name=shown,
        kind=kind,
        mime=MIMES[kind] + charset,
        extension=EXTENSIONS[kind][0],
        size=len(content),
        content=content,
        sha256=hashlib.sha256(content).hexdigest(),
        width=width,
        height=height,
    )


def _read(upload: BinaryIO, name: str, limits: FileLimits) -> bytes:
    content = bytearray()
    while chunk := upload.read(_CHUNK):
        content += chunk
        if len(content) > limits.size:
            raise RefusedFileError(
                _("“{name}”过大，最大 {n} MB。").format(name=name, n=f"{limits.size / 1024 / 1024:g}")
            )
    if not content:
        raise RefusedFileError(_("“{name}”是空文件。").format(name=name))
    return bytes(content)


def _kind(content: bytes, name: str, extension: str, limits: FileLimits) -> tuple[FileKind, str]:
    """Return the kind and, for a text, what its media type says of its encoding."""
    if kind := binary_kind(content[:16]):
        if kind is FileKind.PDF:
            _check_pdf(content, name)
        return kind, ""
    if content.startswith(ZIP):
        if office := office_kind(content, name, limits):
            return office, ""
        raise _not_allowed(name, _("压缩包"))
    if really := refused_kind(content):
        raise _not_allowed(name, really)
    charset = _charset(content)
    if charset is None:
        raise _not_allowed(name, _("无法识别的文件"))
    return (FileKind.CSV if extension == ".csv" else FileKind.TEXT), f"; charset={charset}"


def _check_pdf(content: bytes, name: str) -> None:
    if b"%%EOF" not in content[-1024:]:
        raise RefusedFileError(_("“{name}”不完整，请重新导出后再上传。").format(name=name))
    if zipfile.is_zipfile(BytesIO(content)):
        raise RefusedFileError(_("“{name}”既是 PDF 又是压缩包，未予接收。").format(name=name))


def _charset(content: bytes) -> str | None:
    """Return the encoding of a text, or None for what is no text."""
    try:
        text, charset = content.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        try:
            text, charset = content.decode("gb18030"), "gb18030"
        except UnicodeDecodeError:
            return None
        # Almost any bytes can be read as GB18030; a text uses signs that exist.
        if any(unicodedata.category(sign) == "Cn" for sign in set(text)):
            return None
    return None if _CONTROLS.search(text) else charset


def _mismatch(name: str, kind: FileKind, extension: str) -> RefusedFileError:
    error = RefusedFileError if kind in PICTURES else NoPictureError
    return error(
        _("“{name}”的实际类型为“{really}”，与扩展名 {extension} 不符；请改正扩展名后再上传。").format(
            name=name, really=kind.label, extension=extension
        )
    )


def _not_allowed(name: str, really: str) -> RefusedFileError:
    return NoPictureError(
        _(
            "“{name}”的实际类型为“{really}”，不能上传；可以上传 PNG、JPEG、WebP 图片，PDF、docx、xlsx、pptx 文件，"
            "以及 txt、csv 文本。"
        ).format(name=name, really=really)
    )
