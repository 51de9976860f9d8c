"""Work of this room in the background."""

import datetime
import time
from typing import Any

from django.utils import timezone

from queqiao.core import ticks
from queqiao.core.runs import RunContext, enqueue, job
from queqiao.search import index
from queqiao.search.actions.indexing import InterruptedRebuildError, rebuild
from queqiao.search.actions.saving import tell_new
from queqiao.search.models import SavedSearch

ALERTS_EVERY = 1800  # seconds
_PAUSE = 0.2  # seconds between two tries to get the turn


@ticks.every(ALERTS_EVERY, "search.alerts")
def queue_alerts(_now: datetime.datetime) -> None:
    """Ask for the telling of new hits where anybody wants to be told."""
    if SavedSearch.objects.filter(tells=True).exists():
        enqueue("search.alerts", {}, by="system:search")


@job("search.alerts")
def tell_alerts(_context: RunContext) -> dict[str, Any]:
    """Tell people what is new in the searches that they keep."""
    return {"letters": tell_new(now=timezone.now())}


@job("index.rebuild")
def rebuild_index(context: RunContext) -> dict[str, Any] | None:
    """Write the whole index again, as soon as whoever writes it has finished his batch."""
    while not context.should_stop():
        with index.turn() as engine:
            if engine is not None:
                try:
                    return {"entries": rebuild(engine, context.progress, context.should_stop)}
                except InterruptedRebuildError:
                    continue
        time.sleep(_PAUSE)
    return None
