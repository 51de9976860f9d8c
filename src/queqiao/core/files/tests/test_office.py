"""Office files are unpacked within limits before they are kept."""

import io
import struct
import zipfile
import zlib

import pytest
from openpyxl import Workbook

from queqiao.core.files import FileKind, FileLimits, RefusedFileError, inspect

MAIN = {
    "docx": ("word/document.xml", "wordprocessingml.document.main+xml"),
    "xlsx": ("xl/workbook.xml", "spreadsheetml.sheet.main+xml"),
    "pptx": ("ppt/presentation.xml", "presentationml.presentation.main+xml"),
}
BOMB = "“文.docx”解压后过大，可能是压缩炸弹，未予接收。"
BROKEN = "“文.docx”已损坏，无法打开；请重新导出后再上传。"


def office(kind: str = "docx", parts: dict[str, bytes] | None = None, packing: int = zipfile.ZIP_DEFLATED) -> bytes:
    path, mark = MAIN[kind]
    media_type = f"application/vnd.openxmlformats-officedocument.{mark}"
    types = f'<Types><Override PartName="/{path}" ContentType="{media_type}"/></Types>'
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", packing) as archive:
        for name, content in {"[Content_Types].xml": types.encode(), path: b"<x/>", **(parts or {})}.items():
            archive.writestr(name, content)
    return out.getvalue()


def packed(parts: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return out.getvalue()


def refusal(content: bytes, name: str = "文.docx", limits: FileLimits | None = None) -> str:
    with pytest.raises(RefusedFileError) as caught:
        inspect(io.BytesIO(content), name, limits=limits or FileLimits())
    return str(caught.value)


@pytest.mark.parametrize("kind", ["docx", "xlsx", "pptx"])
def test_an_office_file_is_told_by_its_parts_and_kept_byte_by_byte(kind: str) -> None:
    content = office(kind, {"docProps/": b"", "docProps/core.xml": "标题".encode()})
    file = inspect(io.BytesIO(content), f"文.{kind}", limits=FileLimits())
    assert (file.kind, file.content) == (FileKind(kind), content)


def test_a_workbook_written_by_a_real_program_is_kept() -> None:
    book, out = Workbook(), io.BytesIO()
    book.active.append(["指标", 95])
    book.save(out)
    out.seek(0)
    assert inspect(out, "表.xlsx", limits=FileLimits()).kind is FileKind.SHEET


def test_an_office_file_under_another_extension_is_refused() -> None:
    sentence = "“文.docx”的实际类型为“Excel 表格（xlsx）”，与扩展名 .docx 不符；请改正扩展名后再上传。"
    assert refusal(office("xlsx")) == sentence


def test_an_archive_that_is_no_office_file_is_refused() -> None:
    for content in (packed({"a.txt": b"a"}), packed({"[Content_Types].xml": b"<Types/>"})):
        assert refusal(content).startswith("“文.docx”的实际类型为“压缩包”，不能上传；")


@pytest.mark.parametrize("name", ["word/vbaProject.bin", "WORD/VBAPROJECT.BIN", "x/vbaData.xml"])
def test_macros_are_refused(name: str) -> None:
    assert refusal(office(parts={name: b"x"})) == "“文.docx”含有宏，请另存为不含宏的文件后再上传。"


def test_a_macro_file_that_calls_itself_docx_is_refused() -> None:
    types = b'ContentType="application/vnd.ms-word.document.macroEnabled.main+xml"'
    assert refusal(packed({"[Content_Types].xml": types})) == "“文.docx”含有宏，请另存为不含宏的文件后再上传。"


def test_a_zip_bomb_is_refused_before_it_is_unpacked_whole() -> None:
    assert refusal(office(parts={"word/a.xml": bytes(300 * 1024 * 1024)})) == BOMB
    assert refusal(office(parts={f"word/{n}.xml": b"" for n in range(50)}), limits=FileLimits(members=40)) == BOMB


def test_a_dense_part_is_kept_where_it_stays_small() -> None:
    content = office(parts={"word/a.xml": bytes(5 * 1024 * 1024)})
    assert inspect(io.BytesIO(content), "文.docx", limits=FileLimits()).kind is FileKind.WORD


def test_a_part_that_lies_about_its_size_is_refused() -> None:
    zeros = bytes(400_000)
    content = bytearray(office(parts={"word/a.xml": zeros}))
    true, lie = struct.pack("<I", len(zeros)), struct.pack("<I", 10)
    crc, short = struct.pack("<I", zlib.crc32(zeros)), struct.pack("<I", zlib.crc32(zeros[:10]))
    assert refusal(bytes(content.replace(true, lie).replace(crc, short))) == BROKEN


def test_parts_that_share_their_bytes_are_refused() -> None:
    content = office(parts={"word/a.xml": b"a" * 1000, "word/b.xml": b"a" * 1000}, packing=zipfile.ZIP_STORED)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        first, second = (struct.pack("<I", archive.getinfo(f"word/{n}.xml").header_offset) for n in "ab")
    at = content.rindex(second)
    assert refusal(content[:at] + first + content[at + 4 :]) == BROKEN


@pytest.mark.parametrize("name", ["../evil.xml", "/etc/passwd", "word\\evil.xml", "word/DOCUMENT.xml"])
def test_parts_with_odd_names_are_refused(name: str) -> None:
    assert refusal(office(parts={name: b"x"})) == BROKEN


def test_two_files_in_one_are_refused() -> None:
    whole = office()
    for content in (whole + b"<script>", packed({"a": b"a"}) + whole, whole[:-30], whole[: len(whole) // 2]):
        assert refusal(content) == BROKEN


def test_an_encrypted_part_is_refused() -> None:
    content = bytearray(office())
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(mark) + place] |= 1
    assert refusal(bytes(content)) == BROKEN


def test_a_table_embedded_in_a_document_is_kept_and_other_archives_are_not() -> None:
    table = office("xlsx")
    content = office(parts={"word/embeddings/Sheet1.xlsx": table})
    assert inspect(io.BytesIO(content), "文.docx", limits=FileLimits()).kind is FileKind.WORD
    nested = "“文.docx”内含其他压缩包，请移除后再上传。"
    assert refusal(office(parts={"word/media/image1.png": table})) == nested
    assert refusal(office(parts={"word/embeddings/a.zip": packed({"a.exe": b"MZ"})})) == nested
    twice = office("xlsx", {"xl/embeddings/Sheet1.xlsx": table})
    assert refusal(office(parts={"word/embeddings/Sheet1.xlsx": twice})) == nested


def test_macros_and_bombs_inside_an_embedded_file_are_found() -> None:
    macro = office("xlsx", {"xl/vbaProject.bin": b"x"})
    assert refusal(office(parts={"word/embeddings/a.xlsx": macro})) == "“文.docx”含有宏，请另存为不含宏的文件后再上传。"
    bomb = office("xlsx", {"xl/a.xml": bytes(300 * 1024 * 1024)})
    assert refusal(office(parts={"word/embeddings/a.xlsx": bomb})) == BOMB
