"""What stands in the index for a record.

A record has an entry for those who see it whole. A blind one has a second entry for those who see its blind form
only, made of nothing but what that form shows: a word that a reader must not see can then neither find the record
for him nor be guessed by trying. Names of fields and regions are not in the text; they are filters, by code.
"""

import datetime
import re
import uuid
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from queqiao.accounts.actors import PUBLIC
from queqiao.accounts.choices import OrganisationState
from queqiao.accounts.models import Organisation
from queqiao.core.models import Translation
from queqiao.core.rights import write_rights
from queqiao.engine.retrieval import FieldKind, Row, Schema
from queqiao.engine.retrieval.protocol import Value
from queqiao.engine.text.analyser import ANALYSER_VERSION, Analyser
from queqiao.engine.text.normalise import normalise
from queqiao.records.choices import State
from queqiao.records.models import Audience, CatalogueRecord, concrete_kinds
from queqiao.records.presenting import is_open
from queqiao.search.forgiving import forgiving_tokens
from queqiao.search.numbers import take_numbers

WHOLE, BLIND = "whole", "blind"
TITLE_COUNTS = 3  # a word in the title counts as often as so many in the text
ORGANISATION = "organisation"  # kind of the entries that are no catalogue records
SCHEMA = Schema(
    "records",
    {
        "kind": FieldKind.KEYWORD,
        "form": FieldKind.KEYWORD,
        "readers": FieldKind.KEYWORDS,  # audience tokens whose holders see this form
        "seen_whole_by": FieldKind.KEYWORDS,  # of a blind form: tokens whose holders see the other entry too
        "facets": FieldKind.KEYWORDS,  # what can be chosen, as facet=value, in one field since it is counted at once
        "organisation": FieldKind.KEYWORD,  # id; not in a blind form
        "trl": FieldKind.NUMBER,
        "published": FieldKind.NUMBER,  # the day's ordinal and the part of the day, in the site's time zone
        "expires": FieldKind.NUMBER,  # the day after which it is no longer shown, or no longer asked for
    },
)
# Raised whenever the same record would give other entries; an index of another version is built anew.
VERSION = f"6/{ANALYSER_VERSION}"
STAMP = "stamp"  # id and kind of the row that says that everything is in the index
STAMP_TOKEN = f"version {VERSION}"  # of that row alone; nobody has it

_TEXTS = (
    "result", "problem", "description", "background", "advantages", "application", "indicators", "tried",
    "awards", "policies", "academic_title", "record", "equipment",
)  # fmt: skip
MATURITY = {"early": (1, 3), "middle": (4, 6), "late": (7, 9)}  # bands of the technology readiness level
_DIGITS = re.compile(r"(?<![a-z0-9.])\d+(?:\.\d+)?(?![a-z0-9])")
EVERYTHING = "~"  # a token that every entry has, for who says only what he does not want
_BLIND_END = f":{BLIND}"


def stamp() -> Row:
    """Return the row that says that the index is complete, and which version of it."""
    return Row(STAMP, (), {"kind": STAMP, "readers": (STAMP_TOKEN,)})


def record_id(entry_id: str) -> uuid.UUID:
    """Return the record of which an entry is a form; ValueError for the stamp."""
    return uuid.UUID(entry_id.removesuffix(_BLIND_END))


def is_blind(entry_id: str) -> bool:
    """Whether an entry is a blind form."""
    return entry_id.endswith(_BLIND_END)


def entry_id(target: uuid.UUID, *, whole: bool) -> str:
    """Return the id of one form of a record."""
    return str(target) if whole else f"{target}{_BLIND_END}"


def entry_ids(ids: Iterable[uuid.UUID]) -> set[str]:
    """Return the ids of all entries that records may have."""
    return {f"{one}{end}" for one in ids for end in ("", _BLIND_END)}


@cache
def analyser() -> Analyser:
    """Return the one analyser of the site; it loads its dictionary at the first text."""
    return Analyser()


def query_tokens(text: str) -> tuple[str, ...]:
    """Return the tokens that find what a person typed: its numbers and words, or its characters where it has no word.

    The index holds words and figures of every text, and characters of titles only.
    """
    numbers, rest = take_numbers(text)
    terms = analyser().terms(rest)
    return (*(one.lower() for one in numbers), *figures(rest), *(terms.words or terms.characters))


def figures(text: str) -> tuple[str, ...]:
    """Return what stands in a text as figures alone, which the analyser leaves out: 304, 1.2, a telephone number."""
    return tuple(_DIGITS.findall(normalise(text).text))


def entries_of(ids: Collection[uuid.UUID]) -> Iterator[Row]:
    """Yield the entries of those of the records that are published; the number of queries does not grow."""
    audiences: dict[uuid.UUID, dict[str, bool]] = {}
    for target, token, whole in Audience.objects.filter(record_id__in=ids).values_list("record_id", "token", "whole"):
        audiences.setdefault(target, {})[token] = whole
    texts: dict[uuid.UUID, dict[str, list[str]]] = {}
    for row in Translation.objects.filter(Q(checked=True) | Q(by_machine=True), target_id__in=list(audiences)).order_by(
        "id"
    ):
        texts.setdefault(row.target_id, {}).setdefault(row.field, []).append(row.text)
    for model in concrete_kinds().values():
        published = model._default_manager.filter(pk__in=list(audiences), state=State.PUBLISHED)
        for record in _with_rows(published):
            yield from _forms(_Source(record, audiences[record.pk], texts.get(record.pk, {})))


def organisation_entries(ids: Collection[uuid.UUID]) -> Iterator[Row]:
    """Yield the entries of those of the organisations that everybody may see."""
    standing = Organisation.objects.filter(pk__in=ids, state=OrganisationState.ACTIVE).order_by()
    for one in standing.select_related("region__parent__parent__parent__parent").prefetch_related("aliases"):
        names = (one.name, one.name_en, one.short_name, *(alias.name for alias in one.aliases.all()))
        values: dict[str, Value] = {
            "kind": ORGANISATION,
            "form": WHOLE,
            "readers": (PUBLIC,),
            "organisation": str(one.pk),
        }
        regions = _codes(one.region) if one.region is not None else []
        facets = {("kind", ORGANISATION), ("organisation", one.kind), *(("region", code) for code in regions)}
        title = "\n".join(name for name in names if name)
        texts = (one.introduction, *(str(tag) for tag in one.tags))
        yield Row(str(one.pk), entry_tokens(one.number, title, texts), values | _dated(one.recorded_at, facets))


def touched_by(kind: str, targets: Collection[uuid.UUID]) -> list[tuple[str, uuid.UUID]]:
    """Return, by kind and id, the further records whose entries name organisations or experts that have changed."""
    if kind == "organisation":
        named = [(model, "organisation__in") for model in concrete_kinds().values()]
    else:
        named = [(model, "team__in") for model in concrete_kinds().values() if kind == "expert" and _has_team(model)]
    return [
        (model.KIND, pk)
        for model, where in named
        for pk in model._default_manager.filter(**{where: targets}).order_by().values_list("pk", flat=True).distinct()
    ]


def _has_team(model: type[CatalogueRecord]) -> bool:
    return "team" in model.CONTENT


@dataclass(frozen=True, slots=True)
class _Source:
    """A record with its related rows fetched, its audience, and its translations by field."""

    record: CatalogueRecord
    audience: Mapping[str, bool]
    translations: Mapping[str, list[str]] = field(default_factory=dict)


def _with_rows(rows: QuerySet[CatalogueRecord]) -> QuerySet[CatalogueRecord]:
    return (
        rows.order_by()
        .select_related("organisation", "region__parent__parent__parent__parent")
        .prefetch_related("organisation__aliases", "fields__parent", *(["team"] if _has_team(rows.model) else []))
    )


def _forms(source: _Source) -> Iterator[Row]:
    record = source.record
    whole = tuple(sorted(token for token, all_of_it in source.audience.items() if all_of_it))
    blind = tuple(sorted(token for token, all_of_it in source.audience.items() if not all_of_it))
    if whole:
        values = _values(record, record.CONTENT, WHOLE, whole) | {"organisation": str(record.organisation_id)}
        yield Row(entry_id(record.pk, whole=True), _whole_tokens(source), values)
    if blind:
        values = _values(record, record.BLIND, BLIND, blind) | {"seen_whole_by": whole}
        yield Row(
            entry_id(record.pk, whole=False),
            entry_tokens(
                record.number,
                record.blind_title,
                _content(source, record.BLIND),
                (str(word) for word in record.keywords if "keywords" in record.BLIND),
            ),
            values,
        )


def _values(record: CatalogueRecord, shown: Collection[str], form: str, readers: tuple[str, ...]) -> dict[str, Value]:
    values: dict[str, Value] = {"kind": record.KIND, "form": form, "readers": readers}
    facets = {("kind", record.KIND), ("organisation", record.organisation.kind)}
    if "fields" in shown:
        facets |= {("field", code) for node in record.fields.all() for code in _codes(node)}
    if "region" in shown and record.region is not None:
        facets |= {("region", code) for code in _codes(record.region)}
    if "cooperation" in shown:
        facets |= {("cooperation", way) for way in record.cooperation}
    if "trl" in shown and getattr(record, "trl", None) is not None:
        trl = int(getattr(record, "trl"))  # noqa: B009 -- only some kinds have it
        values["trl"] = float(trl)
        facets |= {("maturity", name) for name, (low, high) in MATURITY.items() if low <= trl <= high}
    ends = [getattr(record, name) for name in ("valid_until", "deadline") if name in shown]
    if any(ends):
        values["expires"] = float(min(day for day in ends if day is not None).toordinal())
    return values | _dated(record.published_at, facets)


def _dated(moment: datetime.datetime | None, facets: Collection[tuple[str, str]]) -> dict[str, Value]:
    """Return the day since which something is shown, and the facets with it."""
    values: dict[str, Value] = {}
    if moment is not None:
        local = timezone.localtime(moment)
        day = local.date().toordinal()
        midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
        values["published"] = day + (local - midnight) / datetime.timedelta(days=1)
        facets = {*facets, ("since", str(day))}
    return values | {"facets": tuple(sorted(f"{facet}={value}" for facet, value in facets))}


def _codes(row: Any) -> list[str]:
    """Return the code of a class or region and of those above it, as far as they were fetched with it."""
    codes = []
    while row is not None:
        codes.append(str(row.code))
        row = row.parent if row.parent_id and "parent" in row._state.fields_cache else None
    return codes


def _whole_tokens(source: _Source) -> tuple[str, ...]:
    record, owner = source.record, source.record.organisation
    texts = _content(source, record.CONTENT)
    texts += [owner.name, owner.name_en, owner.short_name, *(alias.name for alias in owner.aliases.all())]
    if _has_team(type(record)):
        texts += [one.title for one in getattr(record, "team").all() if is_open(one)]  # noqa: B009 -- only some kinds have one
    # The blind title too: whoever sees the whole finds it by every word by which a stranger does.
    title = "\n".join((record.title, *source.translations.get("title", ()), record.blind_title))
    return entry_tokens(record.number, title, texts, (str(word) for word in record.keywords))


def _content(source: _Source, shown: Collection[str]) -> list[str]:
    """Return the texts of the fields that are shown, with their translations."""
    names = [name for name in _TEXTS if name in shown]
    texts = [str(getattr(source.record, name)) for name in names]
    texts += [text for name in names for text in source.translations.get(name, ())]
    if "ip" in shown:
        texts += write_rights(getattr(source.record, "ip"))  # noqa: B009 -- only some kinds have it
    return texts + ([str(word) for word in source.record.keywords] if "keywords" in shown else [])


def entry_tokens(number: str, title: str, texts: Iterable[str], keywords: Iterable[str] = ()) -> tuple[str, ...]:
    """Return the tokens of an entry; the keywords stand among the texts already and are here for their sounds."""
    heading = analyser().terms(title)
    written = "\n".join(text for text in texts if text)
    body = analyser().terms(written)
    forgiving = forgiving_tokens("\n".join((title, *keywords)))
    again = heading.words * (TITLE_COUNTS - 1)
    told = (*figures(title), *figures(written), number.rpartition("-")[2])
    return (number.lower(), *heading.words, *heading.characters, *forgiving, *body.words, *again, *told, EVERYTHING)
