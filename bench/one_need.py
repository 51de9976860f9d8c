"""One need against very many achievements: the explained list of 20 beside the bare hybrid query of the engine.

The texts are invented from the words of our own demo city, as uneven as in a language (Zipf), 170 characters an
achievement and 300 a need; the vectors are random. What the list needs beyond the index, the texts of its candidates,
is at hand in memory. Both are asked in turns, need after need. The bare query is the need's own text as it stands;
for information also the few terms of it that the list is found by.
Random texts are the hardest case for finding few candidates: nothing is really alike, and the scores lie close.
"""

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.data import rows
from bench.table import SEED, Line, alone
from queqiao.engine.ranking.batch import OVER_FETCH, PORTION, index_tokens, query_tokens
from queqiao.engine.ranking.documents import Document, document_of
from queqiao.engine.ranking.lexical import need_weights
from queqiao.engine.ranking.ranker import Ranker, Shortlist
from queqiao.engine.ranking.snapshot import CorpusSnapshot, take_snapshot
from queqiao.engine.records import Achievement, Need
from queqiao.engine.retrieval import LanceEngine, Row, Schema, TextQuery, VectorQuery
from queqiao.engine.text.analyser import Analyser, Terms

CONTENT = Path(__file__).resolve().parent.parent / "src" / "queqiao" / "demo" / "content"
SIZE, NEEDS, WARM_UP, TOP = 1_000_000, 60, 5, 20
IN_PASSING, CHECKED = 20_000, 100_000  # the size for `make bench`; up to this size everything is weighed too
ACHIEVEMENT, NEED = 170, 300  # characters
WIDTH, BATCH, COUNTED = 256, 20_000, 5_000  # width of vectors, rows at once, texts of which statistics are taken
ANALYSER = Analyser()


def measure(folder: Path, size: int = SIZE) -> Iterator[Line]:
    """Yield what filling takes, the times of both, and how much of the lists is what weighing everything gives."""
    dice = np.random.default_rng(SEED)
    texts = list(_texts(dice, size, ACHIEVEMENT))
    began = time.perf_counter()
    engine = _filled(folder, texts, dice)
    yield Line(f"one need, {size:,} achievements, filling", f"{time.perf_counter() - began:.0f} s")
    statistics = take_snapshot(ANALYSER.version, (), [_read(texts, row)[1] for row in range(min(size, COUNTED))])
    needs = [
        document_of(Need(f"N{n}", text[:20], description=text))
        for n, text in enumerate(_texts(dice, WARM_UP + NEEDS, NEED))
    ]
    bare: list[float] = []
    few: list[float] = []
    ours: list[float] = []
    lists: list[Shortlist] = []
    for need in needs:
        terms = ANALYSER.terms(need.text)
        strongest = query_tokens(need_weights(statistics, terms, ANALYSER.terms(need.title)))
        vector = VectorQuery(tuple(dice.standard_normal(WIDTH).tolist()))
        for times, tokens in ((bare, index_tokens(terms)), (few, strongest)):
            text = TextQuery(tokens)
            times.append(_milliseconds(lambda text=text, vector=vector: engine.hybrid(text, vector, None, TOP)))
        ours.append(_milliseconds(lambda need=need: lists.append(_explained(engine, need, texts, statistics))))
    engine.close()
    yield _compared(size, "", bare[WARM_UP:], ours[WARM_UP:])
    yield _compared(size, " over its strongest terms", few[WARM_UP:], ours[WARM_UP:])
    if size <= CHECKED:
        yield _checked(needs, lists, texts, statistics)


def _filled(folder: Path, texts: Sequence[str], dice: np.random.Generator) -> LanceEngine:
    engine = LanceEngine(folder)
    engine.ensure(Schema("achievements", {}, WIDTH))
    for start in range(0, len(texts), BATCH):
        some = range(start, min(start + BATCH, len(texts)))
        vectors = dice.standard_normal((len(some), WIDTH)).astype(np.float32)
        engine.upsert(
            [
                Row(f"{row:09}", index_tokens(_read(texts, row)[1]), vector=tuple(vector.tolist()))
                for row, vector in zip(some, vectors, strict=True)
            ]
        )
    engine.optimize()
    return engine


def _read(texts: Sequence[str], row: int) -> tuple[Document, Terms]:
    document = document_of(Achievement(f"{row:09}", texts[row][:20], description=texts[row]))
    return document, ANALYSER.terms(document.text)


def _compared(size: int, against: str, bare: list[float], ours: list[float]) -> Line:
    (middle, high), (middle_ours, high_ours) = (np.percentile(times, [50, 99]) for times in (bare, ours))
    detail = f"bare{against} {middle:.0f} and {high:.0f} ms, explained {middle_ours:.0f} and {high_ours:.0f} ms"
    ratio = middle_ours / middle
    gate = size >= SIZE and not against
    what = f"one need, {size:,} achievements, p50 and p99"
    limit = "" if against else "; at most 1.5 of 1,000,000"
    return Line(what, f"{ratio:.2f} times", detail + limit, ratio <= 1.5 if gate else None)


def _explained(engine: LanceEngine, need: Document, texts: Sequence[str], statistics: CorpusSnapshot) -> Shortlist:
    """Find, rank and explain as the site does for a need when there are too many achievements to hold."""
    documents: list[Document] = []
    terms: list[Terms] = []
    ranker = Ranker(ANALYSER, statistics, documents, terms)
    asked = ranker.analyse(need)
    hits = engine.search(TextQuery(query_tokens(asked.weights)), None, OVER_FETCH)

    def portions() -> Iterator[NDArray[np.intp]]:
        for start in range(0, len(hits), PORTION):
            for hit in hits[start : start + PORTION]:
                document, own = _read(texts, int(hit.id))
                documents.append(document)
                terms.append(own)
            yield np.arange(len(documents))

    return ranker.shortlist_found(asked, portions(), top=TOP)


def _checked(
    needs: Sequence[Document], lists: Sequence[Shortlist], texts: Sequence[str], statistics: CorpusSnapshot
) -> Line:
    """Compare the lists with those of weighing everything."""
    documents, terms = zip(*(_read(texts, row) for row in range(len(texts))), strict=True)
    ranker = Ranker(ANALYSER, statistics, documents, terms)
    shares = []
    for need, found in zip(needs, lists, strict=True):
        best = {match.candidate_id for match in ranker.shortlist(ranker.analyse(need), top=TOP).matches}
        if best:
            shares.append(len(best & {match.candidate_id for match in found.matches}) / len(best))
    share = float(np.mean(shares))
    what = f"one need, {len(texts):,} achievements, share of the best {TOP} of all"
    return Line(what, f"{share:.2%}", "at least 99 %", share >= 0.99)


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


if __name__ == "__main__":
    sys.exit(alone(measure))
