"""What only one process may do at a time, whichever machine it runs on."""

import datetime

from django.db import transaction
from django.db.models import Q

from queqiao.core.models import Lease

LASTS = datetime.timedelta(seconds=30)


@transaction.atomic
def hold(name: str, holder: str, now: datetime.datetime) -> bool:
    """Take or keep the lease of this name; True where ``holder`` has it for the next 30 seconds.

    It goes to another one only when its holder was silent that long; a sign of life from the future (a clock was
    put back) counts as silence.
    """
    Lease.objects.get_or_create(name=name, defaults={"holder": holder, "heartbeat": now})
    free = Q(holder=holder) | Q(heartbeat__lt=now - LASTS) | Q(heartbeat__gt=now + LASTS)
    return bool(Lease.objects.filter(free, name=name).update(holder=holder, heartbeat=now))


def release(name: str, holder: str) -> None:
    """Give the lease back, so that the next one need not wait."""
    Lease.objects.filter(name=name, holder=holder).delete()
