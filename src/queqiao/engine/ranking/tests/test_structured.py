import pytest

from queqiao.engine.ranking.structured import (
    Agreement,
    compare_cooperation,
    compare_fields,
    compare_maturity,
    compare_regions,
    cooperation_ways,
    maturity_level,
)

AGREES, DIFFERS, NOT_STATED = Agreement.AGREES, Agreement.DIFFERS, Agreement.NOT_STATED


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("TRL 7", 7), ("trl7级", 7), ("技术成熟度 5 级", 5), ("6", 6), ("实验室阶段", 4), ("已完成中试", 6),
        ("小批量生产", 8), ("已批量生产", 9), ("产业化", 9), ("中试、产业化", 9), ("", None), ("成熟", None),
        ("pilot line", 6), ("12", None),
    ],
)  # fmt: skip
def test_maturity_is_read_as_people_write_it(text: str, level: int | None):
    assert maturity_level(text) == level


@pytest.mark.parametrize(
    ("asked", "offered", "expected"),
    [("中试", "产业化", AGREES), ("产业化", "小试", DIFFERS), ("中试", "中试", AGREES), ("", "中试", NOT_STATED)],
)
def test_an_achievement_must_be_at_least_as_mature_as_asked(asked: str, offered: str, expected: Agreement):
    assert compare_maturity(asked, offered) is expected


@pytest.mark.parametrize(
    ("asked", "offered", "expected"),
    [
        ("四川省成都市", "成都", AGREES), ("四川", "四川省绵阳市", AGREES), ("成都市", "重庆市", DIFFERS),
        ("四川省成都市", "四川省绵阳市", DIFFERS), ("成都市郫都区", "成都", AGREES), ("", "成都", NOT_STATED),
    ],
)  # fmt: skip
def test_places_agree_where_one_lies_in_the_other(asked: str, offered: str, expected: Agreement):
    assert compare_regions(asked, offered) is expected


@pytest.mark.parametrize(
    ("asked", "offered", "expected"),
    [
        ("新材料", "新材料、高端装备", AGREES), ("材料", "新材料", AGREES), ("环保", "农业", DIFFERS),
        ("環保", "环保", AGREES), ("", "农业", NOT_STATED), ("、", "农业", NOT_STATED),
    ],
)  # fmt: skip
def test_fields_agree_where_one_names_the_other(asked: str, offered: str, expected: Agreement):
    assert compare_fields(asked, offered) is expected


def test_one_common_way_of_cooperation_is_enough():
    assert cooperation_ways("技术转让、作价入股") == {"transfer", "equity"}
    assert compare_cooperation("联合开发、技术转让", "joint development") is AGREES
    assert compare_cooperation("技术转让", "技术咨询") is DIFFERS
    assert compare_cooperation("面谈", "技术咨询") is NOT_STATED
