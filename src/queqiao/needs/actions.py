"""What this room does when a person leaves."""

import uuid
from collections.abc import Collection

from django.db import transaction
from django.db.models import Q

from queqiao.accounts.models import Person, User
from queqiao.core.actions import Change, record_activity
from queqiao.needs.models import Need
from queqiao.records.models import WorkingCopy
from queqiao.records.queries import snapshot

CONTACT = ("contact_name", "contact_details")


@transaction.atomic
def erase_contact(person: Person) -> None:
    """Take a person's name and address, which he still has, out of the needs that name him as the contact.

    So are they out of what was typed into the forms of these needs and not saved, or waits for the staff.
    """
    pairs = User.objects.filter(person=person).values_list("mobile", "email")
    addresses = {one for one in (person.mobile, person.email, *(part for pair in pairs for part in pair)) if one}
    named = Q(contact_details__in=addresses) | Q(contact_name=person.name, created_by=person)
    erased = []
    for need in Need.objects.select_for_update().filter(named):
        before = snapshot(need)
        need.contact_name = need.contact_details = ""
        need.revision += 1
        need.save(update_fields=[*CONTACT, "revision"])
        record_activity(Change(need.KIND, need.pk, "edit", before, snapshot(need)), by=f"person:{person.pk}")
        erased.append(need.pk)
    _erase_from_copies(erased, addresses)


def _erase_from_copies(needs: Collection[uuid.UUID], addresses: Collection[str]) -> None:
    typed = Q(values__typed__contact_details__in=list(addresses))
    for copy in WorkingCopy.objects.select_for_update().filter(Q(record_id__in=needs) | typed, kind=Need.KIND):
        for part in copy.values.values():
            if isinstance(part, dict):
                part.update({name: "" for name in CONTACT if name in part})
        copy.save(update_fields=["values"])
