"""Who may see which match, and which pairs may be matched at all."""

import re
import uuid
from collections.abc import Collection
from functools import reduce
from operator import or_
from typing import Any, TypeVar

from django.db.models import Exists, OuterRef, Q, QuerySet

from queqiao.accounts.actors import PUBLIC, Actor, holding, tokens_of
from queqiao.accounts.models import Organisation
from queqiao.engine.text.normalise import normalise
from queqiao.matching.choices import Decision
from queqiao.matching.models import Match, Round, Snapshot
from queqiao.needs.models import Need
from queqiao.records.choices import State
from queqiao.records.models import Audience, CatalogueRecord, RecordScope, concrete_kinds
from queqiao.records.queries import seen_by
from queqiao.research.models import Expert

R = TypeVar("R", bound=CatalogueRecord)
GOOD = 3  # level from which on a candidate's owner learns of a need
_BETWEEN = re.compile(r"[\n、，；;]")
_OWNING = ("edit:", "author:", "entered:")


def visible_matches(actor: Actor) -> QuerySet[Match]:
    """Return the matches that the actor may see; of both records he must see at least the blind form.

    The staff of a scope in which the need is today see all of its matches; a broker those given to him; the need's
    owner accepted ones; a candidate's owner accepted ones, and good ones that still stand in the need's list and were
    not rejected. Nobody else sees any.
    """
    if actor.is_system:
        return Match.objects.all()
    accepted = Q(state=Decision.ACCEPTED)
    good = Q(state=Decision.OPEN, listed=True, level__gte=GOOD)
    rule = (accepted & Q(owned("need_id", actor))) | ((accepted | good) & Q(owned("candidate_id", actor)))
    if actor.is_staff:
        placed = RecordScope.objects.current().filter(record_id=OuterRef("need_id"), scope__in=actor.ids("staff"))
        rule |= Q(Exists(placed))
    if actor.person_id is not None:
        rule |= Q(broker=actor.person_id)
    return Match.objects.filter(rule, seen_by(actor, "candidate_id"), seen_by(actor, "need_id"))


def both_may_see(record: CatalogueRecord, model: type[R]) -> QuerySet[R]:
    """Return the published records of other organisations with which a record may be matched.

    Each side sees at least the blind form of the other, through its organisation: by what is public, for members, for
    a scope of today, or for this organisation. Experts and the organisations from which they want to keep away are
    not matched. The number of queries does not grow with the rows.
    """
    rows: Any = model._default_manager.order_by()
    if record.state != State.PUBLISHED:
        return rows.none()  # type: ignore[no-any-return]
    seen = Audience.objects.filter(record_id=OuterRef("pk"), token__in=sorted(tokens_of(record.organisation)))
    found = rows.filter(Exists(seen), state=State.PUBLISHED).exclude(organisation=record.organisation_id)
    tokens = set(Audience.objects.filter(record_id=record.pk).values_list("token", flat=True))
    if PUBLIC not in tokens:
        found = found.filter(organisation__in=Organisation.objects.filter(holding(tokens)))
    return _without_conflicts(record, model, found)


def _without_conflicts(record: CatalogueRecord, model: type[R], rows: QuerySet[R]) -> QuerySet[R]:
    if isinstance(record, Expert):
        avoided = _names_in(record.conflicts)
        return rows.exclude(organisation__in=Organisation.objects.filter(_named(avoided))) if avoided else rows
    if not issubclass(model, Expert):
        return rows
    own = record.organisation
    names = {own.name, own.short_name, own.name_en, *own.aliases.values_list("name", flat=True)} - {""}
    any_named = reduce(or_, (Q(conflicts__icontains=name) for name in sorted(names)))
    declared = Expert.objects.filter(any_named).order_by().values_list("pk", "conflicts")
    folded = set(map(_folded, names))
    return rows.exclude(pk__in=[pk for pk, text in declared if not folded.isdisjoint(map(_folded, _names_in(text)))])


def _names_in(text: str) -> list[str]:
    """Return the organisations that an expert wants to keep away from: one a line, or with marks between them."""
    return [name for piece in _BETWEEN.split(text) if (name := piece.strip())]


def _folded(name: str) -> str:
    return normalise(name).text


def _named(names: Collection[str]) -> Q:
    return Q(name__in=names) | Q(short_name__in=names) | Q(name_en__in=names) | Q(aliases__name__in=names)


def records_by_id(kind: str, ids: Collection[uuid.UUID]) -> QuerySet[Any]:
    """Return the records of a kind by their ids."""
    return concrete_kinds()[kind]._default_manager.filter(pk__in=ids).order_by()


def current_snapshot() -> Snapshot | None:
    """Return the statistics in use, without their data; None where none were taken yet."""
    return Snapshot.objects.defer("data").first()


def current_round(need: Need) -> Round | None:
    """Return the newest round of a need; None where it was never ranked."""
    return Round.objects.filter(need=need).order_by("-number").first()


def owned(field: str, actor: Actor) -> Exists:
    """Whether the actor is an owner of the record that a field names."""
    mine = sorted(token for token in actor.tokens if token.startswith(_OWNING))
    return Exists(Audience.objects.filter(record_id=OuterRef(field), token__in=mine))
