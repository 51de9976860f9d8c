"""What the workbench reads: the needs that wait for a judgement, and the candidates of one of them in their order.

Everything goes by ``visible_matches``; the number of queries does not grow with the rows.
"""

import datetime
import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, cast

from django.db.models import Count, DateField, Exists, F, Max, OuterRef, Q, QuerySet, Subquery
from django.db.models.expressions import Case, Value, When
from django.db.models.functions import Coalesce
from django.utils import timezone

from queqiao.accounts.actors import Actor
from queqiao.accounts.models import Person
from queqiao.matching.actions.feedback import FEEDBACK
from queqiao.matching.choices import CandidateKind, Decision, RoundState
from queqiao.matching.models import Match, Round
from queqiao.matching.queries import current_round, visible_matches
from queqiao.matching.rights import may_steer, possible_brokers
from queqiao.needs.models import Need
from queqiao.records.choices import State
from queqiao.records.models import RecordScope
from queqiao.records.queries import visible

SOON = datetime.timedelta(days=30)  # a deadline that is nearer than this goes before everything else
NEVER = datetime.date(9999, 12, 31)
_KINDS = list(CandidateKind.values)
_PEOPLE = ("decided_by", "graded_by", "broker", "assigned_by")


@dataclass(frozen=True, slots=True)
class Counts:
    """How many listed candidates of a need the reader may see, by what was done, and the best level still undecided.

    ``open`` are those of which nobody has said anything, ``graded`` those graded but not decided.
    """

    open: int = 0
    graded: int = 0
    accepted: int = 0
    rejected: int = 0
    best: int | None = None


@dataclass(frozen=True, slots=True)
class Bench:
    """A need's newest round, and its listed candidates: achievements, experts, labs, each in their order.

    ``counts`` is how many there are of each kind. Whoever judged or accompanies a match is read along with it.
    """

    round: Round | None
    matches: tuple[Match, ...]
    counts: Mapping[str, int]


def queue(actor: Actor, *, scope: uuid.UUID | None = None, today: datetime.date | None = None) -> QuerySet[Need]:
    """Return the published needs with an open round that the actor has to judge, the most urgent first.

    These are the needs of the scopes in which he works, or of one of them, and those of which matches were given to
    him. First comes what is due within 30 days, by its deadline; then what has the best open candidate; then what
    waits longest. Each has ``round_number``, ``opened_at`` and ``best`` (a level, 0 for none).
    """
    begun = Round.objects.filter(need=OuterRef("pk"), state=RoundState.OPEN).order_by("-number")
    good = Match.objects.filter(need=OuterRef("pk"), listed=True, state=Decision.OPEN).exclude(level=None)
    soon = (today or timezone.localdate()) + SOON
    # Open rounds are few beside all needs: as a list they are looked up, as a condition each need would be tried.
    waiting = Round.objects.filter(state=RoundState.OPEN).order_by().values("need")
    rows = visible(Need, actor).filter(_in_hand(actor, scope), pk__in=waiting, state=State.PUBLISHED)
    found: QuerySet[Need] = rows.annotate(
        round_number=Subquery(begun.values("number")[:1]),
        opened_at=Subquery(begun.values("recorded_at")[:1]),
        best=Coalesce(Subquery(good.order_by("-level").values("level")[:1]), 0),
        due=Case(When(deadline__lte=soon, then=F("deadline")), default=Value(NEVER), output_field=DateField()),
    ).order_by("due", "-best", "opened_at", "pk")
    return found


def count_waiting(actor: Actor, most: int) -> int:
    """Return how many needs the queue has, at most ``most``; few open rounds are looked at first, not all needs."""
    needs = visible(Need, actor).filter(_in_hand(actor, None), pk=OuterRef("need"), state=State.PUBLISHED)
    return Round.objects.filter(Exists(needs.order_by()), state=RoundState.OPEN).order_by()[:most].count()


def ended(actor: Actor, *, scope: uuid.UUID | None = None) -> QuerySet[Need]:
    """Return the published needs that the actor has to judge and whose newest round has ended, the last one first.

    Each has ``closed_at``, ``closed_by`` (a name, None for the system) and ``how`` (a RoundState).
    """
    newest = Round.objects.filter(need=OuterRef("pk")).order_by("-number")
    rows = visible(Need, actor).filter(_in_hand(actor, scope), state=State.PUBLISHED)
    found: Any = rows.annotate(
        how=Subquery(newest.values("state")[:1]),
        closed_at=Subquery(newest.values("closed_at")[:1]),
        closed_by=Subquery(newest.values("closed_by__name")[:1]),
    )
    rounds = found.filter(how__in=(RoundState.NOTHING_FITS, RoundState.SETTLED))
    return cast("QuerySet[Need]", rounds.order_by("-closed_at", "pk"))


def counts_of(needs: Collection[Need], actor: Actor) -> dict[uuid.UUID, Counts]:
    """Return the counts of some needs of the queue, by id."""
    rows = visible_matches(actor).filter(need__in=[need.pk for need in needs], listed=True).order_by()
    undecided = Q(state=Decision.OPEN)
    told = {
        "open": Count("pk", filter=undecided & Q(grade=None)),
        "graded": Count("pk", filter=undecided & ~Q(grade=None)),
        **{state.value: Count("pk", filter=Q(state=state)) for state in (Decision.ACCEPTED, Decision.REJECTED)},
    }
    best = Max("level", filter=undecided)
    columns = (*told, "best")
    counted = rows.values("need").annotate(**told, best=best).values_list("need", *columns)
    found = {need_id: Counts(*numbers) for need_id, *numbers in counted}
    return {need.pk: found.get(need.pk, Counts()) for need in needs}


def places_in_queue(rows: QuerySet[Need], need: Need) -> tuple[str | None, str | None, int, int]:
    """Return the numbers of the needs before and after one in a queue, its position from 1, and how many there are.

    One that is not in the queue (any more) has position 0, and the first of the queue after it.
    """
    numbers = list(rows.values_list("number", flat=True))
    if need.number not in numbers:
        return None, next(iter(numbers), None), 0, len(numbers)
    place = numbers.index(need.number)
    before = numbers[place - 1] if place else None
    return before, next(iter(numbers[place + 1 :]), None), place + 1, len(numbers)


def bench(actor: Actor, need: Need) -> Bench:
    """Return what is to be judged of a need; the texts of its candidates are read by whoever shows them."""
    rows = visible_matches(actor).filter(need=need, listed=True).select_related(*_PEOPLE)
    matches = tuple(sorted(rows, key=_order))
    counts = {kind: sum(match.kind == kind for match in matches) for kind in _KINDS}
    return Bench(current_round(need), matches, counts)


def standing(match: Match) -> float:
    """Return by what a match has its place: the engine's score, and what the grades of others add to it."""
    return (match.score or 0.0) + float(match.parts.get(FEEDBACK, 0.0))


def compare(actor: Actor, one: uuid.UUID, other: uuid.UUID) -> tuple[Match, Match] | None:
    """Return two candidates of one kind for the same need, in the order asked for; None where he sees no such two."""
    rows = visible_matches(actor).filter(pk__in=(one, other)).select_related("need", *_PEOPLE)
    found = {match.pk: match for match in rows}
    if len(found) < 2:
        return None
    left, right = found[one], found[other]
    return (left, right) if (left.need_id, left.kind) == (right.need_id, right.kind) else None


def brokers_for(actor: Actor, need: Need) -> QuerySet[Person]:
    """Return to whom the actor can give a match of a need; nobody where that is not for him to do."""
    return possible_brokers(need) if may_steer(need, actor) else Person.objects.none()


def _in_hand(actor: Actor, scope: uuid.UUID | None) -> Q:
    if actor.is_system and scope is None:
        return Q()
    placed: Any = RecordScope.objects.current().filter(record_id=OuterRef("pk"))
    narrowed = placed.filter(scope=scope) if scope else placed
    rule = Q(Exists(narrowed if actor.is_system else narrowed.filter(scope__in=actor.ids("staff"))))
    if actor.person_id is not None and scope is None:
        given = Match.objects.filter(need=OuterRef("pk"), broker=actor.person_id, listed=True)
        rule |= Q(Exists(given))
    return rule


def _order(match: Match) -> tuple[Any, ...]:
    rank = match.rank if match.rank is not None else 10**9
    return _KINDS.index(match.kind), -round(standing(match), 6), rank, match.pk
