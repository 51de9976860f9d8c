"""The staff know of a candidate that the engine did not find, and add it to a need's list."""

from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from queqiao.accounts.actors import Actor
from queqiao.core.actions import Change, record_activity
from queqiao.core.errors import ForbiddenError, QueqiaoError
from queqiao.core.i18n import _
from queqiao.matching.actions.deciding import ADD, KIND
from queqiao.matching.actions.feedback import renew_feedback, statistics_named
from queqiao.matching.actions.learning import model_in_use
from queqiao.matching.actions.ranking import lock_round
from queqiao.matching.actions.statistics import statistics_in_use
from queqiao.matching.choices import CandidateKind, Origin, RoundState
from queqiao.matching.documents import with_texts
from queqiao.matching.models import Match, Snapshot
from queqiao.matching.pool import Pool
from queqiao.matching.queries import both_may_see
from queqiao.matching.rights import may_steer
from queqiao.needs.models import Need
from queqiao.records.models import CatalogueRecord, concrete_kinds
from queqiao.records.queries import visible


@transaction.atomic
def add_by_hand(need: Need, number: str, *, by: Actor) -> Match:
    """Put a candidate into a need's list by its number; it is scored as all others are. One in the list stays as it is.

    Raises QueqiaoError where there is no such candidate for the actor, or the two may not be matched.
    """
    if not may_steer(need, by):
        raise ForbiddenError(_("只有需求所在范围的运营人员可以添加候选。"))
    newest = lock_round(need)
    if newest.state != RoundState.OPEN:
        raise QueqiaoError(_("这一轮匹配已经结束，请先重新打开再添加候选。"))
    candidate = _candidate(need, number.replace("\x00", "").strip().upper(), by)
    match = Match.objects.select_for_update().filter(need=need, candidate_id=candidate.pk).first()
    if match is not None and match.listed:
        return match
    match = match or Match(need=need, kind=candidate.KIND, candidate_id=candidate.pk)
    before = {"listed": match.listed and not match._state.adding, "origin": match.origin}
    match.listed, match.origin = True, Origin.HAND
    listed = Match.objects.filter(need=need, kind=candidate.KIND, listed=True)
    match.rank = (listed.aggregate(last=Max("rank"))["last"] or 0) + 1
    snapshot = newest.snapshot or statistics_in_use()
    if snapshot is not None:
        _score(match, need, candidate, snapshot)
    match.revision += 0 if match._state.adding else 1
    match.save()
    after = {"listed": True, "origin": match.origin, "candidate": candidate.number}
    record_activity(Change(KIND, match.pk, ADD, before, after), by=by.name)
    if snapshot is not None:
        renew_feedback(need, statistics_named(snapshot.pk))
        match.refresh_from_db(fields=["parts"])
    return match


def _candidate(need: Need, number: str, by: Actor) -> CatalogueRecord:
    for kind in CandidateKind.values:
        model = concrete_kinds()[kind]
        found: CatalogueRecord | None = visible(model, by).filter(number=number).first()
        if found is None:
            continue
        if not both_may_see(need, model).filter(pk=found.pk).exists():
            raise QueqiaoError(
                _(
                    "{number} 不能和这条需求匹配：双方要都已发布，不属于同一机构，彼此看得到，专家也没有声明回避。"
                ).format(number=number)
            )
        return found
    raise QueqiaoError(_("没有找到编号为“{number}”的成果、专家或实验室。").format(number=number))


def _score(match: Match, need: Need, candidate: CatalogueRecord, snapshot: Snapshot) -> None:
    """Score the pair under the statistics of the list; a pair without any word in common has a score of 0."""
    read: Any = with_texts(Need.objects.filter(pk=need.pk).select_related("organisation")).get()
    pool = Pool(statistics_named(snapshot.pk), model_in_use())
    found = pool.rank_pairs(read, match.kind, {candidate.pk})
    match.score, match.level = 0.0, 1
    match.parts, match.evidence = {}, {}
    for one in found:
        match.score, match.level = one.score, one.level
        match.parts, match.evidence = dict(one.parts), dict(one.evidence)
    match.snapshot, match.model_version = snapshot, pool.version(match.kind)
    match.need_revision, match.candidate_revision = read.revision, candidate.revision
    match.ranked_at = timezone.now()
