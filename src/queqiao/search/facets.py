"""What a reader can choose beside a search, as conditions of the index."""

import datetime
from collections.abc import Collection, Iterable, Mapping

from queqiao.accounts.choices import OrganisationKind
from queqiao.core.errors import QueqiaoError
from queqiao.core.i18n import _
from queqiao.engine.retrieval import AnyOf, Filter, Or, Range
from queqiao.records.choices import Cooperation
from queqiao.records.models import concrete_kinds
from queqiao.search.entries import MATURITY, ORGANISATION
from queqiao.taxonomy.models import Node, Region

FIELD = "facets"  # of the index: words facet=value
FACETS = ("kind", "field", "region", "maturity", "cooperation", "organisation", "since")
SINCE = (7, 30, 90, 365)  # days
MOST_CHOSEN = 20  # values of one facet
_BY_CODE = {"field": Node, "region": Region}


class UnknownChoiceError(QueqiaoError):
    """A value was chosen that there is not."""


def understood(chosen: Mapping[str, Iterable[str]]) -> dict[str, tuple[str, ...]]:
    """Return what of a choice says something: known values of known facets, each once; an empty one is no choice."""
    told = {facet: tuple(dict.fromkeys(filter(None, chosen.get(facet, ())))) for facet in FACETS}
    known = {facet: _known(facet, values) for facet, values in told.items() if values}
    kept = {facet: tuple(one for one in told[facet] if one in known[facet])[:MOST_CHOSEN] for facet in known}
    return {facet: values for facet, values in kept.items() if values}


def require_known(chosen: Mapping[str, Collection[str]]) -> None:
    """Raise UnknownChoiceError for the first value that its facet does not have."""
    for facet, values in chosen.items():
        known = _known(facet, values)
        for value in [one for one in values if one not in known]:
            if facet in _BY_CODE:
                raise UnknownChoiceError(_("{name} 里没有代码“{value}”。").format(name=facet, value=value[:60]))
            sentence = _("{name} 没有“{value}”这个选项；可选：{known}。")
            raise UnknownChoiceError(sentence.format(name=facet, value=value[:60], known=_("、").join(known)))


def _known(facet: str, values: Collection[str]) -> list[str]:
    """Return the values that a facet has; of fields and regions, which are many, those of the given ones."""
    if facet in _BY_CODE:
        codes = [one for one in values if "\x00" not in one]  # databases refuse it
        return list(_BY_CODE[facet]._default_manager.filter(code__in=codes).order_by().values_list("code", flat=True))
    return {
        "kind": [*concrete_kinds(), ORGANISATION],
        "maturity": list(MATURITY),
        "cooperation": list(Cooperation.values),
        "organisation": list(OrganisationKind.values),
        "since": [str(days) for days in SINCE],
    }[facet]


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
