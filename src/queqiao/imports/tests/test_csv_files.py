from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from queqiao.core.errors import InputError
from queqiao.imports import csv_files
from queqiao.imports.records import read_needs, read_texts


def refusal(path: Path) -> str:
    with pytest.raises(InputError) as caught:
        read_needs(path)
    return str(caught.value).removeprefix(str(path))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_a_list_reads_the_same_in_every_encoding_and_with_every_delimiter(csv_file, encoding, delimiter):
    text = "编号|需求名称|需求描述\nN1|耐腐蚀水泵|输送海水，寿命长\nN2|镕铸設備|𠮷祥牌\n".replace("|", delimiter)
    assert [(need.id, need.title, need.description) for need in read_needs(csv_file(text, encoding))] == [
        ("N1", "耐腐蚀水泵", "输送海水，寿命长"),
        ("N2", "镕铸設備", "𠮷祥牌"),
    ]


def test_a_gb18030_mark_is_no_part_of_the_first_heading(csv_file):
    assert read_needs(csv_file("\ufeff需求名称,编号\n水泵,N1\n", "gb18030"))[0].id == "N1"


def test_the_delimiter_is_that_of_the_header_whatever_the_texts_and_titles_hold(csv_file):
    text = "Needs, 2024, draft\nid;title;description\nN1;pump;one, two, three, four, five\n"
    assert read_needs(csv_file(text))[0].description == "one, two, three, four, five"


def test_a_single_column_needs_no_delimiter(csv_file):
    assert read_texts(csv_file("text\n流量大于5；压力; 温度\n")) == (("1", "流量大于5；压力; 温度"),)


def test_a_line_in_gb18030_within_a_utf8_file_is_named(csv_file):
    lines = [text.encode() for text in ("编号,需求名称", "N1,耐腐蚀水泵", "N2,高温阀门", "N3,激光焊接")]
    lines[2] = "N2,高温阀门".encode("gb18030")
    assert refusal(csv_file(b"\n".join(lines))) == (
        "，第 3 行：这一行的编码与其余各行不同（UTF-8 与 GB18030 混用）；请把整个文件另存为“CSV UTF-8”后重试。"
    )


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_a_line_in_utf8_within_a_gb18030_file_is_named(csv_file, end):
    lines = [text.encode("gb18030") for text in ("编号,需求名称", "N1,耐腐蚀水泵", "N2,高温阀门", "N3,激光焊接")]
    lines[3] = "N3,激光焊接".encode()
    assert "第 4 行：这一行的编码与其余各行不同" in refusal(csv_file(end.join(lines)))


def is_utf8(content: bytes) -> bool:
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return True


# Some words are valid in both encodings (联通 in GB18030 reads as ͨ in UTF-8): of those nobody can tell.
CHINESE = st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5), min_size=4).filter(
    lambda text: not is_utf8(text.encode("gb18030"))
)


@given(lines=st.lists(CHINESE, min_size=3), data=st.data())
def test_one_line_of_another_encoding_never_passes_in_silence(lines, data):
    odd = data.draw(st.integers(0, len(lines) - 1))
    for usual, other in (("utf-8", "gb18030"), ("gb18030", "utf-8")):
        encoded = [line.encode(other if number == odd else usual) for number, line in enumerate(lines)]
        with pytest.raises(InputError) as caught:
            csv_files.decode(Path("表.csv"), b"\n".join(encoded))
        assert caught.value.place.line == odd + 1


@given(st.text(st.characters(min_codepoint=0x20, max_codepoint=0x9FA5, exclude_categories=("Cn", "Co", "Cs"))))
def test_any_text_decodes_from_utf8_to_itself(text):
    assert csv_files.decode(Path("表.csv"), b"\xef\xbb\xbf" + text.encode()) == text


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ("编号,需求名称\nN1,水泵\n".encode("gb18030") + b"N2,\xff\xff\n", 3),
        ("编号,需求名称\nN1,耐腐蚀水泵\n".encode() + "N2,耐腐蚀水泵".encode()[:-1] + b"\nN3,ok", 3),
        ("編號,需求名稱\n1,一種人工智能的方法\n".encode("big5"), 1),
        ("id,title\n1,水泵\n".encode("gb18030") + b"2,\xaa\xa1\n", 3),
    ],
    ids=["no encoding at all", "a character cut short", "Big5", "a character left to users"],
)
def test_a_line_that_is_in_no_known_encoding_is_named(csv_file, content, line):
    assert refusal(csv_file(content)) == (
        f"，第 {line} 行：这一行既不是 UTF-8 也不是 GB18030 编码；请另存为“CSV UTF-8”后重试。"
    )


def test_utf16_is_refused_with_advice(csv_file):
    assert refusal(csv_file("编号,需求名称\n", "utf-16")) == "：文件是 UTF-16 编码；请另存为“CSV UTF-8”后重试。"


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_errors_name_the_line_of_the_file_also_after_cells_with_line_breaks_and_blank_lines(csv_file, end):
    text = f'编号,需求名称{end}N1,"水{end}{end}泵"{end}{end},,{end}N1,阀门{end}'
    assert refusal(csv_file(text)) == "，第 7 行，“编号”列：编号 N1 与第 2 行重复；请改为不同的编号。"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('编号,需求名称\nN1,水泵\nN2,"阀门\nN3,焊机\n', 3),
        ('编号,需求名称\nN1,"水"泵\n', 2),
        ('编号,需求名称\nN1,"水泵\nN2,"阀门"\n', 2),
    ],
)
def test_an_open_quotation_mark_is_reported_where_the_record_begins(csv_file, text, line):
    assert refusal(csv_file(text)) == f"，第 {line} 行：从这一行开始引号不成对；请检查单元格里的引号后重试。"


def test_inches_and_doubled_quotation_marks_are_texts(csv_file):
    needs = read_needs(csv_file('编号,需求名称\nN1,管径 5" 的水泵\nN2,"称为""鹊桥""的平台"\n'))
    assert [need.title for need in needs] == ['管径 5" 的水泵', '称为"鹊桥"的平台']


def test_a_text_with_an_unquoted_delimiter_is_refused_rather_than_cut(csv_file):
    assert refusal(csv_file("编号,需求名称\nN1,pump, valve\n")) == (
        "，第 2 行：这一行比表头多出单元格；单元格里有分隔符时，请给它加上引号。"
    )


def test_short_rows_and_delimiters_at_the_end_of_rows_do_no_harm(csv_file):
    needs = read_needs(csv_file("编号,需求名称,需求描述\nN1,水泵\nN2,阀门,高温,,\n"))
    assert [(need.title, need.description) for need in needs] == [("水泵", ""), ("阀门", "高温")]


def test_long_texts_pass_and_endless_ones_do_not(csv_file):
    long = "长" * 200_000
    assert read_needs(csv_file(f"需求名称,描述\n水泵,{long}\n"))[0].description == long
    endless = "x" * 1_000_001
    assert refusal(csv_file(f"需求名称,描述\n水泵,短\n阀门,{endless}\n")) == (
        "，第 3 行：有一格超过 1000000 个字符；请检查引号是否成对。"
    )


def test_more_rows_than_the_limit_are_refused(csv_file, monkeypatch):
    monkeypatch.setattr(csv_files, "MOST_ROWS", 3)
    assert len(read_needs(csv_file("需求名称\n甲\n乙\n"))) == 2
    assert refusal(csv_file("需求名称\n甲\n乙\n丙\n")) == "：超过 1000000 行；请拆成几个文件。"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=200))
def test_whatever_bytes_a_file_holds_it_is_read_or_refused(tmp_path, content):
    path = tmp_path / "any.csv"
    path.write_bytes("需求名称,id\n".encode() + content)
    try:
        outcome: Path | tuple[object, ...] | None = read_needs(path)
    except InputError as error:
        outcome = error.place.path
    assert outcome
