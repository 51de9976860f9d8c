"""In which scopes a record is, and who was invited to see it."""

import uuid
from collections.abc import Iterable
from typing import TypeVar

from django.db import transaction
from django.utils import timezone

from queqiao.accounts.actors import Actor
from queqiao.accounts.models import Organisation, Person, ScopeMembership
from queqiao.core.actions import Change, record_activity
from queqiao.core.errors import ForbiddenError, QueqiaoError
from queqiao.core.i18n import _
from queqiao.records.actions.audience import renew_audience
from queqiao.records.models import CatalogueRecord, Grant, RecordScope
from queqiao.records.queries import can_edit

R = TypeVar("R", bound=CatalogueRecord)


def place(record: CatalogueRecord, scope_id: uuid.UUID, *, by: Actor) -> None:
    """Put a record into a scope from today on; the caller renews the audience."""
    RecordScope.objects.create(
        kind=record.KIND, record_id=record.pk, scope_id=scope_id, begins_on=timezone.localdate(), recorded_by=by.name
    )


@transaction.atomic
def place_in_scopes(record: CatalogueRecord, scope_ids: Iterable[uuid.UUID], *, by: Actor) -> None:
    """Make these the scopes of a record; a scope that is left keeps its row, superseded by nothing.

    They must be scopes of its owner or of the actor's own work, and at least one once it was submitted: a record
    that nobody looks after could never be withdrawn.
    """
    record = _locked(record, by)
    wanted = set(scope_ids)
    rows = list(RecordScope.objects.current().filter(record_id=record.pk))
    there = {row.scope_id for row in rows}
    if wanted == there:
        return
    owners = ScopeMembership.objects.current().filter(organisation=record.organisation_id)
    allowed = there | set(owners.values_list("scope_id", flat=True)) | by.ids("staff")
    if not by.is_system and wanted - allowed:
        raise QueqiaoError(_("只能选择所属机构所在的范围。"))
    if not wanted and record.submitted_at is not None:
        raise QueqiaoError(_("提交过的记录至少要留在一个范围里，以便有人负责。"))
    gone = [row.pk for row in rows if row.scope_id not in wanted]
    RecordScope.objects.filter(pk__in=gone).update(superseded_at=timezone.now())
    for scope_id in sorted(wanted - there):
        place(record, scope_id, by=by)
    renew_audience(record)
    before, after = sorted(map(str, there)), sorted(map(str, wanted))
    record_activity(Change(record.KIND, record.pk, "place", {"scopes": before}, {"scopes": after}), by=by.name)


@transaction.atomic
def grant(record: CatalogueRecord, party: Organisation | Person, *, by: Actor) -> Grant:
    """Invite an organisation or a person to see a record; inviting twice changes nothing."""
    record = _locked(record, by)
    organisation, person = (party, None) if isinstance(party, Organisation) else (None, party)
    there: Grant | None = (
        Grant.objects.current().filter(record_id=record.pk, organisation=organisation, person=person).first()
    )
    if there:
        return there
    before = _granted(record)
    made = Grant.objects.create(
        kind=record.KIND,
        record_id=record.pk,
        organisation=organisation,
        person=person,
        begins_on=timezone.localdate(),
        recorded_by=by.name,
    )
    renew_audience(record)
    change = Change(record.KIND, record.pk, "grant", {"granted": before}, {"granted": _granted(record)})
    record_activity(change, by=by.name)
    return made


@transaction.atomic
def revoke(record: CatalogueRecord, given: Grant, *, by: Actor) -> None:
    """Take an invitation to see a record back; the row stays, superseded."""
    record = _locked(record, by)
    before = _granted(record)
    Grant.objects.filter(pk=given.pk, record_id=record.pk).update(superseded_at=timezone.now())
    renew_audience(record)
    change = Change(record.KIND, record.pk, "revoke", {"granted": before}, {"granted": _granted(record)})
    record_activity(change, by=by.name)


def _granted(record: CatalogueRecord) -> list[str]:
    """Return the ids of all parties that may see the record by invitation, as the log keeps them."""
    given = Grant.objects.current().filter(record_id=record.pk).values_list("organisation_id", "person_id")
    return sorted(str(organisation or person) for organisation, person in given)


def _locked(record: R, by: Actor) -> R:
    """Return the record as it is now, held until the transaction ends; ForbiddenError where it is not the actor's."""
    locked: R = type(record)._default_manager.select_for_update().get(pk=record.pk)
    if not can_edit(locked, by):
        raise ForbiddenError(_("您不能修改“{title}”。").format(title=locked.title))
    return locked
