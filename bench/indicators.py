"""Indicators on the shown half, through the command line and the set's own scorer: found, compared, and in order."""

import csv
import json
import re
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from sklearn.feature_extraction.text import TfidfVectorizer

from bench.commands import queqiao, run
from bench.data import INDICATORS, rows
from bench.table import Line, mean
from queqiao.engine.ranking.metrics import ndcg

TABLES = ("--needs", INDICATORS / "needs.csv", "--achievements", INDICATORS / "achievements.csv")
Scores = dict[str, dict[str, float]]  # by need and achievement


def measure(folder: Path) -> Iterator[Line]:
    """Yield how well indicators are found, how well they are compared, and how well they order candidates."""
    yield from _found(folder)
    yield from _compared(folder)
    yield from _ordered(folder)


def _found(folder: Path) -> Iterator[Line]:
    gold = INDICATORS / "indicators.jsonl"
    with gold.open(encoding="utf-8") as file:
        texts = [(row["id"], row["text"]) for row in map(json.loads, file)]
    with (folder / "texts.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("id", "text"), *texts])
    queqiao("indicators", "--texts", folder / "texts.csv", "--out", folder / "found.jsonl")
    scored = run([sys.executable, str(INDICATORS / "score.py"), str(gold), str(folder / "found.jsonl")]).output
    for kind, label, bound in (("full", "exact values", 0.90), ("span", "spans", 0.95)):
        figures = re.search(rf"^{kind}\s+precision ([\d.]+)\s+recall ([\d.]+)\s+F1 ([\d.]+)", scored, re.MULTILINE)
        if figures is None:
            raise RuntimeError(scored)
        precision, recall, f1 = map(float, figures.groups())
        detail = f"at least {bound}; precision {precision:.3f}, recall {recall:.3f}"
        yield Line(f"indicators: F1 of {label}", f"{f1:.4f}", detail, f1 >= bound)


def _compared(folder: Path) -> Iterator[Line]:
    gold = INDICATORS / "gaps.csv"
    pairs = sorted({(row["need_id"], row["achievement_id"]) for row in rows(gold)})
    _write_pairs(folder / "compared.csv", pairs)
    queqiao("gaps", *TABLES, "--pairs", folder / "compared.csv", "--out", folder / "gaps.csv")
    scored = run([sys.executable, str(INDICATORS / "score.py"), "--gaps", str(gold), str(folder / "gaps.csv")]).output
    accuracy = re.search(r"^accuracy ([\d.]+)", scored, re.MULTILINE)
    false = re.search(r"^false met (\d+) of (\d+)", scored, re.MULTILINE)
    if accuracy is None or false is None:
        raise RuntimeError(scored)
    right, wrong, of = float(accuracy[1]), int(false[1]), int(false[2])
    yield Line("gaps: accuracy", f"{right:.4f}", "at least 0.85", right >= 0.85)
    yield Line("gaps: met though it is not", f"{wrong} of {of}", "at most 2 in 100", wrong <= 0.02 * of)


def _ordered(folder: Path) -> Iterator[Line]:
    judged = _judged()
    mine, base = mean(our_orders(folder)), mean(_ndcgs(judged, _tfidf(judged)))
    detail = f"at least 0.985; TF-IDF characters 1-3 {base:.4f}"
    yield Line("indicators decide the order: nDCG@10", f"{mine:.4f}", detail, mine >= 0.985)


def our_orders(folder: Path) -> dict[str, float | None]:
    """Return nDCG@10 of each need whose candidates differ by their indicators."""
    judged = _judged()
    _write_pairs(folder / "judged.csv", [(need, other) for need, others in judged.items() for other in others])
    queqiao("match", *TABLES, "--pairs", folder / "judged.csv", "--out", folder / "judged-scores.csv")
    ours: Scores = defaultdict(dict)
    for row in rows(folder / "judged-scores.csv"):
        ours[row["need_id"]][row["achievement_id"]] = float(row["score"])
    return _ndcgs(judged, ours)


def _judged() -> dict[str, dict[str, int]]:
    judged: dict[str, dict[str, int]] = defaultdict(dict)
    for row in rows(INDICATORS / "grades.csv"):
        judged[row["need_id"]][row["achievement_id"]] = int(row["level"])
    return judged


def _ndcgs(judged: dict[str, dict[str, int]], scores: Scores) -> dict[str, float | None]:
    return {
        need: ndcg([levels[other] for other in sorted(levels, key=lambda one: (-scores[need][one], one))])
        for need, levels in judged.items()
    }


def _tfidf(judged: dict[str, dict[str, int]]) -> Scores:
    texts = [
        {row["id"]: f"{row['title']}\n{row['description']}" for row in rows(INDICATORS / name)}
        for name in ("needs.csv", "achievements.csv")
    ]
    model = TfidfVectorizer(analyzer="char", ngram_range=(1, 3), sublinear_tf=True)
    model.fit([text for side in texts for text in side.values()])
    asked, offered = (dict(zip(side, model.transform(side.values()), strict=True)) for side in texts)
    return {
        need: {other: float((asked[need] @ offered[other].T).sum()) for other in others}
        for need, others in judged.items()
    }


def _write_pairs(path: Path, pairs: list[tuple[str, str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("need_id", "achievement_id"), *pairs])
