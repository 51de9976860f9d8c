"""The round of a need ends when the staff have settled it or say that nothing fits, and can be opened again."""

from typing import Any

from django.db import transaction
from django.utils import timezone

from queqiao.accounts.actions.messages import take_back_letters
from queqiao.accounts.actors import Actor
from queqiao.core.actions import Change, record_activity
from queqiao.core.errors import ForbiddenError, QueqiaoError, StaleError
from queqiao.core.i18n import _
from queqiao.matching.actions.deciding import checked_note
from queqiao.matching.actions.ranking import lock_round
from queqiao.matching.actions.telling import tell_nothing_fits
from queqiao.matching.choices import Decision, RoundState
from queqiao.matching.models import Match, Round
from queqiao.matching.rights import may_steer
from queqiao.needs.models import Need

KIND = "round"  # in the log


@transaction.atomic
def close_round(need: Need, *, note: str, seen_revision: int, by: Actor) -> Round:
    """Say that nothing fits, and tell the need's owner why.

    Raises QueqiaoError where no reason is given or a candidate was accepted.
    """
    note = checked_note(note)
    newest = _lock(need, by)
    if newest.state == RoundState.NOTHING_FITS:
        return newest
    if not note:
        raise QueqiaoError(_("请写明为什么没有合适的，这段话会发给需求方。"))
    if accepted := Match.objects.filter(need=need, state=Decision.ACCEPTED).count():
        raise QueqiaoError(
            _("已经采纳了 {n} 个候选，不能再说没有合适的；如已处理完，请结束这一轮。").format(n=accepted)
        )
    _end(newest, RoundState.NOTHING_FITS, note, seen_revision, by)
    tell_nothing_fits(need, note, key=_letters(newest))
    return newest


@transaction.atomic
def settle_round(need: Need, *, seen_revision: int, by: Actor) -> Round:
    """Say that a round is done; QueqiaoError where nothing was accepted, for then nothing fits, and its owner is told.

    Candidates that nobody judged stay open.
    """
    newest = _lock(need, by)
    if newest.state == RoundState.SETTLED:
        return newest
    if not Match.objects.filter(need=need, state=Decision.ACCEPTED).exists():
        raise QueqiaoError(_("还没有采纳任何候选；如没有合适的，请说明原因并告知需求方。"))
    _end(newest, RoundState.SETTLED, "", seen_revision, by)
    return newest


@transaction.atomic
def reopen_round(need: Need, *, seen_revision: int, by: Actor) -> Round:
    """Open the newest round of a need again."""
    newest = _lock(need, by)
    if newest.state == RoundState.OPEN:
        return newest
    _require_seen(newest, seen_revision)
    if newest.state == RoundState.NOTHING_FITS:
        take_back_letters(f"{_letters(newest)}:")
    _write(newest, "reopen", {"state": RoundState.OPEN, "note": "", "closed_at": None, "closed_by_id": None}, by)
    return newest


def _letters(closed: Round) -> str:
    """Return the beginning of the keys of the letters that tell of this end of the round."""
    return f"nothing_fits:{closed.pk}:{closed.revision}"


def _lock(need: Need, by: Actor) -> Round:
    if not may_steer(need, by):
        raise ForbiddenError(_("只有需求所在范围的运营人员可以结束或重新打开匹配。"))
    return lock_round(need)


def _end(newest: Round, state: RoundState, note: str, seen_revision: int, by: Actor) -> None:
    _require_seen(newest, seen_revision)
    values = {"state": state, "note": note, "closed_at": timezone.now(), "closed_by_id": by.person_id}
    _write(newest, "close", values, by)


def _require_seen(newest: Round, seen_revision: int) -> None:
    if newest.revision == seen_revision:
        return
    text = _("这一轮匹配在您打开之后有过变化，您这次的操作没有保存。")
    if newest.closed_at is not None:
        who = newest.closed_by.name if newest.closed_by else _("系统")
        when = f"{timezone.localtime(newest.closed_at):%Y-%m-%d %H:%M}"
        text = _("{who}已于 {when} 结束了这一轮匹配，您这次的操作没有保存。").format(who=who, when=when)
    raise StaleError(text, theirs=_plain(newest), revision=newest.revision)


def _write(newest: Round, verb: str, values: dict[str, Any], by: Actor) -> None:
    before = _plain(newest)
    for name, value in values.items():
        setattr(newest, name, value)
    newest.revision += 1
    newest.save(update_fields=[*values, "revision"])
    record_activity(Change(KIND, newest.pk, verb, before, _plain(newest)), by=by.name)


def _plain(newest: Round) -> dict[str, Any]:
    names = ("need_id", "number", "state", "note", "closed_at", "closed_by_id")
    return {name: getattr(newest, name) for name in names}
