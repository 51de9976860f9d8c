"""The team of a need as the workbench shows it: who is in it, what each brings, and what stays open."""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from queqiao.accounts.actors import Actor
from queqiao.core.i18n import _
from queqiao.engine.assignment.teams import MOST_MEMBERS
from queqiao.engine.ranking.documents import Document
from queqiao.engine.text.quantities import GapStatus
from queqiao.matching.models import Match
from queqiao.matching.teams import Missing, NothingToShareError, Part, Teamed, team_of
from queqiao.needs.models import Need
from queqiao.records.labels import KIND_LABELS
from queqiao.records.presenting import name_of
from queqiao.web.bench_rows import Indicator, Shown, indicator_of, shown_candidates


@dataclass(frozen=True, slots=True)
class Seat:
    """A member: a link to the record, whose it is, and the indicators with how far they are met."""

    title: str
    number: str
    kind: str
    organisation: str
    indicators: tuple[tuple[Indicator, str], ...]
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Open:
    """A requirement that nobody in the team meets, and a sentence about it; ``number`` is who comes nearest, or ""."""

    indicator: Indicator | None
    field: str
    said: str
    title: str
    number: str


def team_block(need: Need, matches: Iterable[Match], document: Document, actor: Actor) -> dict[str, Any] | None:
    """Return what the page shows of the need's team, or that it needs none; None where there is nothing to share."""
    try:
        team = team_of(need, matches, actor)
    except NothingToShareError:
        return None
    if team is None:
        return {"unneeded": _("不必组队：没有哪几个候选合起来，比其中一个满足得更多。")}
    named = [part.match for part in team.parts] + [one.nearest for one in team.missing if one.nearest]
    shown: dict[uuid.UUID, Shown] = {}
    for kind in sorted({match.kind for match in named}):
        shown |= shown_candidates(kind, [match.candidate_id for match in named if match.kind == kind], actor)
    seats = [_seat(part, shown[part.match.candidate_id], document) for part in team.parts]
    met = team.asked - len(team.missing)
    return {
        "summary": _("{n} 个候选合起来满足 {met}/{asked} 项要求").format(n=len(seats), met=met, asked=team.asked),
        "lead": _lead(team, len({seat.organisation for seat in seats})),
        "seats": seats,
        "open": [_open(one, shown, document) for one in team.missing],
    }


def _lead(team: Teamed, organisations: int) -> str:
    if not team.proved:
        proof = _("候选太多，没有逐一比完，也许还有更好的组合。")
    elif any(one.crowded for one in team.missing):
        proof = _("{most} 个以内的组合里，这一组满足得最多。").format(most=MOST_MEMBERS)
    else:
        proof = _("人数再少，就满足不了这么多；人数相同的组合里，这一组得分之和最高。")
    lead = _("没有一个候选满足全部 {asked} 项要求，单个最多满足 {alone} 项。{proof}成员来自 {n} 家单位。")
    return lead.format(asked=team.asked, alone=team.alone, proof=proof, n=organisations)


def _seat(part: Part, shown: Shown, need: Document) -> Seat:
    face, text = shown.face, shown.read_for(part.match)
    return Seat(
        title=face.title,
        number=face.number,
        kind=str(KIND_LABELS[face.kind]),
        organisation=face.organisation,
        indicators=tuple((indicator_of(gap, need, text), _spare(gap["margin"])) for gap in part.gaps),
        fields=tuple(name_of(node) for node in part.fields),
    )


def _open(one: Missing, shown: Mapping[uuid.UUID, Shown], need: Document) -> Open:
    field = name_of(one.field) if one.field else ""
    if one.nearest and one.gap:
        nearest = shown[one.nearest.candidate_id]
        indicator = indicator_of(one.gap, need, nearest.read_for(one.nearest))
        return Open(indicator, field, _shortfall(one.gap["margin"]), nearest.face.title, nearest.face.number)
    asked = {**one.gap, "offered": None, "status": GapStatus.NOT_STATED} if one.gap else None
    if one.crowded:
        said = _("有候选满足，但组合已有 {most} 个成员").format(most=MOST_MEMBERS)
    else:
        said = _("还没有候选说明") if asked else _("还没有这一领域的候选")
    return Open(indicator_of(asked, need, None) if asked else None, field, said, "", "")


def _spare(margin: float | None) -> str:
    """Say how far inside the bound a value lies; "" for a range, which has no one bound."""
    if margin is None:
        return ""
    return _("余量 {share}").format(share=_share(margin)) if margin else _("刚好达到")


def _shortfall(margin: float | None) -> str:
    return _("最接近（差 {share}）").format(share=_share(-margin)) if margin else _("最接近")


def _share(share: float) -> str:
    return f"{share * 100:.0f}%" if share >= 0.01 else f"{share * 100:.2g}%"
