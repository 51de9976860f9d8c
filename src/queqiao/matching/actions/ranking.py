"""Ranking a need: its candidates become rows, and what moved since the last time says why.

A ranking is of the machine: it writes no activity, and leaves alone what the staff decided.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone

from queqiao.matching.actions.feedback import renew_feedback
from queqiao.matching.choices import CandidateKind, Cause, Decision, Origin, RoundState
from queqiao.matching.documents import with_texts
from queqiao.matching.models import Match, Round, Snapshot
from queqiao.matching.pool import Pool, Scored
from queqiao.matching.queries import GOOD
from queqiao.needs.models import Need
from queqiao.records.choices import State

_PLACED = ("score", "rank", "level", "listed")
_WRITTEN = (
    *_PLACED, "parts", "evidence", "snapshot", "model_version", "need_revision", "candidate_revision", "ranked_at",
    "before", "causes",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Ranking:
    """Under which statistics a need is ranked, and by which full run, if by one."""

    pool: Pool
    snapshot: Snapshot
    run_id: uuid.UUID | None = None


def rank_need(need_id: uuid.UUID, ranking: Ranking) -> int:
    """Rank the candidates of one need anew; return how many are listed. Done twice, it leaves the same.

    Where it is no longer published, its candidates leave the list, save those that somebody judged.
    Raises IndexDamagedError where there are too many candidates to compare without the index and it is not readable.
    """
    need: Any = with_texts(Need.objects.filter(pk=need_id).select_related("organisation")).first()
    if need is None:
        return 0
    scored: list[Scored] = []
    if need.state == State.PUBLISHED:
        kept: dict[str, set[uuid.UUID]] = {}
        for match in Match.objects.filter(need=need).defer("evidence", "parts"):
            if is_kept(match):
                kept.setdefault(match.kind, set()).add(match.candidate_id)
        scored = ranking.pool.rank(need, kept)
    return _write(need, scored, ranking)


def is_kept(match: Match) -> bool:
    """Whether a match stays in its need's list whatever its score: somebody added, judged or passed it on."""
    judged = match.state != Decision.OPEN or match.grade is not None
    return judged or match.origin == Origin.HAND or match.broker_id is not None


@transaction.atomic
def _write(need: Need, scored: list[Scored], ranking: Ranking) -> int:
    newest = lock_round(need)
    there = {match.candidate_id: match for match in Match.objects.select_for_update().filter(need=need)}
    new: list[Match] = []
    changed: list[Match] = []
    for one in scored:
        match = there.pop(one.candidate_id, None)
        if match is None:
            new.append(_fill(Match(need=need, kind=one.kind, candidate_id=one.candidate_id), one, need, ranking))
        else:
            before = _moved_from(match)
            _fill(match, one, need, ranking)
            match.causes, match.before = _causes(match, before), before
            changed.append(match)
    for match in there.values():
        if match.listed and not is_kept(match):
            match.before = _moved_from(match)
            match.listed, match.rank, match.causes = False, None, _why_out(match, need, ranking)
            changed.append(match)
    Match.objects.bulk_create(new)
    Match.objects.bulk_update(changed, _WRITTEN, batch_size=100)
    renew_feedback(need, ranking.pool.statistics)
    _note(newest, need, ranking, fresh=any(match.level and match.level >= GOOD for match in new))
    return len(scored)


def lock_round(need: Need) -> Round:
    """Hold the newest round of a need, so that whoever ranks or judges its candidates follows the other."""
    Round.objects.get_or_create(need=need, number=1)
    # The first round is the lock: whoever waits for the newest one could be given one that has been followed meanwhile.
    Round.objects.select_for_update().get(need=need, number=1)
    return Round.objects.select_for_update().filter(need=need).order_by("-number")[:1].get()


def _note(newest: Round, need: Need, ranking: Ranking, *, fresh: bool) -> None:
    """Write down what was ranked; a closed round is followed by another one where there is something new to look at."""
    closed = newest.state != RoundState.OPEN
    if closed and (fresh or (newest.need_revision or 0) < need.revision) and need.state == State.PUBLISHED:
        newest = Round(need=need, number=newest.number + 1, revision=newest.revision + 1)
    newest.ranked_at = timezone.now()
    newest.ranked_run = ranking.run_id or newest.ranked_run
    newest.need_revision, newest.snapshot = need.revision, ranking.snapshot
    newest.model_version = ranking.pool.version(CandidateKind.ACHIEVEMENT)
    newest.save()


def _fill(match: Match, one: Scored, need: Need, ranking: Ranking) -> Match:
    match.rank, match.score, match.level, match.listed = one.rank, one.score, one.level, True
    match.parts, match.evidence = dict(one.parts), dict(one.evidence)
    match.snapshot, match.model_version = ranking.snapshot, one.model_version
    match.need_revision, match.candidate_revision = need.revision, one.revision
    match.ranked_at = timezone.now()
    return match


def _moved_from(match: Match) -> dict[str, Any]:
    """Return what a match was before it is ranked again, and under what."""
    names = (*_PLACED, "need_revision", "candidate_revision", "snapshot_id", "model_version")
    return {name: getattr(match, name) for name in names}


def _causes(match: Match, before: Mapping[str, Any]) -> list[str]:
    """Say why a match moved; nothing where it stands where it stood."""
    if all(before[name] == getattr(match, name) for name in _PLACED) or before["score"] is None:
        return []
    told = {
        Cause.NEED: "need_revision",
        Cause.CANDIDATE: "candidate_revision",
        Cause.STATISTICS: "snapshot_id",
        Cause.MODEL: "model_version",
    }
    found = [cause.value for cause, name in told.items() if before[name] != getattr(match, name)]
    return found or [Cause.OTHERS.value]


def _why_out(match: Match, need: Need, ranking: Ranking) -> list[str]:
    changed = {
        Cause.NEED: match.need_revision != need.revision,
        Cause.STATISTICS: match.snapshot_id != ranking.snapshot.pk,
        Cause.MODEL: match.model_version != ranking.pool.version(match.kind),
    }
    return [cause.value for cause, holds in changed.items() if holds] or [Cause.OTHERS.value]
