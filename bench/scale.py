"""Everything against everything: the best of all candidates for every need, by words and vectors together.

The texts are invented as rows of weights, as long and as uneven as real ones: a need of 280 characters shares some 28
characters and words with an abstract of 170. Both ways read the same files in processes of their own, on all cores,
and write lists of 100; the baseline asks sparse-dot-topn for the words and faiss for the vectors and adds up.
"""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from bench.table import SEED, Line, alone
from queqiao.engine.bulk.job import Job
from queqiao.engine.bulk.kernel import TopLists
from queqiao.engine.bulk.tables import Table
from queqiao.matching.bulk.running import run_job

NEEDS, CANDIDATES = 10_000, 200_000
TOP, HELD, CHECKED = 20, 100, 100  # places that are compared, places on a list, needs that are scored one by one
WIDTH, VECTOR_WEIGHT = 256, 0.5
TOPICS, OF_TOPIC = 400, 0.2  # what share of a text is said of its topic alone
# Of each kind of terms: how many there are, how much they count, how many a need and a candidate draw.
CHARACTERS, WORDS = (1_500, 2 / 3, 190, 135), (10_000, 1 / 3, 95, 62)
MOST_MEGABYTES = 3_000


def measure(folder: Path, needs: int = NEEDS, candidates: int = CANDIDATES) -> Iterator[Line]:
    """Yield time, memory and the share of the exact best, ours beside the baseline."""
    _make(folder, needs, candidates)
    size = f"bulk: {needs:,} x {candidates:,}"
    exact = _exact(folder)
    taken: dict[str, float] = {}
    for name in ("baseline", "ours"):
        taken[name], megabytes = _run(name, folder)
        share = _share(_read(folder / f"{name}.npz"), exact)
        yield Line(f"{size}, {name}, share of the exact {TOP}", f"{share:.2%}", "", _gate(name, share >= 0.99))
        yield Line(f"{size}, {name}, memory", f"{megabytes:.0f} MB", "", _gate(name, megabytes <= MOST_MEGABYTES))
    ratio = taken["ours"] / taken["baseline"]
    against = f"{taken['ours']:.1f} s; sparse-dot-topn and faiss {taken['baseline']:.1f} s; at most 1.0, dream 0.7"
    full = needs >= NEEDS and candidates >= CANDIDATES
    yield Line(f"{size}, time", f"{ratio:.2f} times", against, ratio <= 1.0 if full else None)
    yield Line(f"{size}, words alone by scipy", f"{_scipy(folder):.0f} s", "one core, from a sample")


def _gate(name: str, reached: bool) -> bool | None:
    return reached if name == "ours" else None


def _make(folder: Path, needs: int, candidates: int) -> None:
    dice = np.random.default_rng(SEED)
    topics = [dice.integers(0, TOPICS, size) for size in (needs, candidates)]
    blocks = []
    for vocabulary, share, *lengths in (CHARACTERS, WORDS):
        counts = [_counts(dice, of, length, vocabulary) for of, length in zip(topics, lengths, strict=True)]
        blocks.append([share * one for one in _weighted(counts)])
    centres = dice.standard_normal((TOPICS, WIDTH), dtype=np.float32)
    for name, of, weights in zip(("needs", "candidates"), topics, zip(*blocks, strict=True), strict=True):
        vectors = centres[of] + dice.standard_normal((len(of), WIDTH), dtype=np.float32)
        rows = sparse.hstack(weights, format="csr").astype(np.float32)
        Table.of(rows, vectors, vector_weight=VECTOR_WEIGHT if name == "needs" else 1.0).save(folder / name)


def _counts(dice: np.random.Generator, topics: NDArray[np.intp], length: int, vocabulary: int) -> sparse.csr_array:
    """Return how often each text says each term: uneven as in a language (Zipf & Mandelbrot), a part by its topic."""
    shares = (np.arange(vocabulary) + 7.0) ** -0.8
    lengths = np.maximum(5, dice.poisson(length, len(topics)))
    terms = np.searchsorted(np.cumsum(shares / shares.sum()), dice.random(lengths.sum())).clip(0, vocabulary - 1)
    own = dice.random(len(terms)) < OF_TOPIC
    moved = (terms * 7_919 + np.repeat(topics, lengths) * 104_729) % vocabulary
    starts = np.concatenate(([0], np.cumsum(lengths)))
    said = np.where(own, moved, terms).astype(np.int32)
    counts = sparse.csr_array((np.ones(len(said)), said, starts), shape=(len(topics), vocabulary))
    counts.sum_duplicates()
    return counts


def _weighted(sides: list[sparse.csr_array]) -> list[sparse.csr_array]:
    """Return ``(1 + ln tf) · idf`` as unit rows."""
    texts = sum(side.shape[0] for side in sides)
    frequency = sum(np.bincount(side.indices, minlength=side.shape[1]) for side in sides)
    weighted = []
    for side in sides:
        data = (1 + np.log(side.data)) * (np.log((1 + texts) / (1 + frequency[side.indices])) + 1)
        data /= np.sqrt(np.repeat(np.add.reduceat(data**2, side.indptr[:-1]), np.diff(side.indptr)))
        weighted.append(sparse.csr_array((data, side.indices, side.indptr), shape=side.shape))
    return weighted


def _run(name: str, folder: Path) -> tuple[float, float]:
    """Run one way in a process of its own; return its seconds, and the most megabytes that it and its children held."""
    began = time.perf_counter()
    process = subprocess.Popen([sys.executable, "-m", "bench.scale", name, str(folder)])
    peak = 0
    while process.poll() is None:
        peak = max(peak, _held(process.pid))
        time.sleep(0.1)
    if process.returncode:
        raise RuntimeError(f"{name} left with {process.returncode}")
    return time.perf_counter() - began, peak / 1024


def _held(process: int) -> int:
    """Return the kilobytes of a process and of all that it started; what they share counts once (Linux)."""
    try:
        children = Path(f"/proc/{process}/task/{process}/children").read_text()
        own = Path(f"/proc/{process}/smaps_rollup").read_text()
    except OSError:
        return 0
    kilobytes = next((int(line.split()[1]) for line in own.splitlines() if line.startswith("Pss:")), 0)
    return kilobytes + sum(_held(int(child)) for child in children.split())


def _ours(folder: Path) -> TopLists:
    sides = (Table.load(folder / name) for name in ("needs", "candidates"))
    job = Job.begin(folder / "job", *sides, HELD, mark="bench")
    run_job(job, lambda _done, _total: None)
    return job.result()


def _baseline(folder: Path) -> TopLists:
    import faiss  # noqa: PLC0415 -- only this process needs it
    from sparse_dot_topn import sp_matmul_topn  # noqa: PLC0415 -- the same

    needs, candidates = (Table.load(folder / name) for name in ("needs", "candidates"))
    left, right = (sparse.csr_matrix(one.weights).copy() for one in (needs, candidates))
    words = sp_matmul_topn(left, right.T.tocsr(), top_n=HELD, n_threads=2, sort=True)
    cosines, rows = faiss.knn(
        np.array(needs.vectors), np.array(candidates.vectors), HELD, metric=faiss.METRIC_INNER_PRODUCT
    )
    ends = np.arange(0, rows.size + 1, HELD)
    vectors = sparse.csr_matrix((cosines.ravel(), rows.ravel(), ends), shape=words.shape)
    return _best(sparse.csr_array(words + vectors))


def _best(scores: sparse.csr_array) -> TopLists:
    rows, values = [], []
    for start, stop in zip(scores.indptr, scores.indptr[1:], strict=False):
        order = np.lexsort((scores.indices[start:stop], -scores.data[start:stop]))[:HELD]
        rows.append(scores.indices[start:stop][order])
        values.append(scores.data[start:stop][order])
    starts = np.concatenate(([0], np.cumsum([len(one) for one in rows])))
    return TopLists(starts, np.concatenate(rows).astype(np.int64), np.concatenate(values).astype(np.float64))


def _exact(folder: Path) -> list[set[int]]:
    """Return the exact best of the first needs, each pair scored in double precision."""
    needs, candidates = (Table.load(folder / name) for name in ("needs", "candidates"))
    found = []
    for need in range(min(CHECKED, len(needs))):
        words = candidates.weights @ needs.weights[[need]].toarray().ravel().astype(np.float64)
        scores = words + candidates.vectors @ needs.vectors[need]
        found.append(set(np.lexsort((np.arange(len(scores)), -scores))[:TOP].tolist()))
    return found


def _share(found: TopLists, exact: list[set[int]]) -> float:
    heads = (found.rows[start : start + TOP].tolist() for start in found.starts)
    return float(np.mean([len(best & set(head)) / len(best) for best, head in zip(exact, heads, strict=False)]))


def _scipy(folder: Path) -> float:
    """Return the seconds of the sparse product of all pairs, from that of the first needs."""
    needs, candidates = (Table.load(folder / name) for name in ("needs", "candidates"))
    some = min(CHECKED, len(needs))
    began = time.perf_counter()
    needs.weights[:some] @ candidates.weights.T.tocsr()
    return (time.perf_counter() - began) * len(needs) / some


def _read(path: Path) -> TopLists:
    with np.load(path) as file:
        return TopLists(file["starts"], file["rows"], file["scores"])


WAYS: dict[str, Callable[[Path], TopLists]] = {"ours": _ours, "baseline": _baseline}


def main() -> int:
    """Measure; two numbers as arguments are the sizes. A way and a folder: go that way, as ``measure`` asks for it."""
    if sys.argv[1:] and sys.argv[1] in WAYS:
        folder = Path(sys.argv[2])
        found = WAYS[sys.argv[1]](folder)
        np.savez(folder / f"{sys.argv[1]}.npz", starts=found.starts, rows=found.rows, scores=found.scores)
        return 0
    return alone(measure)


if __name__ == "__main__":
    sys.exit(main())
