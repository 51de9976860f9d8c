"""Dates, money and ids: small values with rules of their own."""

import datetime
from decimal import Decimal

import pytest

from queqiao.core.dates import PartialDate, Precision, parse_date
from queqiao.core.identifiers import new_id
from queqiao.core.money import Money, MoneyKind, Qualifier, in_chinese, in_english, parse_money, parse_money_range


@pytest.mark.parametrize(
    ("text", "written", "last"),
    [
        ("2026", "2026", "2026-12-31"), ("2026年", "2026", "2026-12-31"), ("2024-02", "2024-02", "2024-02-29"),
        ("2026年11月", "2026-11", "2026-11-30"), ("2026/11/4", "2026-11-04", "2026-11-04"),
        ("2026年11月24日", "2026-11-24", "2026-11-24"),
    ],
)  # fmt: skip
def test_a_date_is_known_as_exactly_as_it_was_told(text: str, written: str, last: str):
    found = parse_date(text)
    assert (str(found), found.last.isoformat()) == (written, last)


@pytest.mark.parametrize("text", ["", "明年", "2026-13", "2026-02-30", "26-1-1", "2026-11-24 09:30"])
def test_what_is_no_date_is_refused(text: str):
    with pytest.raises(ValueError):  # noqa: PT011 -- the standard library words some of them
        parse_date(text)


def test_a_year_lies_within_a_period_only_as_a_whole():
    begin, end = datetime.date(2026, 1, 1), datetime.date(2026, 6, 30)
    assert parse_date("2026-06").lies_within(begin, end)
    assert not parse_date("2026").lies_within(begin, end)


def test_a_month_that_begins_in_its_middle_is_refused():
    with pytest.raises(ValueError, match="first day"):
        PartialDate(datetime.date(2026, 11, 24), Precision.MONTH)


@pytest.mark.parametrize(
    ("text", "amount", "qualifier"),
    [
        ("800万元", 8_000_000, Qualifier.EXACT), ("约1.2亿元", 120_000_000, Qualifier.ABOUT),
        ("300万元以上", 3_000_000, Qualifier.OVER), ("5,000,000", 5_000_000, Qualifier.EXACT),
        ("￥9500元", 9_500, Qualifier.EXACT), ("超过2亿", 200_000_000, Qualifier.OVER),
    ],
)  # fmt: skip
def test_amounts_are_read_as_people_write_them(text: str, amount: int, qualifier: Qualifier):
    assert parse_money(text, MoneyKind.BUDGET) == Money(Decimal(amount), MoneyKind.BUDGET, "CNY", qualifier)


@pytest.mark.parametrize("text", ["", "面议", "800美元", "1.2.3万元", "-5万元"])
def test_what_is_no_amount_is_refused(text: str):
    with pytest.raises(ValueError, match="no amount"):
        parse_money(text, MoneyKind.BUDGET)


@pytest.mark.parametrize(
    ("text", "chinese", "english"),
    [
        ("800万元", "800 万元", "CNY 8.0 m"), ("约1.25亿元", "约 1.2 亿元", "about CNY 125.0 m"),
        ("9500元", "9500 元", "CNY 9,500"), ("超过35.5万元", "超过 35.5 万元", "over CNY 355,000"),
    ],
)  # fmt: skip
def test_amounts_are_written_for_their_readers(text: str, chinese: str, english: str):
    money = parse_money(text, MoneyKind.CONTRACT)
    assert (in_chinese(money), in_english(money)) == (chinese, english)


def test_amounts_of_one_kind_add_up_and_keep_the_vaguer_word():
    total = parse_money("300万元", MoneyKind.CONTRACT) + parse_money("约200万元", MoneyKind.CONTRACT)
    assert total == parse_money("约500万元", MoneyKind.CONTRACT)


def test_amounts_of_different_kinds_are_never_added():
    with pytest.raises(ValueError, match="do not add up"):
        parse_money("300万元", MoneyKind.CONTRACT) + parse_money("200万元", MoneyKind.INVESTMENT)


def test_ids_are_of_version_seven_all_different_and_sort_by_time():
    first = new_id()
    assert (first.version, first.variant) == (7, "specified in RFC 4122")
    assert len({new_id() for _ in range(2000)}) == 2000
    milliseconds = first.int >> 80
    now = datetime.datetime.now(tz=datetime.UTC).timestamp() * 1000
    assert abs(now - milliseconds) < 60_000


@pytest.mark.parametrize(
    ("text", "low", "high", "currency", "qualifier", "again"),
    [
        ("100万~200万元", 1_000_000, 2_000_000, "CNY", Qualifier.EXACT, "100万元~200万元"),
        ("100-200万元", 1_000_000, 2_000_000, "CNY", Qualifier.EXACT, "100万元~200万元"),
        ("约1至1.5亿", 100_000_000, 150_000_000, "CNY", Qualifier.ABOUT, "约1亿元~1.5亿元"),
        ("约80万元", 800_000, 800_000, "CNY", Qualifier.ABOUT, "约80万元"),
        ("1,234,567", 1_234_567, 1_234_567, "CNY", Qualifier.EXACT, "123.4567万元"),
        ("12345.67元", Decimal("12345.67"), Decimal("12345.67"), "CNY", Qualifier.EXACT, "12345.67元"),
        ("300万元以上", 3_000_000, None, "CNY", Qualifier.OVER, "300万元以上"),
        ("不超过500万元", 0, 5_000_000, "CNY", Qualifier.EXACT, "500万元以内"),
        ("500万以内", 0, 5_000_000, "CNY", Qualifier.EXACT, "500万元以内"),
        ("USD 20万", 200_000, 200_000, "USD", Qualifier.EXACT, "USD 20万元"),
    ],
)
def test_ranges_of_amounts_are_read_as_people_write_them_and_written_so_that_they_are_read_the_same(
    text: str, low: int, high: int | None, currency: str, qualifier: Qualifier, again: str
):
    found = parse_money_range(text)
    assert found is not None
    assert (found.low, found.high, found.currency, found.qualifier) == (low, high, currency, qualifier)
    assert str(found) == again
    assert parse_money_range(again) == found


@pytest.mark.parametrize("text", ["", "  ", "面议", "待定"])
def test_an_open_amount_is_none(text: str):
    assert parse_money_range(text) is None


@pytest.mark.parametrize("text", ["随便", "200万~100万元", "1~2~3万元", "800美元", "-5万元", "~", "以内", "NaN万元"])
def test_what_is_no_range_is_refused(text: str):
    with pytest.raises(ValueError, match=r"no amount|higher"):
        parse_money_range(text)
