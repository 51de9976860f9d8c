"""From a score to a level, and the right to abstain."""

from collections.abc import Sequence

from queqiao.engine.text.quantities import Gap, GapStatus

# Lower bounds of levels 2, 3 and 4. Chosen for the mean error on needs judged by the staff of a provincial
# technology market (see docs/why/ranking.md); ``learn`` may replace them by the operator's own grades later.
LEVEL_BOUNDS = (0.07, 0.30, 0.40)

# A need whose best candidate stays below this has, on the same data, no related candidate at the top of its list.
ABSTAIN_BELOW = 0.18


def level_of(score: float, gaps: Sequence[Gap], *, has_reason: bool) -> int:
    """Return 4 strong, 3 fairly strong, 2 weak or 1 unrelated, by the default bounds and ``capped``.

    ``has_reason`` says that both sides share at least one term that means something; without one they are unrelated.
    """
    return capped(1 + sum(score >= bound for bound in LEVEL_BOUNDS), gaps) if has_reason else 1


def capped(level: int, gaps: Sequence[Gap]) -> int:
    """Return a level, below 4 where a stated value misses a required indicator, however alike the texts are."""
    missed = any(gap.status is GapStatus.NOT_MET for gap in gaps)
    return min(level, 3) if missed else level


def fits(score: float, *, has_reason: bool) -> bool:
    """Whether the best candidate of a need is worth showing at all.

    ``has_reason`` says that both sides share at least one word that means something; without one a high score
    rests on filler words, and the honest answer is that nothing fits.
    """
    return has_reason and score >= ABSTAIN_BELOW
