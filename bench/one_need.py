"""One need against very many achievements: the explained list of 20 beside the bare hybrid query of the engine.

The texts are invented from the words of our own demo city, as uneven as in a language (Zipf), 170 characters an
achievement and 300 a need; the vectors are random. What the list needs beyond the index, the texts of its candidates,
is at hand in memory. Both are asked in turns, need after need.
"""

import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from bench.data import rows
from bench.table import SEED, Line, show
from queqiao.engine.ranking.batch import OVER_FETCH, index_tokens, query_tokens
from queqiao.engine.ranking.documents import Document, document_of
from queqiao.engine.ranking.ranker import Ranker
from queqiao.engine.ranking.snapshot import CorpusSnapshot, take_snapshot
from queqiao.engine.records import Achievement, Need
from queqiao.engine.retrieval import LanceEngine, Row, Schema, TextQuery, VectorQuery
from queqiao.engine.text.analyser import Analyser

CONTENT = Path(__file__).resolve().parent.parent / "src" / "queqiao" / "demo" / "content"
SIZE, NEEDS, WARM_UP, TOP = 1_000_000, 60, 5, 20
ACHIEVEMENT, NEED = 170, 300  # characters
WIDTH, BATCH, COUNTED = 256, 20_000, 5_000  # width of vectors, rows at once, texts of which statistics are taken
ANALYSER = Analyser()


def measure(folder: Path, size: int = SIZE) -> Iterator[Line]:
    """Yield what filling takes, and the times of both."""
    dice = np.random.default_rng(SEED)
    texts = list(_texts(dice, size, ACHIEVEMENT))
    began = time.perf_counter()
    engine = LanceEngine(folder)
    engine.ensure(Schema("achievements", {}, WIDTH))
    for start in range(0, size, BATCH):
        vectors = dice.standard_normal((BATCH, WIDTH)).astype(np.float32)
        some = zip(texts[start : start + BATCH], vectors, strict=False)
        engine.upsert(
            [
                Row(f"{start + i:09}", index_tokens(ANALYSER.terms(text)), vector=tuple(vector.tolist()))
                for i, (text, vector) in enumerate(some)
            ]
        )
    engine.optimize()
    yield Line(f"one need, {size:,} achievements, filling", f"{time.perf_counter() - began:.0f} s")
    statistics = take_snapshot(ANALYSER.version, (), [ANALYSER.terms(text) for text in texts[:COUNTED]])
    bare: list[float] = []
    ours: list[float] = []
    for n, text in enumerate(_texts(dice, NEEDS + WARM_UP, NEED)):
        need = document_of(Need(f"N{n}", text[:20], description=text))
        tokens = TextQuery(query_tokens(ANALYSER, need, ANALYSER.terms(need.text)))
        vector = VectorQuery(tuple(dice.standard_normal(WIDTH).tolist()))
        bare.append(_milliseconds(lambda tokens=tokens, vector=vector: engine.hybrid(tokens, vector, None, TOP)))
        ours.append(_milliseconds(lambda need=need: _explained(engine, need, texts, statistics)))
    engine.close()
    yield _compared(size, bare[WARM_UP:], ours[WARM_UP:])


def _compared(size: int, bare: list[float], ours: list[float]) -> Line:
    (middle, high), (middle_ours, high_ours) = (np.percentile(times, [50, 99]) for times in (bare, ours))
    detail = f"bare {middle:.0f} and {high:.0f} ms, explained {middle_ours:.0f} and {high_ours:.0f} ms; at most 1.5"
    ratio = middle_ours / middle
    passed = ratio <= 1.5 if size >= SIZE else None
    return Line(f"one need, {size:,} achievements, p50 and p99", f"{ratio:.2f} times", detail, passed)


def _explained(engine: LanceEngine, need: Document, texts: list[str], statistics: CorpusSnapshot) -> object:
    """Find, rank and explain as the site does for a need when there are too many achievements to hold."""
    tokens = query_tokens(ANALYSER, need, ANALYSER.terms(need.text))
    hits = engine.search(TextQuery(tokens), None, OVER_FETCH)
    found = [document_of(Achievement(hit.id, (text := texts[int(hit.id)])[:20], description=text)) for hit in hits]
    ranker = Ranker(ANALYSER, statistics, found, [ANALYSER.terms(one.text) for one in found])
    return ranker.shortlist(ranker.analyse(need), top=TOP)


def _texts(dice: np.random.Generator, count: int, length: int) -> Iterator[str]:
    words = _words()
    shares = (np.arange(len(words)) + 7.0) ** -0.8
    cumulated = np.cumsum(shares / shares.sum())
    for _ in range(count):
        chosen = np.searchsorted(cumulated, dice.random(length)).clip(0, len(words) - 1)
        sentence = (words[word] + "，" * (place % 6 == 5) for place, word in enumerate(chosen))
        yield "".join(sentence)[:length]


def _words() -> list[str]:
    """Return the words of the demo city's records in an order that only chance gave."""
    found = {
        word
        for path in CONTENT.glob("*.csv")
        for row in rows(path)
        for text in row.values()
        for word in ANALYSER.terms(text or "").words
        if not word.isascii()
    }
    return np.random.default_rng(SEED).permutation(sorted(found)).tolist()


def _milliseconds(ask: Callable[[], object]) -> float:
    began = time.perf_counter()
    ask()
    return (time.perf_counter() - began) * 1000


def main() -> int:
    """Measure; a number as argument is the size."""
    with tempfile.TemporaryDirectory() as name:
        lines = list(measure(Path(name), *map(int, sys.argv[1:])))
    print(show(lines))
    return int(any(line.passed is False for line in lines))


if __name__ == "__main__":
    sys.exit(main())
