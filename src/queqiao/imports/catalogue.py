"""Universities, needs and achievements that other lists hold: loaded twice, they are there once."""

from collections import Counter
from collections.abc import Callable, Iterable
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any

from django.db import transaction

from queqiao.accounts.actions.organisations import create_organisation, update_organisation
from queqiao.accounts.actors import Actor, system
from queqiao.accounts.models import Organisation
from queqiao.core.actions import note_origin
from queqiao.core.errors import InputError
from queqiao.core.i18n import _
from queqiao.core.models import ExternalId
from queqiao.imports.reference import read_rows
from queqiao.needs.models import Need
from queqiao.records.actions.importing import Origin, Outcome, bring_in
from queqiao.records.models import CatalogueRecord
from queqiao.research.models import Achievement
from queqiao.taxonomy.models import Region

LOADER = system("load")
BATCH = 200
Progress = Callable[[int], object]


def load_universities(path: Path, *, by: Actor = LOADER, progress: Progress = lambda _n: None) -> Counter[Outcome]:
    """Load universities from a table with moe_code, name, province, city, authority, longitude, latitude."""
    regions = _RegionNames()
    known = dict(ExternalId.objects.filter(kind="organisation", source="MOE").values_list("value", "target_id"))

    def enter(row: dict[str, str]) -> Outcome:
        values: dict[str, Any] = {
            "name": row["name"],
            "kind": "university",
            "region_id": regions.find(row["province"], row["city"]),
            "longitude": _degrees(row.get("longitude", "")),
            "latitude": _degrees(row.get("latitude", "")),
        }
        code = row["moe_code"]
        if code not in known:
            made = create_organisation(values=_with_region(values), by=by)
            note_origin("organisation", made.pk, "MOE", code)
            known[code] = made.pk
            return Outcome.CREATED
        there = Organisation.objects.get(pk=known[code])
        saved = update_organisation(
            organisation=there, values=_with_region(values), base_revision=there.revision, by=by
        )
        return Outcome.SAME if saved.revision == there.revision else Outcome.CHANGED

    return _in_batches(read_rows(path, "moe_code", "name", "province", "city"), enter, progress)


def load_needs(
    path: Path, *, source: str, owner: Organisation, by: Actor = LOADER, progress: Progress = lambda _n: None
) -> Counter[Outcome]:
    """Load needs from a table with id, title, description; they belong to ``owner`` and are published."""
    return _load(
        Need, path, {"title": "title", "problem": "description"}, source=source, owner=owner, by=by, progress=progress
    )


def load_achievements(
    path: Path, *, source: str, owner: Organisation, by: Actor = LOADER, progress: Progress = lambda _n: None
) -> Counter[Outcome]:
    """Load achievements from a table with id, title and, where there is one, description."""
    return _load(
        Achievement,
        path,
        {"title": "title", "description": "description"},
        source=source,
        owner=owner,
        by=by,
        progress=progress,
    )


def _load(
    model: type[CatalogueRecord],
    path: Path,
    columns: dict[str, str],
    *,
    source: str,
    owner: Organisation,
    by: Actor,
    progress: Progress,
) -> Counter[Outcome]:
    longest = model._meta.get_field("title").max_length or 120

    def enter(row: dict[str, str]) -> Outcome:
        if not row["id"].strip():
            raise InputError(_("有一行没有 id，这一批没有装入；请补上后再执行。"), path=path)
        values: dict[str, Any] = {name: row[column] for name, column in columns.items() if column in row}
        if len(values["title"]) > longest:
            values["title"] = values["title"][: longest - 1] + "…"
        return bring_in(model, Origin(source, row["id"]), organisation=owner, values=values, by=by)

    return _in_batches(read_rows(path, "id", "title"), enter, progress)


def _in_batches(
    rows: Iterable[dict[str, str]], enter: Callable[[dict[str, str]], Outcome], progress: Progress
) -> Counter[Outcome]:
    """Enter rows, some hundreds to a transaction: what is done stays done where the work is interrupted."""
    counts: Counter[Outcome] = Counter()
    waiting = iter(rows)
    while batch := list(islice(waiting, BATCH)):
        with transaction.atomic():
            counts.update(enter(row) for row in batch)
        progress(counts.total())
    return counts


def _with_region(values: dict[str, Any]) -> dict[str, Any]:
    kept = dict(values)
    code = kept.pop("region_id")
    return kept | {"region": Region.objects.get(pk=code) if code else None}


def _degrees(text: str) -> Decimal | None:
    return Decimal(text).quantize(Decimal("0.000001")) if text.strip() else None


class _RegionNames:
    """Finds a region by the names of its province and city."""

    def __init__(self) -> None:
        rows = list(Region.objects.values_list("code", "name", "parent_id", "kind"))
        self._provinces = {name: code for code, name, _parent, kind in rows if kind == "province"}
        self._cities: dict[tuple[str | None, str], str] = {
            (parent, name): code for code, name, parent, kind in rows if kind == "city"
        }

    def find(self, province: str, city: str) -> str | None:
        """Return the code of the city, else of the province, else None."""
        above = self._provinces.get(province)
        return self._cities.get((above, city)) or above
