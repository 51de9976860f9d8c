"""What a reader can choose beside a search, as conditions of the index."""

import datetime
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from queqiao.engine.retrieval import AnyOf, Filter, In, Or, Range

SINCE = (7, 30, 90, 365)  # days


@dataclass(frozen=True, slots=True)
class Facet:
    """A name in addresses, the field of the index that is counted, and what a choice of values means on a day."""

    name: str
    field: str
    condition: Callable[[tuple[str, ...], datetime.date], Filter]


def _words(field: str) -> Callable[[tuple[str, ...], datetime.date], Filter]:
    return lambda values, _today: In(field, values)


def _any_word(field: str) -> Callable[[tuple[str, ...], datetime.date], Filter]:
    return lambda values, _today: AnyOf(field, values)


def _since(values: tuple[str, ...], today: datetime.date) -> Filter:
    days = [int(value) for value in values if value.isdecimal() and int(value) in SINCE]
    return Or(tuple(Range("published", float(today.toordinal() - one)) for one in days))


FACETS = {
    facet.name: facet
    for facet in (
        Facet("kind", "kind", _words("kind")),
        Facet("field", "fields", _any_word("fields")),
        Facet("region", "regions", _any_word("regions")),
        Facet("maturity", "maturity", _words("maturity")),
        Facet("cooperation", "cooperation", _any_word("cooperation")),
        Facet("organisation", "organisation_kind", _words("organisation_kind")),
        Facet("since", "day", _since),
    )
}


def conditions(chosen: Mapping[str, tuple[str, ...]], today: datetime.date) -> dict[str, Filter]:
    """Return the condition of each facet in which something is chosen, by the field that is counted."""
    return {
        FACETS[name].field: FACETS[name].condition(tuple(values), today)
        for name, values in chosen.items()
        if name in FACETS and values
    }


def by_age(days: Mapping[str, int], today: datetime.date) -> dict[str, int]:
    """Turn counts by day into counts of what is at most so many days old."""
    ages = [(today.toordinal() - int(day), n) for day, n in days.items()]
    return {str(most): sum(n for age, n in ages if age <= most) for most in SINCE}
