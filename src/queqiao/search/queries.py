"""What of the index a reader may find. Rows are still fetched through ``visible``, which is the rule."""

import uuid
from collections.abc import Iterable
from typing import Any

from django.db.models import Q

from queqiao.accounts.actors import PUBLIC, Actor
from queqiao.accounts.choices import OrganisationState
from queqiao.accounts.models import Organisation
from queqiao.accounts.queries import visible_organisations
from queqiao.core.models import Translation
from queqiao.engine.retrieval import And, AnyOf, Eq, Filter, Not
from queqiao.records.choices import State
from queqiao.records.models import CatalogueRecord, concrete_kinds
from queqiao.records.presenting import with_rows
from queqiao.records.queries import visible
from queqiao.search.entries import WHOLE, is_blind, record_id


def readable(actor: Actor) -> Filter:
    """Return the condition of the entries that the actor may find, one for each record.

    Of a blind record that he sees whole only the whole entry counts: every word of the blind one stands there too.
    """
    if actor.is_system:
        return Eq("form", WHOLE)
    mine = tuple(sorted(actor.tokens))
    if mine == (PUBLIC,):  # who sees nothing but the blind forms of blind records
        return AnyOf("readers", mine)
    return And((AnyOf("readers", mine), Not(AnyOf("seen_whole_by", mine))))


def fetch(entry_ids: Iterable[str], actor: Actor) -> list[CatalogueRecord | Organisation]:
    """Return the rows of entries in their order, as the actor may see them by now, with what their faces need.

    An index is a moment behind: what was found in words that have become hidden meanwhile, or is no longer
    published, is left out. The number of queries does not grow with the entries.
    """
    found = list(entry_ids)
    ids = {record_id(one) for one in found}
    rows: dict[uuid.UUID, CatalogueRecord | Organisation] = {}
    for model in concrete_kinds().values():
        # Asked for the state too, SQLite would read all that is published instead of these few.
        seen: Any = with_rows(visible(model, actor).filter(pk__in=ids).order_by())
        rows |= {row.pk: row for row in seen if row.state == State.PUBLISHED}
    if ids - rows.keys():
        standing = visible_organisations(actor).filter(pk__in=ids - rows.keys(), state=OrganisationState.ACTIVE)
        rows |= {row.pk: row for row in standing.select_related("region").order_by()}
    return [rows[pk] for one in found if (pk := record_id(one)) in rows and _is_told(one, rows[pk])]


def headings(entry_ids: Iterable[str], actor: Actor) -> list[str]:
    """Return the titles, in every language, and the keywords of entries, as far as the actor may read them."""
    rows = fetch(entry_ids, actor)
    texts: list[str] = []
    for row in rows:
        if isinstance(row, Organisation):
            texts += (row.name, row.name_en, row.short_name)
        else:
            whole = bool(getattr(row, "is_whole", False))
            texts.append(row.title if whole else row.blind_title)
            texts += map(str, row.keywords if whole or "keywords" in row.BLIND else ())
    whole_ids = [row.pk for row in rows if getattr(row, "is_whole", False)]
    translated = Translation.objects.filter(
        Q(checked=True) | Q(by_machine=True), target_id__in=whole_ids, field="title"
    )
    return [*texts, *translated.order_by("id").values_list("text", flat=True)]


def _is_told(entry_id: str, row: CatalogueRecord | Organisation) -> bool:
    return is_blind(entry_id) or isinstance(row, Organisation) or bool(getattr(row, "is_whole", False))
