"""Taking over records that another system keeps: the same ones twice change nothing."""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.db import transaction
from django.utils import timezone

from queqiao.accounts.actors import Actor
from queqiao.accounts.models import Organisation
from queqiao.core.actions import Change, note_origin, record_activity
from queqiao.core.errors import ForbiddenError
from queqiao.core.i18n import _
from queqiao.core.models import ExternalId
from queqiao.records.actions.audience import renew_audience
from queqiao.records.actions.content import create_record, save_record
from queqiao.records.actions.steps import VALID_FOR
from queqiao.records.choices import State
from queqiao.records.models import CatalogueRecord
from queqiao.records.queries import snapshot


class Outcome(StrEnum):
    """What became of one row."""

    CREATED = "created"
    CHANGED = "changed"
    SAME = "same"


@dataclass(frozen=True, slots=True)
class Origin:
    """What the other system calls the record."""

    source: str
    value: str


@transaction.atomic
def bring_in(
    model: type[CatalogueRecord],
    origin: Origin,
    *,
    organisation: Organisation,
    values: Mapping[str, Any],
    by: Actor,
    now: datetime.datetime | None = None,
) -> Outcome:
    """Create or renew one record that the other system has published; it is published here too.

    What the other system left empty stays empty. Only the system may do this.
    """
    if not by.is_system:
        raise ForbiddenError(_("只有系统可以整批接收其他系统的记录。"))
    known = ExternalId.objects.filter(kind=model.KIND, source=origin.source, value=origin.value).first()
    if known:
        record = model._default_manager.get(pk=known.target_id)
        revision = record.revision
        saved = save_record(record, values, base_revision=revision, by=by, now=now)
        return Outcome.SAME if saved.revision == revision else Outcome.CHANGED
    now = now or timezone.now()
    record = create_record(model, organisation=organisation, values=values, by=by, now=now)
    before = snapshot(record)
    record.state = State.PUBLISHED
    record.submitted_at = record.published_at = record.confirmed_at = now
    record.valid_until = record.valid_until or timezone.localdate(now) + VALID_FOR
    record.save()
    note_origin(model.KIND, record.pk, origin.source, origin.value)
    renew_audience(record)
    record_activity(Change(model.KIND, record.pk, "take_over", before, snapshot(record)), by=by.name, now=now)
    return Outcome.CREATED
