"""Accounts at which somebody tries and fails again and again."""

import datetime
import uuid
from dataclasses import dataclass

from queqiao.accounts.actions.throttle import PER_ACCOUNT, PER_NETWORK, bucket_key
from queqiao.accounts.models import Bucket, User

_BY_ADDRESS, _BY_USER = ("sign-in", "enter-sign-in"), "second-factor"


@dataclass(frozen=True, slots=True)
class Strained:
    """A user with how many tries were spent lately; ``locked`` where none is left from any network."""

    user: User
    tries: int
    locked: bool


def strained_accounts(*, now: datetime.datetime) -> list[Strained]:
    """Return the users at whom as many tries were spent as one network has, the most tried first.

    Buckets are kept under hashes, so the users are looked through, but only where any bucket is that empty.
    """
    window = datetime.timedelta(seconds=PER_ACCOUNT.tries * PER_ACCOUNT.seconds)
    spent = {row.key: _spent(row, now) for row in Bucket.objects.filter(filled_at__gte=now - window)}
    keys = {key: n for key, n in spent.items() if n >= PER_NETWORK.tries}
    if not keys:
        return []
    tried: dict[uuid.UUID, int] = {}
    for pk, mobile, email in User.objects.values_list("pk", "mobile", "email").iterator():
        names = [f"{what}|{one}" for one in (mobile, email) if one for what in _BY_ADDRESS]
        most = max(keys.get(bucket_key(name), 0) for name in (*names, f"{_BY_USER}|{pk}"))
        if most:
            tried[pk] = most
    users = User.objects.filter(pk__in=tried).select_related("person")
    found = [Strained(user, tried[user.pk], tried[user.pk] >= PER_ACCOUNT.tries) for user in users]
    return sorted(found, key=lambda one: (-one.tries, str(one.user.pk)))


def _spent(row: Bucket, now: datetime.datetime) -> int:
    """Return how many tries of an account's bucket are spent; for a smaller bucket this says too much."""
    passed = max((now - row.filled_at).total_seconds(), 0)
    return int(PER_ACCOUNT.tries - min(PER_ACCOUNT.tries, row.left + passed / PER_ACCOUNT.seconds))
