"""Vectors that were computed before, by the hash of their text and the version of their encoder.

One SQLite file for all processes. It may be deleted at any time. Trouble with it costs time and nothing else: what
cannot be read is computed, what cannot be written is computed again.
"""

import hashlib
import logging
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

MOST_BYTES = 1024**3  # of the file; about 500,000 vectors of 512 numbers
_PIECE = 500  # hashes that are asked for together
_TABLE = """
CREATE TABLE IF NOT EXISTS vector (
  id INTEGER PRIMARY KEY, encoder TEXT NOT NULL, text BLOB NOT NULL, data BLOB NOT NULL, UNIQUE (encoder, text)
)
"""
_log = logging.getLogger("queqiao.matching")

T = TypeVar("T")
Vector = NDArray[np.float32]


def hash_of(text: str) -> bytes:
    """Return what a text is known by."""
    return hashlib.sha256(text.encode(errors="surrogatepass")).digest()


class VectorCache:
    """The vectors of all encoders in one file, at most ``most_bytes`` large; the oldest are forgotten first."""

    def __init__(self, path: Path, most_bytes: int = MOST_BYTES):
        self.path, self._most_bytes, self._told = path, most_bytes, False

    def read(self, encoder: str, hashes: Sequence[bytes]) -> dict[bytes, Vector]:
        """Return the vectors that are there, by the hash of their text."""

        def look(file: sqlite3.Connection) -> dict[bytes, Vector]:
            found: dict[bytes, Vector] = {}
            for start in range(0, len(hashes), _PIECE):
                some = hashes[start : start + _PIECE]
                places = ",".join("?" * len(some))
                rows = file.execute(
                    f"SELECT text, data FROM vector WHERE encoder = ? AND text IN ({places})",  # noqa: S608 -- only "?"
                    (encoder, *some),
                )
                found |= {text: np.frombuffer(data, dtype="<f4") for text, data in rows if len(data) % 4 == 0}
            return {text: vector for text, vector in found.items() if vector.size and np.isfinite(vector).all()}

        return self._do(look, {})

    def width(self, encoder: str) -> int:
        """Return how wide the vectors of an encoder are; 0 where none are there."""

        def look(file: sqlite3.Connection) -> int:
            row = file.execute("SELECT length(data) FROM vector WHERE encoder = ? LIMIT 1", (encoder,)).fetchone()
            return row[0] // 4 if row else 0

        return self._do(look, 0)

    def write(self, encoder: str, vectors: Mapping[bytes, Vector]) -> None:
        """Keep vectors; where another process has kept one of the same text meanwhile, that one stays."""
        rows = [(encoder, text, vector.astype("<f4").tobytes()) for text, vector in vectors.items()]

        def keep(file: sqlite3.Connection) -> None:
            with file:
                file.executemany("INSERT OR IGNORE INTO vector (encoder, text, data) VALUES (?, ?, ?)", rows)
                if _used(file) > self._most_bytes:
                    file.execute(
                        "DELETE FROM vector WHERE id <= (SELECT min(id) + (max(id) - min(id)) / 5 FROM vector)"
                    )

        self._do(keep, None)

    def _do(self, work: Callable[[sqlite3.Connection], T], otherwise: T) -> T:
        """Open the file for one piece of work; where that fails, the log says why and ``otherwise`` holds."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with closing(sqlite3.connect(self.path, timeout=10)) as file:
                file.execute("PRAGMA journal_mode=WAL")
                file.execute("PRAGMA synchronous=OFF")  # what is lost is computed again
                file.execute(_TABLE)
                return work(file)
        except (sqlite3.Error, OSError) as error:
            if not self._told:
                _log.warning("the cache of vectors %s is left out: %s", self.path, error)
            self._told = True
            if isinstance(error, sqlite3.DatabaseError) and not isinstance(error, sqlite3.OperationalError):
                self._begin_anew()
            return otherwise

    def _begin_anew(self) -> None:
        for end in ("", "-wal", "-shm"):
            with suppress(OSError):
                self.path.with_name(self.path.name + end).unlink()


def _used(file: sqlite3.Connection) -> int:
    """Return the bytes of the file that hold something."""
    pages, free, size = (
        file.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "freelist_count", "page_size")
    )
    return int((pages - free) * size)
