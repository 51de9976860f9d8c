"""Dates that say how exactly they are known: a day, a month or a year."""

import calendar
import datetime
import re
from dataclasses import dataclass
from enum import StrEnum

_WRITTEN = re.compile(r"(\d{4})(?:[-/.年](\d{1,2})(?:[-/.月](\d{1,2})日?|月?)?|年?)")


class Precision(StrEnum):
    """How exactly a date is known."""

    DAY = "day"
    MONTH = "month"
    YEAR = "year"


@dataclass(frozen=True, slots=True, order=True)
class PartialDate:
    """A date as it was told; ``first`` is the first day that it can mean."""

    first: datetime.date
    precision: Precision = Precision.DAY

    def __post_init__(self) -> None:
        if self.precision is not Precision.DAY and self.first.day != 1:
            raise ValueError("a month begins on its first day")
        if self.precision is Precision.YEAR and self.first.month != 1:
            raise ValueError("a year begins in January")

    @property
    def last(self) -> datetime.date:
        """The last day that it can mean."""
        if self.precision is Precision.YEAR:
            return self.first.replace(month=12, day=31)
        if self.precision is Precision.MONTH:
            return self.first.replace(day=calendar.monthrange(self.first.year, self.first.month)[1])
        return self.first

    def lies_within(self, begin: datetime.date, end: datetime.date) -> bool:
        """Whether every day that it can mean lies in the period, both ends included."""
        return begin <= self.first and self.last <= end

    def __str__(self) -> str:
        """Write it as it is known: 2026, 2026-11 or 2026-11-24."""
        return self.first.isoformat()[: {Precision.YEAR: 4, Precision.MONTH: 7, Precision.DAY: 10}[self.precision]]


def parse_date(text: str) -> PartialDate:
    """Read 2026, 2026年, 2026-11, 2026年11月, 2026-11-24 or 2026年11月24日; ValueError for anything else."""
    found = _WRITTEN.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"{text!r} is no date")
    year, month, day = found.groups()
    if day is not None:
        return PartialDate(datetime.date(int(year), int(month), int(day)))
    if month is not None:
        return PartialDate(datetime.date(int(year), int(month), 1), Precision.MONTH)
    return PartialDate(datetime.date(int(year), 1, 1), Precision.YEAR)
