"""What people make of a match: they accept, reject or grade it, undo that, and give it to a broker.

Several people work on the same need. Each says by ``seen_revision`` what he has seen; where another person has done
something else meanwhile, nothing is changed and StaleError says who did what, and when.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from queqiao.accounts.actors import Actor
from queqiao.accounts.models import Person
from queqiao.core.actions import Change, record_activity
from queqiao.core.errors import ForbiddenError, QueqiaoError, StaleError
from queqiao.core.i18n import _
from queqiao.core.models import Activity
from queqiao.core.queries import history
from queqiao.matching.actions.feedback import renew_feedback, statistics_named
from queqiao.matching.actions.ranking import lock_round
from queqiao.matching.actions.telling import tell_accepted, tell_broker, untell_accepted, untell_broker
from queqiao.matching.choices import Decision, Grade, ReasonClass, RoundState
from queqiao.matching.models import Match, Round
from queqiao.matching.queries import records_by_id
from queqiao.matching.rights import may_judge, may_steer, possible_brokers
from queqiao.records.choices import State

KIND = "match"  # in the log
ACCEPT, REJECT, GRADE, UNDO, ASSIGN, ADD = "accept", "reject", "grade", "undo", "assign", "add"
JUDGING = (ACCEPT, REJECT, GRADE)  # what can be undone
LONGEST_NOTE = 1000
_DECISION = ("state", "reason_class", "note", "decided_by_id", "decided_at")
_GRADE = ("grade", "graded_by_id", "graded_at")
_BROKER = ("broker_id", "assigned_by_id", "assigned_at")


@dataclass(frozen=True, slots=True)
class _Act:
    """What one person does to a match: the fields that it sets, and those that say who and when."""

    verb: str
    values: Mapping[str, Any]
    stamps: tuple[str, str]


@transaction.atomic
def accept_match(match: Match, *, seen_revision: int, by: Actor) -> Match:
    """Accept a candidate and tell the need's owner; QueqiaoError where either side is no longer published."""
    locked, newest = _lock(match, by)
    values = {"state": Decision.ACCEPTED, "reason_class": "", "note": ""}
    if locked.state == Decision.ACCEPTED:
        return locked
    _require_published(locked)
    _do(locked, newest, _Act(ACCEPT, values, ("decided_by_id", "decided_at")), seen_revision, by)
    tell_accepted(locked)
    return locked


@transaction.atomic
def reject_match(match: Match, *, reason_class: str, note: str = "", seen_revision: int, by: Actor) -> Match:
    """Reject a candidate for a reason that only the staff see; QueqiaoError where there is none."""
    if reason_class not in ReasonClass.values:
        raise QueqiaoError(_("请选择排除的原因。"))
    note = checked_note(note)
    if reason_class == ReasonClass.OTHER and not note:
        raise QueqiaoError(_("选了其他原因，请在说明里写明。"))
    locked, newest = _lock(match, by)
    same = locked.state == Decision.REJECTED and locked.reason_class == reason_class
    if same and note in ("", locked.note):
        return locked
    values = {"state": Decision.REJECTED, "reason_class": reason_class, "note": note}
    return _do(locked, newest, _Act(REJECT, values, ("decided_by_id", "decided_at")), seen_revision, by)


@transaction.atomic
def grade_match(match: Match, grade: int | None, *, seen_revision: int, by: Actor) -> Match:
    """Say how closely need and candidate are related, 4 strong to 1 unrelated; None takes the grade off."""
    if grade is not None and grade not in Grade.values:
        raise QueqiaoError(_("关联度只能是 1 到 4。"))
    locked, newest = _lock(match, by)
    if locked.grade == grade:
        return locked
    return _do(locked, newest, _Act(GRADE, {"grade": grade}, ("graded_by_id", "graded_at")), seen_revision, by)


@transaction.atomic
def assign_broker(match: Match, person: Person, *, seen_revision: int, by: Actor) -> Match:
    """Give a match to a broker or a member of the staff of the need's scopes; the staff may, also after the round."""
    locked, _newest = _lock(match, by)
    if not may_steer(locked.need, by):
        raise ForbiddenError(_("只有需求所在范围的运营人员可以指派技术经理人。"))
    if locked.broker_id == person.pk:
        return locked
    if not possible_brokers(locked.need).filter(pk=person.pk).exists():
        raise QueqiaoError(
            _("{name}不是这条需求所在范围的技术经理人或运营人员，不能指派给他。").format(name=person.name)
        )
    _require_seen(locked, seen_revision, by)
    act = _Act(ASSIGN, {"broker_id": person.pk}, ("assigned_by_id", "assigned_at"))
    untell_broker(locked)
    _write(locked, act.verb, _stamped(act, by), by)
    if person.pk != by.person_id:
        tell_broker(locked, person)
    return locked


@transaction.atomic
def reopen_match(match: Match, *, seen_revision: int, by: Actor) -> Match:
    """Undo the actor's own last decision or grade of a match; done again, it undoes the one before, if that was his.

    What somebody else did since is never undone: StaleError says who did what.
    """
    locked, newest = _lock(match, by)
    if locked.revision != seen_revision and _last_act(locked) == (UNDO, by.name):
        return locked
    _require_seen(locked, seen_revision, by)
    last = _last_standing(locked)
    if last is None:
        raise QueqiaoError(_("这个候选没有可以撤销的决定或评级。"))
    if last.actor != by.name:
        raise _stale(locked, last, by)
    _require_open(newest)
    return _write(locked, UNDO, {name: _read(name, was) for name, (was, _now) in last.changes.items()}, by, newest)


def judgement_of(match: Match) -> dict[str, Any]:
    """Return what people made of a match, as the log keeps it."""
    return {name: getattr(match, name) for name in (*_DECISION, *_GRADE, *_BROKER)}


def checked_note(note: str) -> str:
    """Return a note without blanks around it; QueqiaoError where it is too long."""
    note = note.replace("\x00", "").strip()
    if len(note) > LONGEST_NOTE:
        raise QueqiaoError(_("备注最多 {most} 字，现在是 {length} 字。").format(most=LONGEST_NOTE, length=len(note)))
    return note


def _lock(match: Match, by: Actor) -> tuple[Match, Round]:
    """Hold the round of the need, then the match as it is now; ForbiddenError where the actor may not judge it.

    Everybody takes the round first, so that two people who judge two candidates of a need never wait for each other.
    """
    newest = lock_round(match.need)
    locked: Match = Match.objects.select_for_update(of=("self",)).select_related("need__organisation").get(pk=match.pk)
    if not may_judge(locked, by):
        raise ForbiddenError(_("这个候选不存在，或者不归您处理。"))
    return locked, newest


def _do(locked: Match, newest: Round, act: _Act, seen_revision: int, by: Actor) -> Match:
    _require_seen(locked, seen_revision, by)
    _require_open(newest)
    return _write(locked, act.verb, _stamped(act, by), by, newest)


def _stamped(act: _Act, by: Actor) -> dict[str, Any]:
    person, moment = act.stamps
    return {**act.values, person: by.person_id, moment: timezone.now()}


def _write(locked: Match, verb: str, values: Mapping[str, Any], by: Actor, newest: Round | None = None) -> Match:
    """Write fields and the activity; where the round is given, the other candidates move at once."""
    before = judgement_of(locked)
    for name, value in values.items():
        setattr(locked, name, value)
    locked.revision += 1
    locked.save(update_fields=[*values, "revision"])
    record_activity(Change(KIND, locked.pk, verb, before, judgement_of(locked)), by=by.name)
    if before["state"] == Decision.ACCEPTED != locked.state:
        untell_accepted(locked)
    if newest is not None and newest.snapshot_id:
        renew_feedback(locked.need, statistics_named(newest.snapshot_id))
        locked.refresh_from_db(fields=["parts"])
    return locked


def _require_open(newest: Round) -> None:
    if newest.state != RoundState.OPEN:
        raise QueqiaoError(_("这一轮匹配已经结束，请先重新打开再处理。"))


def _require_published(match: Match) -> None:
    if match.need.state != State.PUBLISHED:
        raise QueqiaoError(_("这条需求已经不再发布，不能采纳它的候选。"))
    if not records_by_id(match.kind, [match.candidate_id]).filter(state=State.PUBLISHED).exists():
        raise QueqiaoError(_("这个候选已经不再发布，不能采纳。"))


def _require_seen(match: Match, seen_revision: int, by: Actor) -> None:
    if match.revision != seen_revision:
        raise _stale(match, history(KIND, match.pk).order_by("-id").first(), by)


def _stale(match: Match, last: Activity | None, by: Actor) -> StaleError:
    """Say who did what meanwhile, and when."""
    texts = {
        ACCEPT: _("{who}已于 {when} 采纳了这个候选，您这次的操作没有保存。"),
        REJECT: _("{who}已于 {when} 排除了这个候选，您这次的操作没有保存。"),
        GRADE: _("{who}已于 {when} 给这个候选评了级，您这次的操作没有保存。"),
        UNDO: _("{who}已于 {when} 撤销了对这个候选的处理，您这次的操作没有保存。"),
        ASSIGN: _("{who}已于 {when} 指派了这个候选的技术经理人，您这次的操作没有保存。"),
    }
    text = _("这个候选在您打开之后有过变化，您这次的操作没有保存。")
    if last is not None and last.verb in texts:
        when = timezone.localtime(last.recorded_at)
        text = texts[last.verb].format(who=_name_of(last.actor, by), when=f"{when:%Y-%m-%d %H:%M}")
    return StaleError(text, theirs=judgement_of(match), revision=match.revision)


def _name_of(actor: str, by: Actor) -> str:
    if actor == by.name:
        return _("您自己")
    person = Person.objects.filter(pk=actor.removeprefix("person:")).first() if actor.startswith("person:") else None
    return str(person.name) if person else _("系统")


def _last_act(match: Match) -> tuple[str, str] | None:
    last = history(KIND, match.pk).order_by("-id").first()
    return (last.verb, last.actor) if last else None


def _last_standing(match: Match) -> Activity | None:
    """Return the last decision or grade that was not undone."""
    standing: list[Activity] = []
    for one in history(KIND, match.pk).filter(verb__in=(*JUDGING, UNDO)).order_by("id"):
        if one.verb != UNDO:
            standing.append(one)
        elif standing:
            standing.pop()
    return standing[-1] if standing else None


def _read(name: str, logged: Any) -> Any:
    """Return a logged value as its field takes it."""
    if logged is None:
        return None
    if name.endswith("_id"):
        return uuid.UUID(logged)
    return parse_datetime(logged) if name.endswith("_at") else logged
