"""Learning from what the staff said of candidates: a model is made on demand, and used when somebody says so.

What counts, and how much: a grade, an acceptance as 4 and "not the same subject" as 1, each with weight 1; a rejection
for indicators or maturity as 2 with weight 0.3, for it speaks of more than the subject. Other reasons speak of price,
people or paper and do not count.
"""

import logging
import uuid
import zlib
from functools import lru_cache
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Coalesce
from django.utils import timezone

from queqiao.accounts.actors import Actor
from queqiao.core import runs
from queqiao.core.actions import Change, record_activity
from queqiao.core.errors import ForbiddenError, QueqiaoError
from queqiao.core.i18n import _
from queqiao.core.models import Run, RunState
from queqiao.engine.ranking.documents import Document
from queqiao.engine.ranking.learned import Model, ModelError, read_model, write_model
from queqiao.engine.ranking.learning import MOST_GRADES, learn
from queqiao.engine.ranking.learning import Grade as Said
from queqiao.engine.ranking.ranker import MODEL_VERSION, Ranker
from queqiao.engine.text.analyser import Terms
from queqiao.matching.actions.feedback import grade_meant
from queqiao.matching.actions.statistics import statistics_in_use, statistics_of
from queqiao.matching.choices import CandidateKind, Decision, Grade, ReasonClass
from queqiao.matching.documents import document_for, with_texts
from queqiao.matching.models import LearnedModel, Match
from queqiao.matching.pool import pieces
from queqiao.matching.queries import records_by_id
from queqiao.needs.models import Need
from queqiao.search.entries import analyser

LEARN = "matching.learn"
KEPT = 10  # models beside the one in use
_LEARNED_KINDS = (CandidateKind.ACHIEVEMENT, CandidateKind.LAB)
_HALF_SAID = (ReasonClass.INDICATORS, ReasonClass.TOO_EARLY)
_HALF = 0.3
_log = logging.getLogger("queqiao.matching")


def model_in_use() -> Model | None:
    """Return the model that scores; None for the default, also where the model is of another version of the product."""
    used = LearnedModel.objects.filter(used=True).values_list("version", flat=True).first()
    return None if used is None else _read(used)


@transaction.atomic
def ask_to_learn(*, by: Actor) -> Run:
    """Ask for a model from today's grades; one such run at a time. ForbiddenError unless the actor runs the site."""
    _require_operator(by)
    there = Run.objects.filter(kind=LEARN, state__in=(RunState.QUEUED, RunState.RUNNING)).first()
    if there is not None:
        return there
    run = runs.enqueue(LEARN, {}, by=by.name)
    record_activity(Change("run", run.pk, "enqueue", {}, {"kind": LEARN}), by=by.name)
    return run


@transaction.atomic
def use_model(version: str, *, by: Actor) -> None:
    """Score by a model from now on, by the default where ``version`` is ""; everything has to be matched anew.

    Raises QueqiaoError where the model is gone, was made by another version, or is not surely better than the default.
    """
    _require_operator(by)
    before = LearnedModel.objects.select_for_update().filter(used=True).first()
    chosen = LearnedModel.objects.select_for_update().filter(version=version).first() if version else None
    if version and chosen is None:
        raise QueqiaoError(_("这个模型已不在；请刷新后再选。"))
    if chosen is not None:
        _require_useful(_read(chosen.version))
    if before == chosen:
        return
    LearnedModel.objects.filter(used=True).update(used=False)
    if chosen is not None:
        LearnedModel.objects.filter(pk=chosen.pk).update(used=True)
    told = {"version": before.version if before else ""}, {"version": version}
    target = chosen or before
    record_activity(Change("learned_model", target.pk if target else uuid.UUID(int=0), "use", *told), by=by.name)


def learn_from_grades(context: runs.RunContext) -> dict[str, Any] | None:
    """Make a model from what the staff said; done twice over the same grades, it leaves one."""
    grades = _grades()
    if len({grade.level for grade in grades}) < 2:
        raise QueqiaoError(_("评级太少或全都一样，无从学起；请先在匹配工作台多评一些。"))
    snapshot = statistics_in_use()
    if snapshot is None:
        raise QueqiaoError(_("还没有已发布的需求和成果，无从学起。"))
    needs = _read_needs({grade.need_id for grade in grades})
    candidates = _read_candidates({grade.candidate_id for grade in grades})
    there = {document.id for document, _terms in needs}, {document.id for document, _terms in candidates}
    kept = [grade for grade in grades if grade.need_id in there[0] and grade.candidate_id in there[1]]
    documents, terms = [one for one, _terms in candidates], [one for _document, one in candidates]
    ranker = Ranker(analyser(), statistics_of(snapshot), documents, terms)
    made = learn(
        ranker,
        needs,
        kept,
        made_on=timezone.localdate().isoformat(),
        progress=context.progress,
    )
    data = zlib.compress(write_model(made).encode())
    LearnedModel.objects.update_or_create(
        version=made.version, defaults={"card": made.told, "data": data, "made_at": timezone.now()}
    )
    _forget_old()
    return {"version": made.version, "grades": len(kept)}


def _grades() -> list[Said]:
    """Return what the staff said, the newest last; needs and candidates by their ids."""
    said = Q(grade__isnull=False) | ~Q(state=Decision.OPEN)
    rows = Match.objects.filter(said, kind__in=_LEARNED_KINDS).defer("evidence", "parts")
    newest = rows.order_by(Coalesce("graded_at", "decided_at").desc(nulls_last=True), "pk")
    found = []
    for match in newest[: 2 * MOST_GRADES]:
        level, weight = grade_meant(match), 1.0
        if level is None and match.state == Decision.REJECTED and match.reason_class in _HALF_SAID:
            level, weight = Grade.WEAK, _HALF
        if level is not None:
            found.append(Said(str(match.need_id), str(match.candidate_id), int(level), weight))
    return found[:MOST_GRADES][::-1]


def _read_needs(ids: set[str]) -> list[tuple[Document, Terms]]:
    rows: Any = with_texts(Need.objects.filter(pk__in=ids).order_by("pk"))
    return [_cut(record) for record in rows]


def _read_candidates(ids: set[str]) -> list[tuple[Document, Terms]]:
    return [
        _cut(record)
        for kind in _LEARNED_KINDS
        for some in pieces(sorted(ids))
        for record in with_texts(records_by_id(kind, [uuid.UUID(one) for one in some]).order_by("pk"))
    ]


def _cut(record: Any) -> tuple[Document, Terms]:
    """Return a record under its id, which stays when its number would not."""
    document = document_for(record)
    return Document(str(record.pk), document.parts, document.stated), analyser().terms(document.text)


@lru_cache(maxsize=2)
def _read(version: str) -> Model | None:
    row = LearnedModel.objects.get(version=version)
    try:
        text = zlib.decompress(bytes(row.data)).decode()
        return read_model(text, ranking=MODEL_VERSION, analyser=analyser().version)
    except ModelError as error:
        _log.warning("model %s is not used: %s", version, error)
        return None


def _require_useful(model: Model | None) -> None:
    if model is None:
        raise QueqiaoError(_("这个模型是旧版本学的，现在用不了；请重新学习。"))
    if not (model.is_useful):
        raise QueqiaoError(_("检验没有显示这个模型确实比默认好，所以不能采用；等评级多一些再学。"))


def _require_operator(by: Actor) -> None:
    if not (by.is_system or by.ids("operate")):
        raise ForbiddenError(_("只有运营管理员可以学习和更换模型。"))


def _forget_old() -> None:
    """Keep the newest models and the one in use."""
    old = LearnedModel.objects.filter(used=False).values_list("pk", flat=True)[KEPT:]
    LearnedModel.objects.filter(pk__in=list(old)).delete()
