"""From a score to a level, and the right to abstain."""

from collections.abc import Sequence
from itertools import pairwise

from queqiao.engine.text.quantities import Gap, GapStatus

# Lower bounds of levels 2, 3 and 4. Chosen for the mean error on needs judged by the staff of a provincial
# technology market (see docs/why/ranking.md); ``learn`` may replace them by the operator's own grades later.
LEVEL_BOUNDS = (0.07, 0.30, 0.40)

# A need whose best candidate stays below this has, on the same data, no related candidate at the top of its list.
ABSTAIN_BELOW = 0.18

# A candidate of fewer characters than this, each counted once (a Latin word as two), says too little to be called
# fairly strong, however alike: one word, or one word many times over.
FEWEST_CHARACTERS = 5
# So is one whose pairs of neighbouring characters stand so many times on the mean, unless it has many of them: long
# texts repeat themselves honestly.
SAME_AGAIN, MOST_PAIRS = 5, 300


def level_of(score: float, gaps: Sequence[Gap], *, has_reason: bool, brief: bool = False) -> int:
    """Return 4 strong, 3 fairly strong, 2 weak or 1 unrelated, by the default bounds and ``capped``.

    ``has_reason`` says that both sides share at least one term that means something; without one they are unrelated.
    """
    return capped(1 + sum(score >= bound for bound in LEVEL_BOUNDS), gaps, brief=brief) if has_reason else 1


def capped(level: int, gaps: Sequence[Gap], *, brief: bool) -> int:
    """Return a level, however alike the texts are: at most 3 where a stated value misses a required indicator.

    At most 2 of a candidate that is ``brief``.
    """
    missed = any(gap.status is GapStatus.NOT_MET for gap in gaps)
    return min(level, 2 if brief else 3 if missed else 4)


def is_brief(characters: Sequence[str]) -> bool:
    """Whether a text of these characters (as ``Terms.characters``) says too little for a level above 2.

    It does where it has few characters, or where it says the same again and again.
    """
    if sum(1 + char.isascii() for char in set(characters)) < FEWEST_CHARACTERS:
        return True
    pairs = len(set(pairwise(characters)))
    return len(characters) > SAME_AGAIN * pairs and pairs < MOST_PAIRS


def fits(score: float, *, has_reason: bool) -> bool:
    """Whether the best candidate of a need is worth showing at all.

    ``has_reason`` says that both sides share at least one word that means something; without one a high score
    rests on filler words, and the honest answer is that nothing fits.
    """
    return has_reason and score >= ABSTAIN_BELOW
