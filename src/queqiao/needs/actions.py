"""What this room does when a person leaves."""

from django.db import transaction
from django.db.models import Q

from queqiao.accounts.models import Person
from queqiao.core.actions import Change, record_activity
from queqiao.needs.models import Need
from queqiao.records.queries import snapshot


@transaction.atomic
def erase_contact(person: Person) -> None:
    """Take a person's name and address, which he still has, out of the needs that name him as the contact."""
    addresses = [address for address in (person.mobile, person.email) if address]
    named = Q(contact_details__in=addresses) | Q(contact_name=person.name, created_by=person)
    for need in Need.objects.select_for_update().filter(named):
        before = snapshot(need)
        need.contact_name = need.contact_details = ""
        need.revision += 1
        need.save(update_fields=["contact_name", "contact_details", "revision"])
        record_activity(Change(need.KIND, need.pk, "erase", before, snapshot(need)), by=f"person:{person.pk}")
