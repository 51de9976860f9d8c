"""What an encoder of texts adds to the order: the candidates that are best by their score, moved by what they mean.

A convex combination of the score and the cosine, both brought to 0..1 by their least and greatest value among the
candidates of one need (Bruch, Gai & Ingber 2022, "An Analysis of Fusion Functions for Hybrid Retrieval", arXiv
2210.11934, section 4), and brought back to the scale of the scores:

``fused    = (1 - α) · s' + α · v'``, ``x' = (x - min x) / (max x - min x)``, s a score, v a cosine
``semantic = α · (max s - min s) · (v' - s')``, so that ``s + semantic = min s + (max s - min s) · fused``

The fused scores stay between the least and the greatest score, so that what was not moved keeps its place below.
"""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

SHARE = 0.3  # α: the words, which were measured, weigh more than an encoder that was not


class EncoderError(Exception):
    """An encoder cannot be asked, or its answer cannot be used: whoever ranks goes on without it."""


class Encoder(Protocol):
    """Turns texts into vectors; it lives outside the engine."""

    @property
    def version(self) -> str:
        """Which encoder it is, at most 27 characters; another one never has the same."""

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return a vector of length 1 (or 0) for each text, shape (texts, width); EncoderError where it cannot."""


def version_with(ranking: str, encoder: Encoder | None) -> str:
    """Return the version of a ranking in which an encoder takes part."""
    return ranking if encoder is None else f"{ranking}~{encoder.version}"


def semantic_parts(encoder: Encoder, need: str, candidates: Sequence[str], scores: Sequence[float]) -> list[float]:
    """Return what the meaning of each candidate's text adds to its score; EncoderError where it cannot be asked.

    All 0 where scores or cosines are equal: there is nothing to be combined.
    """
    if len(candidates) < 2:
        return [0.0] * len(candidates)
    vectors = encoder.encode([need, *candidates])
    meaning = _brought_to_one(vectors[1:].astype(np.float64) @ vectors[0].astype(np.float64))
    words = _brought_to_one(np.array(scores))
    if meaning is None or words is None:
        return [0.0] * len(candidates)
    return [float(part) for part in SHARE * (max(scores) - min(scores)) * (meaning - words)]


def _brought_to_one(values: NDArray[np.float64]) -> NDArray[np.float64] | None:
    low, high = float(values.min()), float(values.max())
    return (values - low) / (high - low) if high > low else None
