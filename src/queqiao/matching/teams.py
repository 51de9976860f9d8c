"""Who of a need's candidates would cover together what none of them covers alone, from the evidence that is kept.

Requirements are the indicators that the need demands, each met by a stated value, and its fields where it has two or
more. A field is covered by a candidate whose field it is or lies in it.
"""

import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from queqiao.accounts.actors import Actor
from queqiao.engine.assignment.teams import Candidate, Team, find_team
from queqiao.engine.text.quantities import GapStatus
from queqiao.matching.choices import Decision, Grade
from queqiao.matching.models import Match
from queqiao.matching.workbench import standing
from queqiao.needs.models import Need
from queqiao.records.models import concrete_kinds
from queqiao.records.queries import visible_whole
from queqiao.taxonomy.models import Node

Evidence = Mapping[str, Any]  # one of the ``gaps`` that a match keeps
_TITLE = "title"  # says what the need is about; the same figures stand in its description


@dataclass(frozen=True, slots=True)
class Part:
    """What one member brings: indicators, as his match keeps them, and fields."""

    match: Match
    gaps: tuple[Evidence, ...]
    fields: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Missing:
    """A requirement that the team leaves open: an indicator or a field.

    ``gap`` is of the match ``nearest``, the candidate who misses the indicator by least; where nobody states a
    comparable value there is no such match. ``crowded``: somebody covers it, but the team is full.
    """

    gap: Evidence | None
    field: Node | None
    nearest: Match | None
    crowded: bool


@dataclass(frozen=True, slots=True)
class Teamed:
    """The best team of a need, of whose ``asked`` requirements one candidate covers ``alone`` at most."""

    parts: tuple[Part, ...]
    missing: tuple[Missing, ...]
    asked: int
    alone: int
    proved: bool


class NothingToShareError(Exception):
    """A need asks for one thing or for none, so that there is nothing to share out."""


def team_of(need: Need, matches: Iterable[Match], actor: Actor) -> Teamed | None:
    """Return the best team among some matches of a need; None where one candidate covers as much as any team.

    Who was put aside, is hardly related, or is not seen whole by the actor is no member; what was compared with
    another wording of the need does not count. One query for each kind of candidate. Raises NothingToShareError.
    """
    fit = [match for match in matches if match.need_revision == need.revision and _may_serve(match)]
    gaps = {match.pk: _by_place(match) for match in fit}
    asked: dict[str, Evidence] = {key: gap for one in gaps.values() for key, gap in one.items()}
    fields = {f"field-{node.pk}": node for node in _own_fields(need)}
    if not fit or len(asked) + len(fields) < 2:
        raise NothingToShareError
    seen = _seen_whole(fit, actor)
    fit = [match for match in fit if match.candidate_id in seen]
    candidates = [
        Candidate(str(match.pk), _covered(gaps[match.pk], fields, seen[match.candidate_id]), standing(match))
        for match in fit
    ]
    team = find_team((*sorted(asked), *fields), candidates)
    return _told(team, {str(match.pk): match for match in fit}, gaps, asked, fields) if team else None


def _may_serve(match: Match) -> bool:
    """Whether a candidate is about the need's subject: one that is not can still have a value like the asked one."""
    related = match.grade if match.grade is not None else match.level or Grade.UNRELATED
    return match.state != Decision.REJECTED and related >= Grade.FAIRLY_STRONG


def _by_place(match: Match) -> dict[str, Evidence]:
    """Return a match's indicators by where the need asks for them; its title repeats what it says below."""
    gaps = {_key(gap): gap for gap in match.evidence.get("gaps", ())}
    below = {_amount(gap) for gap in gaps.values() if gap["need"]["place"][0] != _TITLE}
    return {key: gap for key, gap in gaps.items() if gap["need"]["place"][0] != _TITLE or _amount(gap) not in below}


def _key(gap: Evidence) -> str:
    part, start, end = gap["need"]["place"]
    return f"{part}-{start:06}-{end:06}"  # in the order of the text


def _amount(gap: Evidence) -> tuple[Any, ...]:
    return tuple(gap["need"][name] for name in ("low", "high", "unit"))


def _own_fields(need: Need) -> list[Node]:
    """Return the fields of a need that has several; one that holds another of them says nothing more."""
    nodes = list(need.fields.all())
    holding = {node.parent_id for node in nodes}
    own = [node for node in nodes if node.pk not in holding]
    return own if len(own) > 1 else []


def _seen_whole(matches: Sequence[Match], actor: Actor) -> dict[uuid.UUID, set[int]]:
    """Return the candidates of which the actor sees everything, with their fields and those that hold them."""
    found: dict[uuid.UUID, set[int]] = {}
    for kind in sorted({match.kind for match in matches}):
        ids = [match.candidate_id for match in matches if match.kind == kind]
        rows: Any = visible_whole(concrete_kinds()[kind], actor).filter(pk__in=ids).order_by()
        for pk, field, parent in rows.values_list("pk", "fields", "fields__parent"):
            found.setdefault(pk, set()).update((field, parent))
    return found


def _covered(gaps: Mapping[str, Evidence], fields: Mapping[str, Node], own: Collection[int]) -> frozenset[str]:
    met = {key for key, gap in gaps.items() if gap["status"] == GapStatus.MET}
    return frozenset(met | {key for key, node in fields.items() if node.pk in own})


def _told(
    team: Team,
    matches: Mapping[str, Match],
    gaps: Mapping[uuid.UUID, Mapping[str, Evidence]],
    asked: Mapping[str, Evidence],
    fields: Mapping[str, Node],
) -> Teamed:
    parts = []
    for member in team.members:
        match = matches[member.id]
        met = tuple(gaps[match.pk][key] for key in member.covers if key in asked)
        parts.append(Part(match, met, tuple(fields[key] for key in member.covers if key in fields)))
    missing = []
    for key in team.open:
        crowded = key in team.crowded
        nearest = None if crowded else _nearest(key, matches.values(), gaps)
        gap = gaps[nearest.pk][key] if nearest else asked.get(key)
        missing.append(Missing(gap, fields.get(key), nearest, crowded))
    return Teamed(tuple(parts), tuple(missing), len(asked) + len(fields), team.alone, team.proved)


def _nearest(key: str, matches: Iterable[Match], gaps: Mapping[uuid.UUID, Mapping[str, Evidence]]) -> Match | None:
    """Return whose stated value misses an indicator by the least share; None where nobody states one."""
    misses = [
        (-gap["margin"] if gap["margin"] is not None else float("inf"), match.pk, match)
        for match in matches
        if (gap := gaps[match.pk].get(key)) and gap["status"] == GapStatus.NOT_MET
    ]
    return min(misses)[2] if misses else None
