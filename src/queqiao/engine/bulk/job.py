"""A bulk job in a folder: both sides, the parts that are done, and what is put together in the end.

A part is a run of needs against all candidates. Its file appears whole or not at all and holds the same bytes wherever
and however often it was computed, so that a job that was killed goes on with the parts that are missing.
"""

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np

from queqiao.engine.bulk.kernel import Stop, TopLists, top_lists
from queqiao.engine.bulk.tables import Table

NEEDS_PER_PART = 2_500


def never() -> bool:
    """Ask for no stop."""
    return False


@dataclass(frozen=True, slots=True)
class Job:
    """The best ``k`` of all candidates for every need; ``mark`` says of what inputs, in the caller's words."""

    folder: Path
    needs: int
    k: int
    mark: str
    needs_per_part: int = NEEDS_PER_PART

    @classmethod
    def open(cls, folder: Path, mark: str) -> Self | None:
        """Return the job that was begun in a folder; None where there is none, or one of other inputs."""
        try:
            begun = json.loads((folder / "job.json").read_text("utf-8"))
        except (OSError, ValueError):
            return None
        return cls(folder, **begun) if begun["mark"] == mark else None

    @classmethod
    def begin(
        cls, folder: Path, needs: Table, candidates: Table, k: int, *, mark: str, needs_per_part: int = NEEDS_PER_PART
    ) -> Self:
        """Write both sides into a folder; parts of another job that lie there are removed."""
        _clear(folder)
        needs.save(folder / "needs")
        candidates.save(folder / "candidates")
        told = {"needs": len(needs), "k": k, "mark": mark, "needs_per_part": needs_per_part}
        _write(folder / "job.json", lambda path: path.write_text(json.dumps(told), "utf-8"))
        return cls(folder, **told)  # type: ignore[arg-type]  # the fields' own names

    def starts(self) -> range:
        """Return the first need of each part."""
        return range(0, self.needs, self.needs_per_part)

    def missing(self) -> list[int]:
        """Return the parts that are not done."""
        return [start for start in self.starts() if not self.file(start).exists()]

    def done(self) -> int:
        """Return how many needs are done."""
        return sum(min(self.needs_per_part, self.needs - s) for s in self.starts() if self.file(s).exists())

    def file(self, start: int) -> Path:
        """Return the file of a part."""
        return self.folder / f"part-{start:09}.npz"

    def compute(self, start: int, should_stop: Stop = never) -> None:
        """Compute one part and write its file. Raises StoppedError."""
        needs, candidates = (Table.load(self.folder / name) for name in ("needs", "candidates"))
        found = top_lists(needs.part(start, start + self.needs_per_part), candidates, self.k, should_stop=should_stop)
        _write(
            self.file(start),
            lambda path: np.savez(path, starts=found.starts, rows=found.rows, scores=found.scores),
        )

    def result(self) -> TopLists:
        """Put the parts together. Raises FileNotFoundError where one is missing."""
        parts = []
        for start in self.starts():
            with np.load(self.file(start)) as file:
                parts.append(TopLists(file["starts"], file["rows"], file["scores"]))
        lengths = np.concatenate([np.empty(0, np.int64), *(np.diff(part.starts) for part in parts)])
        return TopLists(
            np.concatenate(([0], np.cumsum(lengths))),
            np.concatenate([np.empty(0, np.int64), *(part.rows for part in parts)]),
            np.concatenate([np.empty(0), *(part.scores for part in parts)]),
        )

    def remove(self) -> None:
        """Remove the job's files, and the folder where nothing else lies in it."""
        _clear(self.folder)
        if not any(self.folder.iterdir()):
            self.folder.rmdir()


def _clear(folder: Path) -> None:
    """Remove what belongs to a job, halves of files that a killed process left included."""
    for name in ("needs", "candidates"):
        shutil.rmtree(folder / name, ignore_errors=True)
    for path in (*folder.glob("*job.json"), *folder.glob("*part-*.npz")):
        path.unlink()


def _write(path: Path, write: Callable[[Path], object]) -> None:
    """Let a file appear whole; two that write the same at once do not disturb each other."""
    temporary = path.with_name(f".{os.getpid()}-{path.name}")
    try:
        write(temporary)
        with temporary.open("rb") as file:
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
