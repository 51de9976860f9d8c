"""Two ways of learning labels that err differently: by likeness to labelled texts, and by the terms of labels.

Both return scores of shape (texts, labels), centred to the mean 0 in each row; larger is better.
"""

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.linalg import cho_factor, cho_solve

RIDGE = 0.3  # added to the diagonal of a likeness whose own diagonal is 1
SMOOTHING = 0.3  # of the terms, in the units of the tf-idf weights

Floats = NDArray[np.float64]


def ridge_weights(known: Floats, labels: NDArray[np.intp], count: int) -> Floats:
    """Return ``(known + λI)⁻¹ · (Y - 1 / count)``, shape (labelled, count): least squares on labels as 0 and 1.

    ``known`` is the likeness among the labelled texts (Rifkin, Yeo & Poggio 2003). ``labels`` holds a number below
    ``count`` for each labelled text.
    """
    wanted = np.full((len(labels), count), -1 / count)
    wanted[np.arange(len(labels)), labels] += 1
    ridged = known.copy()
    ridged[np.diag_indices_from(ridged)] += RIDGE
    # Symmetric: its transpose is itself, in the order of memory that can be factored in place.
    factor = cho_factor(ridged.T, lower=True, overwrite_a=True, check_finite=False)
    weights: Floats = cho_solve(factor, wanted, check_finite=False)
    return weights


def ridge_scores(known: Floats, unknown: Floats, labels: NDArray[np.intp], count: int) -> Floats:
    """Return the scores of texts by their likeness to the labelled ones, ``unknown``: what these weigh, added up."""
    return centred(unknown @ ridge_weights(known, labels, count))


def bayes_weights(known: sparse.csr_array, labels: NDArray[np.intp], count: int) -> tuple[Floats, sparse.csr_array]:
    """Return what each unit of a text's terms is worth to the labels, shape (count,), and what a term takes from it.

    ``ln Σ_t (n_t - n_tc + α)`` and ``ln((n_t - n_tc + α) / (n_t + α))``, the latter for terms that a label has, so
    that the others cost no memory.
    """
    members = sparse.csr_array((np.ones(len(labels)), (labels, np.arange(len(labels)))), shape=(count, len(labels)))
    by_label = (members @ known).tocsr()
    total = np.asarray(by_label.sum(axis=0)).ravel() + SMOOTHING
    lacking = by_label.copy()
    lacking.data = np.log1p(-by_label.data / total[by_label.indices])
    rest: Floats = np.log(total.sum() - np.asarray(by_label.sum(axis=1)).ravel())
    return rest, lacking


def bayes_scores(known: sparse.csr_array, unknown: sparse.csr_array, labels: NDArray[np.intp], count: int) -> Floats:
    """Return the complement naive Bayes scores (Rennie, Shih, Teevan & Karger 2003).

    ``score(x, c) = -Σ_t x_t · ln((n_t - n_tc + α) / Σ_t (n_t - n_tc + α))``: a label is as good as the terms of x are
    rare among the texts of all other labels. What is the same for all labels is left out.
    """
    return bayes_of(unknown, *bayes_weights(known, labels, count))


def bayes_of(unknown: sparse.csr_array, rest: Floats, lacking: sparse.csr_array) -> Floats:
    """Return the scores of ``bayes_scores`` from its weights."""
    mass = np.asarray(unknown.sum(axis=1)).ravel()
    return centred(mass[:, np.newaxis] * rest - (unknown @ lacking.T).toarray())


def centred(scores: Floats) -> Floats:
    """Return scores with the mean of each row taken away."""
    moved: Floats = scores - scores.mean(axis=1, keepdims=True)
    return moved
