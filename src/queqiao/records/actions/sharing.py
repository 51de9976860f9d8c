"""In which scopes a record is, and who was invited to see it."""

import uuid
from collections.abc import Iterable

from django.db import transaction
from django.utils import timezone

from queqiao.accounts.actors import Actor
from queqiao.accounts.models import Organisation, Person
from queqiao.core.actions import Change, record_activity
from queqiao.core.errors import ForbiddenError
from queqiao.core.i18n import _
from queqiao.records.actions.audience import renew_audience
from queqiao.records.models import CatalogueRecord, Grant, RecordScope
from queqiao.records.queries import can_edit


def place(record: CatalogueRecord, scope_id: uuid.UUID, *, by: Actor) -> None:
    """Put a record into a scope from today on; the caller renews the audience."""
    RecordScope.objects.create(
        kind=record.KIND, record_id=record.pk, scope_id=scope_id, begins_on=timezone.localdate(), recorded_by=by.name
    )


@transaction.atomic
def place_in_scopes(record: CatalogueRecord, scope_ids: Iterable[uuid.UUID], *, by: Actor) -> None:
    """Make these the scopes of a record; a scope that is left keeps its row, superseded by nothing."""
    _require(record, by)
    wanted = set(scope_ids)
    rows = list(RecordScope.objects.current().filter(record_id=record.pk))
    there = {row.scope_id for row in rows}
    if wanted == there:
        return
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
    _require(record, by)
    organisation, person = (party, None) if isinstance(party, Organisation) else (None, party)
    there: Grant | None = (
        Grant.objects.current().filter(record_id=record.pk, organisation=organisation, person=person).first()
    )
    if there:
        return there
    made = Grant.objects.create(
        kind=record.KIND,
        record_id=record.pk,
        organisation=organisation,
        person=person,
        begins_on=timezone.localdate(),
        recorded_by=by.name,
    )
    renew_audience(record)
    record_activity(Change(record.KIND, record.pk, "grant", {}, {"granted": str(party.pk)}), by=by.name)
    return made


@transaction.atomic
def revoke(record: CatalogueRecord, given: Grant, *, by: Actor) -> None:
    """Take an invitation to see a record back; the row stays, superseded."""
    _require(record, by)
    Grant.objects.filter(pk=given.pk, record_id=record.pk).update(superseded_at=timezone.now())
    renew_audience(record)
    party = str(given.organisation_id or given.person_id)
    record_activity(Change(record.KIND, record.pk, "revoke", {"granted": party}, {}), by=by.name)


def _require(record: CatalogueRecord, by: Actor) -> None:
    if not can_edit(record, by):
        raise ForbiddenError(_("您不能修改“{title}”。").format(title=record.title))
