"""Money with its kind: amounts of different kinds are never added together."""

import re
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Self

_UNITS = {"元": 1, "万元": 10_000, "万": 10_000, "亿元": 100_000_000, "亿": 100_000_000, "": 1}
_WRITTEN = re.compile(
    r"(?P<before>约|近|超过|超|逾)?\s*(?:人民币|¥|￥|CNY|RMB)?\s*(?P<number>\d+(?:,\d{3})*(?:\.\d+)?)\s*"
    r"(?P<unit>亿元|万元|亿|万|元)?(?P<after>以上|左右|余)?"
)
_CURRENCY = re.compile(r"([A-Z]{3})\s*(?=[\d约近超逾不])")
_BETWEEN = re.compile(r"(?P<low>[^~～—–\-至到]+)\s*(?:~|～|—+|–|-|至|到)\s*(?P<high>[^~～—–\-至到]+)")
_AT_MOST = re.compile(r"(?:不超过|不高于|最多)(?P<after>.+)|(?P<about>约?)(?P<before>.+?)(?:以内|以下)")


class OrderError(ValueError):
    """A range whose lower end is the higher one."""


class MoneyKind(StrEnum):
    """What an amount is."""

    CONTRACT = "contract"  # 签约金额
    TRANSACTION = "transaction"  # 技术交易额
    INVESTMENT = "investment"  # 协议投资金额
    BUDGET = "budget"
    PRICE = "price"


class Qualifier(StrEnum):
    """How exactly an amount is known."""

    EXACT = "exact"
    ABOUT = "about"
    OVER = "over"


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in the currency's main unit, what it is, and how exactly it is known."""

    amount: Decimal
    kind: MoneyKind
    currency: str = "CNY"
    qualifier: Qualifier = Qualifier.EXACT

    def __add__(self, other: Self) -> "Money":
        """Add two amounts of one kind and currency; ValueError otherwise. The vaguer qualifier stays."""
        if (self.kind, self.currency) != (other.kind, other.currency):
            raise ValueError(f"{self.kind} in {self.currency} and {other.kind} in {other.currency} do not add up")
        order = (Qualifier.EXACT, Qualifier.OVER, Qualifier.ABOUT)
        vaguer = max(self.qualifier, other.qualifier, key=order.index)
        return Money(self.amount + other.amount, self.kind, self.currency, vaguer)


def parse_money(text: str, kind: MoneyKind) -> Money:
    """Read 800万元, 约1.2亿元, 5000000, 300万元以上; ValueError for anything else."""
    found = _WRITTEN.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"{text!r} is no amount")
    amount = Decimal(found["number"].replace(",", "")) * _UNITS[found["unit"] or ""]
    qualifier = Qualifier.EXACT
    if found["before"] in ("约", "近") or found["after"] == "左右":
        qualifier = Qualifier.ABOUT
    elif found["before"] or found["after"]:
        qualifier = Qualifier.OVER
    return Money(amount, kind, qualifier=qualifier)


@dataclass(frozen=True, slots=True)
class MoneyRange:
    """From how much to how much; ``high`` is None where only the lower end is known ("300万元以上")."""

    low: Decimal
    high: Decimal | None
    currency: str = "CNY"
    qualifier: Qualifier = Qualifier.EXACT

    def __str__(self) -> str:
        """Write it so that ``parse_money_range`` reads exactly the same again."""
        lead = "" if self.currency == "CNY" else f"{self.currency} "
        if self.high is None:
            return f"{lead}{_exactly(self.low)}以上"
        about = "约" if self.qualifier is Qualifier.ABOUT else ""
        if self.low == self.high:
            over = "超过" if self.qualifier is Qualifier.OVER else about
            return f"{lead}{over}{_exactly(self.low)}"
        if self.low == 0:
            return f"{lead}{about}{_exactly(self.high)}以内"
        return f"{lead}{about}{_exactly(self.low)}~{_exactly(self.high)}"


def parse_money_range(text: str) -> MoneyRange | None:
    """Read an amount or a range as people write it; None for nothing and for 面议, ValueError for anything else.

    OrderError where the lower end is the higher one.

    100万~200万元, 100-200万元, 约80万元, 300万元以上, 不超过500万元, 500万元以内, USD 20万. The unit of the upper end
    counts for both where the lower one has none.
    """
    text = text.strip().replace("，", ",").replace("　", " ")
    if text in ("", "面议", "待定"):
        return None
    currency = "CNY"
    if (code := _CURRENCY.match(text)) and code[1] not in ("CNY", "RMB"):
        currency, text = code[1], text[code.end() :]
    if most := _AT_MOST.fullmatch(text):
        found = parse_money((most["about"] or "") + (most["after"] or most["before"]), MoneyKind.BUDGET)
        return MoneyRange(Decimal(0), found.amount, currency, found.qualifier)
    ends = _BETWEEN.fullmatch(text)
    if ends is None:
        money = parse_money(text, MoneyKind.BUDGET)
        high = None if money.qualifier is Qualifier.OVER else money.amount
        return MoneyRange(money.amount, high, currency, money.qualifier)
    high_end = parse_money(ends["high"], MoneyKind.BUDGET)
    unit = "" if re.search(r"[元万亿]", ends["low"]) else re.sub(r"[^元万亿]", "", ends["high"])
    low_end = parse_money(ends["low"].strip() + unit, MoneyKind.BUDGET)
    if low_end.amount > high_end.amount:
        raise OrderError(f"{text!r}: the lower end is the higher one")
    about = Qualifier.ABOUT if Qualifier.ABOUT in (low_end.qualifier, high_end.qualifier) else Qualifier.EXACT
    return MoneyRange(low_end.amount, high_end.amount, currency, about)


def _exactly(amount: Decimal) -> str:
    for unit, size in (("亿元", 100_000_000), ("万元", 10_000)):
        number = amount / size
        if amount >= size and number == number.quantize(Decimal("0.0001")):
            return f"{number.normalize():f}{unit}"
    return f"{amount.normalize():f}元"


def in_chinese(money: Money) -> str:
    """Write an amount as Chinese readers expect: 800 万元, 约 1.2 亿元, 9500 元, at most one decimal."""
    lead = {Qualifier.EXACT: "", Qualifier.ABOUT: "约 ", Qualifier.OVER: "超过 "}[money.qualifier]
    for unit, size in (("亿元", 100_000_000), ("万元", 10_000), ("元", 1)):
        if abs(money.amount) >= size or size == 1:
            number = (money.amount / size).quantize(Decimal("0.1"))
            return f"{lead}{number.to_integral() if number == number.to_integral() else number} {unit}"
    raise AssertionError("unreachable")


def in_english(money: Money) -> str:
    """Write an amount as English readers expect: CNY 8.0 m, about CNY 120.0 m, CNY 9,500."""
    lead = {Qualifier.EXACT: "", Qualifier.ABOUT: "about ", Qualifier.OVER: "over "}[money.qualifier]
    if abs(money.amount) >= 1_000_000:
        return f"{lead}{money.currency} {money.amount / 1_000_000:,.1f} m"
    return f"{lead}{money.currency} {money.amount:,.0f}"
