"""Work of this room in the background."""

import time
from typing import Any

from queqiao.core.runs import RunContext, job
from queqiao.search import index
from queqiao.search.actions import InterruptedRebuildError, rebuild

_PAUSE = 0.2  # seconds between two tries to get the turn


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
