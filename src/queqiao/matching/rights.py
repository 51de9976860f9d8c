"""Who may judge matches and steer the rounds of a need; and to whom a match can be given."""

import uuid

from django.db.models import QuerySet

from queqiao.accounts.actors import Actor, serving
from queqiao.accounts.models import Person
from queqiao.matching.models import Match
from queqiao.matching.queries import visible_matches
from queqiao.needs.models import Need
from queqiao.records.models import RecordScope
from queqiao.records.queries import is_staff_of


def may_steer(need: Need, actor: Actor) -> bool:
    """Whether the actor adds candidates, gives matches to brokers and closes rounds of a need: its staff do."""
    return is_staff_of(need, actor)


def may_judge(match: Match, actor: Actor) -> bool:
    """Whether the actor decides and grades a match: the staff of the need, and the broker to whom it was given.

    A broker does for as long as he serves a scope of the need; and nobody judges what he may not see.
    """
    if not visible_matches(actor).filter(pk=match.pk).exists():
        return False
    given = match.broker_id is not None and match.broker_id == actor.person_id
    return may_steer(match.need, actor) or (given and actor.person_id in _serving(match.need))


def possible_brokers(need: Need) -> QuerySet[Person]:
    """Return to whom a match of a need can be given, by name: brokers and staff of its scopes who can sign in."""
    return Person.objects.filter(pk__in=_serving(need)).order_by("name", "id")


def _serving(need: Need) -> set[uuid.UUID]:
    scopes = RecordScope.objects.current().filter(record_id=need.pk).values_list("scope_id", flat=True)
    return serving(set(scopes))
