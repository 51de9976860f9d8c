"""The demo city's texts, from the tables beside this file."""

import csv
import datetime
import re
from collections.abc import Iterator
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

from queqiao.core.money import MoneyKind, Qualifier, parse_money

FOLDER = Path(__file__).with_name("content")


@lru_cache(maxsize=16)
def table(name: str) -> tuple[dict[str, str], ...]:
    """Return the rows of all tables whose name begins so, in the order of the files."""
    rows: list[dict[str, str]] = []
    for path in sorted(FOLDER.glob(f"{name}*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            rows += list(csv.DictReader(file))
    return tuple(rows)


def parts(text: str) -> list[str]:
    """Cut a cell at its semicolons, Chinese or not."""
    return [part.strip() for part in re.split(r"[;；]", text) if part.strip()]


def lines(text: str) -> str:
    """Write the parts of a cell one to a line."""
    return "\n".join(parts(text))


def money(text: str) -> tuple[Decimal | None, Decimal | None, str]:
    """Read 100万~200万元, 80万元 or 面议 into the lower and upper end and the qualifier."""
    ends = [end for end in re.split(r"[~～至]", text) if end.strip()]
    if not ends or "面议" in text:
        return None, None, Qualifier.EXACT
    read = [parse_money(end, MoneyKind.BUDGET) for end in ends]
    return read[0].amount, read[-1].amount, read[-1].qualifier


def deadline(text: str, *, today: datetime.date) -> datetime.date | None:
    """Read 2027-03 as the last day of that month, or of the same month in the first year in which it lies ahead.

    +12 is twelve days from today, so that something ends soon in whatever month the city is entered.
    """
    if not text:
        return None
    if text.startswith("+"):
        return today + datetime.timedelta(days=int(text))
    year, month = map(int, text.split("-")[:2])
    ends = (
        datetime.date(one + month // 12, month % 12 + 1, 1) - datetime.timedelta(days=1)
        for one in range(year, max(year, today.year) + 2)
    )
    return next(end for end in ends if end >= today)


def spread(rows: int, days: int, now: datetime.datetime) -> Iterator[datetime.datetime]:
    """Yield a time for each row, evenly over the last days, each later than the one before."""
    step = datetime.timedelta(days=days) / max(rows, 1)
    for i in range(rows):
        yield now - datetime.timedelta(days=days) + i * step


def record_values(row: dict[str, str], columns: dict[str, str]) -> dict[str, Any]:
    """Return the plain text values of a row: content field -> cell, by the given columns."""
    return {field: row[column] for field, column in columns.items()}
