"""What the forms of the workbench ask for, each done by an action of matching, and the sentence that says so."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.http import Http404

from queqiao.accounts.actors import Actor
from queqiao.core.errors import QueqiaoError
from queqiao.core.i18n import _
from queqiao.core.identifiers import read_uuid
from queqiao.matching.actions.adding import add_by_hand
from queqiao.matching.actions.deciding import accept_match, assign_broker, grade_match, reject_match, reopen_match
from queqiao.matching.actions.rounds import close_round, reopen_round, settle_round
from queqiao.matching.models import Match
from queqiao.matching.queries import visible_matches
from queqiao.matching.rights import possible_brokers
from queqiao.needs.models import Need

Sent = Mapping[str, str]
GRADE = "grade-"  # followed by the grade


@dataclass(frozen=True, slots=True)
class Done:
    """What was done: a sentence, the row at which it was, and the fields of the form that takes it back."""

    said: str
    match: str = ""
    kind: str = ""
    undo: Mapping[str, str] | None = None


def do(sent: Sent, need: Need, by: Actor) -> Done:
    """Do what a form asks for; Http404 for what no form of ours asks."""
    what = sent.get("do", "")
    if what in _ON_NEEDS:
        return _ON_NEEDS[what](sent, need, by)
    name, dash, grade = what.partition("-")
    if name not in _ON_MATCHES or (name == "grade") != bool(dash):
        raise Http404
    pk = read_uuid(sent.get("match", ""))
    match = visible_matches(by).filter(pk=pk, need=need).select_related("need").first() if pk else None
    if match is None:
        raise QueqiaoError(_("这个候选已不在，可能已由他人处理；请刷新后再看。"))
    return _ON_MATCHES[name](match, {**{key: sent[key] for key in sent}, "grade": grade}, by)


def _taken_back(match: Match) -> dict[str, str]:
    return {"do": "undo", "match": str(match.pk), "revision": str(match.revision)}


def _done(match: Match, said: str, *, can_undo: bool = True) -> Done:
    return Done(said, str(match.pk), match.kind, _taken_back(match) if can_undo else None)


def _accept(match: Match, sent: Sent, by: Actor) -> Done:
    return _done(accept_match(match, seen_revision=_revision(sent), by=by), _("已采纳，并已告知需求方。"))


def _reject(match: Match, sent: Sent, by: Actor) -> Done:
    values = {"reason_class": sent.get("reason", ""), "note": sent.get("note", "")}
    return _done(reject_match(match, seen_revision=_revision(sent), by=by, **values), _("已排除。"))


def _grade(match: Match, sent: Sent, by: Actor) -> Done:
    words = {"1": _("无关"), "2": _("弱"), "3": _("相关"), "4": _("高度")}
    if sent["grade"] not in words:
        raise Http404
    made = grade_match(match, int(sent["grade"]), seen_revision=_revision(sent), by=by)
    return _done(made, _("关联度评为“{grade}”，其余候选已重新排序。").format(grade=words[sent["grade"]]))


def _undo(match: Match, sent: Sent, by: Actor) -> Done:
    return _done(reopen_match(match, seen_revision=_revision(sent), by=by), _("已撤销。"), can_undo=False)


def _broker(match: Match, sent: Sent, by: Actor) -> Done:
    pk = read_uuid(sent.get("broker", ""))
    person = possible_brokers(match.need).filter(pk=pk).first() if pk else None
    if person is None:
        raise QueqiaoError(_("请选择由谁跟进。"))
    made = assign_broker(match, person, seen_revision=_revision(sent), by=by)
    return _done(made, _("已指派给{name}。").format(name=person.name), can_undo=False)


def _add(sent: Sent, need: Need, by: Actor) -> Done:
    return _done(add_by_hand(need, sent.get("number", ""), by=by), _("已加入候选。"), can_undo=False)


def _close(sent: Sent, need: Need, by: Actor) -> Done:
    made = close_round(need, note=sent.get("note", ""), seen_revision=_number(sent, "round_revision"), by=by)
    undo = {"do": "reopen_round", "round_revision": str(made.revision)}
    return Done(_("这一轮已结束，并已告知需求方没有合适的。"), undo=undo)


def _settle(sent: Sent, need: Need, by: Actor) -> Done:
    made = settle_round(need, seen_revision=_number(sent, "round_revision"), by=by)
    return Done(_("这一轮已处理完。"), undo={"do": "reopen_round", "round_revision": str(made.revision)})


def _reopen_round(sent: Sent, need: Need, by: Actor) -> Done:
    reopen_round(need, seen_revision=_number(sent, "round_revision"), by=by)
    return Done(_("这一轮已重新打开。"))


def _revision(sent: Sent) -> int:
    return _number(sent, "revision")


def _number(sent: Sent, name: str) -> int:
    text = sent.get(name, "")
    return int(text) if text.isdecimal() and len(text) < 10 else 0


_ON_MATCHES: dict[str, Callable[[Match, Any, Actor], Done]] = {
    "accept": _accept, "reject": _reject, "grade": _grade, "undo": _undo, "broker": _broker,
}  # fmt: skip
_ON_NEEDS: dict[str, Callable[[Sent, Need, Actor], Done]] = {
    "add": _add, "close_round": _close, "settle": _settle, "reopen_round": _reopen_round,
}  # fmt: skip
