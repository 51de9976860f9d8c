"""How values are written on pages, in the reader's language."""

import datetime
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django.utils import timezone

from queqiao.core.i18n import _, current_language
from queqiao.core.money import Money, MoneyKind, Qualifier, in_chinese, in_english


def moment(value: datetime.datetime | None) -> str:
    """Write a time to the minute, in the site's zone."""
    return f"{timezone.localtime(value):%Y-%m-%d %H:%M}" if value else ""


def day(value: datetime.date | datetime.datetime | None) -> str:
    """Write a date; of a time, its date in the site's zone."""
    if isinstance(value, datetime.datetime):
        value = timezone.localtime(value).date()
    return f"{value:%Y-%m-%d}" if value else ""


def amount(value: Decimal | None, qualifier: str = "exact", currency: str = "CNY") -> str:
    """Write an amount in 元, 万元 or 亿元, or in English millions; nothing given means that it is open."""
    if value is None:
        return _("面议")
    money = Money(value, MoneyKind.PRICE, currency, Qualifier(qualifier))
    return in_english(money) if current_language() == "en" else in_chinese(money)


def amounts(low: Decimal | None, high: Decimal | None, qualifier: str = "exact", currency: str = "CNY") -> str:
    """Write a range of amounts; one end alone is one amount."""
    if low is None or high is None or low == high:
        return amount(low if low is not None else high, qualifier, currency)
    return _("{low}至{high}").format(low=amount(low, qualifier, currency), high=amount(high, qualifier, currency))


FILTERS: dict[str, Callable[..., Any]] = {"moment": moment, "day": day, "amount": amount, "amounts": amounts}
