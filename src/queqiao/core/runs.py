"""Work in the background: each piece of it is a row that says how far it is, who does it and how it ended.

The queue lies in the same database, so that a change and the work it asks for are there together or not at all. A
worker that dies is found by its silence and its run is queued again; therefore every job is idempotent: done twice,
it leaves what it leaves when done once.
"""

import datetime
import logging
import os
import secrets
import socket
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from functools import cache
from types import TracebackType
from typing import Any, Self

from django.db import DatabaseError, connection, transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone
from django.utils.module_loading import autodiscover_modules
from django_tasks import task
from django_tasks_db.models import DBTaskResult

from queqiao.core.actions import Change, record_activity
from queqiao.core.errors import QueqiaoError
from queqiao.core.i18n import _
from queqiao.core.models import Run, RunState

BEAT_SECONDS = 10.0  # between two signs of life
STALE_AFTER = datetime.timedelta(seconds=60)  # without one a run is given up for lost
MOST_ATTEMPTS = 3
_PAUSE = 1.0  # seconds between two writings of progress, and between two looks at whether to stop

_log = logging.getLogger("queqiao.runs")
_leaving = threading.Event()  # this process was asked to end
_jobs: dict[str, "Job"] = {}


class UnknownJobError(LookupError):
    """There is no job of this kind."""


class RunContext:
    """What a job is given: its arguments, a way to say how far it is, and whether it should stop."""

    def __init__(self, run: Run, owner: str):
        self.run_id = run.pk  # the same when the run is taken up again
        self.arguments: dict[str, Any] = run.arguments
        self.leaving = False  # the job was told to stop because the process ends
        self._mine = _held(run.pk, owner)
        self._wrote = self._looked = -_PAUSE

    def progress(self, done: int, total: int, note: str = "") -> None:
        """Say that ``done`` of ``total`` are done (0: not known); most calls are too soon after the last to be written.

        Inside a transaction it is seen by others only when that ends: keep transactions short.
        """
        now = time.monotonic()
        if now - self._wrote >= _PAUSE or done == total:
            self._wrote = now
            self._mine.update(done=done, total=total, note=note[:200], heartbeat=timezone.now())

    def should_stop(self) -> bool:
        """Whether to return early: the run was cancelled or taken over (nothing more is recorded), or the process ends.

        In the last case the run is queued again, and what is done so far is not done again where the job is wise.
        """
        if _leaving.is_set():
            self.leaving = True
            return True
        now = time.monotonic()
        if now - self._looked < _PAUSE:
            return False
        self._looked = now
        return not self._mine.exists()


Job = Callable[[RunContext], dict[str, Any] | None]


def job(kind: str) -> Callable[[Job], Job]:
    """Register a function as the job of this kind; it stands in the ``tasks`` module of its room.

    It returns what the run keeps as its result (an object that JSON can hold, or None). ValueError where the kind is
    taken.
    """

    def register(function: Job) -> Job:
        if kind in _jobs:
            raise ValueError(f"two jobs of kind {kind!r}")
        _jobs[kind] = function
        return function

    return register


def enqueue(
    kind: str,
    arguments: Mapping[str, Any],
    *,
    by: str,
    rerun_of: Run | None = None,
    not_before: datetime.datetime | None = None,
) -> Run:
    """Ask for a piece of work, inside the caller's transaction; UnknownJobError for an unknown kind.

    ``by`` is ``person:<id>`` or ``system:<what>``.
    """
    find_job(kind)
    with transaction.atomic():
        run = Run.objects.create(kind=kind, arguments=dict(arguments), requested_by=by, rerun_of=rerun_of)
        _put(run, not_before)
    return run


def find_job(kind: str) -> Job:
    """Return the job of a kind; UnknownJobError where there is none."""
    load_rooms()
    if kind not in _jobs:
        raise UnknownJobError(kind)
    return _jobs[kind]


@cache
def load_rooms() -> None:
    """Import the ``tasks`` module of every room, which registers its jobs and periodic work."""
    autodiscover_modules("tasks")


@task()
def execute_run(run_id: str) -> None:
    """Do what the queue holds: one run."""
    execute(uuid.UUID(run_id))


def execute(run_id: uuid.UUID) -> bool:
    """Do a run if it is still queued, and record how it ended; exactly one of all who try does it.

    Returns whether it was us.
    """
    owner = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
    now = timezone.now()
    queued = Run.objects.filter(pk=run_id, state=RunState.QUEUED)
    if not queued.update(
        state=RunState.RUNNING, owner=owner, heartbeat=now, started_at=now, attempts=F("attempts") + 1
    ):
        return False
    run = Run.objects.get(pk=run_id)
    context = RunContext(run, owner)
    try:
        with _Pulse(run.pk, owner):
            result = find_job(run.kind)(context)
    except QueqiaoError as error:
        _end(run, owner, state=RunState.FAILED, error=str(error))
    except Exception:  # whatever a job does wrong, the worker goes on
        reference = secrets.token_hex(4)
        _log.exception("run %s (%s) failed, reference %s", run.pk, run.kind, reference)
        _end(run, owner, state=RunState.FAILED, error=_("程序内部出错，这项工作没有完成。"), error_reference=reference)
    else:
        if context.leaving:
            _give_back(run, owner)
        else:
            _end(run, owner, state=RunState.DONE, result=result)
    return True


def requeue_stale(now: datetime.datetime) -> int:
    """Queue again what a dead worker left behind; return how many runs were taken up or given up.

    A run whose worker was silent for a minute is queued again, after three attempts it fails. A run that waits
    although the queue does not hold it any more (its worker died before it began) is put there again.
    """
    silent = Run.objects.filter(_long_ago("heartbeat", now), state=RunState.RUNNING)
    waiting = DBTaskResult.objects.ready().values("id")
    forgotten = Run.objects.filter(_long_ago("queued_at", now), state=RunState.QUEUED).exclude(task_id__in=waiting)
    taken = sum(_take_up(run, now) for run in silent)
    for run in forgotten:
        with transaction.atomic():
            if Run.objects.filter(pk=run.pk, state=RunState.QUEUED, task_id=run.task_id).update(queued_at=now):
                _put(run)
                taken += 1
    return taken


def rerun(run: Run, *, by: str) -> Run:
    """Ask for the same work again as a new run; QueqiaoError while the first one is not finished."""
    if run.state in (RunState.QUEUED, RunState.RUNNING):
        raise QueqiaoError(_("这项工作还没有结束，不能再来一次；先等它完成，或者取消它。"))
    with transaction.atomic():
        again = enqueue(run.kind, run.arguments, by=by, rerun_of=run)
        record_activity(Change("run", again.pk, "rerun", {}, {"kind": run.kind, "rerun_of": run.pk}), by=by)
    return again


def cancel(run: Run, *, by: str) -> None:
    """Stop a run, now where it waits, at its next step where it is at work; QueqiaoError where it has ended."""
    with transaction.atomic():
        open_runs = Run.objects.filter(pk=run.pk, state__in=(RunState.QUEUED, RunState.RUNNING))
        if not open_runs.update(state=RunState.CANCELLED, finished_at=timezone.now()):
            raise QueqiaoError(_("这项工作已经结束，不能取消。"))
        change = Change("run", run.pk, "cancel", {"state": run.state}, {"state": RunState.CANCELLED})
        record_activity(change, by=by)
    run.refresh_from_db()


def leave() -> None:
    """Tell the job at work in this process to stop, because the process ends."""
    _leaving.set()


def _held(run_id: uuid.UUID, owner: str) -> QuerySet[Run]:
    """Return the run as long as this attempt holds it; empty when it was cancelled or taken over."""
    return Run.objects.filter(pk=run_id, state=RunState.RUNNING, owner=owner)


def _long_ago(field: str, now: datetime.datetime) -> Q:
    """Say that a time is more than a minute away; one in the future is from before a clock was put back."""
    return Q(**{f"{field}__lt": now - STALE_AFTER}) | Q(**{f"{field}__gt": now + STALE_AFTER})


def _put(run: Run, not_before: datetime.datetime | None = None) -> None:
    run.task_id = uuid.UUID(str(execute_run.using(run_after=not_before).enqueue(str(run.pk)).id))
    run.save(update_fields=["task_id"])


def _end(run: Run, owner: str, **values: Any) -> None:
    if not _held(run.pk, owner).update(finished_at=timezone.now(), **values):
        _log.warning("run %s (%s) was cancelled or taken over meanwhile", run.pk, run.kind)


def _give_back(run: Run, owner: str) -> None:
    with transaction.atomic():
        if _held(run.pk, owner).update(
            state=RunState.QUEUED, owner="", queued_at=timezone.now(), attempts=F("attempts") - 1
        ):
            _put(run)


def _take_up(run: Run, now: datetime.datetime) -> int:
    with transaction.atomic():
        still = _held(run.pk, run.owner).filter(heartbeat=run.heartbeat)
        if run.attempts >= MOST_ATTEMPTS:
            error = _("执行这项工作的进程接连中断，试了几次都没有完成，不再重试；请让维护人员查看日志。")
            return still.update(state=RunState.FAILED, finished_at=now, error=error)
        taken = still.update(state=RunState.QUEUED, owner="", queued_at=now)
        if taken:
            _log.warning("run %s (%s) is queued again: %s is silent", run.pk, run.kind, run.owner)
            _put(run)
        return taken


class _Pulse:
    """Gives a sign of life while a job works, so that a long silent step is not taken for death."""

    def __init__(self, run_id: uuid.UUID, owner: str):
        self._mine = _held(run_id, owner)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._beat, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()

    def _beat(self) -> None:
        while not self._ended.wait(BEAT_SECONDS):
            try:
                self._mine.update(heartbeat=timezone.now())
            except DatabaseError:  # the next beat tries again
                _log.warning("no sign of life could be written", exc_info=True)
            finally:
                connection.close()
