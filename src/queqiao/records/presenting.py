"""A record as one reader sees it. Pages, messages and exports are made of this and never of the row itself."""

import datetime
import re
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from django.db.models import Model, QuerySet

from queqiao.accounts.actors import Actor
from queqiao.accounts.choices import OrganisationKind
from queqiao.accounts.overview import masked
from queqiao.core.i18n import _, current_language
from queqiao.core.models import Translation
from queqiao.core.rights import write_rights
from queqiao.records.choices import Cooperation, State, Visibility
from queqiao.records.models import CatalogueRecord
from queqiao.records.queries import is_insider, translations, visible

R = TypeVar("R", bound=CatalogueRecord)
TRANSLATED = (
    "title", "result", "description", "problem", "background", "indicators", "tried", "record", "advantages",
    "application", "equipment", "opening", "terms",
)  # fmt: skip
_HAN = re.compile("[\u3400-\u9fff]")


@dataclass(frozen=True, slots=True)
class Face:
    """What one reader may see of one record, in his language.

    ``values`` holds only fields that he may see; ``untranslated`` names those shown in Chinese for want of another.
    """

    id: uuid.UUID
    kind: str
    number: str
    title: str
    state: str
    visibility: str
    whole: bool
    organisation: str
    organisation_number: str  # "" where the reader must not learn it
    published_at: datetime.datetime | None
    values: Mapping[str, Any]
    untranslated: frozenset[str] = frozenset()

    def get(self, name: str, default: Any = "") -> Any:
        """Return a field's value, or the default where the reader does not see it."""
        return self.values.get(name, default)


def with_rows(rows: QuerySet[R]) -> QuerySet[R]:
    """Fetch along with records what their faces show, with a number of queries that does not grow with the rows."""
    many = [f.name for f in rows.model._meta.many_to_many if f.name != "fields"]
    return rows.select_related("organisation", "region").prefetch_related("fields__parent", *many)


def faces(rows: Iterable[CatalogueRecord], *, inside: bool = False) -> list[Face]:
    """Return the faces of rows that came through ``visible`` and ``with_rows``.

    ``inside`` shows what only the owner and the staff of the rows see; whoever asks for it has tested that.
    """
    kept = list(rows)
    language = current_language()
    texts = translations((row.pk for row in kept), language) if language != "zh" else {}
    return [_face(row, texts, inside) for row in kept]


def face_of(record: CatalogueRecord, actor: Actor) -> Face | None:
    """Return the record as the actor sees it, None where he must not know of it."""
    found = with_rows(visible(type(record), actor).filter(pk=record.pk)).first()
    return faces([found], inside=is_insider(found, actor))[0] if found else None


def _face(row: CatalogueRecord, texts: Mapping[tuple[uuid.UUID, str], Translation], inside: bool) -> Face:
    whole = bool(getattr(row, "is_whole", False))
    values = {name: value_of(row, name) for name in (row.CONTENT if whole else row.BLIND)}
    if not inside:
        values |= {name: _from_outside(name, values[name]) for name in row.INSIDE if name in values}
    values["title"] = row.title if whole else row.blind_title or _("未具名的{field}记录").format(field=_field_name(row))
    untranslated = set()
    if current_language() != "zh":
        for name in [name for name in values if name in TRANSLATED and values[name]]:
            found = texts.get((row.pk, name)) if whole or name != "title" else None
            if found:
                values[name] = found.text
            elif _HAN.search(str(values[name])):
                untranslated.add(name)
    return Face(
        id=row.pk,
        kind=row.KIND,
        number=row.number,
        title=values["title"],
        state=row.state,
        visibility=row.visibility,
        whole=whole,
        organisation=_organisation_name(row) if whole else _masked_organisation(row),
        organisation_number=row.organisation.number if whole else "",
        published_at=row.published_at,
        values=values,
        untranslated=frozenset(untranslated),
    )


def value_of(row: CatalogueRecord, name: str) -> Any:
    """Return a field's value as it is shown: names of related rows, words of choices."""
    value = getattr(row, name)
    if name == "cooperation":
        return tuple(words(value, Cooperation.choices))
    if name == "ip":
        return tuple(write_rights(value))
    if hasattr(value, "values_list"):
        # A colleague whose own page is not open to everybody is not named on the page of his achievement either.
        return tuple(name_of(one) for one in value.all() if is_open(one))
    if isinstance(value, Model):
        return name_of(value)
    choices = getattr(row._meta.get_field(name), "choices", None)
    if choices and name not in ("budget_qualifier", "price_qualifier"):
        return str(dict(choices).get(value, "")) if value else ""
    return tuple(value) if isinstance(value, list) else value


def _from_outside(name: str, value: str) -> str:
    """Return what others see of a field that is for the owner and the staff: a contact masked, the rest not at all."""
    if name == "contact_name":
        return value[:1] + "**" if value else ""
    return masked(value) if name == "contact_details" else ""


def is_open(row: Any) -> bool:
    """Whether everybody may read a related row's name: classes and regions, and records that are open to all."""
    if not isinstance(row, CatalogueRecord):
        return True
    return row.state == State.PUBLISHED and row.visibility == Visibility.PUBLIC


def name_of(row: Any) -> str:
    """Return the name of a field, region, organisation or expert in the reader's language."""
    english = str(getattr(row, "name_en", ""))
    if current_language() == "en" and english:
        return english
    return str(getattr(row, "name", "") or getattr(row, "title", ""))


def words(values: Sequence[str], choices: Any) -> list[str]:
    """Return the words of stored choice codes, unknown ones as they stand."""
    known = dict(choices)
    return [str(known.get(value, value)) for value in values]


def _organisation_name(row: CatalogueRecord) -> str:
    return name_of(row.organisation)


def _masked_organisation(row: CatalogueRecord) -> str:
    kind = str(OrganisationKind(row.organisation.kind).label)
    return _("某{field}{kind}（已实名）").format(field=_field_name(row), kind=kind)


def _field_name(row: CatalogueRecord) -> str:
    first = next(iter(row.fields.all()), None)
    if first is None:
        return ""
    return name_of(first.parent if first.parent_id and first.parent else first)
