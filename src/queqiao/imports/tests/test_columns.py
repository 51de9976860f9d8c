from dataclasses import asdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queqiao.core.errors import InputError
from queqiao.imports import columns
from queqiao.imports.columns import heading_key, resolve_header
from queqiao.imports.records import read_achievements, read_needs

TABLES = {
    name: value
    for name, value in vars(columns).items()
    if name.endswith("_COLUMNS") and isinstance(value, tuple)
}  # fmt: skip


def filled(record: object) -> dict[str, str]:
    return {name: value for name, value in asdict(record).items() if value}


@pytest.mark.parametrize(
    ("heading", "name"),
    [
        ("技术需求名称", "title"), ("难题名称", "title"), ("项目名称", "title"), ("标题", "title"), ("Title", "title"),
        ("编号", "id"), ("序号", "id"), ("ID", "id"),
        ("需求描述", "description"), ("需求内容", "description"), ("技术难题", "description"),
        ("主要技术指标", "indicators"), ("性能指标", "indicators"), ("Indicators", "indicators"),
        ("关键词", "keywords"), ("所属领域", "field"), ("行业", "field"), ("所在地", "region"), ("区域", "region"),
        ("技术成熟度", "maturity"), ("所处阶段", "maturity"), ("ＴＲＬ", "maturity"), ("转化方式", "cooperation"),
        ("企业名称", "organisation"), ("完成单位", "organisation"), ("高校", "organisation"),
    ],
)  # fmt: skip
def test_the_headings_of_real_sheets_are_known(heading, name):
    layout = resolve_header([heading], columns.NEED_COLUMNS)
    assert layout.positions == {name: (0,)}


@pytest.mark.parametrize(
    "heading",
    [
        "成果名称",
        " 成果 名称 ",
        "成果名称：",
        "*成果名称",
        "成果\n名称",
        "成果名称（必填）",
        "【成果名称】",
        "成果名稱",
        "(1) 成果名称",
    ],
)
def test_width_case_space_punctuation_script_and_notes_make_no_difference(heading):
    assert heading_key(heading) == "成果名称"


@given(st.sampled_from(["ID号", "TRL", "成果名称", "achievement_id"]), st.data())
def test_a_heading_survives_spaces_and_case_anywhere(heading, data):
    spaced = "".join(
        data.draw(st.sampled_from(["", " ", "\u3000", "\n", "_", "*"])) + data.draw(st.sampled_from([one, one.upper()]))
        for one in heading
    )
    assert heading_key(spaced) == heading_key(heading)


@pytest.mark.parametrize("table", TABLES)
def test_no_heading_means_two_columns_of_one_sheet(table):
    seen: dict[str, str] = {}
    for column in TABLES[table]:
        for key in {heading_key(heading) for heading in (column.name, *column.headings, *column.spare)}:
            assert seen.setdefault(key, column.name) == column.name, key


def test_two_headings_of_one_column_are_refused_by_name(csv_file):
    path = csv_file("需求名称,所在地,备注,地区\n水泵,成都,,四川\n")
    with pytest.raises(InputError) as caught:
        read_needs(path)
    assert str(caught.value) == f"{path}，第 1 行：“所在地”和“地区”是同一列；请只留一列。"


def test_industry_and_field_may_stand_side_by_side(csv_file):
    path = csv_file("需求名称,技术领域,所属行业\n水泵,机械,装备制造\n")
    assert read_needs(path)[0].field == "机械\n装备制造"


def test_a_count_beside_the_ids_is_just_a_count(csv_file):
    path = csv_file("序号,成果编号,成果名称,项目名称\n1,A7,水泵,某专项\n")
    assert [filled(one) for one in read_achievements(path)] == [{"id": "A7", "title": "水泵"}]


def test_further_descriptions_follow_on_lines_of_their_own_without_repeats(csv_file):
    path = csv_file("需求名称,需求背景,需求描述,预期目标,现有基础\n水泵,海水腐蚀,寿命短,,寿命短\n")
    assert read_needs(path)[0].description == "海水腐蚀\n寿命短"


def test_a_missing_column_is_named_in_both_languages_with_the_headings_found(csv_file):
    path = csv_file("编号,简介\nA1,耐腐蚀\n")
    with pytest.raises(InputError) as caught:
        read_achievements(path)
    assert str(caught.value) == (
        f"{path}，第 1 行：缺少列：title（成果名称）；找到的列：编号、简介。请补上表头后重试。"
    )


def test_columns_that_nobody_knows_are_left_aside(csv_file):
    path = csv_file("成果名称,联系电话,,备注\n水泵,101,x,y\n")
    assert [filled(one) for one in read_achievements(path)] == [{"id": "1", "title": "水泵"}]
