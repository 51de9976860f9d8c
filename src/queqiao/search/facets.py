"""What a reader can choose beside a search, as conditions of the index."""

import datetime
from collections.abc import Mapping

from queqiao.engine.retrieval import AnyOf, Filter, Or, Range

FIELD = "facets"  # of the index: words facet=value
FACETS = ("kind", "field", "region", "maturity", "cooperation", "organisation", "since")
SINCE = (7, 30, 90, 365)  # days


def conditions(chosen: Mapping[str, tuple[str, ...]], today: datetime.date) -> dict[str, Filter]:
    """Return the condition of each facet in which something is chosen; any of several values will do."""
    return {
        facet: _since(values, today) if facet == "since" else AnyOf(FIELD, tuple(f"{facet}={one}" for one in values))
        for facet, values in chosen.items()
        if facet in FACETS and values
    }


def _since(values: tuple[str, ...], today: datetime.date) -> Filter:
    days = [one for one in SINCE if str(one) in values]
    return Or(tuple(Range("published", float(today.toordinal() - one)) for one in days))


def by_age(days: Mapping[str, int], today: datetime.date) -> dict[str, int]:
    """Turn counts by day into counts of what is at most so many days old."""
    ages = [(today.toordinal() - int(day), n) for day, n in days.items()]
    return {str(most): sum(n for age, n in ages if age <= most) for most in SINCE}
