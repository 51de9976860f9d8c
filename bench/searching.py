"""What search with counts costs beside the bare query of the engine, with 100,000 and with 1,000,000 entries.

The entries are invented and go straight into an index, since filling a database with a million records takes far longer
than what is measured. Words are as uneven as in a language (Zipf). Each question is asked of both in turns, and both
try the same queries until one finds something.
"""

import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from bench.table import Line, show

SIZES = (100_000, 1_000_000)
WORDS, LENGTH = 30_000, 150
QUESTIONS, WARM_UP, PAGE = 200, 10, 24
BATCH = 50_000
MEDIAN_TIMES, HIGH_TIMES, HIGH_MS = 2.0, 3.0, 150.0
SEED = 20261126


def measure(folder: Path, sizes: tuple[int, ...] = SIZES) -> Iterator[Line]:
    """Yield the lines of each size; an index that stands in the folder already is taken as it is."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "queqiao.settings")
    import django  # noqa: PLC0415 -- the rooms of the site need their settings

    django.setup()
    for size in sizes:
        yield from _measure(folder / str(size), size)


def _measure(folder: Path, size: int) -> Iterator[Line]:
    from queqiao.accounts.actors import STRANGER  # noqa: PLC0415 -- the same
    from queqiao.engine.retrieval import LanceEngine  # noqa: PLC0415 -- the same
    from queqiao.search.asking import Question, read_wording  # noqa: PLC0415 -- the same
    from queqiao.search.entries import SCHEMA  # noqa: PLC0415 -- the same
    from queqiao.search.finding import attempts, explore  # noqa: PLC0415 -- the same
    from queqiao.search.queries import readable  # noqa: PLC0415 -- the same

    began = time.perf_counter()
    engine = LanceEngine(folder)
    engine.ensure(SCHEMA)
    if not engine.count(None):
        _fill(engine, size)
    yield Line(f"search: {size:,} entries, filling", f"{time.perf_counter() - began:.0f} s")
    shown = readable(STRANGER)

    def bare(words: tuple[str, ...]) -> object:
        hits: list[Any] = []
        for _how, query in attempts(read_wording(" ".join(words))):
            hits = hits or engine.search(query, shown, PAGE)
        return hits

    def ours(words: tuple[str, ...]) -> object:
        question = Question(" ".join(words))
        return explore(engine, question, read_wording(question.text), STRANGER)

    for what, questions in _questions().items():
        yield _compared(f"search: {size:,}, {what}", bare, ours, questions, size)
    browse = [_milliseconds(lambda: explore(engine, Question(), read_wording(""), STRANGER)) for _ in range(20)]
    yield Line(
        f"search: {size:,}, no words, p50 and p95", "{:.0f} and {:.0f} ms".format(*np.percentile(browse, [50, 95]))
    )
    engine.close()


def _compared(
    what: str, bare: Callable[[Any], object], ours: Callable[[Any], object], questions: list[tuple[str, ...]], size: int
) -> Line:
    taken: tuple[list[float], list[float]] = ([], [])
    for turn, words in enumerate(questions):
        for times, ask in zip(taken, (bare, ours), strict=True):
            milliseconds = _milliseconds(lambda ask=ask, words=words: ask(words))
            if turn >= WARM_UP:
                times.append(milliseconds)
    (low, high), (low_ours, high_ours) = (np.percentile(times, [50, 95]) for times in taken)
    passed = low_ours <= MEDIAN_TIMES * low and high_ours <= HIGH_TIMES * high
    passed = passed and (size > SIZES[0] or high_ours <= HIGH_MS)
    detail = f"bare {low:.1f} and {high:.1f} ms, with counts {low_ours:.1f} and {high_ours:.1f} ms"
    return Line(f"{what}, p50 and p95", f"{low_ours / low:.2f} and {high_ours / high:.2f} times", detail, bool(passed))


def _milliseconds(ask: Callable[[], object]) -> float:
    began = time.perf_counter()
    ask()
    return (time.perf_counter() - began) * 1000


def _questions() -> dict[str, list[tuple[str, ...]]]:
    """Return questions of one to three words: words of every frequency, and common ones only."""
    dice = np.random.default_rng(SEED)

    def some(low: int, high: int) -> list[tuple[str, ...]]:
        return [
            tuple(f"w{n}" for n in np.exp(dice.uniform(np.log(low), np.log(high), dice.integers(1, 4))).astype(int))
            for _ in range(QUESTIONS + WARM_UP)
        ]

    return {"words of any frequency": some(20, WORDS - 1), "common words": some(20, 400)}


def _fill(engine: Any, size: int) -> None:
    from queqiao.engine.retrieval import Row  # noqa: PLC0415 -- the same

    dice = np.random.default_rng(SEED)
    shares = 1 / np.arange(1, WORDS + 1)
    shares /= shares.sum()
    for start in range(0, size, BATCH):
        words = dice.choice(WORDS, size=(min(BATCH, size - start), LENGTH), p=shares)
        engine.upsert(
            [Row(f"{start + i:09}", tuple(f"w{n}" for n in row), _values(start + i)) for i, row in enumerate(words)]
        )
    engine.optimize()


def _values(i: int) -> dict[str, Any]:
    return {
        "kind": ("achievement", "need", "achievement", "expert", "lab")[i % 5],
        "form": "whole",
        "readers": ("public",) if i % 4 else (f"org:{i % 2000}", f"edit:{i % 2000}", "member"),
        "facets": (
            f"kind={('achievement', 'need', 'achievement', 'expert', 'lab')[i % 5]}", f"field=field{i % 60}",
            f"field=top{i % 10}", f"region=county{i % 300}", f"region=city{i % 30}", "region=province",
            f"organisation={('university', 'enterprise', 'institute')[i % 3]}", f"cooperation=way{i % 6}",
            f"maturity={('early', 'middle', 'late')[i % 3]}", f"since={739000 + i % 700}",
        ),
        "organisation": f"owner{i % 2000}",
        "trl": float(i % 9 + 1),
        "published": float(739000 + i % 700),
    }  # fmt: skip


def main() -> int:
    """Measure; a folder as argument keeps the indexes, numbers after it choose the sizes."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(sys.argv[1]) if sys.argv[1:] else Path(name)
        lines = list(measure(folder, tuple(map(int, sys.argv[2:])) or SIZES))
    print(show(lines))
    return int(any(line.passed is False for line in lines))


if __name__ == "__main__":
    sys.exit(main())
