"""Periodic work: short functions that are called every so many seconds, by one process at a time.

What takes longer than a second or two queues a run instead.
"""

import datetime
import logging
from collections.abc import Callable
from dataclasses import dataclass

from django.db.models import Q
from django_tasks_db.models import DBTaskResult

from queqiao.core.models import Tick
from queqiao.core.runs import load_rooms, requeue_stale

PeriodicWork = Callable[[datetime.datetime], object]

_log = logging.getLogger("queqiao.ticks")


@dataclass(frozen=True, slots=True)
class _Entry:
    seconds: int
    work: PeriodicWork


_entries: dict[str, _Entry] = {}


def every(seconds: int, name: str) -> Callable[[PeriodicWork], PeriodicWork]:
    """Register a function of the present time to be called every so many seconds; ValueError where the name is taken.

    It stands in the ``tasks`` module of its room. What it returns is not kept.
    """

    def register(work: PeriodicWork) -> PeriodicWork:
        if name in _entries:
            raise ValueError(f"two pieces of periodic work named {name!r}")
        _entries[name] = _Entry(seconds, work)
        return work

    return register


def run_due(now: datetime.datetime) -> list[str]:
    """Do all periodic work that is due and return its names; one that fails does not keep the others from theirs.

    The time at which each was begun is kept in the database, so that a restart neither repeats nor forgets one.
    """
    load_rooms()
    return [name for name, entry in list(_entries.items()) if _claim(name, entry, now) and _do(name, entry, now)]


def _claim(name: str, entry: _Entry, now: datetime.datetime) -> bool:
    _tick, new = Tick.objects.get_or_create(name=name, defaults={"began_at": now})
    due = Q(began_at__lte=now - datetime.timedelta(seconds=entry.seconds)) | Q(began_at__gt=now)
    return new or bool(Tick.objects.filter(due, name=name).update(began_at=now))


def _do(name: str, entry: _Entry, now: datetime.datetime) -> bool:
    try:
        entry.work(now)
    except Exception:  # one that fails is tried again when it is due again
        _log.exception("periodic work %s failed", name)
    return True


every(5, "runs.stale")(requeue_stale)


@every(3600, "runs.clear")
def clear_queue(now: datetime.datetime) -> None:
    """Forget what left the queue more than a day ago; the runs themselves stay."""
    day_ago = now - datetime.timedelta(days=1)
    DBTaskResult.objects.filter(started_at__lt=day_ago).delete()
