"""Periodic work of this room."""

import datetime

from queqiao.core import ticks
from queqiao.records.actions import expire_due


@ticks.every(600, "records.expire")
def expire(now: datetime.datetime) -> object:
    """Expire what is valid no longer."""
    return expire_due(now=now)
