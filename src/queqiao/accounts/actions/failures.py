"""Failed sign-ins in the log: of a known person on him, of anybody else on his network, and never very many of them."""

import datetime
import ipaddress
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction

from queqiao.accounts.actions import throttle
from queqiao.accounts.models import User
from queqiao.accounts.queries import find_user
from queqiao.core.actions import Change, record_activity
from queqiao.core.errors import QueqiaoError
from queqiao.core.personal import mark

OF_PERSON = throttle.Limit(tries=10, seconds=360)  # a few more than one network has tries: the last are told as stopped
# One for a network in the time in which its tries come back, however many names somebody goes through.
OF_NETWORK = throttle.Limit(tries=1, seconds=throttle.PER_NETWORK.tries * throttle.PER_NETWORK.seconds)


@contextmanager
def noted(way: str, who: User | str, network: str, *, now: datetime.datetime) -> Iterator[None]:
    """Note it in the log where the ``with`` block ends in an error; ``who`` is a user, or the address that was typed.

    Like the throttle to be used outside of any transaction, or the error would take the note with it.
    """
    try:
        yield
    except QueqiaoError as error:
        user = find_user(who) if isinstance(who, str) else who
        _note(way, user, network, throttled=isinstance(error, throttle.ThrottledError), now=now)
        raise


@transaction.atomic
def _note(way: str, user: User | None, network: str, *, throttled: bool, now: datetime.datetime) -> None:
    """Write one activity, which is taken back where there are enough: the time it takes must not tell who is known."""
    part = part_of_network(network)
    name, limit = (f"noted|{user.person_id}", OF_PERSON) if user else (f"noted|{part}", OF_NETWORK)
    enough = throttle.take_from(name, limit, now) > 0
    told = {"way": way, "network": part if user else mark(part), "throttled": throttled or None}
    kind, target = ("person", user.person_id) if user else ("network", uuid.UUID(throttle.bucket_key(name)[:32]))
    before = transaction.savepoint()
    record_activity(Change(kind, target, "sign_in_failed", {}, told), by="system:sign-in", now=now)
    if enough:
        transaction.savepoint_rollback(before)


def part_of_network(address: str) -> str:
    """Return the part of an address that many share: 203.0.113.0/24, 2001:db8::/48; "" for what is no address."""
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return ""
    if isinstance(known, ipaddress.IPv6Address) and known.ipv4_mapped:
        known = known.ipv4_mapped
    return str(ipaddress.ip_network(f"{known}/{24 if known.version == 4 else 48}", strict=False))
