"""What waits for somebody today, and the records that he keeps. The number of queries does not grow with the rows."""

import datetime
import uuid
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, NamedTuple, Self

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Value
from django.utils import timezone

from queqiao.accounts.actors import Actor
from queqiao.accounts.models import Person, Registration
from queqiao.records.choices import State
from queqiao.records.four_eyes import others_publish
from queqiao.records.models import CatalogueRecord, RecordScope, WorkingCopy, concrete_kinds
from queqiao.records.queries import owner_tokens, visible_whole

EXPIRES_WITHIN = datetime.timedelta(days=30)
UNSENT_FOR = datetime.timedelta(days=1)
ANSWER_WITHIN = datetime.timedelta(days=14)  # a returned draft
REVIEW_WITHIN = datetime.timedelta(days=5)  # what waits for the staff
MOST = 100  # of each kind of record and of work; the oldest come first


class Work(StrEnum):
    """What is to be done."""

    RETURNED = "returned"
    EXPIRED = "expired"
    EXPIRING = "expiring"
    UNSENT = "unsent"
    REVIEW = "review"
    PROPOSAL = "proposal"
    REGISTRATION = "registration"


class Key(NamedTuple):
    """What tells a task from every other one, later tasks of the same record included."""

    kind: str
    work: str
    target: uuid.UUID
    since: datetime.datetime

    @classmethod
    def read(cls, text: str) -> Self | None:
        """Read what ``write`` wrote; None for anything else."""
        try:
            kind, work, target, since = text.split(" ")
            return cls(kind, work, uuid.UUID(target), datetime.datetime.fromisoformat(since).astimezone(datetime.UTC))
        except (ValueError, OverflowError):
            return None

    def write(self) -> str:
        """Write the key as it stands in a form."""
        return " ".join((self.kind, self.work, str(self.target), self.since.isoformat()))


@dataclass(frozen=True, slots=True)
class Todo:
    """One thing that waits: since when, and for whom where that is somebody else who is away.

    ``open_to`` are the tokens each of which lets an actor do it; ``owner`` is the organisation to which it falls, None
    where it falls to the staff. ``others`` says that it waits for a colleague: the actor submitted the record himself.
    """

    work: Work
    kind: str  # of record; "" for a registration
    number: str
    title: str
    organisation: str
    since: datetime.datetime
    overdue: bool
    target: uuid.UUID  # the record or the registration
    open_to: frozenset[str]
    owner: uuid.UUID | None = None
    author: uuid.UUID | None = None
    until: datetime.date | None = None
    instead_of: str = ""
    others: bool = False

    @property
    def key(self) -> Key:
        """Return what tells this task from every other; a record that expires meanwhile still asks for the same."""
        work = Work.EXPIRING if self.work is Work.EXPIRED else self.work
        return Key(self.kind, work.value, self.target, self.since)


@dataclass(frozen=True, slots=True)
class OwnRow:
    """One line of somebody's records."""

    kind: str
    number: str
    title: str
    state: str
    organisation: str
    recorded_at: datetime.datetime
    valid_until: datetime.date | None


def todos(actor: Actor, *, now: datetime.datetime | None = None) -> list[Todo]:
    """Return everything that waits for the actor, overdue things first, then the oldest; at the end what others do."""
    now = now or timezone.now()
    away = {person.pk: person.name for person in Person.objects.filter(pk__in=actor.ids("away"))}
    found: list[Todo] = []
    for model in concrete_kinds().values():
        found += _owner_todos(model, actor, away, now)
        if actor.is_staff:
            found += _reviews(model, actor, now)
    if actor.is_staff:
        found += _proposals(actor, now)
        found += _registrations(actor, now)
    found = _with_typed_titles(found, actor)
    left = others_publish({todo.target for todo in found if todo.work is Work.REVIEW}, actor)
    found = [replace(todo, others=True) if todo.work is Work.REVIEW and todo.target in left else todo for todo in found]
    return sorted(found, key=lambda todo: (todo.others, not todo.overdue, todo.since))


def _with_typed_titles(found: Iterable[Todo], actor: Actor) -> list[Todo]:
    """Give drafts without a title the one that the actor has typed and not saved yet; nobody else sees it."""
    copies = WorkingCopy.objects.filter(
        person=actor.person_id, proposed_at=None, record_id__in=[todo.target for todo in found if not todo.title]
    )
    typed = {pk: str(title or "").strip() for pk, title in copies.values_list("record_id", "values__typed__title")}
    return [replace(todo, title=todo.title or typed.get(todo.target, "")) for todo in found]


def own_counts(actor: Actor) -> dict[str, int]:
    """Return how many records the actor keeps in each state."""
    counts = dict.fromkeys(State.values, 0)
    for model in concrete_kinds().values():
        for state, n in _own(model, actor).order_by().values_list("state").annotate(n=Count("pk")):
            counts[state] += n
    return counts


def own_rows(actor: Actor, state: str) -> QuerySet[Any, Any]:
    """Return the actor's records of all kinds in one state, the newest first, as rows that ``own_row`` reads."""
    parts = [
        part.filter(state=state)
        .order_by()
        .annotate(kind=Value(model.KIND))
        .values_list("kind", "number", "title", "state", "organisation__name", "recorded_at", "valid_until")
        for model in concrete_kinds().values()
        for part in _own_parts(model, actor)
    ]
    return parts[0].union(*parts[1:], all=True).order_by("-recorded_at", "number")


def own_row(row: tuple[Any, ...]) -> OwnRow:
    """Return one row of ``own_rows`` with names."""
    return OwnRow(*row)


def _own(model: type[CatalogueRecord], actor: Actor) -> QuerySet[CatalogueRecord]:
    return model._default_manager.filter(_written_by(actor) | Q(organisation__in=actor.ids("edit")))


def _own_parts(model: type[CatalogueRecord], actor: Actor) -> Iterable[QuerySet[CatalogueRecord]]:
    """Return the same rows in two parts without overlap, each of which has an index of its own."""
    rows, edited = model._default_manager.all(), Q(organisation__in=actor.ids("edit"))
    yield rows.filter(edited)
    if actor.person_id:
        yield rows.filter(~edited & _written_by(actor))


def _written_by(actor: Actor) -> Q:
    """Return the condition that the actor wrote a record of an organisation to which he belongs, or as staff."""
    if actor.person_id is None:
        return Q(pk=None)
    written = Q(created_by=actor.person_id)
    return written if actor.is_staff else written & Q(organisation__in=actor.ids("org"))


def _owner_todos(
    model: type[CatalogueRecord], actor: Actor, away: Mapping[uuid.UUID, str], now: datetime.datetime
) -> Iterable[Todo]:
    today = timezone.localdate(now)
    waits = (
        Q(state__in=(State.RETURNED, State.EXPIRED))
        | Q(state=State.PUBLISHED, valid_until__lte=today + EXPIRES_WITHIN)
        | Q(state=State.DRAFT, recorded_at__lt=now - UNSENT_FOR)
    )
    owned = Q(created_by=actor.person_id) | Q(created_by__in=away) | Q(organisation__in=actor.ids("edit"))
    rows = visible_whole(model, actor).filter(owned, waits).select_related("organisation").order_by("recorded_at", "id")
    return [_owner_todo(row, away, today, now) for row in rows[:MOST]]


def _owner_todo(
    row: CatalogueRecord, away: Mapping[uuid.UUID, str], today: datetime.date, now: datetime.datetime
) -> Todo:
    since, overdue = row.recorded_at, False
    if row.state == State.RETURNED:
        work, since = Work.RETURNED, row.submitted_at or row.recorded_at
        overdue = since < now - ANSWER_WITHIN
    elif row.state == State.DRAFT:
        work, since = Work.UNSENT, row.submitted_at or row.recorded_at
    else:
        late = row.state == State.EXPIRED or bool(row.valid_until and row.valid_until < today)
        work, since, overdue = Work.EXPIRED if late else Work.EXPIRING, row.confirmed_at or row.recorded_at, late
    return replace(
        _todo(work, row, since, frozenset(owner_tokens(row)), overdue=overdue),
        owner=row.organisation_id,
        author=row.created_by_id,
        until=row.valid_until,
        instead_of=away.get(row.created_by_id, "") if row.created_by_id else "",
    )


def _reviews(model: type[CatalogueRecord], actor: Actor, now: datetime.datetime) -> Iterable[Todo]:
    waiting = _in_care(model, actor).filter(state=State.SUBMITTED)
    rows = list(waiting.select_related("organisation").order_by("submitted_at")[:MOST])
    staff = _staff_tokens([row.pk for row in rows])
    return [
        _todo(Work.REVIEW, row, since, staff[row.pk], overdue=since < now - REVIEW_WITHIN)
        for row in rows
        for since in [row.submitted_at or row.recorded_at]
    ]


def _proposals(actor: Actor, now: datetime.datetime) -> Iterable[Todo]:
    placed = RecordScope.objects.current().filter(record_id=OuterRef("record_id"), scope__in=actor.ids("staff"))
    copies = list(WorkingCopy.objects.filter(Exists(placed)).exclude(proposed_at=None).order_by("proposed_at")[:MOST])
    ids = [copy.record_id for copy in copies]
    rows = {
        row.pk: row
        for model in concrete_kinds().values()
        for row in _in_care(model, actor).filter(pk__in=ids).select_related("organisation")
    }
    staff = _staff_tokens(rows)
    return [
        _todo(Work.PROPOSAL, rows[copy.record_id], since, staff[copy.record_id], overdue=since < now - REVIEW_WITHIN)
        for copy in copies
        if copy.record_id in rows
        for since in [copy.proposed_at or copy.saved_at]
    ]


def _registrations(actor: Actor, now: datetime.datetime) -> Iterable[Todo]:
    waiting = Registration.objects.filter(state="waiting", scope__in=actor.ids("staff"))
    return [
        Todo(
            work=Work.REGISTRATION,
            kind="",
            number=row.organisation.number,
            title=row.organisation.name,
            organisation=row.organisation.name,
            since=row.recorded_at,
            overdue=row.recorded_at < now - REVIEW_WITHIN,
            target=row.pk,
            open_to=frozenset({f"staff:{row.scope_id}"}),
        )
        for row in waiting.select_related("organisation").order_by("recorded_at")[:MOST]
    ]


def _in_care(model: type[CatalogueRecord], actor: Actor) -> QuerySet[Any]:
    placed = RecordScope.objects.current().filter(record_id=OuterRef("pk"), scope__in=actor.ids("staff"))
    return model._default_manager.filter(Exists(placed), submitted_at__isnull=False)


def _staff_tokens(ids: Collection[uuid.UUID]) -> dict[uuid.UUID, frozenset[str]]:
    """Return for each record the tokens of those who look after it."""
    found: dict[uuid.UUID, frozenset[str]] = dict.fromkeys(ids, frozenset())
    placed = RecordScope.objects.current().filter(record_id__in=list(ids))
    for record_id, scope_id in placed.values_list("record_id", "scope_id"):
        found[record_id] |= {f"staff:{scope_id}"}
    return found


def _todo(
    work: Work, row: CatalogueRecord, since: datetime.datetime, open_to: frozenset[str], *, overdue: bool
) -> Todo:
    return Todo(
        work=work,
        kind=row.KIND,
        number=row.number,
        title=row.title,
        organisation=row.organisation.name,
        since=since,
        overdue=overdue,
        target=row.pk,
        open_to=open_to,
    )
