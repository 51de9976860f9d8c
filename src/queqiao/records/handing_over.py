"""Who has which task: what waits for somebody, less what was handed on, with what was handed to him.

A hand-over gives no rights. It holds while its receiver may do the task anyhow; then the task is his alone, and when he
no longer may it waits for everybody again for whom it waited before. The number of queries does not grow with the rows.
"""

import datetime
import uuid
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q

from queqiao.accounts.actors import Actor, actors_of
from queqiao.accounts.choices import RoleKind
from queqiao.accounts.models import Person, Role, User
from queqiao.core.models import Activity
from queqiao.records.choices import Verb
from queqiao.records.hand_over import HandOver
from queqiao.records.workspace import Key, Todo, Work, todos

_WORK_FOR_ALL = (RoleKind.EDITOR, RoleKind.ORGANISATION_ADMIN, RoleKind.STAFF, RoleKind.OPERATOR_ADMIN)


@dataclass(frozen=True, slots=True)
class Task:
    """One task of the reader: the colleagues who may do it too, and by whom it was handed to him, if it was."""

    todo: Todo
    colleagues: tuple[Person, ...]
    handed: HandOver | None


@dataclass(frozen=True, slots=True)
class Passed:
    """One task that is in the hands of somebody else; ``own`` says that the reader gave it."""

    todo: Todo
    handed: HandOver
    own: bool


@dataclass(frozen=True, slots=True)
class Desk:
    """What is for the reader to do, and what would be, had it not been handed to somebody else."""

    tasks: list[Task]
    passed: list[Passed]


def desk_of(actor: Actor, *, now: datetime.datetime | None = None) -> Desk:
    """Return the tasks of the actor in the order of ``todos``; whoever stands in for somebody has his tasks, too."""
    waiting = todos(actor, now=now)
    standing = _standing(waiting)
    hands = actor.ids("away") | ({actor.person_id} if actor.person_id else set())
    people = _People(waiting, standing.values(), actor, hands)
    desk = Desk([], [])
    for todo in waiting:
        row = standing.get(todo.key)
        held = row if row and people.may(row.receiver_id, todo) else None
        if held is None or held.receiver_id in hands:
            desk.tasks.append(Task(todo, people.colleagues(todo), held))
        else:
            desk.passed.append(Passed(todo, held, held.giver_id in hands))
    return desk


def _standing(waiting: Iterable[Todo]) -> dict[Key, HandOver]:
    rows = HandOver.objects.filter(ended_at=None, target_id__in={todo.target for todo in waiting})
    return {Key(row.kind, row.work, row.target_id, row.since): row for row in rows.select_related("giver", "receiver")}


def _submitters(waiting: Iterable[Todo]) -> dict[uuid.UUID, str]:
    """Return who submitted each record that waits for review: he does not publish it himself (``four_eyes``)."""
    reviews = [todo for todo in waiting if todo.work is Work.REVIEW]
    submitted = Activity.objects.filter(
        target_kind__in={todo.kind for todo in reviews},
        target_id__in=[todo.target for todo in reviews],
        verb=Verb.SUBMIT,
    )
    return dict(submitted.order_by("id").values_list("target_id", "actor"))


class _People:
    """The actor's colleagues, and everybody to whom one of the tasks was handed, with what they may do today."""

    def __init__(
        self, waiting: Collection[Todo], standing: Collection[HandOver], actor: Actor, hands: Collection[uuid.UUID]
    ):
        near = actor.ids("org") | {todo.owner for todo in waiting if todo.owner}
        named = {row.receiver_id for row in standing} | {todo.author for todo in waiting if todo.author}
        signs_in = User.objects.filter(person=OuterRef("person"), is_active=True)
        wanted = Q(organisation__in=near, kind__in=_WORK_FOR_ALL) | Q(person__in=named)
        roles = list(
            Role.objects.current()
            .filter(wanted, Exists(signs_in))
            .select_related("organisation", "person")
            .order_by("person__name", "person")
        )
        self._actors = actors_of(roles)
        self._submitters = _submitters(waiting)
        near_roles = [role for role in roles if role.organisation_id in near and role.person_id not in hands]
        self._near = {role.person_id: role.person for role in near_roles}

    def may(self, person_id: uuid.UUID, todo: Todo) -> bool:
        """Whether somebody may do a task by his own roles of today."""
        return person_id in self._actors and self._actors[person_id].has(*todo.open_to)

    def colleagues(self, todo: Todo) -> tuple[Person, ...]:
        """Return the colleagues who may do a task, by name."""
        submitter = self._submitters.get(todo.target, "") if todo.work is Work.REVIEW else ""
        return tuple(
            person for pk, person in self._near.items() if self.may(pk, todo) and self._actors[pk].name != submitter
        )
