"""What people send is told by its content, cleaned, or refused with the reason."""

import contextlib
import io
import struct
import zlib
from collections.abc import Iterator
from typing import BinaryIO, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook
from PIL import Image
from PIL.TiffImagePlugin import IFDRational

from queqiao.core.files import FileKind, FileLimits, InspectedFile, RefusedFileError, inspect

LIMITS = FileLimits()
ALLOWED = "可以上传 PNG、JPEG、WebP 图片，PDF、docx、xlsx、pptx 文件，以及 txt、csv 文本。"
PDF = b"%PDF-1.7\n1 0 obj<<>>endobj\ntrailer<<>>\nstartxref\n9\n%%EOF\n"


def take(content: bytes, name: str, limits: FileLimits = LIMITS) -> InspectedFile:
    return inspect(io.BytesIO(content), name, limits=limits)


def refusal(content: bytes, name: str, limits: FileLimits = LIMITS) -> str:
    with pytest.raises(RefusedFileError) as caught:
        take(content, name, limits)
    return str(caught.value)


def picture(form: str = "PNG", size: tuple[int, int] = (40, 20), mode: str = "RGB", **options: object) -> bytes:
    out = io.BytesIO()
    Image.new(mode, size, 120 if len(mode) == 1 else None).save(out, form, **options)  # type: ignore[arg-type]
    return out.getvalue()


def workbook() -> bytes:
    out = io.BytesIO()
    Workbook().save(out)
    return out.getvalue()


def opened(file: InspectedFile) -> Image.Image:
    return Image.open(io.BytesIO(file.content))


def png_chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


@pytest.mark.parametrize(
    ("form", "name", "kind", "mime"),
    [
        ("PNG", "设备照片.png", FileKind.PNG, "image/png"),
        ("JPEG", "设备照片.JPG", FileKind.JPEG, "image/jpeg"),
        ("JPEG", "设备照片.jpeg", FileKind.JPEG, "image/jpeg"),
        ("WEBP", "设备照片.webp", FileKind.WEBP, "image/webp"),
    ],
)
def test_a_picture_is_kept_with_its_size_in_pixels(form: str, name: str, kind: FileKind, mime: str) -> None:
    file = take(picture(form), name)
    assert (file.name, file.kind, file.mime, file.width, file.height) == (name, kind, mime, 40, 20)
    assert (file.size, opened(file).format) == (len(file.content), form)


@pytest.mark.parametrize(("content", "name", "mime"), [
    (PDF, "说明书.pdf", "application/pdf"),
    ("指标：≥ 95%。𠮷".encode(), "指标.txt", "text/plain; charset=utf-8"),
    ("\ufeff名称,数值\n温度,90".encode(), "指标.csv", "text/csv; charset=utf-8"),
    ("名称,数值\n温度,90".encode("gb18030"), "指标.csv", "text/csv; charset=gb18030"),
    ("BMW 与 MZ 是缩写".encode(), "缩写.txt", "text/plain; charset=utf-8"),
])  # fmt: skip
def test_documents_and_texts_are_kept_byte_by_byte(content: bytes, name: str, mime: str) -> None:
    file = take(content, name)
    assert (file.content, file.name, file.mime, file.width) == (content, name, mime, None)


def test_a_file_without_an_extension_is_given_the_one_that_fits() -> None:
    file = take(picture("JPEG"), "image")
    assert (file.name, file.extension) == ("image.jpg", ".jpg")


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_where_and_with_what_a_picture_was_taken_is_gone(form: str) -> None:
    exif = Image.Exif()
    exif[0x010F] = "Kamera-Hersteller"
    gps = exif.get_ifd(0x8825)
    gps[1], gps[2] = "N", (IFDRational(30), IFDRational(39), IFDRational(25))
    sent = picture(form, exif=exif, xmp=b"<x:xmpmeta>Besitzer</x:xmpmeta>") + b"<script>trailing</script>"
    assert Image.open(io.BytesIO(sent)).getexif().get_ifd(0x8825) != {}
    assert b"Kamera-Hersteller" in sent
    kept = take(sent, f"照片.{form.lower()}")
    assert dict(opened(kept).getexif()) == {}
    assert [word for word in (b"Kamera-Hersteller", b"Exif", b"Besitzer", b"script") if word in kept.content] == []


def test_a_picture_taken_sideways_is_kept_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    file = take(picture("JPEG", exif=exif), "照片.jpg")
    assert (file.width, file.height) == (20, 40)


def test_a_picture_longer_than_the_limit_is_made_smaller() -> None:
    file = take(picture("PNG", (5000, 100), "L"), "长图.png")
    assert (file.width, file.height) == (4096, 82)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_every_way_of_colouring_a_png_can_be_kept(mode: str) -> None:
    assert opened(take(picture("PNG", mode=mode), "图.png")).mode in {"L", "RGB", "RGBA"}


def test_a_sideways_picture_is_kept_upright_when_it_is_made_smaller() -> None:
    exif = Image.Exif()
    exif[0x0112] = 8
    for form in ("JPEG", "PNG", "WEBP"):
        file = take(picture(form, (5000, 1000), exif=exif), f"图.{form.lower()}")
        assert (file.width, file.height) == (819, 4096)


def test_a_phone_picture_that_holds_a_second_one_is_kept_as_its_first() -> None:
    second = Image.new("RGB", (10, 10))
    file = take(picture("MPO", save_all=True, append_images=[second]), "照片.jpg")
    assert (file.kind, file.width, file.height, opened(file).format) == (FileKind.JPEG, 40, 20, "JPEG")


def test_a_picture_without_its_table_of_colours_is_refused() -> None:
    content = picture("PNG", mode="P").replace(b"PLTE", b"pLTE")
    assert refusal(content, "图.png") == "“图.png”已损坏，无法打开；请重新导出后再上传。"


def test_a_printers_jpeg_is_kept_in_screen_colours() -> None:
    assert opened(take(picture("JPEG", mode="CMYK"), "图.jpg")).mode == "RGB"


def test_a_picture_bomb_is_refused_before_it_is_drawn() -> None:
    header = png_chunk(b"IHDR", struct.pack(">IIBBBBB", 50_000, 50_000, 8, 2, 0, 0, 0))
    png = b"\x89PNG\r\n\x1a\n" + header + png_chunk(b"IDAT", zlib.compress(b"\x00" * 1000)) + png_chunk(b"IEND", b"")
    canvas = b"\x00\x00\x00\x00" + (16_382).to_bytes(3, "little") * 2
    webp = b"RIFF" + struct.pack("<I", 30) + b"WEBPVP8X" + struct.pack("<I", 10) + canvas
    jpeg = bytearray(picture("JPEG"))
    frame = jpeg.index(b"\xff\xc0") + 5
    jpeg[frame : frame + 4] = struct.pack(">HH", 9_400, 9_400)
    sentences = [refusal(png, "图.png"), refusal(webp, "图.webp"), refusal(bytes(jpeg), "图.jpg")]
    assert sentences == [
        "图片“图.png”的像素过多，最多 5200 万像素；请缩小后再上传。",
        "图片“图.webp”的像素过多，最多 2600 万像素；请缩小后再上传。",
        "图片“图.jpg”的像素过多，最多 5200 万像素；请缩小后再上传。",
    ]


@pytest.mark.parametrize("form", ["PNG", "WEBP"])
def test_a_moving_picture_is_refused(form: str) -> None:
    other = Image.new("RGB", (40, 20), "red")
    sentence = refusal(picture(form, save_all=True, append_images=[other]), f"动.{form.lower()}")
    assert sentence == f"“动.{form.lower()}”是动态图片，请上传静态图片。"


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP"])
def test_a_broken_picture_is_refused(form: str) -> None:
    whole = picture(form, (300, 200))
    name = {"PNG": "图.png", "JPEG": "图.jpg", "WEBP": "图.webp"}[form]
    for content in (whole[: len(whole) // 2], whole[:16], whole[:40] + b"\xff" * 60):
        assert refusal(content, name) == f"“{name}”已损坏，无法打开；请重新导出后再上传。"


WHOLE = {"PDF": PDF, "XLSX": workbook()}  # made once: a workbook holds the moment of its making


@settings(max_examples=60)
@given(st.sampled_from(["PNG", "JPEG", "WEBP", "PDF", "XLSX"]), st.data())
def test_whatever_is_sent_is_kept_or_refused_with_a_sentence(form: str, data: st.DataObject) -> None:
    content = bytearray(WHOLE.get(form) or picture(form))
    for _ in range(data.draw(st.integers(1, 8))):
        content[data.draw(st.integers(8, len(content) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(RefusedFileError):
        kept = take(bytes(content), "文件")
        assert kept.size == len(kept.content) > 0


@pytest.mark.parametrize(
    ("content", "name", "really"),
    [
        (b"<!DOCTYPE html><script>alert(1)</script>", "图.png", "网页或 XML 文件"),
        (b" " * 5000 + b"<svg xmlns='x' onload='alert(1)'/>", "图.png", "网页或 XML 文件"),
        (b"\xef\xbb\xbf<html>", "说明.txt", "网页或 XML 文件"),
        (b"MZ\x90\x00\x03\x00\x00\x00", "说明书.pdf", "程序"),
        (b"\x7fELF\x02\x01", "说明书.pdf", "程序"),
        (b"#!/bin/sh\nrm -rf /", "说明.txt", "程序"),
        (b"GIF89a\x01\x00", "图.gif", "GIF 图片"),
        (b"\x00\x00\x00\x18ftypheic", "照片.jpg", "HEIC 照片"),
        (b"\x00\x00\x00\x18ftypisom", "视频.mp4", "视频或音频"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\x00", "报告.doc", "旧版 Office 文件"),
        (b"Rar!\x1a\x07\x00", "资料.rar", "压缩包"),
        (b"a\x00b", "说明.txt", "无法识别的文件"),
        ("文本".encode("utf-16"), "说明.txt", "无法识别的文件"),
        (bytes(range(128, 256)), "说明.txt", "无法识别的文件"),
        (b"  \n" + PDF, "说明书.pdf", None),
    ],
)
def test_what_may_not_be_kept_is_refused_by_its_real_name(content: bytes, name: str, really: str | None) -> None:
    if really is None:
        assert refusal(content, name) == (f"“{name}”的实际类型为“文本文件”，与扩展名 .pdf 不符；请改正扩展名后再上传。")
    else:
        assert refusal(content, name) == f"“{name}”的实际类型为“{really}”，不能上传；{ALLOWED}"


@pytest.mark.parametrize(
    ("content", "name", "really", "extension"),
    [
        (picture("PNG"), "图.jpg", "PNG 图片", ".jpg"),
        (picture("PNG"), "图.png.exe", "PNG 图片", ".exe"),
        (PDF, "图.png", "PDF 文件", ".png"),
        ("文本".encode(), "说明.html", "文本文件", ".html"),
    ],
)
def test_an_extension_that_does_not_fit_is_refused(content: bytes, name: str, really: str, extension: str) -> None:
    sentence = f"“{name}”的实际类型为“{really}”，与扩展名 {extension} 不符；请改正扩展名后再上传。"
    assert refusal(content, name) == sentence


def test_a_pdf_must_be_whole_and_nothing_else() -> None:
    assert refusal(PDF[:-8], "书.pdf") == "“书.pdf”不完整，请重新导出后再上传。"
    end_of_archive = b"PK\x05\x06" + bytes(18)
    assert refusal(PDF + end_of_archive, "书.pdf") == "“书.pdf”既是 PDF 又是压缩包，未予接收。"


def test_an_empty_file_is_refused() -> None:
    assert refusal(b"", "空.txt") == "“空.txt”是空文件。"


class Endless:
    """An upload that never ends; counts what was read of it."""

    def __init__(self) -> None:
        self.read_bytes = 0
        self.source: Iterator[bytes] = iter(lambda: b"a" * 4096, b"")

    def read(self, _size: int) -> bytes:
        piece = next(self.source)
        self.read_bytes += len(piece)
        return piece


def test_an_upload_that_never_ends_is_read_up_to_the_limit_only() -> None:
    upload = Endless()
    with pytest.raises(RefusedFileError) as caught:
        inspect(cast("BinaryIO", upload), "大.txt", limits=FileLimits(size=1024 * 1024))
    assert str(caught.value) == "“大.txt”过大，最大 1 MB。"
    assert upload.read_bytes <= 1024 * 1024 + 4096


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("../../etc/passwd.txt", "passwd.txt"),
        ("C:\\Users\\王芳\\桌面\\说明 书.txt", "说明 书.txt"),
        ("发票\u202etxt.exe\u202c.txt", "发票txt.exe.txt"),
        ("a\x00b\r\nc\u200b\ufeff.txt", "ab c.txt"),
        ('指标"<2>|*?:.txt', "指标__2_____.txt"),
        ("  ..说明.. .txt", "说明.txt"),
        (".txt", "附件.txt"),
        ("\u202e", "附件.txt"),
        ("", "附件.txt"),
        ("con.txt", "_con.txt"),
        ("e\u0301tude.TXT", "étude.TXT"),
        ("\ud800坏.txt", "坏.txt"),
        ("长" * 200 + ".txt", "长" * 76 + ".txt"),
    ],
)
def test_a_name_is_cleaned_and_stays_readable(sent: str, kept: str) -> None:
    assert take("文".encode(), sent).name == kept
