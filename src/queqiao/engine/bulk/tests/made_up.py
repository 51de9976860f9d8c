"""Two sides with invented weights and vectors."""

import numpy as np
from scipy import sparse

from queqiao.engine.bulk.tables import Table


def side(seed: int, rows: int, columns: int = 60, width: int = 8, *, vector_weight: float = 1.0) -> Table:
    """Some columns stand in nearly every row, most in few; some rows are empty."""
    dice = np.random.default_rng(seed)
    shares = np.minimum(0.9, 2.0 / np.arange(1, columns + 1))
    weights = np.where(dice.random((rows, columns)) < shares, dice.random((rows, columns)), 0)
    weights[dice.random(rows) < 0.05] = 0
    vectors = dice.standard_normal((rows, width)).astype(np.float32)
    return Table.of(sparse.csr_array(weights), vectors, vector_weight=vector_weight)
