"""Creating and changing what a record says."""

import datetime
import uuid
from collections.abc import Mapping
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from queqiao.accounts.actors import Actor
from queqiao.accounts.models import Organisation, ScopeMembership
from queqiao.core.actions import Change, next_number, queue_for_index, record_activity
from queqiao.core.errors import ForbiddenError, QueqiaoError, StaleError
from queqiao.core.i18n import _
from queqiao.core.models import Translation
from queqiao.core.personal import mark
from queqiao.records.actions.audience import renew_audience
from queqiao.records.actions.sharing import place
from queqiao.records.choices import OPEN_STATES, State
from queqiao.records.history import only_by
from queqiao.records.labels import LABELS
from queqiao.records.models import Attachment, CatalogueRecord, WorkingCopy, concrete_kinds
from queqiao.records.queries import can_edit, comparable, digest, is_staff_of, snapshot

R = TypeVar("R", bound=CatalogueRecord)


def may_create(model: type[CatalogueRecord], organisation: Organisation, actor: Actor) -> bool:
    """Whether the actor may enter a record for an organisation: its editors, its researchers, the staff around it."""
    if organisation.state not in ("active", "pending"):
        return False
    if actor.has(f"edit:{organisation.pk}"):
        return True
    if model.KIND != "need" and actor.has(f"research:{organisation.pk}"):
        return True
    joined = ScopeMembership.objects.current().filter(organisation=organisation, scope__in=actor.ids("staff"))
    return joined.exists()


@transaction.atomic
def create_record(
    model: type[R],
    *,
    organisation: Organisation,
    values: Mapping[str, Any],
    by: Actor,
    now: datetime.datetime | None = None,
) -> R:
    """Begin a draft of an organisation; it joins the scopes in which the organisation is today.

    Raises ForbiddenError, or QueqiaoError where a value does not fit.
    """
    if not may_create(model, organisation, by):
        raise ForbiddenError(_("您不能以“{name}”的名义登记。").format(name=organisation.name))
    now = now or timezone.now()
    record = model(organisation=organisation, created_by_id=by.person_id, recorded_at=now)
    if hasattr(record, "person_id") and by.has(f"research:{organisation.pk}") and not by.has(f"edit:{organisation.pk}"):
        record.person_id = by.person_id  # a researcher writes down himself
    record.number = next_number(model.PREFIX, timezone.localdate(now).year)
    _apply(record, values)
    record.save(force_insert=True)
    _apply_rows(record, values)
    scopes = ScopeMembership.objects.current().filter(organisation=organisation).values_list("scope", flat=True)
    for scope_id in scopes:
        place(record, scope_id, by=by)
    after = snapshot(record) | {"scopes": sorted(map(str, scopes))}
    renew_audience(record)
    record_activity(Change(record.KIND, record.pk, "create", {}, after), by=by.name, now=now)
    return record


@transaction.atomic
def begin_record(model: type[R], *, organisation: Organisation, by: Actor) -> R:
    """Begin a draft where the organisation is; who comes back to begin finds the one that he has not touched yet."""
    untouched = model._default_manager.select_for_update().filter(
        ~Exists(WorkingCopy.objects.filter(record_id=OuterRef("pk"))),
        ~Exists(Attachment.objects.filter(record_id=OuterRef("pk"))),
        organisation=organisation,
        created_by=by.person_id,
        state=State.DRAFT,
        revision=1,
        title="",
    )
    found = untouched.order_by("-recorded_at").first() if by.person_id else None
    if found is not None and may_create(model, organisation, by):
        return found
    values = {"region": organisation.region_id} if organisation.region_id else {}
    return create_record(model, organisation=organisation, values=values, by=by)


@transaction.atomic
def save_record(
    record: R, values: Mapping[str, Any], *, base_revision: int, by: Actor, now: datetime.datetime | None = None
) -> R:
    """Save a changed form; a published record that is changed by its owner keeps its text until the staff agree.

    Raises StaleError with the other's values where the record has moved on from ``base_revision``, ForbiddenError,
    or QueqiaoError where a value does not fit. The working copy of the actor ends with the save.
    """
    locked = _lock(record)
    if not can_edit(locked, by):
        raise ForbiddenError(_("您不能修改“{title}”。").format(title=locked.title))
    if locked.revision != base_revision:
        told = _("“{title}”刚被他人修改过；您的内容已保留，请对照后选择。")
        if only_by(locked, base_revision, by):
            told = _("您在另一个页面保存过“{title}”；这里填写的内容已保留，请对照后选择。")
        raise StaleError(
            told.format(title=locked.title),
            theirs=snapshot(locked),
            revision=locked.revision,
        )
    if locked.state not in OPEN_STATES and not is_staff_of(locked, by):
        # Only what he changed: agreeing to it later must not undo what others changed in the meantime.
        changed = changed_values(locked, values)
        if changed:
            _propose(locked, changed, by=by)
        else:
            WorkingCopy.objects.filter(record_id=locked.pk, person=by.person_id).delete()
        return locked
    _write(locked, values, by=by, now=now)
    WorkingCopy.objects.filter(record_id=locked.pk, person=by.person_id).delete()
    return locked


@transaction.atomic
def keep_copy(record: CatalogueRecord, values: Mapping[str, Any], *, base_revision: int, by: Actor) -> WorkingCopy:
    """Keep what somebody has typed so far, as it was typed; nothing of it is checked and nobody else sees it."""
    if by.person_id is None or not can_edit(record, by):
        raise ForbiddenError(_("您不能修改“{title}”。").format(title=record.title))
    copy, _created = WorkingCopy.objects.update_or_create(
        record_id=record.pk,
        person_id=by.person_id,
        defaults={
            "kind": record.KIND,
            "values": {"typed": dict(values)},
            "base_revision": base_revision,
            "saved_at": timezone.now(),
            "proposed_at": None,
        },
    )
    return copy


def discard_copy(record: CatalogueRecord, *, by: Actor) -> None:
    """Throw away what the actor has typed and not saved."""
    WorkingCopy.objects.filter(record_id=record.pk, person=by.person_id).delete()


@transaction.atomic
def accept_proposal(copy: WorkingCopy, *, by: Actor, seen: datetime.datetime | None = None) -> CatalogueRecord:
    """Take a proposed change into a published record: the fields in which it differs from what stands there now.

    English texts that wait with it are shown from then on. With ``seen``, the time of the saving that the actor saw,
    only if nothing was proposed since.
    """
    record = _lock(_record_of(copy))
    if not is_staff_of(record, by):
        raise ForbiddenError(_("只有运营人员可以采纳修改。"))
    waiting = WorkingCopy.objects.filter(pk=copy.pk).exclude(proposed_at=None).first()
    if waiting is None:
        raise QueqiaoError(_("这项修改已由他人处理。"))
    if seen is not None and waiting.saved_at != seen:
        raise QueqiaoError(_("对方在您打开之后又改过，本次未作处理；请看过新的内容再决定。"))
    _write(record, changed_values(record, waiting.values.get("clean", {})), by=by, verb="accept")
    Translation.objects.filter(target_id=record.pk, by_machine=False).update(checked=True)
    queue_for_index(record.KIND, record.pk)
    waiting.delete()
    return record


@transaction.atomic
def refuse_proposal(copy: WorkingCopy, *, reason: str, by: Actor) -> None:
    """Hand a proposed change back to its author with a reason; his text stays in his working copy."""
    record = _record_of(copy)
    if not is_staff_of(record, by):
        raise ForbiddenError(_("只有运营人员可以退回修改。"))
    if not reason.strip():
        raise QueqiaoError(_("请写明退回的原因。"))
    WorkingCopy.objects.filter(pk=copy.pk).update(proposed_at=None)
    change = Change(record.KIND, record.pk, "refuse", {}, {"proposal_of": str(copy.person_id), "reason": reason})
    record_activity(change, by=by.name)


@transaction.atomic
def write_translation(
    record: CatalogueRecord, field: str, text: str, *, language: str, by: Actor, by_machine: bool = False
) -> None:
    """Keep a field's text in another language; an empty text takes it away. A machine's text counts as unchecked.

    So does the text that the owner of a published record writes: it is shown once the staff agree.
    """
    record = _lock(record)
    if not can_edit(record, by):
        raise ForbiddenError(_("您不能修改“{title}”。").format(title=record.title))
    trusted = record.state in OPEN_STATES or is_staff_of(record, by)
    where: dict[str, Any] = {"target_id": record.pk, "field": field, "language": language}
    old = Translation.objects.filter(**where).first()
    name = f"{field}.{language}"
    known, told = (old.text if old else None), text or None
    if field in record.PERSONAL:
        known, told = mark(known) or None, mark(told) or None
    change = Change(record.KIND, record.pk, "translate", {name: known}, {name: told})
    if text:
        values = {
            "kind": record.KIND,
            "text": text,
            "by_machine": by_machine,
            "checked": trusted and not by_machine,
            "source_hash": digest(str(getattr(record, field))),
        }
        Translation.objects.update_or_create(**where, defaults=values)
    elif old:
        old.delete()
    if (old.text if old else "") != text:
        queue_for_index(record.KIND, record.pk)
        record_activity(change, by=by.name)
        if not trusted:
            _ask_for_review(record, by)


def _ask_for_review(record: CatalogueRecord, by: Actor) -> None:
    """Put the actor's English texts before the staff, beside what he may have proposed already."""
    author: Any = by.person_id
    now = timezone.now()
    plain = {"kind": record.KIND, "values": {}, "base_revision": record.revision, "saved_at": now}
    copy, _new = WorkingCopy.objects.get_or_create(record_id=record.pk, person_id=author, defaults=plain)
    WorkingCopy.objects.filter(pk=copy.pk).update(proposed_at=now, saved_at=now)


def changed_values(
    record: CatalogueRecord, values: Mapping[str, Any], against: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Return those of the values that differ from what the record says now, or from an earlier snapshot of it."""
    there = snapshot(record) if against is None else against
    return {
        name: value
        for name, value in values.items()
        if comparable(record, name, value) != _logged(record, name, there.get(name))
    }


def _logged(record: CatalogueRecord, name: str, value: Any) -> Any:
    field: Any = record._meta.get_field(name)
    return value if value is None or field.is_relation else field.to_python(value)


def _lock(record: R) -> R:
    return type(record)._default_manager.select_for_update().get(pk=record.pk)


def _record_of(copy: WorkingCopy) -> CatalogueRecord:
    return concrete_kinds()[copy.kind]._default_manager.get(pk=copy.record_id)


def _propose(record: CatalogueRecord, values: Mapping[str, Any], *, by: Actor) -> None:
    copy = WorkingCopy.objects.filter(record_id=record.pk, person=by.person_id).first()
    typed = copy.values.get("typed", {}) if copy else {}
    owner: Any = by.person_id
    WorkingCopy.objects.update_or_create(
        record_id=record.pk,
        person_id=owner,
        defaults={
            "kind": record.KIND,
            "values": {"typed": typed, "clean": {name: _stored(value) for name, value in values.items()}},
            "base_revision": record.revision,
            "saved_at": timezone.now(),
            "proposed_at": timezone.now(),
        },
    )
    record_activity(Change(record.KIND, record.pk, "propose", {}, {"proposal_of": str(by.person_id)}), by=by.name)


def _stored(value: Any) -> Any:
    if isinstance(value, models.Model):
        return value.pk
    if isinstance(value, models.QuerySet | list | tuple):
        return [_stored(item) for item in value]
    return str(value) if isinstance(value, uuid.UUID) else value


def _write(
    record: CatalogueRecord,
    values: Mapping[str, Any],
    *,
    by: Actor,
    verb: str = "edit",
    now: datetime.datetime | None = None,
) -> None:
    before = snapshot(record)
    _apply(record, values)
    _apply_rows(record, values)
    after = snapshot(record)
    if after == before:
        return
    record.revision += 1
    record.save()
    renew_audience(record)
    record_activity(Change(record.KIND, record.pk, verb, before, after), by=by.name, now=now)


def _apply(record: CatalogueRecord, values: Mapping[str, Any]) -> None:
    unknown = sorted(set(values) - set(record.CONTENT))
    if unknown:
        raise ValueError(f"{record.KIND} has no content {unknown}")
    for name, value in values.items():
        field: Any = record._meta.get_field(name)
        if isinstance(field, models.ForeignKey):
            setattr(record, field.attname, value.pk if isinstance(value, models.Model) else value or None)
        elif not isinstance(field, models.ManyToManyField):
            setattr(record, name, field.to_python(value) if value != "" or not field.null else None)
    try:
        record.clean_fields(exclude=[f.name for f in record._meta.get_fields() if f.name not in values])
    except ValidationError as error:
        first = next(iter(error.message_dict.items()))
        raise QueqiaoError(
            _("“{field}”不能这样填：{problem}").format(field=LABELS.get(first[0], first[0]), problem=first[1][0])
        ) from error


def _apply_rows(record: CatalogueRecord, values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        if isinstance(record._meta.get_field(name), models.ManyToManyField):
            getattr(record, name).set(value)
