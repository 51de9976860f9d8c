"""What of the index a reader may find. Rows are still fetched through ``visible``, which is the rule."""

import uuid
from collections.abc import Iterable
from typing import Any

from queqiao.accounts.actors import Actor
from queqiao.engine.retrieval import And, AnyOf, Eq, Filter
from queqiao.records.models import concrete_kinds
from queqiao.records.queries import visible
from queqiao.search.entries import BLIND, WHOLE, is_blind, record_id


def readable(actor: Actor) -> Filter:
    """Return the condition of all entries that the actor may find.

    A blind record that he sees whole has two of them: see ``best_entries``, and ``twice`` for counts.
    """
    return Eq("form", WHOLE) if actor.is_system else AnyOf("readers", tuple(sorted(actor.tokens)))


def twice(actor: Actor) -> Filter:
    """Return the condition of the blind entries whose records the actor sees whole: take them off every count.

    Every word of a blind entry stands in the whole one too, so that whoever finds the one finds the other.
    """
    mine = tuple(sorted(actor.tokens))
    seen = (AnyOf("readers", mine), AnyOf("seen_whole_by", mine))
    return And((Eq("form", BLIND), *((Eq("form", WHOLE),) if actor.is_system else seen)))


def best_entries(entry_ids: Iterable[str]) -> list[str]:
    """Leave one entry for each record, where both were found the whole one, at the better of the two places."""
    best: dict[uuid.UUID, str] = {}
    for one in entry_ids:
        if record_id(one) not in best or not is_blind(one):
            best[record_id(one)] = one
    return list(best.values())


def still_visible(entry_ids: Iterable[str], actor: Actor) -> list[str]:
    """Leave the entries whose records the actor may see by now in the form by which they were found.

    An index is a moment behind: what was found in words that have become hidden meanwhile must not be shown.
    """
    found = list(entry_ids)
    ids = {record_id(one) for one in found}
    forms: dict[uuid.UUID, bool] = {}
    for model in concrete_kinds().values():
        rows: Any = visible(model, actor).filter(pk__in=ids).order_by()
        forms |= dict(rows.values_list("pk", "is_whole"))
    return [one for one in found if record_id(one) in forms and (is_blind(one) or forms[record_id(one)])]
