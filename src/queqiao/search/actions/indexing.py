"""Writing the index: what has changed, from the outbox, and everything, from the records; both in one's turn only.

Each step leaves the same when it is done twice, so that whoever dies in the middle is followed by somebody who does
it again.
"""

import uuid
from collections.abc import Callable, Collection, Iterator
from typing import Any, TypeVar

from queqiao.accounts.choices import OrganisationState
from queqiao.accounts.models import Organisation
from queqiao.core.models import Outbox
from queqiao.engine.retrieval import IndexDamagedError, IndexUnreachableError, SearchEngine
from queqiao.records.models import Audience, concrete_kinds
from queqiao.search import index
from queqiao.search.entries import STAMP, entries_of, entry_ids, organisation_entries, record_id, touched_by

AT_ONCE = 500  # records
OPTIMIZE_AFTER = 100_000  # records that a rebuild writes before it tidies up

Progress = Callable[[int, int], object]
T = TypeVar("T")


class InterruptedRebuildError(RuntimeError):
    """A rebuild was asked to stop, or another machine writes now; whoever is next begins it again."""


def drain(engine: SearchEngine, limit: int = AT_ONCE) -> int:
    """Bring up to date what the oldest ``limit`` rows of the outbox stand for; return how many rows are settled.

    The rows go only when the index has it.
    """
    targets = set(Outbox.objects.values_list("record_id", flat=True)[:limit])
    if not targets:
        return 0
    # Whatever row is there by now stands for a change that the reads below see.
    settled = list(Outbox.objects.filter(record_id__in=targets).values_list("pk", "kind", "record_id"))
    by_kind: dict[str, set[uuid.UUID]] = {}
    for _pk, kind, target in settled:
        by_kind.setdefault(kind, set()).add(target)
    for kind, changed in by_kind.items():
        further = touched_by(kind, changed)
        Outbox.objects.bulk_create([Outbox(kind=k, record_id=pk) for k, pk in further], batch_size=AT_ONCE)
    refresh(engine, targets)
    for some in _pieces([pk for pk, _kind, _target in settled]):
        Outbox.objects.filter(pk__in=some).delete()
    return len(settled)


def refresh(engine: SearchEngine, ids: Collection[uuid.UUID]) -> int:
    """Write the entries of records and organisations as they are now; return how many.

    Of what nobody may see none is left.
    """
    rows = [*entries_of(ids), *organisation_entries(ids)]
    engine.delete(sorted(entry_ids(ids) - {row.id for row in rows}))
    engine.upsert(rows)
    return len(rows)


def rebuild(engine: SearchEngine, progress: Progress, should_stop: Callable[[], bool] = lambda: False) -> int:
    """Write the entries of all records and take out all others; return how many were written.

    A healthy index can be searched all the while; one that is missing, damaged or of another version is begun anew
    and counts as complete only at the end. Changes are taken in meanwhile. Raises InterruptedRebuildError, and
    IndexUnreachableError where the server of the index does not answer.
    """
    try:
        index.prepare(engine)
        written = _write_all(engine, progress, should_stop)
        _take_out_strays(engine)
    except IndexUnreachableError:
        raise
    except IndexDamagedError:
        index.clear(engine)
        written = _write_all(engine, progress, should_stop)
        index.mark_complete(engine)
    engine.optimize()
    return written


def _write_all(engine: SearchEngine, progress: Progress, should_stop: Callable[[], bool]) -> int:
    total = sum(model._default_manager.count() for model in _indexed())
    done = written = 0
    for ids in _all_ids():
        if should_stop() or not index.keep_turn():
            raise InterruptedRebuildError
        before = done
        written += refresh(engine, ids)
        done += len(ids)
        if done // OPTIMIZE_AFTER > before // OPTIMIZE_AFTER:
            engine.optimize()
        drain(engine)
        progress(done, total)
    return written


def _all_ids() -> Iterator[list[uuid.UUID]]:
    for model in _indexed():
        rows = model._default_manager.order_by("pk").values_list("pk", flat=True)
        ids = list(rows[:AT_ONCE])
        while ids:
            yield ids
            ids = list(rows.filter(pk__gt=ids[-1])[:AT_ONCE])


def _indexed() -> list[Any]:
    return [*concrete_kinds().values(), Organisation]


def _take_out_strays(engine: SearchEngine) -> None:
    """Take out what belongs to no record that anybody may see."""
    there = sorted({record_id(one) for one in engine.ids(None, None) if one != STAMP})
    for ids in _pieces(there):
        seen = set(Audience.objects.filter(record_id__in=ids).values_list("record_id", flat=True).distinct())
        standing = Organisation.objects.filter(pk__in=ids, state=OrganisationState.ACTIVE)
        strays = set(ids) - seen - set(standing.values_list("pk", flat=True))
        if strays:
            refresh(engine, strays)


def _pieces(items: list[T]) -> Iterator[list[T]]:
    for start in range(0, len(items), AT_ONCE):
        yield items[start : start + AT_ONCE]
