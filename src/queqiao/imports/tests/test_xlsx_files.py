import datetime
import zipfile
from pathlib import Path

import pytest

from queqiao.core.errors import InputError
from queqiao.imports import xlsx_files
from queqiao.imports.records import read_achievements, read_judgements

HEADER = ("编号", "成果名称", "成果简介")


def rows_of(path: Path) -> list[tuple[str, str, str]]:
    return [(one.id, one.title, one.description) for one in read_achievements(path)]


def refusal(path: Path) -> str:
    with pytest.raises(InputError) as caught:
        read_achievements(path)
    return str(caught.value).removeprefix(str(path))


def test_values_read_as_a_person_sees_them(xlsx_file):
    values = [
        12,
        12.0,
        0.1 + 0.2,
        1e20,
        True,
        datetime.date(2024, 5, 6),
        datetime.datetime.fromisoformat("2024-05-06 08:30"),
    ]
    path = xlsx_file(("成果", [HEADER, *((number, "装置", value) for number, value in enumerate(values, 1))]))
    texts = ["12", "12", "0.3", "1e+20", "TRUE", "2024-05-06", "2024-05-06 08:30:00"]
    assert rows_of(path) == [(str(number), "装置", text) for number, text in enumerate(texts, 1)]


def test_numbers_serve_as_ids_and_levels(xlsx_file):
    path = xlsx_file(("评定", [("需求编号", "成果编号", "关联度"), (1.0, 2.0, 4.0)]))
    assert [(one.need_id, one.achievement_id, one.level) for one in read_judgements(path)] == [("1", "2", 4)]


def test_the_content_decides_not_the_suffix(xlsx_file, tmp_path):
    path = xlsx_file(("成果", [HEADER, ("A1", "水泵", "耐腐蚀")])).rename(tmp_path / "其实是工作簿.csv")
    assert rows_of(path) == [("A1", "水泵", "耐腐蚀")]


def test_titles_above_the_header_are_passed_over_and_lines_stay_true(xlsx_file):
    rows = [
        ("某市科技成果汇总表",),
        (),
        ("填表说明：成果名称不超过30字",),
        HEADER,
        ("A1", "水泵", ""),
        (),
        ("A1", "阀门", ""),
    ]
    path = xlsx_file(("成果", rows), merged=["A1:C1", "A3:C3"])
    assert refusal(path) == "，第 7 行，“编号”列：编号 A1 与第 5 行重复；请改为不同的编号。"


def test_a_merged_title_that_looks_like_a_heading_is_not_the_header(xlsx_file):
    path = xlsx_file(("成果", [("成果",), HEADER, ("A1", "水泵", "耐腐蚀")]), merged=["A1:C1"])
    assert rows_of(path) == [("A1", "水泵", "耐腐蚀")]


def test_the_header_is_looked_for_in_the_first_twenty_rows(xlsx_file):
    rows = [("说明",)] * 19
    assert rows_of(xlsx_file(("成果", [*rows, HEADER, ("A1", "水泵", "")]))) == [("A1", "水泵", "")]
    assert "缺少列：title（成果名称）" in refusal(xlsx_file(("成果", [*rows, ("说明",), HEADER, ("A1", "水泵", "")])))


def test_a_value_merged_over_several_rows_belongs_to_each(xlsx_file):
    rows = [(*HEADER, "完成单位"), ("A1", "水泵", "", "甲大学"), ("A2", "阀门", "", None), ("A3", "焊机", "", "乙大学")]
    path = xlsx_file(("成果", rows), merged=["D2:D3"])
    assert [one.organisation for one in read_achievements(path)] == ["甲大学", "甲大学", "乙大学"]


def test_a_record_merged_over_several_rows_is_one_record(xlsx_file):
    rows = [
        (*HEADER, "联系电话"),
        ("A1", "水泵", "耐腐蚀", "101"),
        (None, None, None, "102"),
        (),
        ("A2", "阀门", "", "103"),
    ]
    path = xlsx_file(("成果", rows), merged=["A2:A4", "B2:B4", "C2:C4"])
    assert rows_of(path) == [("A1", "水泵", "耐腐蚀"), ("A2", "阀门", "")]


def test_a_header_of_two_rows_is_no_record(xlsx_file):
    rows = [(*HEADER, "联系人", None), (None, None, None, "姓名", "电话"), ("A1", "水泵", "耐腐蚀", "某人", "101")]
    path = xlsx_file(("成果", rows), merged=["A1:A2", "B1:B2", "C1:C2", "D1:E1"])
    assert rows_of(path) == [("A1", "水泵", "耐腐蚀")]


def test_a_merged_area_over_the_whole_sheet_costs_no_time(xlsx_file):
    path = xlsx_file(
        ("成果", [HEADER, ("A1", "水泵", "耐腐蚀")]),
        xml=lambda text: text.replace(
            "</sheetData>", '</sheetData><mergeCells count="1"><mergeCell ref="A4:XFD1048576"/></mergeCells>'
        ),
    )
    assert rows_of(path) == [("A1", "水泵", "耐腐蚀")]


def test_more_merged_cells_than_the_limit_are_refused(xlsx_file, monkeypatch):
    monkeypatch.setattr(xlsx_files, "_MOST_MERGED", 2)
    path = xlsx_file(("成果", [HEADER, ("A1", "水泵", "")]), merged=["A2:C2"])
    assert refusal(path) == "：合并的单元格太多；请取消合并或另存为 CSV 后重试。"


def test_a_formula_reads_as_its_last_value(xlsx_file, formula_result):
    path = xlsx_file(("成果", [HEADER, ("A1", "水泵", "=6*7")]), xml=formula_result("C2", "42"))
    assert rows_of(path) == [("A1", "水泵", "42")]


def test_a_formula_that_yields_an_empty_text_is_an_empty_cell(xlsx_file, formula_result):
    path = xlsx_file(("成果", [HEADER, ("A1", "水泵", '=IF(TRUE,"","x")')]), xml=formula_result("C2", ""))
    assert rows_of(path) == [("A1", "水泵", "")]


def test_a_formula_that_was_never_calculated_is_named_with_its_column(xlsx_file):
    assert refusal(xlsx_file(("成果", [HEADER, ("A1", "=B9", "")]))) == (
        "，第 2 行，“B 成果名称”列：这一格的公式还没有计算过；请用 Excel 或 WPS 打开并保存一次后重试。"
    )


def test_an_error_value_is_named_with_its_column(xlsx_file):
    assert refusal(xlsx_file(("成果", [HEADER, ("A1", "水泵", "#REF!")]))) == (
        "，第 2 行，“C 成果简介”列：这一格是错误值 #REF!；请改正后重试。"
    )


def test_faults_in_columns_that_nobody_reads_do_not_matter(xlsx_file):
    path = xlsx_file(("成果", [(*HEADER, "联系电话", "合计"), ("A1", "水泵", "耐腐蚀", "#REF!", "=1+1")]))
    assert rows_of(path) == [("A1", "水泵", "耐腐蚀")]


def test_the_first_sheet_with_a_header_is_read_and_named_in_errors(xlsx_file):
    sheets = (("封面", [("某市",)]), ("空表", []), ("成果", [HEADER, ("A1", "水泵", ""), ("A1", "阀门", "")]))
    assert refusal(xlsx_file(*sheets)) == (
        "，第 3 行，“编号”列：工作表“成果”：编号 A1 与第 2 行重复；请改为不同的编号。"
    )


def test_without_a_header_the_row_nearest_to_one_is_quoted(xlsx_file):
    sheets = (("封面", [("某市",)]), ("成果", [("汇总表",), ("编号", "名 字", "成果简介"), ("A1", "水泵", "")]))
    assert refusal(xlsx_file(*sheets)) == (
        "，第 2 行：工作表“成果”：缺少列：title（成果名称）；找到的列：编号、名 字、成果简介。请补上表头后重试。"
    )


def test_a_workbook_without_a_single_cell_is_empty(xlsx_file):
    assert refusal(xlsx_file(("成果", []))) == "：文件是空的；请检查是否选错了文件。"


def test_line_breaks_within_cells_stay(xlsx_file):
    path = xlsx_file(("成果", [HEADER, ("A1", "水泵", "第一行\n第二行"), ("A2", "阀门", "一_x000D_\n二")]))
    assert [text for _id, _title, text in rows_of(path)] == ["第一行\n第二行", "一\r\n二"]


def test_stated_dimensions_are_not_believed(xlsx_file):
    path = xlsx_file(
        ("成果", [HEADER, ("A1", "水泵", "耐腐蚀")]),
        xml=lambda text: text.replace('<dimension ref="A1:C2"', '<dimension ref="A1"'),
    )
    assert rows_of(path) == [("A1", "水泵", "耐腐蚀")]


def test_rows_and_cells_without_a_number_count_on(xlsx_file):
    path = xlsx_file(
        ("成果", [HEADER, ("A1", "=B9", "")]),
        xml=lambda text: text.replace(' r="B2"', "").replace('<row r="2"', "<row"),
    )
    assert "第 2 行，“B 成果名称”列" in refusal(path)


def test_settings_that_openpyxl_does_not_know_are_no_reason_to_warn(xlsx_file):
    path = xlsx_file(
        ("成果", [HEADER, ("A1", "水泵", "耐腐蚀")]),
        xml=lambda text: text.replace(
            "</worksheet>", '<extLst><ext uri="{CCE6A557-97BC-4b89-ADB6-D9C93CAAB3DF}"/></extLst></worksheet>'
        ),
    )
    assert rows_of(path) == [("A1", "水泵", "耐腐蚀")]


def test_more_rows_than_the_limit_are_refused(xlsx_file, monkeypatch):
    monkeypatch.setattr(xlsx_files, "MOST_ROWS", 2)
    assert refusal(xlsx_file(("成果", [HEADER, ("A1", "水泵", ""), ("A2", "阀门", "")]))) == (
        "：超过 1000000 行；请拆成几个文件。"
    )


def test_a_row_number_beyond_the_format_is_refused_at_once(xlsx_file):
    path = xlsx_file(
        ("成果", [HEADER, ("A1", "水泵", "")]), xml=lambda text: text.replace('<row r="2"', '<row r="999999999"')
    )
    assert refusal(path) == "：超过 1000000 行；请拆成几个文件。"


def test_a_bomb_is_not_unpacked(tmp_path):
    path = tmp_path / "炸弹.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", bytes(60_000_000))
    assert refusal(path) == "：工作簿解开后过大，未打开；请另存为 CSV 后重试。"


def test_entities_are_not_expanded(xlsx_file):
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaa">]><worksheet'
    path = xlsx_file(("成果", [HEADER, ("A1", "水泵", "")]), xml=lambda text: text.replace("<worksheet", bomb, 1))
    assert "已损坏" in refusal(path)


@pytest.mark.parametrize("cut", [30, 0.5, 0.99])
def test_a_damaged_workbook_is_refused(xlsx_file, cut):
    path = xlsx_file(("成果", [HEADER, ("A1", "水泵", "")]))
    content = path.read_bytes()
    path.write_bytes(content[: cut if cut > 1 else int(len(content) * cut)])
    assert refusal(path) == "：不是 XLSX 工作簿，或者已损坏，无法打开；请用 Excel 或 WPS 打开并另存为 XLSX 后重试。"


@pytest.mark.parametrize("old", ["</sheetData>", '<c r="A1"'])
def test_a_damaged_sheet_is_refused(xlsx_file, old):
    path = xlsx_file(("成果", [HEADER, ("A1", "水泵", "")]), xml=lambda text: text.replace(old, '<c r="?"'))
    assert "已损坏" in refusal(path)


def test_an_archive_that_is_no_workbook_is_refused(tmp_path):
    path = tmp_path / "文稿.docx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("word/document.xml", "<document/>")
    assert "不是 XLSX 工作簿" in refusal(path)


def test_the_old_format_and_passwords_are_refused_with_advice(csv_file):
    assert refusal(csv_file(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600))) == (
        "：这是旧的 XLS 格式或加了密码的工作簿；请去掉密码并另存为 XLSX 后重试。"
    )
