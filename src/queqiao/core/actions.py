"""The one way into the log, the number series and the outbox; called inside the transaction of the change itself."""

import datetime
import hashlib
import json
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.db.models import Max, Min
from django.utils import timezone

from queqiao.core.models import Activity, ExternalId, LogHead, NumberSeries, Outbox

_moment: ContextVar[datetime.datetime | None] = ContextVar("moment", default=None)
_EARLIEST = datetime.datetime.min.replace(tzinfo=datetime.UTC)
_APART = datetime.timedelta(minutes=5)  # by which the clocks of two writers may differ
_LEAP = datetime.timedelta(days=1)  # a log that holds nothing from now until that much later had a clock far ahead


@contextmanager
def as_at(moment: datetime.datetime) -> Iterator[None]:
    """Record what is done inside the ``with`` block as done at ``moment``: for entering what happened earlier.

    The log does not go back for it: where its last activity is later, that time is kept.
    """
    token = _moment.set(moment)
    try:
        yield
    finally:
        _moment.reset(token)


def present() -> datetime.datetime:
    """Return the time at which things are being done: now, or the moment of ``as_at``."""
    return _moment.get() or timezone.now()


@dataclass(frozen=True, slots=True)
class Change:
    """What happened to one record: its fields before and after; of these only the ones that differ are kept."""

    kind: str
    target: uuid.UUID
    verb: str
    before: Mapping[str, Any]
    after: Mapping[str, Any]


def record_activity(change: Change, *, by: str, now: datetime.datetime | None = None) -> Activity:
    """Add one activity to the log.

    ``by`` is ``person:<id>`` or ``system:<what>``. Must run inside a transaction, so that a change and its activity
    are there together or not at all; raises TransactionManagementError otherwise.

    The time of the activity before is kept where that is later, for the clock was set back; only where the clock had
    been far ahead the log returns to the true time, and ``queries.state_as_of`` reads it so.
    """
    if not transaction.get_connection().in_atomic_block:
        raise transaction.TransactionManagementError("an activity is written inside the transaction of its change")
    head = LogHead.objects.select_for_update().get_or_create(pk=1)[0]
    old, new = (json.loads(json.dumps(dict(values), cls=DjangoJSONEncoder)) for values in (change.before, change.after))
    changes = {name: [old.get(name), new.get(name)] for name in sorted(old | new) if old.get(name) != new.get(name)}
    activity = Activity(
        recorded_at=max(now or present(), _floor(head)),
        actor=by,
        verb=change.verb,
        target_kind=change.kind,
        target_id=change.target,
        changes=changes,
        previous_hash=head.hash,
    )
    activity.hash = link_hash(activity)
    activity.save()
    head.hash, head.recorded_at = activity.hash, activity.recorded_at
    head.save(update_fields=["hash", "recorded_at"])
    return activity


def _floor(head: LogHead) -> datetime.datetime:
    """Return the time before which nothing is recorded: that of the last activity whose clock can be believed.

    A clock that was set back falls among activities that were recorded as time went by, and is not believed. Where
    the log jumps from before now to days after it, it was the clock of then that was wrong.
    """
    last, clock = head.recorded_at or _EARLIEST, timezone.now()
    if last <= clock + _APART:
        return last
    next_one = Activity.objects.filter(recorded_at__gt=clock + _APART).aggregate(at=Min("recorded_at"))["at"]
    before = Activity.objects.filter(recorded_at__lte=clock + _APART).aggregate(at=Max("recorded_at"))["at"]
    leapt = before is not None and next_one is not None and next_one > clock + _LEAP
    return before if leapt else last


def link_hash(activity: Activity) -> str:
    """Return the SHA-256 of an activity's content and the hash before it, as 64 hexadecimal digits."""
    content = [
        activity.previous_hash,
        activity.recorded_at.astimezone(datetime.UTC).isoformat(timespec="microseconds"),
        activity.actor,
        activity.verb,
        activity.target_kind,
        str(activity.target_id),
        activity.changes,
    ]
    return hashlib.sha256(json.dumps(content, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


# Rooms above say what they note of a record that has changed, in the transaction of its change.
after_change: list[Callable[[str, uuid.UUID], None]] = []


def queue_for_index(kind: str, target: uuid.UUID) -> None:
    """Note that what search knows of a record, or of the records of an organisation, has changed.

    Called in the transaction of the change, so that search, and every room of ``after_change``, learns of it exactly
    when it happens.
    """
    Outbox.objects.create(kind=kind, record_id=target)
    for note in after_change:
        note(kind, target)


def note_origin(kind: str, target: uuid.UUID, source: str, value: str) -> None:
    """Note by which identifier another list knows a record; IntegrityError where it knows another one by it."""
    ExternalId.objects.create(kind=kind, target_id=target, source=source, value=value)


@transaction.atomic
def next_number(prefix: str, year: int) -> str:
    """Give out the next readable number of a series, such as XQ-2026-00123; no number is given out twice."""
    NumberSeries.objects.get_or_create(prefix=prefix, year=year)
    series = NumberSeries.objects.select_for_update().get(prefix=prefix, year=year)
    series.last += 1
    series.save(update_fields=["last"])
    return f"{prefix}-{year}-{series.last:05}"
