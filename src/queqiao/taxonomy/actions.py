"""Keeping the reference tables: regions and classifications are loaded, twice with the same result."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import transaction

from queqiao.taxonomy.models import Classification, Node, Region
from queqiao.taxonomy.queries import OWN, field_rows


@dataclass(frozen=True, slots=True)
class NodeRow:
    """One class as it is loaded; ``parent`` is the code of the class that holds it, or ""."""

    code: str
    parent: str
    name: str
    name_en: str = ""
    note: str = ""


@transaction.atomic
def load_regions(rows: Iterable[Region]) -> int:
    """Add or renew regions, parents first; return how many there are of these."""
    kept = list(rows)
    Region.objects.bulk_create(
        kept,
        update_conflicts=True,
        unique_fields=["code"],
        update_fields=["name", "name_en", "kind", "parent", "begins_on", "ends_on"],
        batch_size=500,
    )
    return len(kept)


@transaction.atomic
def load_classification(classification: Classification, rows: Iterable[NodeRow]) -> int:
    """Add or renew one version of a classification; return the number of its rows.

    Parents may stand after children. Raises KeyError for a parent that is not among the rows.
    """
    kept = list(rows)
    found, _created = Classification.objects.update_or_create(
        code=classification.code,
        version=classification.version,
        defaults={
            "name": classification.name,
            "name_en": classification.name_en,
            "is_chain": classification.is_chain,
        },
    )
    Node.objects.bulk_create(
        [Node(classification=found, code=r.code, name=r.name, name_en=r.name_en, note=r.note) for r in kept],
        update_conflicts=True,
        unique_fields=["classification", "code"],
        update_fields=["name", "name_en", "note"],
        batch_size=500,
    )
    nodes = {node.code: node for node in found.nodes.all()}
    moved = []
    for row in kept:
        parent = nodes[row.parent] if row.parent else None
        if nodes[row.code].parent_id != (parent.pk if parent else None):
            nodes[row.code].parent = parent
            moved.append(nodes[row.code])
    Node.objects.bulk_update(moved, ["parent"], batch_size=500)
    return len(kept)


@transaction.atomic
def load_own_fields() -> int:
    """Add or renew our own two-level taxonomy of fields; return the number of its nodes."""
    own = Classification(code=OWN, version="1", name="鹊桥技术领域", name_en="Queqiao fields")
    return load_classification(
        own, (NodeRow(row["code"], row["parent"], row["name"], row["name_en"]) for row in field_rows())
    )


@transaction.atomic
def link_own_fields() -> int:
    """Map our own fields to the national standards that are loaded; return the number of links."""
    links = []
    own = {node.code: node for node in Node.objects.filter(classification__code=OWN)}
    for code, column in (("GB/T 13745", "gbt13745"), ("GB/T 4754", "gbt4754")):
        standard = {node.code: node for node in Node.objects.filter(classification__code=code)}
        links += [
            Node.same_as.through(from_node_id=own[row["code"]].pk, to_node_id=standard[row[column]].pk)
            for row in field_rows()
            if row[column] in standard and row["code"] in own
        ]
    Node.same_as.through.objects.bulk_create(links, ignore_conflicts=True)
    return len(links)
