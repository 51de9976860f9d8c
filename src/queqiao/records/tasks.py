"""Periodic work of this room."""

import datetime
from collections.abc import Callable, Iterable

from django.conf import settings

from queqiao.accounts.models import Organisation, Registration
from queqiao.core import ticks
from queqiao.core.files import sweep
from queqiao.records.actions import expire_due
from queqiao.records.models import Attachment

ORPHANED_AFTER = datetime.timedelta(days=1)
# Rooms above say which files they name.
named_above: list[Callable[[], Iterable[str]]] = []


@ticks.every(600, "records.expire")
def expire(now: datetime.datetime) -> object:
    """Expire what is valid no longer."""
    return expire_due(now=now)


@ticks.every(3600, "records.files")
def sweep_files(now: datetime.datetime) -> int:
    """Delete files that no row names, such as proofs of registrations that nobody finished; return how many."""
    wanted = set(Attachment.objects.exclude(name="").values_list("path", flat=True))
    wanted |= set(Registration.objects.values_list("proof_path", flat=True))
    wanted |= set(Organisation.objects.exclude(logo="").values_list("logo", flat=True))
    wanted.update(*(names() for names in named_above))
    return sweep(settings.FILES_DIR, wanted, before=(now - ORPHANED_AFTER).timestamp())
