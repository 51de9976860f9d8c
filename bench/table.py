"""The one table that the measurements print, and the paired bootstrap behind its intervals."""

import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

SEED, DRAWS = 20261124, 10_000


@dataclass(frozen=True, slots=True)
class Line:
    """One measured figure; ``passed`` is None where the figure is for information."""

    what: str
    value: str
    against: str = ""
    passed: bool | None = None


def paired(ours: Mapping[str, float | None], theirs: Mapping[str, float | None]) -> tuple[float, float, float]:
    """Return the mean difference over the cases both measure, and its 95 % bootstrap interval."""
    cases = [case for case in sorted(ours) if ours[case] is not None and theirs.get(case) is not None]
    differences = np.array([ours[case] - theirs[case] for case in cases])
    draws = np.random.default_rng(SEED).integers(0, len(differences), (DRAWS, len(differences)))
    low, high = np.percentile(differences[draws].mean(axis=1), [2.5, 97.5])
    return float(differences.mean()), float(low), float(high)


def mean(values: Mapping[str, float | None]) -> float:
    """Return the mean over the cases that have a value."""
    return float(np.mean([value for value in values.values() if value is not None]))


def show(lines: Sequence[Line]) -> str:
    """Return the table as text; the last column says whether a gate was passed."""
    widths = [max(len(line.what) for line in lines), max(len(line.value) for line in lines)]
    against = max(len(line.against) for line in lines)
    verdict = {True: "ok", False: "MISSED", None: ""}
    return "\n".join(
        f"{line.what:<{widths[0]}}  {line.value:>{widths[1]}}  {line.against:<{against}}  "
        f"{verdict[line.passed]}".rstrip()
        for line in lines
    )


def ended(lines: Sequence[Line]) -> int:
    """Print the table; return 1 where a gate was missed, else 0."""
    print(show(lines))
    return int(any(line.passed is False for line in lines))


def alone(measure: Callable[..., Iterator[Line]]) -> int:
    """Measure in a folder that is then removed; the numbers on the command line are the sizes."""
    with tempfile.TemporaryDirectory() as name:
        return ended(list(measure(Path(name), *map(int, sys.argv[1:]))))
