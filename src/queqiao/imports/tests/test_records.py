from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from queqiao.core.errors import InputError
from queqiao.engine.records import Achievement, Expert, ExpertItem, Need, Pair
from queqiao.imports import records, sheets
from queqiao.imports.records import Judgement, MatchRow
from queqiao.imports.writing import write_csv


def refusal(read, path: Path) -> str:
    with pytest.raises(InputError) as caught:
        read(path)
    return str(caught.value).removeprefix(str(path))


def test_a_need_with_every_column(csv_file):
    path = csv_file(
        "编号,需求名称,需求描述,技术指标,关键词,技术领域,地区,期望成熟度,合作方式,企业名称\n"
        "N1, 水泵 ,耐海水,流量≥5 m³/h,泵；海水,装备,宁波,中试,联合开发,某厂\n"
    )
    assert records.read_needs(path) == (
        Need("N1", "水泵", "耐海水", "流量≥5 m³/h", "泵；海水", "装备", "宁波", "中试", "联合开发", "某厂"),
    )


def test_an_achievement_under_english_headings(csv_file):
    path = csv_file(
        "id,title,description,indicators,keywords,field,region,maturity,cooperation,organisation\n"
        "A1,pump,for sea water,5 m3/h,pump,machinery,Ningbo,TRL 6,licence,a university\n"
    )
    assert records.read_achievements(path) == (
        Achievement(
            "A1", "pump", "for sea water", "5 m3/h", "pump", "machinery", "Ningbo", "TRL 6", "licence", "a university"
        ),
    )


def test_experts_and_their_records(csv_file):
    path = csv_file(
        "专家编号,姓名,职称,单位,研究领域,地区,合作方式,简介\nE1,某甲,教授,某大学,材料,宁波,咨询,研究涂层\n"
    )
    assert records.read_experts(path) == (Expert("E1", "某甲", "教授", "某大学", "材料", "宁波", "咨询", "研究涂层"),)
    path = csv_file("专家编号,论文编号,题名,摘要,年份\nE1,P1,涂层,耐蚀,2021年\nE2,P1,涂层,耐蚀,\n")
    assert records.read_records(path) == (
        ExpertItem("P1", "E1", "涂层", "耐蚀", 2021),
        ExpertItem("P1", "E2", "涂层", "耐蚀", None),
    )


def test_records_without_ids_are_numbered(csv_file):
    path = csv_file("expert_id,title\nE1,涂层\n\nE1,焊接\n")
    assert [item.id for item in records.read_records(path)] == ["1", "2"]


def test_pairs_judgements_and_matches(csv_file):
    path = csv_file("需求编号,成果编号\nN1,A1\n\nN1,A2\n")
    assert records.read_pairs(path) == ((2, Pair("N1", "A1")), (4, Pair("N1", "A2")))
    path = csv_file("需求编号,成果编号,关联度\nN1,A1,4\nN1,A2,1\n")
    assert records.read_judgements(path) == (Judgement("N1", "A1", 4), Judgement("N1", "A2", 1))
    path = csv_file("need_id,achievement_id,rank,score,level,reasons\nN1,A1,1,0.75,3,共同用词\n")
    assert records.read_matches(path) == (MatchRow("N1", "A1", 0.75, 3),)
    path = csv_file("need_id,expert_id,rank,score\nN1,E1,1,-0.5\n")
    assert records.read_matches(path) == (MatchRow("N1", "E1", -0.5, None),)


def test_rows_without_an_id_column_are_numbered_by_records_not_lines(csv_file):
    path = csv_file("汇总表\n需求名称\n水泵\n\n阀门\n")
    assert [(need.id, need.title) for need in records.read_needs(path)] == [("1", "水泵"), ("2", "阀门")]


NEEDS, ITEMS, GRADES = "编号,需求名称,描述\n", "expert_id,item_id,title,text,year\n", "need_id,achievement_id,level\n"


BREACHES = [
    (records.read_needs, NEEDS + "N1,水泵,\n N1 ,阀门,\n", 3, "编号", "编号 N1 与第 2 行重复；请改为不同的编号。"),
    (records.read_needs, NEEDS + "N1,水泵,\n ,阀门,\n", 3, "编号", "这一格是空的；请补上。"),
    (records.read_needs, NEEDS + "N1, ,\n", 2, "需求名称", "名称和描述都是空的；请至少填一项，或删去这一行。"),
    (records.read_records, ITEMS + ",P1,涂层,,\n", 2, "expert_id", "这一格是空的；请补上。"),
    (records.read_records, ITEMS + "E1,,涂层,,\n", 2, "item_id", "这一格是空的；请补上。"),
    (
        records.read_records,
        ITEMS + "E1,P1,涂层,,\nE1,P1,焊接,,\n",
        3,
        "item_id",
        "编号 P1 与第 2 行重复；请改为不同的编号。",
    ),
    *(
        (
            records.read_records,
            f"{ITEMS}E1,P1,涂层,,{year}\n",
            2,
            "year",
            f"“{year}”不是 1900 到 2100 之间的年份；请写成四位数，或留空。",
        )
        for year in ("1899", "2101", "近年", "02020", "２０２０", "2020-05")
    ),
    *(
        (
            records.read_judgements,
            f"{GRADES}N1,A1,{level}\n",
            2,
            "level",
            f"“{level}”不是等级；等级是 1、2、3、4 之一。",
        )
        for level in ("0", "5", "", "强", "3.5")
    ),
    (records.read_judgements, GRADES + "N1,A1,4\nN1,A1,4\n", 3, "need_id", "这一对与第 2 行重复；请只留一行。"),
    *(
        (records.read_matches, f"need_id,achievement_id,score\nN1,A1,{score}\n", 2, "score", f"“{score}”不是数。")
        for score in ("nan", "inf", "高", "")
    ),
]


@pytest.mark.parametrize(("read", "text", "line", "column", "message"), BREACHES)
def test_a_row_that_breaks_a_rule_is_named(csv_file, read, text, line, column, message):
    assert refusal(read, csv_file(text)) == f"，第 {line} 行，“{column}”列：{message}"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (NEEDS, "，第 1 行：表头下面没有数据；请检查是否选错了文件。"),
        (NEEDS + "\n,,\n", "，第 1 行：表头下面没有数据；请检查是否选错了文件。"),
        ("", "：文件是空的；请检查是否选错了文件。"),
        ("\n , ,\n", "：文件是空的；请检查是否选错了文件。"),
    ],
)
def test_a_file_without_records_is_refused(csv_file, text, message):
    assert refusal(records.read_needs, csv_file(text)) == message


def test_a_year_may_be_the_first_or_the_last_of_the_range(csv_file):
    items = records.read_records(csv_file(ITEMS + "E1,P1,涂层,,1900\nE1,P2,涂层,,2100\n"))
    assert [item.year for item in items] == [1900, 2100]


def test_a_description_alone_is_enough(csv_file):
    assert records.read_needs(csv_file(NEEDS + "N1,,耐海水\n")) == (Need("N1", "", "耐海水"),)


def test_texts_stay_exactly_as_they_stand(csv_file):
    text = "  流量\t大于5，\r\n压力 1\u3000MPa\u00a0 "
    assert records.read_texts(csv_file(f'id,text\nT1,"{text}"\n')) == (("T1", text),)


def test_control_characters_become_spaces_one_for_one_so_that_offsets_stay_true(csv_file):
    assert records.read_texts(csv_file("id,text\nT1,流\x00量\x07大\x1b于\x7f5\n")) == (("T1", "流 量 大 于 5"),)


def test_a_cell_of_a_million_characters_passes_and_a_longer_one_does_not(xlsx_file, csv_file):
    longest = "长" * 1_000_000
    assert records.read_texts(csv_file(f"text\n{longest}\n")) == (("1", longest),)
    gathered = csv_file(f"需求名称,背景,描述\n水泵,{longest},x\n")
    assert refusal(records.read_needs, gathered) == "，第 2 行，“背景”列：这一格超过 1000000 个字符；请拆开。"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(
    texts=st.lists(
        st.text(st.characters(exclude_categories=("Cc", "Cs"), include_characters="\n\t"), max_size=60), min_size=1
    ),
    suffix=st.sampled_from([".csv", ".xlsx"]),
)
def test_any_text_survives_writing_and_reading(tmp_path, texts, suffix):
    path = tmp_path / f"texts{suffix}"
    rows = [(str(number), text) for number, text in enumerate(texts, 1)]
    write_csv(path, ("id", "text"), rows)
    assert records.read_texts(path) == tuple(rows if suffix == ".csv" else [(one, in_xlsx(text)) for one, text in rows])


def in_xlsx(text: str) -> str:
    """What XLSX keeps of a text: not the two code points that XML forbids, and of mere blanks nothing."""
    return text.translate({0xFFFE: " ", 0xFFFF: " "}) if text.strip() else ""


def test_a_lone_carriage_return_survives_in_csv(tmp_path):
    path = tmp_path / "texts.csv"
    write_csv(path, ("id", "text"), [("1", "一\r二")])
    assert records.read_texts(path) == (("1", "一\r二"),)


def test_a_path_that_is_no_file_is_refused(tmp_path):
    assert refusal(records.read_needs, tmp_path / "没有.csv") == "：文件不存在；请检查路径。"
    assert refusal(records.read_needs, tmp_path) == "：这是文件夹，不是文件；请给出表格文件。"
    (tmp_path / "file").touch()
    assert refusal(records.read_needs, tmp_path / "file" / "x.csv") == "：文件无法读取（Not a directory）。"


def test_a_file_that_may_not_be_read_is_refused(csv_file, monkeypatch):
    path = csv_file(NEEDS)

    def deny(*_args: object, **_kwargs: object) -> None:  # root, as whom tests may run, may read everything
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", deny)
    assert refusal(records.read_needs, path) == "：文件无法读取（Permission denied）。"


def test_a_file_over_the_limit_is_refused(csv_file, monkeypatch):
    monkeypatch.setattr(sheets, "_LARGEST_FILE", 10)
    assert refusal(records.read_needs, csv_file(NEEDS)) == "：文件超过 100 MB；请拆成几个文件。"


def test_domain_words_are_read_one_a_line_without_notes(csv_file):
    assert records.read_words(csv_file("\ufeff# 领域词\n海水淡化\n\n 反渗透膜 \n")) == ("海水淡化", "反渗透膜")
    assert refusal(records.read_words, csv_file("海水淡化", "gb18030")) == (
        "：领域词表不是 UTF-8 编码；请另存为 UTF-8 后重试。"
    )
