"""Vectors as encoders give them, brought to length 1."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from queqiao.matching.encoders.trouble import EncoderFailedError, Trouble


def unit_rows(raw: Any, *, place: str) -> NDArray[np.float32]:
    """Return rows of numbers, shape (texts, width), each brought to length 1; a row of zeros stays.

    Raises EncoderFailedError where they are no such table, or hold anything but finite numbers.
    """
    try:
        rows = np.asarray(raw)
    except (ValueError, OverflowError):
        rows = np.zeros(0)
    if rows.ndim != 2 or not rows.size or rows.dtype.kind not in "fiu":
        raise EncoderFailedError(Trouble.UNREADABLE, place=place)
    exact = rows.astype(np.float64)
    if not np.isfinite(exact).all():
        raise EncoderFailedError(Trouble.NUMBERS, place=place)
    exact /= np.abs(exact).max(axis=1, keepdims=True).clip(min=np.finfo(np.float64).tiny)  # so that no square overflows
    lengths = np.linalg.norm(exact, axis=1, keepdims=True)
    unit: NDArray[np.float32] = (exact / np.where(lengths > 0, lengths, 1.0)).astype(np.float32)
    return unit


def check_width(found: int, expected: int, *, place: str) -> None:
    """Raise EncoderFailedError unless vectors are as wide as they should be."""
    if found != expected:
        raise EncoderFailedError(Trouble.WIDTH, place=place, found=found, expected=expected)
