"""Who covers a need together: the smallest team that covers as many of its requirements as any team of that size may.

To cover everything with the fewest sets is NP-hard (Karp 1972), but a need has a dozen requirements and not a
thousand: dynamic programming over the sets of covered requirements finds the best team of each set exactly (Fomin &
Kratsch 2010, section 3.1), in at most ``2^requirements * candidates`` steps.
"""

from collections.abc import Sequence
from dataclasses import dataclass

MOST_MEMBERS = 5  # more do not sit down at one table
MOST_SETS = 20_000  # kept for each size of a team; a need of 14 requirements has fewer
_DECIMALS = 6  # to which scores are added up, as whole numbers: sums are then equal or they are not

# The best team of a covered set: the sum of its scores, taken negative, and its members in the order of their ids.
_Best = tuple[int, tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody who covers some of a need's requirements; ``score`` is how well he fits the need as a whole."""

    id: str
    covers: frozenset[str]
    score: float


@dataclass(frozen=True, slots=True)
class Member:
    """A candidate in a team, and all that he covers, in the order of the requirements."""

    id: str
    covers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Team:
    """At least two candidates who together cover more than any one of them could alone.

    Its members stand in the order of their scores. ``open`` are the requirements that none of them covers; of these,
    ``crowded`` are covered by some candidate for whom the team has no place. ``alone`` is the most that one candidate
    covers. ``proved`` says that no other team is better: covers more, or as much with fewer members, or as much with
    as many and a greater sum of scores.
    """

    members: tuple[Member, ...]
    open: tuple[str, ...]
    crowded: tuple[str, ...]
    alone: int
    proved: bool


def find_team(
    requirements: Sequence[str], candidates: Sequence[Candidate], *, most: int = MOST_MEMBERS, sets: int = MOST_SETS
) -> Team | None:
    """Return the best team of at most ``most`` members; None where one candidate covers as much, or nobody anything.

    Of teams that are equally good, the one whose ids come first is taken. What a candidate covers beside the
    requirements does not count.
    """
    bits = {one: 1 << place for place, one in enumerate(requirements)}
    masks = {one.id: sum(bits[what] for what in one.covers if what in bits) for one in candidates}
    useful = _undominated(candidates, masks)
    chosen, proved = _best_team([(masks[one.id], round(one.score * 10**_DECIMALS)) for one in useful], most, sets)
    if len(chosen) < 2:
        return None
    members = sorted((useful[place] for place in chosen), key=lambda one: (-one.score, one.id))
    covered = {what for one in members for what in one.covers}
    reachable = {what for one in candidates for what in one.covers}
    left = tuple(one for one in requirements if one not in covered)
    return Team(
        members=tuple(Member(one.id, tuple(what for what in requirements if what in one.covers)) for one in members),
        open=left,
        crowded=tuple(one for one in left if one in reachable),
        alone=max(mask.bit_count() for mask in masks.values()),
        proved=proved,
    )


def _undominated(candidates: Sequence[Candidate], masks: dict[str, int]) -> list[Candidate]:
    """Return in the order of their ids the candidates that may be in the best team.

    Whoever covers no more than another with a better score could always be replaced by him.
    """
    kept: list[Candidate] = []
    for one in sorted(candidates, key=lambda one: (-round(one.score, _DECIMALS), one.id)):
        mask = masks[one.id]
        if mask and not any(mask | masks[other.id] == masks[other.id] for other in kept):
            kept.append(one)
    return sorted(kept, key=lambda one: one.id)


def _best_team(candidates: Sequence[tuple[int, int]], most: int, sets: int) -> tuple[tuple[int, ...], bool]:
    """Return the places of the best team's members, and whether every set of requirements was followed.

    The first team that reaches a set is a smallest one for it, and every part of a smallest team is one, too: without
    one of its members it is the best of what it then covers. So each set is followed once, from its best team, and
    only where it may still become as good as the team that is put together greedily.
    """
    enough = _greedy(candidates, most)
    largest = max((mask.bit_count() for mask, _score in candidates), default=0)
    best: dict[int, _Best] = {0: (0, ())}
    edge, proved = best, True
    for size in range(1, len(enough) + 1):
        edge = _one_more(edge, candidates, best, enough[-1] - (len(enough) - size) * largest)
        best |= edge
        if len(edge) > sets:
            kept = sorted(edge, key=lambda covered: (-covered.bit_count(), edge[covered]))[:sets]
            edge, proved = {covered: edge[covered] for covered in kept}, False
    return min((-covered.bit_count(), len(team), cost, team) for covered, (cost, team) in best.items())[3], proved


def _greedy(candidates: Sequence[tuple[int, int]], most: int) -> list[int]:
    """Return how much is covered with each member, whoever adds most joining next, until nobody adds anything."""
    covered, counts = 0, []
    for _size in range(most):
        union = max((covered | mask for mask, _score in candidates), key=int.bit_count, default=covered)
        if union == covered:
            break
        covered = union
        counts.append(covered.bit_count())
    return counts


def _one_more(
    edge: dict[int, _Best], candidates: Sequence[tuple[int, int]], known: dict[int, _Best], least: int
) -> dict[int, _Best]:
    """Return the sets of ``least`` requirements or more that one more member reaches, each with its best team."""
    found: dict[int, _Best] = {}
    for covered, (cost, team) in edge.items():
        for place, (mask, score) in enumerate(candidates):
            union = covered | mask
            if union in known or union.bit_count() < least:
                continue
            total = cost - score
            if union in found and found[union][0] < total:
                continue
            reached = (total, tuple(sorted((*team, place))))
            if union not in found or reached < found[union]:
                found[union] = reached
    return found
