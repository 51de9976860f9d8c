"""What the list of somebody's own records tells beside each row: a title not saved yet, and where his changes stand.

The number of queries does not grow with the rows.
"""

import uuid
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from queqiao.accounts.actors import Actor
from queqiao.core.models import Activity
from queqiao.records.choices import State
from queqiao.records.models import WorkingCopy, concrete_kinds
from queqiao.records.workspace import OwnRow

# In these a change waits for the staff; of a draft and of what was withdrawn nothing was sent back.
_REVIEWED = frozenset({State.SUBMITTED.value, State.PUBLISHED.value, State.EXPIRED.value})


@dataclass(frozen=True, slots=True)
class Beside:
    """The title that the reader has typed and not saved; whether a change waits, and whether his own came back."""

    title: str = ""
    waits: bool = False
    returned: bool = False


def beside(rows: Collection[OwnRow], actor: Actor) -> dict[str, Beside]:
    """Return what is told beside each row, by its number; a working copy shows to its author alone."""
    ids = _ids(row.number for row in rows)
    refused = _refused(ids.values(), actor)
    waiting: set[uuid.UUID] = set()
    own: dict[uuid.UUID, str] = {}
    copies = WorkingCopy.objects.filter(record_id__in=list(ids.values()))
    for pk, person, title, proposed in copies.values_list(
        "record_id", "person_id", "values__typed__title", "proposed_at"
    ):
        if proposed:
            waiting.add(pk)
        elif person == actor.person_id:
            own[pk] = str(title or "").strip()
    return {
        row.number: Beside(
            title=own.get(pk, ""),
            waits=pk in waiting,
            returned=row.state in _REVIEWED and pk in own and pk in refused,
        )
        for row in rows
        for pk in [ids[row.number]]
    }


def _ids(numbers: Iterable[str]) -> dict[str, uuid.UUID]:
    wanted = list(numbers)
    parts = [
        model._default_manager.filter(number__in=wanted).order_by().values_list("number", "pk")
        for model in concrete_kinds().values()
    ]
    return dict(parts[0].union(*parts[1:], all=True))


def _refused(ids: Iterable[uuid.UUID], actor: Actor) -> set[uuid.UUID]:
    """Return the records of which the actor's last proposal was sent back."""
    told = Activity.objects.filter(
        target_kind__in=list(concrete_kinds()), target_id__in=list(ids), verb__in=("propose", "refuse")
    )
    last = {
        pk: verb
        for pk, verb, changes in told.order_by("id").values_list("target_id", "verb", "changes")
        if changes["proposal_of"][1] == str(actor.person_id)
    }
    return {pk for pk, verb in last.items() if verb == "refuse"}
