"""From scores to confidence: learned on texts that a learner had not seen, so that a confidence can be believed.

``p_c = exp(a · r_c + b · n_c - l · w_c) / Σ_d exp(a · r_d + b · n_d - l · w_d)``
``confidence = σ(u · logit(max_c p_c) + v)``

with the two learners' scores r and n, and w_c = 1 for a label of which words are known (``disciplines``), else 0: where
some labels have such words and others have none, l takes away their lead. a, b and l are those under which the true
labels of held-out texts are likeliest (Guo, Pleiss, Sun & Weinberger 2017), u and v those under which it is likeliest
that the first label was right or wrong (Platt 1999): among dozens of labels p alone is too sure at the top and not sure
enough below. No confidence is above ``(n + 1) / (n + 2)`` for n texts held out, the rule of succession (Laplace 1814):
two texts, both right, are no proof of 99 in 100.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit, log_softmax, logit, softmax

FEWEST_TO_MEASURE = 20  # examples: of fewer nobody can tell how good the labels are
TRUSTED = 0.8  # the share of right labels that suggestions must reach
_START = np.array([*np.log((10.0, 5.0)), 0.0])  # of ln a, ln b and l, where no text is held out
_SURE = 1e-6  # the least that a chance differs from 0 and 1
_BINS = 10

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Calibration:
    """The numbers a, b, l, u and v above, and the highest confidence."""

    ridge: float
    bayes: float
    lead: float
    slope: float
    offset: float
    highest: float = 1.0

    def chances(self, ridge: Floats, bayes: Floats, worded: Floats) -> Floats:
        """Return p above, shape (texts, labels); each row sums to 1 and orders the labels.

        ``worded`` is w, shape (labels,).
        """
        chances: Floats = softmax(self.ridge * ridge + self.bayes * bayes - self.lead * worded, axis=1)
        return chances

    def confidences(self, chances: Floats) -> Floats:
        """Return how likely it is that the first label of each row is right, shape (texts,)."""
        confidences: Floats = np.minimum(expit(self.slope * _log_odds(chances) + self.offset), self.highest)
        return confidences


def calibrate(ridge: Floats, bayes: Floats, worded: Floats, labels: NDArray[np.intp]) -> Calibration:
    """Find the numbers on held-out texts, whose true labels are given as numbers of columns.

    Each has a normal prior of variance 1 around where it starts (for a and b, their logarithms), which is worth about
    one text: a table of a few texts moves them little.
    """
    rows = np.arange(len(labels))

    def surprise(numbers: Floats) -> float:
        a, b = np.exp(numbers[:2])
        return -float(log_softmax(a * ridge + b * bayes - numbers[2] * worded, axis=1)[rows, labels].sum())

    *logs, lead = _fitted(surprise, _START)
    a, b = np.exp(logs)
    chances = Calibration(a, b, lead, 1.0, 0.0).chances(ridge, bayes, worded)
    signs = np.where(chances.argmax(axis=1) == labels, 1.0, -1.0)
    odds = _log_odds(chances)

    def doubt(line: Floats) -> float:
        return float(np.logaddexp(0, -signs * (line[0] * odds + line[1])).sum())

    u, v = _fitted(doubt, np.array([1.0, 0.0]))
    return Calibration(float(a), float(b), float(lead), float(u), float(v), (len(labels) + 1) / (len(labels) + 2))


def calibration_error(confidences: Floats, right: NDArray[np.bool_]) -> float:
    """Return the expected calibration error, 0 to 1, over ten bins of equal width (Naeini, Cooper & Hauskrecht 2015).

    It is the mean difference between how sure the classifier was and how often it was right.
    """
    bins = np.minimum((confidences * _BINS).astype(int), _BINS - 1)
    sums = np.bincount(bins, weights=confidences - right, minlength=_BINS)
    return float(np.abs(sums).sum() / len(confidences))


def trusted_from(confidences: Floats, right: NDArray[np.bool_]) -> float:
    """Return the lowest confidence from which on at least ``TRUSTED`` of the labels are right.

    Infinite where there is none: the classifier then has nothing to suggest.
    """
    order = np.argsort(-confidences, kind="stable")
    shares = (np.cumsum(right[order]) + 1) / (np.arange(len(order)) + 3)  # the rule of succession
    last_of_equals = np.append(np.diff(confidences[order]) != 0, True)  # equals are suggested together or not at all
    enough = np.flatnonzero((shares >= TRUSTED) & last_of_equals)
    return float(confidences[order[enough[-1]]]) if len(enough) else float("inf")


def _fitted(cost: Callable[[Floats], float], start: Floats) -> Floats:
    def with_prior(numbers: Floats) -> float:
        return cost(numbers) + float(((numbers - start) ** 2).sum()) / 2

    found: Floats = minimize(with_prior, x0=start, method="L-BFGS-B").x
    return found


def _log_odds(chances: Floats) -> Floats:
    odds: Floats = logit(np.clip(chances.max(axis=1), _SURE, 1 - _SURE))
    return odds
