"""Reading the log: a record's history, a record as it was known, and whether the chain holds."""

import datetime
import uuid
from typing import Any

from django.db.models import QuerySet

from queqiao.core.actions import link_hash
from queqiao.core.models import Activity, LogHead


def history(kind: str, target: uuid.UUID) -> QuerySet[Activity]:
    """Return a record's activities, the first one first."""
    return Activity.objects.filter(target_kind=kind, target_id=target)


def state_as_of(kind: str, target: uuid.UUID, moment: datetime.datetime) -> dict[str, Any] | None:
    """Rebuild a record's fields as they were known at ``moment``; None where nothing was known of it yet.

    Known are all activities up to the last one of the log that is not later than ``moment``: what comes before it
    with a later time was written by a clock that was ahead.
    """
    last = Activity.objects.filter(recorded_at__lte=moment).order_by("-id").first()
    return state_after(kind, target, last) if last else None


def state_after(kind: str, target: uuid.UUID, activity: Activity) -> dict[str, Any] | None:
    """Rebuild a record's fields as they were right after an activity; None where it was not there yet.

    Unlike a moment, an activity tells apart what was written at one and the same time.
    """
    state: dict[str, Any] = {}
    known = False
    for one in history(kind, target).filter(pk__lte=activity.pk):
        known = True
        for name, (_before, after) in one.changes.items():
            state[name] = after
    return state if known else None


def first_broken_link() -> int | None:
    """Return the id of the first activity that does not fit the chain, or None where the chain holds.

    A link is broken where its content does not give its hash, or where it does not follow the one before. An
    activity missing at the end shows as a head that nothing leads to; then 0 is returned.
    """
    previous = ""
    for activity in Activity.objects.order_by("id").iterator():
        if activity.previous_hash != previous or activity.hash != link_hash(activity):
            return int(activity.pk)
        previous = activity.hash
    head = LogHead.objects.filter(pk=1).first()
    return None if previous == (head.hash if head else "") else 0
