"""Measures of a ranking against graded judgements."""

import math
from collections.abc import Sequence


def ndcg(levels: Sequence[int], k: int = 10) -> float | None:
    """Return nDCG@k of grades listed in ranked order, gain ``2^(level-1) - 1`` (Järvelin & Kekäläinen 2002).

    None where no grade is above 1, because then every order is as good as any other.
    """
    best = _dcg(sorted(levels, reverse=True), k)
    return _dcg(levels, k) / best if best else None


def _dcg(levels: Sequence[int], k: int) -> float:
    return math.fsum((2 ** (level - 1) - 1) / math.log2(i + 2) for i, level in enumerate(levels[:k]))


def auc(scores: Sequence[float], positive: Sequence[bool]) -> float | None:
    """Return the probability that a positive scores above a negative, ties counting half (Mann & Whitney 1947).

    None where one of the two kinds is missing.
    """
    positives = [score for score, flag in zip(scores, positive, strict=True) if flag]
    negatives = [score for score, flag in zip(scores, positive, strict=True) if not flag]
    if not positives or not negatives:
        return None
    won = sum((p > n) + 0.5 * (p == n) for p in positives for n in negatives)
    return won / (len(positives) * len(negatives))


def level_score(predicted: Sequence[int], judged: Sequence[int]) -> float:
    """Return ``1 / (1 + MAE)`` over all pairs; ValueError where there are none."""
    if not judged:
        raise ValueError("no judged pairs")
    error = sum(abs(p - j) for p, j in zip(predicted, judged, strict=True)) / len(judged)
    return 1 / (1 + error)
