"""How often somebody may try: a bucket for each account from each network, and a far larger one for the account alone.

One for a network alone only where codes are sent, and a wide one: behind one address sits a whole campus.
"""

import datetime
import hashlib
import logging
import math
from dataclasses import dataclass

from django.db import transaction

from queqiao.accounts.models import Bucket
from queqiao.core.errors import QueqiaoError
from queqiao.core.i18n import _


@dataclass(frozen=True, slots=True)
class Limit:
    """So many tries at once, and one more after every so many seconds."""

    tries: int
    seconds: float


PER_NETWORK = Limit(tries=8, seconds=90)
PER_ACCOUNT = Limit(tries=100, seconds=45)
SENDING = Limit(tries=60, seconds=20)  # codes from one network, whoever they are for
_log = logging.getLogger("queqiao.security")


class ThrottledError(QueqiaoError):
    """Too many tries; ``wait`` is how long it takes until the next one counts."""

    def __init__(self, message: str, *, wait: datetime.timedelta):
        self.wait = wait
        super().__init__(message)


def take(what: str, account: str, network: str, *, now: datetime.datetime, sends: bool = False) -> None:
    """Take one try of ``what`` (sign-in, code, ...) on an account from a network; ThrottledError where none is left.

    A try that is turned away for its network costs the account nothing, so that one attacker cannot lock the owner
    out elsewhere. ``sends`` says that a code will be sent, which counts for the network as a whole.
    Called outside of any transaction that an error would roll back, or the try would not count.
    """
    wait = take_from(f"{what}|{account}|{network}", PER_NETWORK, now)
    if sends:
        wait = wait or take_from(f"sending|{network}", SENDING, now)
    wait = wait or take_from(f"{what}|{account}", PER_ACCOUNT, now)
    if wait > 0:
        _log.warning("throttled %s, account %s", what, bucket_key(account)[:8])
        minutes = math.ceil(wait / 60)
        raise ThrottledError(
            _("尝试次数过多，请在 {minutes} 分钟后再试。").format(minutes=minutes),
            wait=datetime.timedelta(seconds=wait),
        )


def give_back(what: str, account: str, network: str) -> None:
    """Forget the failed tries of an account from a network, after a success."""
    Bucket.objects.filter(key=bucket_key(f"{what}|{account}|{network}")).delete()


def forget_full(*, now: datetime.datetime) -> int:
    """Take away the buckets that are full again; return how many."""
    longest = max(limit.tries * limit.seconds for limit in (PER_NETWORK, PER_ACCOUNT, SENDING))
    return Bucket.objects.filter(filled_at__lt=now - datetime.timedelta(seconds=longest)).delete()[0]


@transaction.atomic
def take_from(name: str, limit: Limit, now: datetime.datetime) -> float:
    """Take one try; return 0, or the seconds until the next one where none is left."""
    bucket, _new = Bucket.objects.select_for_update().get_or_create(
        key=bucket_key(name), defaults={"left": limit.tries, "filled_at": now}
    )
    # A clock that was set back neither fills the bucket nor locks it until the old time comes again.
    passed = max((now - bucket.filled_at).total_seconds(), 0)
    left = min(limit.tries, bucket.left + passed / limit.seconds)
    enough = left >= 1
    bucket.left, bucket.filled_at = left - 1 if enough else left, now
    bucket.save(update_fields=["left", "filled_at"])
    return 0 if enough else (1 - left) * limit.seconds


def bucket_key(name: str) -> str:
    """Return the key under which a bucket is kept: a hash of its name."""
    return hashlib.sha256(name.encode()).hexdigest()
