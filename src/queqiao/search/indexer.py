"""The indexer: keeps the index in step with the records, and makes it again where it is missing or damaged."""

import logging
import time

from queqiao.core.models import Outbox
from queqiao.engine.retrieval import IndexDamagedError, IndexUnreachableError, SearchEngine
from queqiao.search import index
from queqiao.search.actions.indexing import InterruptedRebuildError, drain, rebuild

LOOK_EVERY = 2.0  # seconds between two looks at whether the index is still there
TIDY_AFTER, TIDY_EVERY = 200, 600.0  # writings; seconds, where there was any

_log = logging.getLogger("queqiao.search")


class Indexer:
    """One process that may write the index; any number of them may run, and one at a time writes."""

    def __init__(self) -> None:
        self._looked = self._tidied = -LOOK_EVERY
        self._written = 0

    def step(self) -> int:
        """Do what there is to do, if it is this process's turn; return how many changes the index has taken in.

        Raises IndexUnreachableError where the server of the index does not answer; what changed waits in the outbox.
        """
        waiting = Outbox.objects.exists()
        if not waiting and not self._is_time_to_look():
            return 0
        if not waiting and _is_healthy() and not self._is_time_to_tidy():
            return 0
        with index.turn() as engine:
            return 0 if engine is None else self._write(engine)

    def _write(self, engine: SearchEngine) -> int:
        try:
            index.prepare(engine)
            settled = drain(engine)
            self._written += bool(settled)
            if self._is_time_to_tidy():
                engine.optimize()
                self._written, self._tidied = 0, time.monotonic()
        except IndexUnreachableError:
            raise
        except IndexDamagedError as error:
            _log.warning("the index is built anew from the database: %s", error)
            self._rebuild(engine)
            return 0
        return settled

    def _rebuild(self, engine: SearchEngine) -> None:
        began = time.monotonic()
        try:
            written = rebuild(engine, lambda _done, _total: None)
        except InterruptedRebuildError:  # another machine has the turn
            return
        except IndexUnreachableError:
            raise
        except IndexDamagedError as error:  # somebody took it away meanwhile; the next look begins again
            _log.warning("the index was damaged while it was built: %s", error)
            return
        _log.warning("the index is complete: %s entries in %.1f seconds", written, time.monotonic() - began)

    def _is_time_to_look(self) -> bool:
        now = time.monotonic()
        if now - self._looked < LOOK_EVERY:
            return False
        self._looked = now
        return True

    def _is_time_to_tidy(self) -> bool:
        return self._written >= TIDY_AFTER or (self._written > 0 and time.monotonic() - self._tidied > TIDY_EVERY)


def _is_healthy() -> bool:
    try:
        index.open_to_read().close()
    except IndexDamagedError:
        return False
    return True
