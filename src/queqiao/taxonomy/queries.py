"""Reading regions and fields."""

import csv
from functools import lru_cache
from pathlib import Path

from django.db.models import Q, QuerySet

from queqiao.taxonomy.models import Node, Region

OWN = "queqiao"
FIELDS_FILE = Path(__file__).with_name("fields.csv")


@lru_cache(maxsize=1)
def field_rows() -> tuple[dict[str, str], ...]:
    """Return the rows of our own field taxonomy: code, parent, name, name_en, gbt13745, gbt4754."""
    with FIELDS_FILE.open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file))


def fields() -> QuerySet[Node]:
    """Return the nodes of our own field taxonomy, each parent before its children."""
    return Node.objects.filter(classification__code=OWN).select_related("parent")


def nodes_below(code: str) -> list[int]:
    """Return the ids of a field and of the fields below it; empty for an unknown code."""
    return list(Node.objects.filter(Q(code=code) | Q(parent__code=code)).values_list("pk", flat=True))


def region_and_below(code: str) -> frozenset[str]:
    """Return the codes of a region and of all regions inside it; empty for an unknown code."""
    parents = dict(Region.objects.values_list("code", "parent_id"))
    if code not in parents:
        return frozenset()
    inside = {code}
    growing = True
    while growing:
        more = {child for child, parent in parents.items() if parent in inside} - inside
        inside |= more
        growing = bool(more)
    return frozenset(inside)
