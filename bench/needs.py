"""Ranking of achievements for the judged needs, against public baselines in the same run."""

import csv
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import bm25s
import jieba
import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer

from bench.commands import queqiao
from bench.data import NEEDS_ACHIEVEMENTS, Judged, rows
from bench.table import Line, mean, paired
from queqiao.engine.ranking.metrics import auc, level_score, ndcg

Scores = Mapping[tuple[str, str], float]
PerNeed = dict[str, float | None]


def measure(judged: Judged, folder: Path) -> Iterator[Line]:
    """Yield the lines on ranking, levels, time and memory."""
    scored, levels = ours(judged, folder)
    chosen = per_need(judged, scored)
    for name, scores in baselines(judged):
        theirs = per_need(judged, scores)
        yield Line(f"needs: {name}", f"nDCG@10 {mean(theirs[0]):.4f}  AUC {mean(theirs[1]):.4f}")
        gate = name in ("TF-IDF characters 1-3", "BM25 jieba words")
        for measure_name, mine, other in zip(("nDCG@10", "AUC"), chosen, theirs, strict=True):
            gain, low, high = paired(mine, other)
            # Not worse than the characters; clearly better than the words.
            passed = low > 0 if name.startswith("BM25") else low > -0.005
            interval = f"[{low:+.4f}, {high:+.4f}] over {name}"
            yield Line(f"needs: our paired gain, {measure_name}", f"{gain:+.4f}", interval, passed if gate else None)
    yield Line("needs: queqiao match", f"nDCG@10 {mean(chosen[0]):.4f}  AUC {mean(chosen[1]):.4f}")
    truth = [judged.judged[need][achievement] for need, achievement in levels]
    always = level_score([2] * len(truth), truth)
    yield Line("needs: 1/(1+MAE)", f"{level_score(list(levels.values()), truth):.4f}", f"{always:.4f} for always 2")
    yield from _time(folder)


def ours(judged: Judged, folder: Path) -> tuple[Scores, dict[tuple[str, str], int]]:
    """Return score and level of every judged pair, by the command line."""
    pairs = folder / "pairs.csv"
    with pairs.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("need_id", "achievement_id"))
        writer.writerows((need, achievement) for need, others in judged.judged.items() for achievement in others)
    _match("--pairs", pairs, "--out", folder / "scored.csv")
    found = {(row["need_id"], row["achievement_id"]): row for row in rows(folder / "scored.csv")}
    scores = {pair: float(row["score"]) for pair, row in found.items()}
    return scores, {pair: int(row["level"]) for pair, row in found.items()}


def _match(*more: object) -> None:
    needs, achievements = NEEDS_ACHIEVEMENTS / "needs.csv", NEEDS_ACHIEVEMENTS / "achievements.csv"
    queqiao("match", "--needs", needs, "--achievements", achievements, *more)


def per_need(judged: Judged, scores: Scores) -> tuple[PerNeed, PerNeed]:
    """Return nDCG@10 and AUC of each need."""
    orders: PerNeed = {}
    areas: PerNeed = {}
    for need, others in judged.judged.items():
        ranked = sorted(others, key=lambda other: (-scores[need, other], other))
        orders[need] = ndcg([others[other] for other in ranked])
        areas[need] = auc([scores[need, other] for other in ranked], [others[other] >= 3 for other in ranked])
    return orders, areas


def baselines(judged: Judged) -> Iterator[tuple[str, Scores]]:
    """Yield public baselines and their scores."""
    needs = {need: f"{title}\n{text}" for need, (title, text) in judged.needs.items()}
    generator = np.random.default_rng(0)
    yield "random", {(need, other): generator.random() for need, rest in judged.judged.items() for other in rest}
    yield "BM25 jieba words", _bm25(judged, needs)
    yield "TF-IDF jieba words", _tfidf(judged, needs, analyzer=_words)
    yield "TF-IDF characters 1-3", _tfidf(judged, needs, analyzer="char", ngram_range=(1, 3))


def _words(text: str) -> list[str]:
    return [word for word in jieba.cut(text) if word.strip()]


def _bm25(judged: Judged, needs: Mapping[str, str]) -> Scores:
    ids = list(judged.achievements)
    engine = bm25s.BM25()
    engine.index([_words(judged.achievements[one]) for one in ids], show_progress=False)
    column = {one: i for i, one in enumerate(ids)}
    scores = {}
    for need, others in judged.judged.items():
        values = engine.get_scores(_words(needs[need]))
        scores.update({(need, other): float(values[column[other]]) for other in others})
    return scores


def _tfidf(
    judged: Judged, needs: Mapping[str, str], analyzer: str | Callable[..., list[str]], **more: object
) -> Scores:
    if callable(analyzer):
        more |= {"tokenizer": analyzer, "token_pattern": None}
        analyzer = "word"
    ids = list(judged.achievements)
    vectors = TfidfVectorizer(analyzer=analyzer, **more)
    vectors.fit([*needs.values(), *judged.achievements.values()])
    left, right = vectors.transform(needs.values()), vectors.transform(judged.achievements[one] for one in ids)
    products = (left @ right.T).tocsr()
    line, column = {need: i for i, need in enumerate(needs)}, {one: i for i, one in enumerate(ids)}
    return {
        (need, other): float(products[line[need], column[other]])
        for need, others in judged.judged.items()
        for other in others
    }


def _time(folder: Path) -> Iterator[Line]:
    needs, achievements = NEEDS_ACHIEVEMENTS / "needs.csv", NEEDS_ACHIEVEMENTS / "achievements.csv"
    call = ("match", "--needs", needs, "--achievements", achievements, "--top", 20, "--out")
    first = queqiao(*call, folder / "a.csv")
    with_report = queqiao(*call, folder / "b.csv", "--report", folder / "report.html")
    same = (folder / "a.csv").read_bytes() == (folder / "b.csv").read_bytes()
    yield Line("match, 239 x 8,622, top 20", f"{first.seconds:.1f} s", "at most 15 s", first.seconds <= 15)
    peak = max(first.peak_megabytes, with_report.peak_megabytes)
    yield Line("match, peak memory", f"{peak:.0f} MB", "at most 800 MB", peak <= 800)
    yield Line("match with report", f"{with_report.seconds:.1f} s")
    yield Line("match twice gives the same bytes", str(same), "", same)
