"""The choices beside a search: which values stand there, what they are called, and where each leads."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from django.http import QueryDict

from queqiao.accounts.choices import OrganisationKind
from queqiao.core.i18n import _
from queqiao.records.choices import Cooperation
from queqiao.records.presenting import name_of
from queqiao.search.entries import MATURITY, ORGANISATION
from queqiao.search.facets import SINCE
from queqiao.taxonomy.models import Region
from queqiao.taxonomy.queries import fields
from queqiao.web.kinds import KINDS

MOST_REGIONS = 12
Counts = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Choice:
    """One value: its name, how many hits it has, where a click leads, whether it is chosen or lies inside another."""

    value: str
    label: str
    count: int
    href: str
    is_chosen: bool
    inner: bool = False


@dataclass(frozen=True, slots=True)
class ChoiceList:
    """The values of one facet."""

    name: str
    label: str
    choices: tuple[Choice, ...]

    @property
    def chosen(self) -> tuple[Choice, ...]:
        """Those that are chosen."""
        return tuple(one for one in self.choices if one.is_chosen)


def choice_lists(sent: QueryDict, counts: Mapping[str, Counts], *, fixed: frozenset[str]) -> list[ChoiceList]:
    """Return the lists of all facets that say something here; ``fixed`` ones are not to be chosen."""
    makers: dict[str, tuple[str, Callable[[Counts, frozenset[str]], list[tuple[str, str, bool]]]]] = {
        "kind": (_("类型"), _kinds),
        "field": (_("技术领域"), _fields),
        "region": (_("地区"), _regions),
        "maturity": (_("成熟度"), _maturity),
        "cooperation": (_("合作方式"), _cooperation),
        "organisation": (_("单位类别"), _organisations),
        "since": (_("发布时间"), _since),
    }
    lists = []
    for name, (label, values_of) in makers.items():
        chosen = frozenset(sent.getlist(name))
        there = counts.get(name, {})
        if name in fixed or not (any(there.values()) or chosen):
            continue
        values = values_of(there, chosen)
        choices = tuple(_choice(sent, name, there, value) for value in values)
        if len(choices) > 1 or chosen:
            lists.append(ChoiceList(name, label, choices))
    return lists


def _choice(sent: QueryDict, name: str, counts: Counts, value: tuple[str, str, bool]) -> Choice:
    code, label, inner = value
    before = sent.getlist(name)
    is_chosen = code in before
    query = sent.copy()
    query.pop("page", None)
    query.setlist(name, [one for one in before if one != code] if is_chosen else [*before, code])
    return Choice(code, label, counts.get(code, 0), "?" + query.urlencode(), is_chosen, inner)


def _kinds(_counts: Counts, _chosen: frozenset[str]) -> list[tuple[str, str, bool]]:
    known = [(kind.model.KIND, str(kind.label), False) for kind in KINDS.values()]
    return [*known, (ORGANISATION, _("机构"), False)]


def _fields(counts: Counts, chosen: frozenset[str]) -> list[tuple[str, str, bool]]:
    """Return the classes that have hits; those of the second level below a class that is chosen."""
    found = []
    for node in fields():
        above = node.parent.code if node.parent else ""
        opened = not above or above in chosen or node.code in chosen
        if opened and (counts.get(node.code) or node.code in chosen):
            found.append((node.code, name_of(node), bool(above)))
    return found


def _regions(counts: Counts, chosen: frozenset[str]) -> list[tuple[str, str, bool]]:
    """Return what lies inside the regions that are chosen, else the first level on which there is a choice.

    The fullest come first.
    """
    # Of the thousands that may be counted only those that are shown are read whole.
    there = dict(Region.objects.filter(code__in={*counts, *chosen}).values_list("code", "parent_id"))
    inside: dict[str | None, list[str]] = {}
    for code, parent in there.items():
        inside.setdefault(parent if parent in there else None, []).append(code)
    level = inside.get(None, [])
    while len(level) == 1 and level[0] not in chosen and inside.get(level[0]):
        level = inside[level[0]]
    picked = [code for code in there if code in chosen]
    below = [code for one in picked for code in inside.get(one, []) if code not in chosen]
    rest = [code for code in level if code not in chosen and code not in below] if not picked else []
    fullest = sorted([*below, *rest], key=lambda code: (-counts.get(code, 0), code))[:MOST_REGIONS]
    shown = Region.objects.in_bulk([*picked, *fullest])
    return [(code, name_of(shown[code]), code in below) for code in (*picked, *fullest)]


def _maturity(_counts: Counts, _chosen: frozenset[str]) -> list[tuple[str, str, bool]]:
    words = {"early": _("实验室研发"), "middle": _("小试中试"), "late": _("工程化与应用")}
    return [(name, f"{words[name]} {low}–{high}", False) for name, (low, high) in MATURITY.items()]


def _cooperation(counts: Counts, chosen: frozenset[str]) -> list[tuple[str, str, bool]]:
    return [(code, str(label), False) for code, label in Cooperation.choices if counts.get(code) or code in chosen]


def _organisations(counts: Counts, chosen: frozenset[str]) -> list[tuple[str, str, bool]]:
    return [(code, str(label), False) for code, label in OrganisationKind.choices if counts.get(code) or code in chosen]


def _since(_counts: Counts, _chosen: frozenset[str]) -> list[tuple[str, str, bool]]:
    words = {7: _("近一周"), 30: _("近一个月"), 90: _("近三个月"), 365: _("近一年")}
    return [(str(days), words[days], False) for days in SINCE]
