"""Keeping the derived audience in step with the records."""

import uuid
from collections.abc import Mapping

from django.db import transaction
from django.db.models import Q

from queqiao.core.actions import Change, queue_for_index, record_activity
from queqiao.records.models import Audience, CatalogueRecord, Grant, concrete_kinds
from queqiao.records.queries import audience_tokens


def renew_audience(record: CatalogueRecord) -> None:
    """Write down anew who may see a record, and let search know; called in the transaction of every change of it."""
    queue_for_index(record.KIND, record.pk)
    wanted = audience_tokens(record)
    there = dict(Audience.objects.filter(record_id=record.pk).values_list("token", "whole"))
    if wanted == there:
        return
    gone = [token for token, whole in there.items() if wanted.get(token) != whole]
    Audience.objects.filter(record_id=record.pk, token__in=gone).delete()
    Audience.objects.bulk_create(
        Audience(kind=record.KIND, record_id=record.pk, token=token, whole=whole)
        for token, whole in wanted.items()
        if there.get(token) != whole
    )


@transaction.atomic
def renew_after_move(source_id: uuid.UUID, target_id: uuid.UUID, moved: Mapping[str, list[str]]) -> None:
    """Follow the merge or the split of two parties.

    A record that changed hands says so in its log, and whatever belongs to, was written by or was shown to either of
    them gets its audience anew. ``moved`` lists the ids of rows by "app.Model.field".
    """
    both = (source_id, target_id)
    granted = Grant.objects.filter(Q(organisation__in=both) | Q(person__in=both)).values("record_id")
    for model in concrete_kinds().values():
        handed_over = set(moved.get(f"{model._meta.label}.organisation_id", ()))
        touched = Q(organisation__in=both) | Q(created_by__in=both) | Q(pk__in=granted)
        for record in model._default_manager.select_for_update().filter(touched).iterator():
            renew_audience(record)
            if str(record.pk) in handed_over:
                after = str(record.organisation_id)
                before = str(source_id if record.organisation_id == target_id else target_id)
                change = Change(record.KIND, record.pk, "move", {"organisation": before}, {"organisation": after})
                record_activity(change, by="system:merge")
