"""What a file is, told by its first bytes, and what may be kept."""

from dataclasses import dataclass
from enum import StrEnum

from queqiao.core.errors import QueqiaoError
from queqiao.core.i18n import _, lazy

_MEGABYTE = 1024 * 1024


class RefusedFileError(QueqiaoError):
    """The file cannot be kept; the sentence says why."""


class NoPictureError(RefusedFileError):
    """What was sent is not kept, and is no picture either, whatever its name says."""


class FileKind(StrEnum):
    """What may be kept."""

    PNG = "png"
    JPEG = "jpeg"
    WEBP = "webp"
    PDF = "pdf"
    WORD = "docx"
    SHEET = "xlsx"
    SLIDES = "pptx"
    TEXT = "txt"
    CSV = "csv"

    @property
    def label(self) -> str:
        """The kind in the reader's words."""
        return str(_LABELS[self])


_LABELS = {
    FileKind.PNG: lazy("PNG 图片"),
    FileKind.JPEG: lazy("JPEG 图片"),
    FileKind.WEBP: lazy("WebP 图片"),
    FileKind.PDF: lazy("PDF 文件"),
    FileKind.WORD: lazy("Word 文档（docx）"),
    FileKind.SHEET: lazy("Excel 表格（xlsx）"),
    FileKind.SLIDES: lazy("PowerPoint 演示文稿（pptx）"),
    FileKind.TEXT: lazy("文本文件"),
    FileKind.CSV: lazy("CSV 表格"),
}
PICTURES = frozenset({FileKind.PNG, FileKind.JPEG, FileKind.WEBP})
EXTENSIONS: dict[FileKind, tuple[str, ...]] = {kind: (f".{kind.value}",) for kind in FileKind} | {
    FileKind.JPEG: (".jpg", ".jpeg")
}
_OPEN_XML = "application/vnd.openxmlformats-officedocument."
MIMES = {
    FileKind.PNG: "image/png",
    FileKind.JPEG: "image/jpeg",
    FileKind.WEBP: "image/webp",
    FileKind.PDF: "application/pdf",
    FileKind.WORD: f"{_OPEN_XML}wordprocessingml.document",
    FileKind.SHEET: f"{_OPEN_XML}spreadsheetml.sheet",
    FileKind.SLIDES: f"{_OPEN_XML}presentationml.presentation",
    FileKind.TEXT: "text/plain",
    FileKind.CSV: "text/csv",
}


@dataclass(frozen=True, slots=True)
class FileLimits:
    """How large a file may be: ``size`` and ``unpacked`` in bytes, ``pixels`` before and ``side`` after rewriting.

    ``members`` counts the parts of an Office file, ``ratio`` is unpacked size by packed size, ``name`` in signs.
    """

    size: int = 20 * _MEGABYTE
    pixels: int = 52_000_000
    side: int = 4096
    members: int = 4000
    unpacked: int = 200 * _MEGABYTE
    ratio: int = 200
    name: int = 80


ZIP = b"PK\x03\x04"
_ALLOWED = ((b"\x89PNG\r\n\x1a\n", FileKind.PNG), (b"\xff\xd8\xff", FileKind.JPEG), (b"%PDF-", FileKind.PDF))
_REFUSED = (
    ((b"MZ", b"\x7fELF", b"\xca\xfe\xba\xbe", b"\xcf\xfa\xed\xfe", b"#!"), lazy("程序")),
    ((b"GIF87a", b"GIF89a"), lazy("GIF 图片")),
    ((b"BM",), lazy("BMP 图片")),
    ((b"II*\x00", b"MM\x00*"), lazy("TIFF 图片")),
    ((b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",), lazy("旧版 Office 文件")),
    ((b"Rar!", b"7z\xbc\xaf", b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"PK\x05\x06", b"PK\x07\x08"), lazy("压缩包")),
    ((b"{\\rtf",), lazy("RTF 文档")),
)
_HEIC = (b"heic", b"heix", b"hevc", b"heim", b"mif1", b"msf1")
_MARKUP = (b"<!doctype", b"<html", b"<head", b"<body", b"<script", b"<svg", b"<?xml", b"<?php", b"<!--", b"<iframe")


def binary_kind(head: bytes) -> FileKind | None:
    """Return what the first bytes say, or None for a zip archive or a text, which are looked into elsewhere."""
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return FileKind.WEBP
    return next((kind for signature, kind in _ALLOWED if head.startswith(signature)), None)


def refused_kind(content: bytes) -> str:
    """Return in the reader's words what a file is that may not be kept; empty where its first bytes say nothing."""
    if content[:3] == b"\x00\x00\x00" and content[4:8] == b"ftyp":
        return _("HEIC 照片") if content[8:12] in _HEIC else _("视频或音频")
    if content.removeprefix(b"\xef\xbb\xbf").lstrip()[:16].lower().startswith(_MARKUP):
        return _("网页或 XML 文件")
    found = (label for signatures, label in _REFUSED if content.startswith(signatures) and not _is_prose(content))
    return str(next(found, ""))


def _is_prose(content: bytes) -> bool:
    """Whether letters that begin a text ("BMW...") are no signature: programs, bitmaps and archives hold NULs."""
    return content.startswith((b"BM", b"MZ", b"BZh", b"Rar!")) and b"\x00" not in content[:1024]
