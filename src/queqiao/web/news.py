"""What came of matches lately, as the owners read it on the page of today."""

import datetime
import uuid
from collections.abc import Iterable
from typing import Any

from django.urls import reverse

from queqiao.accounts.actors import Actor
from queqiao.core.i18n import _
from queqiao.matching.models import Match, Round
from queqiao.matching.news import MOST, accepted_lately, nothing_lately
from queqiao.needs.models import Need
from queqiao.records.models import concrete_kinds
from queqiao.records.presenting import Face, faces, with_rows
from queqiao.records.queries import visible
from queqiao.web.filters import day

Faces = dict[uuid.UUID, Face]


def news_for(actor: Actor, now: datetime.datetime) -> list[dict[str, Any]]:
    """Return the items of the list, the newest first. The number of queries grows with the kinds, not with the items.

    A title stands there as the reader may see it: of a blind record of the other side, its blind title.
    """
    if actor.person_id is None:
        return []
    matches, rounds = list(accepted_lately(actor, now)), list(nothing_lately(actor, now))
    needs = {match.need_id for match in matches} | {closed.need_id for closed in rounds}
    seen = _faces(Need, needs, actor)
    for kind in sorted({match.kind for match in matches}):
        seen |= _faces(concrete_kinds()[kind], [one.candidate_id for one in matches if one.kind == kind], actor)
    told = [(match.decided_at, _accepted(match, seen)) for match in matches]
    told += [(one.closed_at, _nothing(one, seen)) for one in rounds]
    newest = sorted(((at, item) for at, item in told if at and item), key=lambda pair: pair[0], reverse=True)
    return [item | {"when": day(at), "overdue": False, "action": ""} for at, item in newest[:MOST] if item]


def _accepted(match: Match, seen: Faces) -> dict[str, Any] | None:
    need, candidate = seen.get(match.need_id), seen.get(match.candidate_id)
    if need is None or candidate is None:
        return None
    title = _("“{need}”与“{candidate}”的匹配已采纳").format(need=need.title, candidate=candidate.title)
    return {
        "icon": "circle-check",
        "title": title,
        "href": reverse("record", args=[need.number]),
        "note": _("{need} 与 {candidate}").format(need=need.number, candidate=candidate.number),
        "said": "",
        "also": (candidate.title, reverse("record", args=[candidate.number])),
    }


def _nothing(closed: Round, seen: Faces) -> dict[str, Any] | None:
    need = seen.get(closed.need_id)
    if need is None:
        return None
    return {
        "icon": "info-circle",
        "title": _("“{need}”这次没有找到合适的对象").format(need=need.title),
        "href": reverse("record", args=[need.number]),
        "note": need.number,
        "said": closed.note,
        "also": None,
    }


def _faces(model: Any, ids: Iterable[uuid.UUID], actor: Actor) -> Faces:
    rows = with_rows(visible(model, actor).filter(pk__in=list(ids)).order_by())
    return {face.id: face for face in faces(rows)}
