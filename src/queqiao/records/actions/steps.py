"""The life cycle: every step goes through one function and one table."""

import datetime
import logging
from collections.abc import Mapping
from typing import Any, TypeVar

from django.db import transaction
from django.utils import timezone

from queqiao.accounts.actions.messages import write_letter
from queqiao.accounts.actors import Actor, actor_for, system
from queqiao.accounts.channels import WECOM, has_group
from queqiao.accounts.models import ScopeMembership
from queqiao.core.actions import Change, record_activity
from queqiao.core.errors import ForbiddenError, QueqiaoError, StaleError
from queqiao.core.i18n import _, current_language
from queqiao.records.actions.audience import renew_audience
from queqiao.records.actions.sharing import place
from queqiao.records.choices import TRANSITIONS, State, Step, Verb, Visibility
from queqiao.records.four_eyes import submitted_by, why_not_publish
from queqiao.records.labels import KIND_LABELS, LABELS
from queqiao.records.models import CatalogueRecord, RecordScope, WorkingCopy, concrete_kinds
from queqiao.records.queries import is_owner, is_staff_of, possible_steps, snapshot

R = TypeVar("R", bound=CatalogueRecord)
log = logging.getLogger("queqiao.records")
VALID_FOR = datetime.timedelta(days=365)
_DATES = ("deadline", "valid_until")  # what is submitted must still lie before these


@transaction.atomic
def advance(
    record: R,
    verb: Verb,
    *,
    by: Actor,
    reason: str = "",
    base_revision: int | None = None,
    now: datetime.datetime | None = None,
) -> R:
    """Take one step of the life cycle; with ``base_revision`` only if the record is still what the actor saw.

    Raises ForbiddenError where the table does not allow it to this actor in this state, and QueqiaoError where a
    reason or something that must be filled in is missing.
    """
    now = now or timezone.now()
    locked: R = type(record)._default_manager.select_for_update().get(pk=record.pk)
    if base_revision is not None and locked.revision != base_revision:
        raise StaleError(
            _("“{title}”在您打开之后又被修改过，本次未作处理；请看过新的内容再决定。").format(title=locked.title),
            theirs=snapshot(locked),
            revision=locked.revision,
        )
    step = _allowed_step(locked, verb, by)
    if step.reason and not reason.strip():
        raise QueqiaoError(_("请写明{verb}的原因。").format(verb=verb.label))
    if verb in (Verb.SUBMIT, Verb.PUBLISH):
        _require_whole(locked, today=timezone.localdate(now) if verb is Verb.SUBMIT else None)
    if verb is Verb.SUBMIT:
        _place_where_the_owner_is(locked, by)
    before = snapshot(locked)
    locked.state = step.to
    locked.reason = reason.strip()
    _stamp(locked, verb, now)
    locked.save()
    renew_audience(locked)
    if verb in (Verb.WITHDRAW, Verb.ARCHIVE, Verb.EXPIRE):
        WorkingCopy.objects.filter(record_id=locked.pk).exclude(proposed_at=None).update(proposed_at=None)
    activity = record_activity(
        Change(locked.KIND, locked.pk, verb.value, before, _outcome(locked, verb, by)), by=by.name, now=now
    )
    _tell_owner(locked, verb, reason, key=f"step:{activity.pk}", by=by)
    if verb is Verb.SUBMIT:
        _tell_group(locked, key=f"submitted:{activity.pk}")
    return locked


def _allowed_step(record: CatalogueRecord, verb: Verb, by: Actor) -> Step:
    """Return the step of the table that the actor asks for; QueqiaoError or ForbiddenError where there is none."""
    step = TRANSITIONS.get((State(record.state), verb))
    if step is None:
        raise QueqiaoError(
            _("“{title}”现在是“{state}”，不能{verb}；请刷新页面查看最新状态。").format(
                title=record.title, state=State(record.state).label, verb=verb.label
            )
        )
    if verb not in possible_steps(record, by):
        if verb is Verb.PUBLISH and is_staff_of(record, by):
            raise QueqiaoError(why_not_publish(record, by))
        raise ForbiddenError(_("您不能对“{title}”执行“{verb}”。").format(title=record.title, verb=verb.label))
    return step


def _outcome(record: CatalogueRecord, verb: Verb, by: Actor) -> dict[str, Any]:
    """Return what the log keeps of a record after a step; it says so where nobody else could look at it."""
    alone = verb is Verb.PUBLISH and submitted_by(record, by)
    return snapshot(record) | ({"single_review": True} if alone else {})


def names_in_blind_form(record: CatalogueRecord) -> list[str]:
    """Return the owner's names that stand in what a stranger would see of a blind record."""
    if record.visibility != Visibility.BLIND:
        return []
    owner = record.organisation
    names = [owner.name, owner.short_name, owner.name_en, *owner.aliases.values_list("name", flat=True)]
    texts = [record.blind_title, *(str(getattr(record, name)) for name in record.BLIND if _is_text(record, name))]
    return [name for name in names if len(name) > 1 and any(name in text for text in texts)]


def _is_text(record: CatalogueRecord, name: str) -> bool:
    return isinstance(getattr(record, name), str)


def given_away(record: CatalogueRecord) -> dict[str, str]:
    """Return a sentence for each field in which a stranger to a blind record would read the owner's name."""
    names = names_in_blind_form(record)
    return {
        field: _("匿名时公开的内容里出现了单位名称“{name}”，请改写后再提交。").format(name=name)
        for field in ("blind_title", *record.BLIND)
        for name in names[:1]
        if name in str(getattr(record, field))
    }


def missing_for_submission(record: CatalogueRecord) -> list[str]:
    """Return the names of the fields without which the record cannot be submitted."""
    return [name for name in needed_fields(record, record.visibility) if not _filled(getattr(record, name))]


def needed_fields(kind: CatalogueRecord | type[CatalogueRecord], visibility: str) -> tuple[str, ...]:
    """Return the fields that a record of a kind must have to be submitted for an audience."""
    return (*kind.REQUIRED, *(["blind_title"] if visibility == Visibility.BLIND else []))


def passed_dates(values: Mapping[str, Any], today: datetime.date) -> dict[str, str]:
    """Return a sentence for each date of a record that lies before ``today``, by the name of its field."""
    return {
        name: _("“{label}”不能早于今天（{today}）。").format(label=LABELS[name], today=today.isoformat())
        for name in _DATES
        for day in [values.get(name)]
        if day and day < today
    }


def expire_due(*, now: datetime.datetime | None = None) -> int:
    """Expire what was published and is valid no longer; return how many. Each record is a transaction of its own."""
    now = now or timezone.now()
    today = timezone.localdate(now)
    count = 0
    for model in concrete_kinds().values():
        due = model._default_manager.filter(state=State.PUBLISHED, valid_until__lt=today).values_list("pk", flat=True)
        for pk in list(due):
            try:
                count += _expire(model, pk, now)
            except QueqiaoError as error:  # somebody else was quicker; the others are still due
                log.info("a record was not expired: %s", error)
    return count


@transaction.atomic
def _expire(model: type[CatalogueRecord], pk: Any, now: datetime.datetime) -> int:
    """Expire one record unless it was confirmed in the meantime; return how many were expired."""
    record = model._default_manager.select_for_update().get(pk=pk)
    if record.state != State.PUBLISHED or (record.valid_until and record.valid_until >= timezone.localdate(now)):
        return 0
    advance(record, Verb.EXPIRE, by=system("clock"), now=now)
    return 1


def _place_where_the_owner_is(record: CatalogueRecord, by: Actor) -> None:
    """Put a record that is in no scope yet into those of its owner, who must have been let in by now."""
    if record.organisation.state != "active":
        raise QueqiaoError(
            _("机构“{name}”尚未通过审核，通过后即可提交；已填的内容都已保存。").format(name=record.organisation.name)
        )
    if not RecordScope.objects.current().filter(record_id=record.pk).exists():
        joined = ScopeMembership.objects.current().filter(organisation=record.organisation)
        scopes = list(joined.values_list("scope_id", flat=True))
        for scope_id in scopes:
            place(record, scope_id, by=by)
        change = Change(record.KIND, record.pk, "place", {"scopes": []}, {"scopes": sorted(map(str, scopes))})
        record_activity(change, by=by.name)


def _require_whole(record: CatalogueRecord, *, today: datetime.date | None) -> None:
    """Name at once everything that stands in the way; where ``today`` is given, also the dates that have passed."""
    wanting = []
    missing = missing_for_submission(record)
    if missing:
        names = _("、").join(str(LABELS[name]) for name in missing)
        wanting.append(_("提交前请先填写：{names}。").format(names=names))
    wanting += list(given_away(record).values())[:1]
    values = {name: getattr(record, name, None) for name in _DATES}
    wanting += passed_dates(values, today).values() if today else []
    if wanting:
        space = " " if current_language() == "en" else ""
        raise QueqiaoError(space.join([*wanting, _("已填的内容都已保存。")]))


def _stamp(record: CatalogueRecord, verb: Verb, now: datetime.datetime) -> None:
    today = timezone.localdate(now)
    if verb is Verb.SUBMIT:
        record.submitted_at = now
    elif verb in (Verb.PUBLISH, Verb.RECONFIRM):
        record.published_at = record.published_at or now
        record.confirmed_at = now
        if record.valid_until is None or record.valid_until < today or verb is Verb.RECONFIRM:
            record.valid_until = today + VALID_FOR


def _filled(value: Any) -> bool:
    if hasattr(value, "exists"):
        return bool(value.exists())
    return bool(str(value or "").strip())


def _tell_group(record: CatalogueRecord, *, key: str) -> None:
    """Tell the staff's group, where there is one, that a record waits; by its number only, for many read along."""
    if has_group():
        text = _("{kind} {number} 等待审核。").format(kind=str(KIND_LABELS[record.KIND]), number=record.number)
        write_letter(key=key, address=WECOM, subject=text, text=text, link=f"/staff/review/{record.number}")


def _tell_owner(record: CatalogueRecord, verb: Verb, reason: str, *, key: str, by: Actor) -> None:
    """Write to the record's creator what others did with it."""
    person = record.created_by
    if (
        person is None
        or person.pk == by.person_id
        or verb not in (Verb.PUBLISH, Verb.RETURN, Verb.EXPIRE, Verb.WITHDRAW)
        or not is_owner(record, actor_for(person))
    ):
        return
    user = person.users.filter(is_active=True).first()
    address = (user.mobile or user.email if user else "") or person.mobile or person.email
    if not address:
        return
    texts = {
        Verb.PUBLISH: _("您登记的{kind}“{title}”（{number}）已发布。"),
        Verb.RETURN: _("您登记的{kind}“{title}”（{number}）被退回：{reason}"),
        Verb.EXPIRE: _("您登记的{kind}“{title}”（{number}）已到期；如仍有效，请打开链接确认。"),
        Verb.WITHDRAW: _("您登记的{kind}“{title}”（{number}）已被撤回：{reason}"),
    }
    text = texts[verb].format(
        kind=str(KIND_LABELS[record.KIND]), title=record.title, number=record.number, reason=reason.strip()
    )
    write_letter(
        key=key,
        address=address,
        subject=_("{number} 有新进展").format(number=record.number),
        text=text,
        link=f"/records/{record.number}",
        person=person,
    )
