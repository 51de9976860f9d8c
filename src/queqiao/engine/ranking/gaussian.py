"""Regression of grades over pairs by a Gaussian process (Rasmussen & Williams 2006, chapter 2).

``k(p, q) = 1 + 3·z(s_p)·z(s_q) + N·(1 + A·(1 + 2·N)) + exp(-|φ_p - φ_q|² / (5·F))``

with the standardised default score z(s), the likeness N of the needs (half of the whole texts, half of the titles),
that of the candidates A (both cosines, ``pairs.unit_vector``), and the F standardised features φ. N·A is the pairwise
kernel of Basilico & Hofmann (2004); N²·A lets candidates of one need speak most for each other. A grade of weight w has
the noise ``0.8 / w``. The constants were chosen on needs judged by the staff of a provincial technology market
(docs/why/learning.md).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import lapack

from queqiao.engine.ranking.pairs import PairTable

SCORE_COUNTS, CLOSE_NEEDS, WIDTH, NOISE = 3.0, 2.0, 5.0, 0.8

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Scale:
    """Mean and spread of the score and of the features, by which all pairs are standardised."""

    score: tuple[float, float]
    features: tuple[tuple[float, ...], tuple[float, ...]]


@dataclass(frozen=True)
class Fitted:
    """``weights[i]`` of each pair learned from, such that ``expected(q) = mean + Σ_i weights[i]·k(q, p_i)``."""

    mean: float
    weights: Array
    _grades: Array
    _inverse: Array

    def left_out(self, groups: NDArray[np.intp]) -> Array:
        """Return the grade expected of each pair by everything but its own group; ``groups`` numbers them.

        Exact, and needs no second fit (Rasmussen & Williams 2006, 5.4.2, for groups: ``y_g - [K⁻¹]_gg⁻¹ [K⁻¹ y]_g``).
        """
        expected = np.empty_like(self._grades)
        for group in np.unique(groups):
            own = np.flatnonzero(groups == group)
            expected[own] = self._grades[own] - np.linalg.solve(self._inverse[np.ix_(own, own)], self.weights[own])
        return expected


def scale_of(table: PairTable) -> Scale:
    """Return the scale of some pairs; what does not vary is left as it is."""
    columns = np.column_stack([table.scores, table.features])
    mean, spread = columns.mean(axis=0), columns.std(axis=0)
    spread[spread < 1e-9] = 1.0
    plain_mean, plain_spread = [round(float(v), 6) for v in mean], [round(float(v), 6) for v in spread]
    return Scale((plain_mean[0], plain_spread[0]), (tuple(plain_mean[1:]), tuple(plain_spread[1:])))


def kernel(rows: PairTable, columns: PairTable, scale: Scale) -> Array:
    """Return k of pairs with pairs, shape (rows, columns)."""
    z, features = _standardised(rows, scale)
    other_z, other_features = _standardised(columns, scale)
    whole, title, candidates = columns.sides
    needs = whole.cosines([need[0] for need in rows.needs]) + title.cosines([need[1] for need in rows.needs])
    alike = (needs / 2)[np.ix_(rows.need_of, columns.need_of)]
    total = candidates.cosines(rows.candidates)[np.ix_(rows.candidate_of, columns.candidate_of)]
    total *= 1.0 + CLOSE_NEEDS * alike
    total += 1.0
    total *= alike
    distance = -2.0 * features @ other_features.T
    distance += (features**2).sum(axis=1)[:, None] + (other_features**2).sum(axis=1)
    total += np.exp(distance / (-WIDTH * features.shape[1]))
    total += 1.0 + SCORE_COUNTS * np.outer(z, other_z)
    return total


def fit(table: PairTable, grades: Array, weights: Array, scale: Scale) -> Fitted:
    """Fit to grades of some weights."""
    mean = float(np.average(grades, weights=weights))
    covariance = kernel(table, table, scale)
    covariance[np.diag_indices_from(covariance)] += NOISE / weights
    factor, failed = lapack.dpotrf(covariance, lower=1, overwrite_a=1)
    inverse, failed_too = lapack.dpotri(factor, lower=1, overwrite_c=1)
    if failed or failed_too:
        raise ArithmeticError("the grades' covariance is not positive definite")
    inverse = np.tril(inverse) + np.tril(inverse, -1).T
    return Fitted(mean, inverse @ (grades - mean), grades, inverse)


def _standardised(table: PairTable, scale: Scale) -> tuple[Array, Array]:
    mean, spread = scale.score
    means, spreads = (np.array(values) for values in scale.features)
    return (table.scores - mean) / spread, (table.features - means) / spreads
