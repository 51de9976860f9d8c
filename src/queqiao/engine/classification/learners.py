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


def ridge_scores(known: Floats, unknown: Floats, labels: NDArray[np.intp], count: int) -> Floats:
    """Return ``unknown · (known + λI)⁻¹ · (Y - 1 / count)``: regularised least squares on labels as 0 and 1.

    ``known`` is the likeness among the labelled texts, ``unknown`` that of the others to them (Rifkin, Yeo & Poggio
    2003). ``labels`` holds a number below ``count`` for each labelled text.
    """
    wanted = np.full((len(labels), count), -1 / count)
    wanted[np.arange(len(labels)), labels] += 1
    ridged = known.copy()
    ridged[np.diag_indices_from(ridged)] += RIDGE
    # Symmetric: its transpose is itself, in the order of memory that can be factored in place.
    factor = cho_factor(ridged.T, lower=True, overwrite_a=True, check_finite=False)
    return _centred(unknown @ cho_solve(factor, wanted, check_finite=False))


def bayes_scores(known: sparse.csr_array, unknown: sparse.csr_array, labels: NDArray[np.intp], count: int) -> Floats:
    """Return the complement naive Bayes scores (Rennie, Shih, Teevan & Karger 2003).

    ``score(x, c) = -Σ_t x_t · ln((n_t - n_tc + α) / Σ_t (n_t - n_tc + α))``: a label is as good as the terms of x are
    rare among the texts of all other labels. What is the same for all labels is left out, so that only terms that a
    label has cost memory.
    """
    members = sparse.csr_array((np.ones(len(labels)), (labels, np.arange(len(labels)))), shape=(count, len(labels)))
    by_label = (members @ known).tocsr()
    total = np.asarray(by_label.sum(axis=0)).ravel() + SMOOTHING
    lacking = by_label.copy()
    lacking.data = np.log1p(-by_label.data / total[by_label.indices])
    rest = np.log(total.sum() - np.asarray(by_label.sum(axis=1)).ravel())
    mass = np.asarray(unknown.sum(axis=1)).ravel()
    return _centred(mass[:, np.newaxis] * rest - (unknown @ lacking.T).toarray())


def _centred(scores: Floats) -> Floats:
    centred: Floats = scores - scores.mean(axis=1, keepdims=True)
    return centred
