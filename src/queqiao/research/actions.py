"""Who an expert is, and what this room does when a person leaves."""

from django.db import transaction
from django.utils import timezone

from queqiao.accounts.actions.people import ERASED_NAME
from queqiao.accounts.actors import Actor
from queqiao.accounts.models import Person
from queqiao.core.actions import Change, record_activity
from queqiao.core.errors import ForbiddenError
from queqiao.core.i18n import _
from queqiao.core.models import Translation
from queqiao.records.actions import renew_audience
from queqiao.records.choices import State
from queqiao.records.models import Attachment, WorkingCopy
from queqiao.records.queries import is_staff_of, snapshot
from queqiao.research.models import Expert


@transaction.atomic
def link_person(expert: Expert, person: Person, *, by: Actor) -> None:
    """Note who the person behind an expert is; for the staff of the expert's scopes."""
    if not is_staff_of(expert, by):
        raise ForbiddenError(_("您不能修改“{title}”。").format(title=expert.title))
    before = {"person": str(expert.person_id) if expert.person_id else None}
    expert.person = person
    expert.save(update_fields=["person"])
    record_activity(Change(expert.KIND, expert.pk, "link", before, {"person": str(person.pk)}), by=by.name)


@transaction.atomic
def erase_experts(person: Person) -> None:
    """Take the name and the record out of what is kept about a person as an expert, and archive it."""
    for expert in Expert.objects.select_for_update().filter(person=person):
        before = snapshot(expert)
        Translation.objects.filter(target_id=expert.pk).delete()
        WorkingCopy.objects.filter(record_id=expert.pk).delete()
        Attachment.objects.filter(record_id=expert.pk).update(name="", removed_at=timezone.now())
        expert.title, expert.record, expert.conflicts, expert.state = ERASED_NAME, "", "", State.ARCHIVED
        expert.save()
        renew_audience(expert)
        record_activity(Change(expert.KIND, expert.pk, "erase", before, snapshot(expert)), by=f"person:{person.pk}")
