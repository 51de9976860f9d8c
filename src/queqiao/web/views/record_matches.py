"""What the page of a record says of its matches: to its owner which the other side are, to the staff where to judge."""

from typing import Any

from django.urls import reverse

from queqiao.accounts.actors import Actor
from queqiao.core.i18n import _
from queqiao.matching.choices import CandidateKind, Decision, RoundState
from queqiao.matching.models import Round
from queqiao.matching.queries import current_round, visible_matches
from queqiao.needs.models import Need
from queqiao.records.models import CatalogueRecord, concrete_kinds
from queqiao.records.presenting import faces, with_rows
from queqiao.records.queries import is_owner, is_staff_of, visible
from queqiao.web.filters import day
from queqiao.web.kinds import cards_of

MOST = 12


def fitting(record: CatalogueRecord, actor: Actor) -> dict[str, Any]:
    """Return what stands in the record's place for matches: ``cards`` with ``title`` and ``hint``, and ``bench``.

    ``nothing`` holds title and note where the staff said last that nothing fits.
    """
    shown: dict[str, Any] = {"cards": [], "title": "", "hint": "", "bench": "", "nothing": None}
    if actor.person_id is None:
        return shown
    if is_owner(record, actor):
        if isinstance(record, Need):
            shown |= {"title": _("已采纳的匹配"), "hint": _("运营人员看过并认为适合这条需求。")}
            shown |= {"cards": _accepted(record, actor), "nothing": _nothing(record)}
        elif record.KIND in CandidateKind.values:
            shown |= {"title": _("可能适合的需求"), "hint": _("按双方写明的内容找到，供您参考。")}
            shown["cards"] = _needs(record, actor)
    if isinstance(record, Need) and is_staff_of(record, actor) and Round.objects.filter(need=record).exists():
        shown["bench"] = reverse("bench", args=[record.number])
    return shown


def _nothing(need: Need) -> dict[str, str] | None:
    newest = current_round(need)
    if newest is None or newest.state != RoundState.NOTHING_FITS:
        return None
    return {"title": _("{day}：这次没有找到合适的对象。").format(day=day(newest.closed_at)), "note": newest.note}


def _accepted(need: Need, actor: Actor) -> list[dict[str, Any]]:
    matches = visible_matches(actor).filter(need=need, state=Decision.ACCEPTED)
    ids: dict[str, list[Any]] = {}
    for kind, pk in matches.order_by("rank", "pk").values_list("kind", "candidate_id")[:MOST]:
        ids.setdefault(kind, []).append(pk)
    return [card for kind, some in ids.items() for card in _cards(concrete_kinds()[kind], some, actor)]


def _needs(candidate: CatalogueRecord, actor: Actor) -> list[dict[str, Any]]:
    matches = visible_matches(actor).filter(candidate_id=candidate.pk).exclude(state=Decision.REJECTED)
    found = matches.filter(listed=True) | matches.filter(state=Decision.ACCEPTED)
    return _cards(Need, list(found.order_by("-score", "pk").values_list("need_id", flat=True)[:MOST]), actor)


def _cards(model: Any, ids: list[Any], actor: Actor) -> list[dict[str, Any]]:
    """Return the cards of records in the order of their ids."""
    rows = {row.pk: row for row in with_rows(visible(model, actor).filter(pk__in=ids))}
    return cards_of(faces(rows[pk] for pk in ids if pk in rows))
