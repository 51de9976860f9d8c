"""Learning from grades on the judged needs: what is learned on four fifths, measured on the fifth that was left out."""

import csv
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from sklearn.ensemble import HistGradientBoostingRegressor

from bench.commands import queqiao
from bench.data import NEEDS_ACHIEVEMENTS, Judged, rows
from bench.needs import baselines, per_need
from bench.table import SEED, Line, paired
from queqiao.engine.ranking.metrics import level_score

FOLDS = 5
Pair = tuple[str, str]


def measure(judged: Judged, folder: Path) -> Iterator[Line]:
    """Yield the lines on order and levels after learning."""
    similar = dict(baselines(judged))
    characters = per_need(judged, similar["TF-IDF characters 1-3"])
    for kind, folds, wanted in (("title", _by_title(judged), 0.72), ("random", _at_random(judged), 0.75)):
        scores, levels = _learned(judged, folds, folder)
        truth = [judged.judged[need][other] for need, other in levels]
        said = level_score(list(levels.values()), truth)
        trees = level_score(_trees(judged, folds, similar, list(levels)), truth)
        detail = f"{trees:.4f} for gradient-boosted trees over similarities; wanted {wanted}"
        yield Line(f"learned: 1/(1+MAE), {kind} folds", f"{said:.4f}", detail, said >= wanted)
        if kind == "title":
            for name, mine, other in zip(("nDCG@10", "AUC"), per_need(judged, scores), characters, strict=True):
                gain, low, high = paired(mine, other)
                interval = f"[{low:+.4f}, {high:+.4f}] over TF-IDF characters 1-3; wanted +0.03"
                yield Line(f"learned: our paired gain, {name}, title folds", f"{gain:+.4f}", interval, gain >= 0.03)


def _pairs(judged: Judged) -> list[Pair]:
    return [(need, other) for need, others in judged.judged.items() for other in others]


def _by_title(judged: Judged) -> dict[Pair, int]:
    titles = sorted({judged.needs[need][0] for need in judged.judged})
    fold = dict(zip(titles, np.random.default_rng(SEED).permutation(len(titles)) % FOLDS, strict=True))
    return {pair: int(fold[judged.needs[pair[0]][0]]) for pair in _pairs(judged)}


def _at_random(judged: Judged) -> dict[Pair, int]:
    pairs = _pairs(judged)
    return dict(zip(pairs, (np.random.default_rng(SEED).permutation(len(pairs)) % FOLDS).tolist(), strict=True))


def _learned(judged: Judged, folds: Mapping[Pair, int], folder: Path) -> tuple[dict[Pair, float], dict[Pair, int]]:
    texts = ("--needs", NEEDS_ACHIEVEMENTS / "needs.csv", "--achievements", NEEDS_ACHIEVEMENTS / "achievements.csv")
    scores: dict[Pair, float] = {}
    levels: dict[Pair, int] = {}
    for fold in range(FOLDS):
        known = [pair for pair, own in folds.items() if own != fold]
        _write(folder / "known.csv", [(*pair, judged.judged[pair[0]][pair[1]]) for pair in known], "level")
        _write(folder / "asked.csv", [pair for pair, own in folds.items() if own == fold])
        queqiao("learn", *texts, "--judgements", folder / "known.csv", "--out", folder / "model")
        asked = ("--pairs", folder / "asked.csv", "--model", folder / "model", "--out", folder / "scored.csv")
        queqiao("match", *texts, *asked)
        for row in rows(folder / "scored.csv"):
            pair = row["need_id"], row["achievement_id"]
            scores[pair], levels[pair] = float(row["score"]), int(row["level"])
    return scores, levels


def _write(path: Path, lines: Sequence[Sequence[object]], *more: str) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("need_id", "achievement_id", *more), *lines])


def _trees(
    judged: Judged, folds: Mapping[Pair, int], similar: Mapping[str, Mapping[Pair, float]], pairs: Sequence[Pair]
) -> list[int]:
    """Return the levels that gradient-boosted trees give pairs, learned over the baselines' similarities."""
    names = [name for name in similar if name != "random"]
    table = np.array([[similar[name][pair] for name in names] for pair in pairs])
    truth = np.array([judged.judged[need][other] for need, other in pairs])
    fold = np.array([folds[pair] for pair in pairs])
    levels = np.zeros(len(pairs), dtype=int)
    for own in range(FOLDS):
        trees = HistGradientBoostingRegressor(loss="absolute_error", random_state=0)
        trees.fit(table[fold != own], truth[fold != own])
        levels[fold == own] = np.clip(np.rint(trees.predict(table[fold == own])), 1, 4)
    return levels.tolist()
