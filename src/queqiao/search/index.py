"""The index of this site: where it lies, whether it is complete, and whose turn it is to write."""

import fcntl
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from queqiao.core.leases import hold, release
from queqiao.engine.retrieval import (
    AnyOf,
    IndexDamagedError,
    IndexUnreachableError,
    LanceEngine,
    MilvusEngine,
    SearchEngine,
)
from queqiao.search.entries import SCHEMA, STAMP_TOKEN, stamp

_LEASE = "index"


def folder() -> Path:
    """Return the folder of the index, which may be deleted at any time: it is then made again."""
    return Path(settings.DATA_DIR) / "index"


def chosen_engine() -> SearchEngine:
    """Return the engine that the settings name, not opened yet: the server's, or the one in the folder."""
    return MilvusEngine(settings.SEARCH_URL, settings.SEARCH_TOKEN) if settings.SEARCH_URL else LanceEngine(folder())


def open_to_read() -> SearchEngine:
    """Open the index for searching, never creating it.

    Raises IndexDamagedError where it is missing, damaged, of another version or not complete yet; the indexer is
    about to mend that. Raises IndexUnreachableError where its server does not answer.
    """
    engine = chosen_engine()
    if not engine.exists(SCHEMA.name):
        raise IndexDamagedError(f"there is no index in {_place()}")
    engine.ensure(SCHEMA)
    engine.close()  # a reader must never keep the writer's lock; the next search opens it again
    require_complete(engine)
    return engine


def require_complete(engine: SearchEngine) -> None:
    """Raise IndexDamagedError unless everything is in the index, in this version."""
    if not engine.count(AnyOf("readers", (STAMP_TOKEN,))):
        raise IndexDamagedError(f"the index in {_place()} is not complete or of another version")


def mark_damaged(error: IndexDamagedError) -> bool:
    """Ask the indexer to build the index anew, as whoever finds it unreadable does; return whether he is the first.

    An index whose server does not answer is left as it is.
    """
    if isinstance(error, IndexUnreachableError):
        return True
    try:
        _damage_file().touch(exist_ok=False)
    except FileExistsError:
        return False
    return True


@contextmanager
def turn() -> Iterator[SearchEngine | None]:
    """Give the index to write, or None where somebody else is writing.

    One process of this machine has it by a lock that ends with the process, and one machine by a lease; call
    ``keep_turn`` at least every 30 seconds.
    """
    with (Path(settings.DATA_DIR) / "index.lock").open("wb") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield None
            return
        if not hold(_LEASE, socket.gethostname(), timezone.now()):
            yield None
            return
        engine = chosen_engine()
        try:
            yield engine
        finally:
            engine.close()
            release(_LEASE, socket.gethostname())


def keep_turn() -> bool:
    """Give a sign of life as the writer; False where another machine took over, which ends our turn."""
    return hold(_LEASE, socket.gethostname(), timezone.now())


def prepare(engine: SearchEngine) -> None:
    """Open the index in one's turn; IndexDamagedError where it must be built anew."""
    if _damage_file().exists():
        raise IndexDamagedError(f"the index in {_place()} was found damaged")
    engine.ensure(SCHEMA)
    require_complete(engine)


def clear(engine: SearchEngine) -> None:
    """Begin an empty index in one's turn."""
    engine.drop(SCHEMA.name)
    _damage_file().unlink(missing_ok=True)
    engine.ensure(SCHEMA)


def mark_complete(engine: SearchEngine) -> None:
    """Write down that everything is in the index."""
    engine.upsert([stamp()])


def _place() -> str:
    return settings.SEARCH_URL or str(folder())


def _damage_file() -> Path:
    return Path(settings.DATA_DIR) / "index.damaged"
