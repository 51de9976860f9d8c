"""What waits for the staff's decision, and what it would change. The number of queries does not grow with the rows."""

import datetime
import json
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import BooleanField, DateTimeField, Exists, F, OuterRef, Q, QuerySet, Subquery, Value
from django.utils import timezone

from queqiao.accounts.actors import Actor
from queqiao.core.models import Activity
from queqiao.core.queries import history, state_after
from queqiao.records.choices import State, Verb
from queqiao.records.four_eyes import names_in_log, others_publish
from queqiao.records.history import Wording
from queqiao.records.models import CatalogueRecord, RecordScope, WorkingCopy, concrete_kinds
from queqiao.records.queries import comparable, snapshot
from queqiao.records.workspace import REVIEW_WITHIN

MOST_COUNTED = 100
_COLUMNS = ("kind", "number", "title", "organisation__name", "since", "proposed")
DiffRow = tuple[str, str, str]  # label, before, after


@dataclass(frozen=True, slots=True)
class Waiting:
    """One line of the review queue; ``proposed`` says that a change of a published record waits."""

    kind: str
    number: str
    title: str
    organisation: str
    since: datetime.datetime
    proposed: bool

    @property
    def days(self) -> int:
        """For how many whole days it has waited."""
        return max((timezone.now() - self.since).days, 0)

    @property
    def overdue(self) -> bool:
        """Whether it has waited longer than the staff promise."""
        return timezone.now() - self.since > REVIEW_WITHIN


@dataclass(frozen=True, slots=True)
class Queue:
    """The review queue of an actor, narrowed to a kind of record and a scope where they are given."""

    actor: Actor
    kind: str = ""
    scope: uuid.UUID | None = None

    def rows(self, where: Q | None = None) -> QuerySet[Any, Any]:
        """Return what waits, the oldest first, as rows that ``waiting`` reads."""
        parts = [
            part.filter(where or Q()).values_list(*_COLUMNS)
            for name, model in concrete_kinds().items()
            if self.kind in ("", name)
            for part in (self._submitted(model), self._proposed(model))
        ]
        found: QuerySet[Any, Any] = parts[0].union(*parts[1:], all=True).order_by("since", "number")
        return found

    def count(self, others: Iterable[uuid.UUID]) -> int:
        """Return how many wait for the actor, at most ``MOST_COUNTED``; those of ``for_others`` do not."""
        others = list(others)
        waiting_here = self.rows(~Q(pk__in=others) if others else None)
        return int(waiting_here.order_by()[:MOST_COUNTED].count())

    def for_others(self) -> dict[uuid.UUID, str]:
        """Return id and number of what waits for a colleague, since the actor submitted it himself."""
        names = names_in_log(self.actor)
        parts = [
            self._submitted(model).filter(Exists(submits.filter(target_kind=name))).values_list("pk", "number")
            for name, model in concrete_kinds().items()
            for submits in [Activity.objects.filter(target_id=OuterRef("pk"), verb=Verb.SUBMIT, actor__in=names)]
        ]
        own = dict(parts[0].union(*parts[1:], all=True))
        return {pk: own[pk] for pk in others_publish(own, self.actor)} if own else {}

    def around(self, number: str) -> tuple[str, str]:
        """Return the numbers before and after a record in the queue; "" where there is none."""
        here = self.rows(Q(number=number)).first()
        if here is None:
            first = self.rows().first()
            return "", first[1] if first else ""
        since = here[4]
        later = self.rows(Q(since__gt=since) | Q(since=since, number__gt=number)).first()
        sooner = self.rows(Q(since__lt=since) | Q(since=since, number__lt=number))
        earlier = sooner.order_by("-since", "-number").first()
        return earlier[1] if earlier else "", later[1] if later else ""

    def _in_care(self, model: type[CatalogueRecord]) -> Any:
        staff = self.actor.ids("staff")
        scopes = staff & {self.scope} if self.scope else staff
        placed = RecordScope.objects.current().filter(record_id=OuterRef("pk"), scope__in=scopes)
        rows: QuerySet[Any] = model._default_manager.filter(Exists(placed), submitted_at__isnull=False)
        return rows.order_by().annotate(kind=Value(model.KIND))

    def _submitted(self, model: type[CatalogueRecord]) -> Any:
        return (
            self._in_care(model)
            .filter(state=State.SUBMITTED)
            .annotate(since=F("submitted_at"), proposed=Value(False, output_field=BooleanField()))
        )

    def _proposed(self, model: type[CatalogueRecord]) -> Any:
        copies = WorkingCopy.objects.exclude(proposed_at=None)
        first = copies.filter(record_id=OuterRef("pk")).order_by("proposed_at").values("proposed_at")[:1]
        return (
            self._in_care(model)
            .filter(pk__in=copies.filter(kind=model.KIND).values("record_id"))
            .exclude(state=State.SUBMITTED)
            .annotate(
                since=Subquery(first, output_field=DateTimeField()),
                proposed=Value(True, output_field=BooleanField()),
            )
        )


def waiting(row: tuple[Any, ...]) -> Waiting:
    """Return one row of ``Queue.rows`` with names."""
    kind, number, title, organisation, since, proposed = row
    return Waiting(kind, number, title, organisation, since, bool(proposed))


def changes_since_publication(record: CatalogueRecord) -> list[DiffRow] | None:
    """Return the fields that differ from what was last public; None where the record never was."""
    last = next(
        (one for one in history(record.KIND, record.pk).reverse() if "published" in one.changes.get("state", ())), None
    )
    if last is None:
        return None
    public = state_after(record.KIND, record.pk, last) or {}
    return _difference(record, public, _logged_now(record), record.CONTENT)


def proposed_changes(record: CatalogueRecord, copy: WorkingCopy) -> list[DiffRow]:
    """Return the fields that a proposal would change, as they stand now and as they would be."""
    clean = copy.values.get("clean", {})
    wanted = {name: comparable(record, name, value) for name, value in clean.items()}
    # The log has marks of personal values; the staff, who see the record, see the values themselves.
    now = {name: getattr(record, name) for name in record.PERSONAL}
    wanted |= {name: clean[name] for name in record.PERSONAL if name in clean}
    names = [name for name in record.CONTENT if name in wanted]
    return _difference(record, _logged_now(record) | _plain(now), _plain(wanted), names)


def _difference(
    record: CatalogueRecord, before: Mapping[str, Any], after: Mapping[str, Any], names: Iterable[str]
) -> list[DiffRow]:
    wording = Wording(type(record), [before, after])
    rows = [
        (wording.label(name), *wording.pair(name, before.get(name), after.get(name)))
        for name in names
        if before.get(name) != after.get(name)
    ]
    return [row for row in rows if row[1] != row[2]]


def _logged_now(record: CatalogueRecord) -> dict[str, Any]:
    return _plain(snapshot(record))


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return values as they come back out of the log."""
    plain: dict[str, Any] = json.loads(json.dumps(dict(values), cls=DjangoJSONEncoder))
    return plain
