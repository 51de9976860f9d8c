"""When matching happens: after every change of what is published, and on demand for everything.

The rooms below know nothing of it. ``core.actions.after_change`` calls ``note_due`` in the transaction of each change
of a record, where the index is told too: the simplest way that keeps one transaction and the order of the rooms, and
the one in which they already let the rooms above take part in erasing and merging. A second reader of the outbox
would have to see rows that the indexer deletes.
"""

import logging
import time
import uuid
from collections.abc import Callable, Sequence
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from queqiao.accounts.actors import Actor
from queqiao.core import runs
from queqiao.core.actions import Change, record_activity
from queqiao.core.errors import ForbiddenError
from queqiao.core.i18n import _
from queqiao.core.leases import hold, release
from queqiao.core.models import Outbox, Run, RunState
from queqiao.engine.retrieval import IndexDamagedError
from queqiao.matching.actions.learning import model_in_use
from queqiao.matching.actions.ranking import Ranking, rank_need
from queqiao.matching.actions.statistics import (
    forget_statistics,
    statistics_in_use,
    statistics_of,
    take_statistics,
)
from queqiao.matching.actions.telling import tell_new
from queqiao.matching.actions.touching import touched_needs
from queqiao.matching.choices import CandidateKind
from queqiao.matching.documents import with_texts
from queqiao.matching.encoders.standing import encoder_in_use, note_standing
from queqiao.matching.models import Due, Match, Round
from queqiao.matching.pool import MOST_HELD, TOPS, Pool
from queqiao.matching.queries import records_by_id
from queqiao.needs.models import Need
from queqiao.records.choices import State
from queqiao.records.models import concrete_kinds

DUE, EVERYTHING = "matching.due", "matching.everything"
AT_ONCE = 200  # changed candidates that are weighed together
_LEASE, _PAUSE = "matching", 1.0  # seconds between two tries to get the turn
_log = logging.getLogger("queqiao.matching")


def note_due(kind: str, record_id: uuid.UUID) -> None:
    """Note that a record waits to be matched, where it is published or was matched before; a part of its change."""
    if kind != Need.KIND and kind not in TOPS:
        return
    published = concrete_kinds()[kind]._default_manager.filter(pk=record_id, state=State.PUBLISHED)
    matched = Match.objects.filter(Q(need=record_id) | Q(candidate_id=record_id))
    if published.exists() or matched.exists():
        Due.objects.update_or_create(record_id=record_id, defaults={"kind": kind, "changed_at": timezone.now()})
        ask_for_matching()


def ask_for_matching() -> None:
    """Queue one run for what is due, unless one waits already."""
    if not Run.objects.filter(kind=DUE, state=RunState.QUEUED).exists():
        runs.enqueue(DUE, {}, by="system:matching")


@transaction.atomic
def match_everything(*, by: Actor) -> Run:
    """Ask for all published needs to be matched anew under new statistics; one such run at a time.

    Raises ForbiddenError for everybody but the staff and the system.
    """
    if not (by.is_system or by.is_staff):
        raise ForbiddenError(_("只有运营人员可以全部重新匹配。"))
    there = Run.objects.filter(kind=EVERYTHING, state__in=(RunState.QUEUED, RunState.RUNNING)).first()
    if there is not None:
        return there
    run = runs.enqueue(EVERYTHING, {}, by=by.name)
    record_activity(Change("run", run.pk, "enqueue", {}, {"kind": EVERYTHING}), by=by.name)
    return run


def match_due(context: runs.RunContext) -> dict[str, Any] | None:
    """Match what waits, except what the index does not know yet; that stays for the next time."""
    return _in_turn(context, _drain)


def match_all(context: runs.RunContext) -> dict[str, Any] | None:
    """Rank all published needs under one snapshot; taken up again, it leaves out those that it has ranked already."""
    return _in_turn(context, _rank_all)


Work = Callable[[runs.RunContext], dict[str, Any] | None]


def _in_turn(context: runs.RunContext, work: Work) -> dict[str, Any] | None:
    """Do the work unless another run of matching is at it; what was due then stays due."""
    holder = str(context.run_id)
    while not hold(_LEASE, holder, timezone.now()):
        if context.should_stop() or Run.objects.filter(pk=context.run_id, kind=DUE).exists():
            return None
        time.sleep(_PAUSE)
    try:
        return work(context)
    except IndexDamagedError as error:
        _log.warning("matching waits for the index: %s", error)
        return None
    finally:
        release(_LEASE, holder)


def _keep_turn(context: runs.RunContext) -> None:
    hold(_LEASE, str(context.run_id), timezone.now())


def _drain(context: runs.RunContext) -> dict[str, Any] | None:
    snapshot = statistics_in_use(beat=lambda: _keep_turn(context)) if waiting().exists() else None
    if snapshot is None:
        return {"needs": 0}
    encoder = encoder_in_use(timezone.now(), beat=lambda: _keep_turn(context), at_once=False)
    ranking = Ranking(Pool(statistics_of(snapshot), model_in_use(), encoder), snapshot)
    ranked = 0
    try:
        while not context.should_stop():
            _keep_turn(context)
            changed = list(waiting().exclude(kind=Need.KIND)[:AT_ONCE])
            if changed:
                _pass_on(changed, ranking.pool)
                continue
            one = waiting().first()
            if one is None:
                break
            rank_need(one.record_id, ranking)
            _settle([one])
            ranked += 1
            context.progress(ranked, ranked + waiting().count())
    finally:
        ranking.pool.finder.close()
        if ranked:
            note_standing(encoder, ranking.pool.failure, timezone.now())
    tell_new()
    return {"needs": ranked}


def waiting() -> Any:
    """Return what is due and known to the index.

    What is not known yet stays for the next run, so that two records published in the same second find each other.
    """
    return Due.objects.filter(~Exists(Outbox.objects.filter(record_id=OuterRef("record_id"))))


def _pass_on(changed: Sequence[Due], pool: Pool) -> None:
    """Let the needs that changed candidates concern wait in their place."""
    touched: set[uuid.UUID] = set()
    for kind in TOPS:
        ids = [one.record_id for one in changed if one.kind == kind]
        rows: Any = with_texts(records_by_id(kind, ids).select_related("organisation"))
        shown = [record for record in rows if record.state == State.PUBLISHED]
        pool.forget(kind, ids)
        touched |= set(Match.objects.filter(candidate_id__in=ids).values_list("need_id", flat=True))
        touched |= touched_needs(kind, shown, pool) if shown else set()
    with transaction.atomic():
        now = timezone.now()
        new = [Due(record_id=pk, kind=Need.KIND, changed_at=now) for pk in touched]
        Due.objects.bulk_create(new, update_conflicts=True, unique_fields=["record_id"], update_fields=["changed_at"])
        _settle(changed)


def _settle(done: Sequence[Due]) -> None:
    """Take away what is matched; what has changed again meanwhile stays."""
    for one in done:
        Due.objects.filter(pk=one.pk, changed_at=one.changed_at).delete()


def _rank_all(context: runs.RunContext) -> dict[str, Any] | None:
    begun = Round.objects.filter(ranked_run=context.run_id).exclude(snapshot=None).select_related("snapshot").first()
    snapshot = (begun.snapshot if begun else None) or take_statistics(beat=lambda: _keep_turn(context))
    if snapshot is None:
        return {"needs": 0}
    encoder = encoder_in_use(timezone.now(), beat=lambda: _keep_turn(context), at_once=True)
    pool = Pool(statistics_of(snapshot), model_in_use(), encoder)
    ranking = Ranking(pool, snapshot, context.run_id)
    total = Need.objects.filter(state=State.PUBLISHED).count()
    _hold_all(pool)
    try:
        # Twice where an encoder failed meanwhile: what was ranked with it is ranked as all the others are.
        while left := _left(ranking):
            context.progress(total - len(left), total)
            for ranked, pk in enumerate(left, 1):
                if context.should_stop():
                    return None
                _keep_turn(context)
                rank_need(pk, ranking)
                context.progress(total - len(left) + ranked, total)
    finally:
        pool.finder.close()
        note_standing(encoder, pool.failure, timezone.now())
    tell_new()
    forget_statistics()
    return {"needs": total}


def _left(ranking: Ranking) -> list[uuid.UUID]:
    """Return the published needs that this run has not ranked yet by the method it ranks by now."""
    done = Round.objects.filter(
        need=OuterRef("pk"),
        ranked_run=ranking.run_id,
        model_version=ranking.pool.version(CandidateKind.ACHIEVEMENT),
    )
    published = Need.objects.filter(state=State.PUBLISHED).order_by("pk")
    return list(published.filter(~Exists(done.order_by())).values_list("pk", flat=True))


def _hold_all(pool: Pool) -> None:
    """Read all candidates at once where they are not too many."""
    for kind in CandidateKind.values:
        rows = concrete_kinds()[kind]._default_manager.filter(state=State.PUBLISHED).order_by("pk")
        if rows.count() <= MOST_HELD:
            pool.hold(kind, list(rows.values_list("pk", flat=True)))


def look_for_due() -> None:
    """Ask for a run where something is due that the index knows by now, and nobody is at it."""
    open_runs = Run.objects.filter(kind=DUE, state__in=(RunState.QUEUED, RunState.RUNNING))
    if waiting().exists() and not open_runs.exists():
        ask_for_matching()
