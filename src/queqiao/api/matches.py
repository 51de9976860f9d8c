"""The matches of a need, as each side may see them; what weighs one candidate against others is for the staff."""

import datetime
import uuid
from typing import Annotated, Any, Literal

from django.http import Http404, HttpRequest
from ninja import Query, Router, Schema
from pydantic import Field

from queqiao.accounts.actors import Actor
from queqiao.accounts.choices import TokenScope
from queqiao.api.authority import asks_for, caller_of
from queqiao.api.shapes import Summary, summary_of
from queqiao.core.i18n import lazy
from queqiao.matching.actions.deciding import accept_match, grade_match, reject_match, reopen_match
from queqiao.matching.models import Match
from queqiao.matching.queries import visible_matches
from queqiao.needs.models import Need
from queqiao.records.models import concrete_kinds
from queqiao.records.presenting import Face, faces, with_rows
from queqiao.records.queries import is_staff_of, visible

PAGE, MOST_PAGES = 24, 40
router = Router(tags=["matches"])


class Judgement(Schema):
    """What the staff of the need see of a match beside its level."""

    rank: int | None = Field(description=lazy("在这一类候选里排第几"))
    score: float | None = Field(description=lazy("得分"))
    grade: int | None = Field(description=lazy("人工评定的关联度，4 最强"))
    origin: Literal["engine", "hand"] = Field(description=lazy("系统推荐还是人工添加"))
    reason_class: str = Field(description=lazy("排除的原因"))
    note: str = Field(description=lazy("备注"))
    revision: int = Field(description=lazy("第几版；处理时要写明看到的是哪一版"))


class MatchOut(Schema):
    """One need with one candidate."""

    id: uuid.UUID = Field(description=lazy("匹配的编号"))
    candidate: Summary = Field(description=lazy("候选"))
    level: int | None = Field(description=lazy("系统评定的关联度，4 最强；空为尚未评定"))
    state: Literal["open", "accepted", "rejected"] = Field(description=lazy("决定"))
    decided_at: datetime.datetime | None = Field(description=lazy("何时决定"))
    judgement: Judgement | None = Field(description=lazy("只给需求所在范围的运营人员"))


class MatchPage(Schema):
    """A page of the matches of a need, the best of each kind first."""

    need: str = Field(description=lazy("需求编号"))
    page: int = Field(description=lazy("第几页"))
    more: bool = Field(description=lazy("后面还有没有"))
    matches: list[MatchOut] = Field(description=lazy("匹配"))


class Act(Schema):
    """What is done with a match; ``revision`` is that of the judgement that the caller has seen."""

    verb: Literal["accept", "reject", "grade", "undo"] = Field(description=lazy("采纳、排除、评关联度或撤销自己上一步"))
    revision: int = Field(ge=1, description=lazy("看到的是第几版，他人已处理过就不会覆盖"))
    reason_class: str = Field("", max_length=20, description=lazy("排除的原因，排除时必填"))
    note: str = Field("", max_length=2000, description=lazy("备注"))
    grade: int | None = Field(None, ge=1, le=4, description=lazy("关联度，4 最强；空为取消评级"))


@router.get(
    "/matches",
    url_name="api-matches",
    response=MatchPage,
    **asks_for(TokenScope.READ_MATCHES),
    summary=lazy("列出一条需求的匹配结果"),
)
def list_matches(
    request: HttpRequest,
    need: Annotated[str, Query(description=lazy("需求编号"))],
    page: Annotated[int, Query(ge=1, le=MOST_PAGES, description=lazy("第几页，每页 24 条，最多 40 页"))] = 1,
) -> dict[str, Any]:
    """List the matches of a need that the caller may see; Http404 where he must not know of the need."""
    actor = caller_of(request).actor
    row = visible(Need, actor).filter(number=need).first()
    if row is None:
        raise Http404
    rows = visible_matches(actor).filter(need=row).order_by("kind", "rank", "id")
    found = list(rows[(page - 1) * PAGE : page * PAGE + 1])
    shown = _dressed(found[:PAGE], actor, inside=is_staff_of(row, actor))
    return {"need": row.number, "page": page, "more": len(found) > PAGE and page < MOST_PAGES, "matches": shown}


def _dressed(rows: list[Match], actor: Actor, *, inside: bool) -> list[dict[str, Any]]:
    """Return matches with their candidates as the actor may see them; the candidates of one kind are read together."""
    candidates: dict[uuid.UUID, Face] = {}
    for kind in sorted({row.kind for row in rows}):
        seen: Any = visible(concrete_kinds()[kind], actor).filter(pk__in=[row.candidate_id for row in rows])
        candidates |= {face.id: face for face in faces(with_rows(seen.order_by()))}
    return [_match(row, candidates[row.candidate_id], inside) for row in rows if row.candidate_id in candidates]


def _match(row: Match, candidate: Face, inside: bool) -> dict[str, Any]:
    told = {name: getattr(row, name) for name in ("id", "level", "state", "decided_at")}
    judged = {name: getattr(row, name) for name in Judgement.model_fields} if inside else None
    if judged is not None and not candidate.whole:
        judged["score"] = None  # it tells of words that are hidden
    return told | {"candidate": summary_of(candidate), "judgement": judged}


@router.patch(
    "/matches/{match}",
    url_name="api-match",
    response=MatchOut,
    **asks_for(TokenScope.DECIDE_MATCHES),
    summary=lazy("采纳、排除、评级或撤销一个候选"),
)
def judge_match(request: HttpRequest, match: uuid.UUID, act: Act) -> dict[str, Any]:
    """Do what the workbench does; Http404 where the caller must not know of the match, StaleError on a newer one."""
    actor = caller_of(request).actor
    found = visible_matches(actor).filter(pk=match).select_related("need").first()
    if found is None:
        raise Http404
    seen: Any = {"seen_revision": act.revision, "by": actor}
    if act.verb == "accept":
        done = accept_match(found, **seen)
    elif act.verb == "reject":
        done = reject_match(found, reason_class=act.reason_class, note=act.note, **seen)
    elif act.verb == "grade":
        done = grade_match(found, act.grade, **seen)
    else:
        done = reopen_match(found, **seen)
    shown = _dressed([done], actor, inside=is_staff_of(found.need, actor))
    if not shown:
        raise Http404
    return shown[0]
