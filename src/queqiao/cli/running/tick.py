"""The clock: calls periodic work, and only in one process at a time."""

import logging
import os
import socket

from django.db import DatabaseError, close_old_connections
from django.utils import timezone

from queqiao.cli.running.goodbye import Goodbye
from queqiao.core.leases import hold, release
from queqiao.core.ticks import run_due

PAUSE = 5.0  # seconds

_log = logging.getLogger("queqiao.ticks")


def keep_ticking() -> None:
    """Look every five seconds at what is due, until the process is asked to end."""
    holder = f"{socket.gethostname()}:{os.getpid()}"
    goodbye = Goodbye()
    while not goodbye.is_due():
        tick_once(holder)
        goodbye.wait(PAUSE)
    release("tick", holder)


def tick_once(holder: str) -> bool:
    """Do what is due if it is this process's turn; return whether it was. A database out of reach is tried again."""
    close_old_connections()
    now = timezone.now()
    try:
        if not hold("tick", holder, now):
            return False
        run_due(now)
    except DatabaseError:
        _log.warning("the database cannot be used; trying again in %s seconds", PAUSE, exc_info=True)
        return False
    return True
