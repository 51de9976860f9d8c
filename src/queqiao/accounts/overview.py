"""What administrators look at: organisations, people, roles, invitations and merges in their care.

Rows come with what lists show of them; the number of queries does not grow with the rows.
"""

import datetime
import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count, OuterRef, Prefetch, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from queqiao.accounts.actors import Actor
from queqiao.accounts.channels import mask_mobile, parse_address
from queqiao.accounts.models import (
    Affiliation,
    Invitation,
    Merge,
    Organisation,
    Person,
    Registration,
    Role,
    Scope,
    ScopeMembership,
)
from queqiao.accounts.queries import in_scopes, visible_organisations, visible_people
from queqiao.core.errors import QueqiaoError
from queqiao.core.i18n import _


@dataclass(frozen=True, slots=True)
class MergeRow:
    """One merge as it is listed; ``undone_at`` where it was split again."""

    id: uuid.UUID
    source_id: uuid.UUID
    source: str
    target: str
    who: str
    when: datetime.datetime
    undone_at: datetime.datetime | None


def managed_organisations(actor: Actor) -> QuerySet[Organisation]:
    """Return the organisations that the actor administers: in his scopes, asking to join them, operating them."""
    asking = Registration.objects.filter(scope__in=actor.ids("staff"), state="waiting").values("organisation")
    operating = Scope.objects.filter(pk__in=actor.ids("operate")).values("operator")
    rule = Q(pk__in=in_scopes(actor)) | Q(pk__in=asking) | Q(pk__in=operating) | Q(pk__in=actor.ids("admin"))
    return visible_organisations(actor).filter(rule, merged_into=None)


def with_scopes_and_people(rows: QuerySet[Organisation]) -> QuerySet[Organisation]:
    """Fetch along with organisations their scopes of today (``in_scopes_now``) and how many people hold a role."""
    now = ScopeMembership.objects.current().select_related("scope")
    held = Role.objects.current().filter(organisation=OuterRef("pk")).order_by().values("organisation")
    count = Subquery(held.annotate(n=Count("person", distinct=True)).values("n"))
    return rows.annotate(people=Coalesce(count, 0)).prefetch_related(
        Prefetch("memberships", now, to_attr="in_scopes_now")
    )


def search_organisations(rows: QuerySet[Organisation], words: str) -> QuerySet[Organisation]:
    """Narrow organisations by a part of any of their names, or by number or credit code."""
    words = words.strip()[:60]
    if not words:
        return rows
    found = (
        Q(name__icontains=words)
        | Q(short_name__icontains=words)
        | Q(name_en__icontains=words)
        | Q(number__iexact=words)
        | Q(credit_code__iexact=words)
        | Q(aliases__name__icontains=words)
    )
    return rows.filter(pk__in=Organisation.objects.filter(found).values("pk"))


def people_with_roles(rows: QuerySet[Person]) -> QuerySet[Person]:
    """Fetch along with people what they do today: ``works_now`` and ``roles_now``."""
    works = Affiliation.objects.current().select_related("organisation")
    roles = Role.objects.current().select_related("organisation", "scope")
    return rows.prefetch_related(
        Prefetch("affiliations", works, to_attr="works_now"), Prefetch("roles", roles, to_attr="roles_now")
    )


def search_people(rows: QuerySet[Person], words: str) -> QuerySet[Person]:
    """Narrow people by a part of a name, or by a whole mobile number or e-mail address."""
    words = words.strip()[:60]
    if not words:
        return rows
    found = Q(name__icontains=words) | Q(name_en__icontains=words) | Q(mobile=words) | Q(email__iexact=words)
    return rows.filter(pk__in=Person.objects.filter(found | Q(aliases__name__icontains=words)).values("pk"))


def people_of(organisation: Organisation) -> QuerySet[Person]:
    """Return who works at an organisation or holds a role in it today."""
    working = Affiliation.objects.current().filter(organisation=organisation).values("person")
    holding = Role.objects.current().filter(organisation=organisation).values("person")
    rule = Q(pk__in=working) | Q(pk__in=holding)
    return Person.objects.filter(rule, erased_at=None, merged_into=None)


def standing_people(actor: Actor) -> QuerySet[Person]:
    """Return the people in the actor's care, without those that were merged into others."""
    return visible_people(actor).filter(merged_into=None)


def invitation_state(invitation: Invitation) -> str:
    """Return where an invitation stands: used, withdrawn, expired or open."""
    if invitation.used_at is not None:
        return "used"
    if invitation.withdrawn_at is not None:
        return "withdrawn"
    return "expired" if invitation.expires_at < timezone.now() else "open"


def merges_of(one: Organisation | Person) -> list[MergeRow]:
    """Return the merges in which an organisation or a person took part, the newest first."""
    kind = "organisation" if isinstance(one, Organisation) else "person"
    found = Merge.objects.filter(Q(source_id=one.pk) | Q(target_id=one.pk), kind=kind).order_by("-recorded_at", "-id")
    rows = list(found)
    ids = {pk for row in rows for pk in (row.source_id, row.target_id)}
    names = dict(type(one)._default_manager.filter(pk__in=ids).values_list("pk", "name"))
    who = names_of_actors(row.merged_by for row in rows)
    return [
        MergeRow(
            id=row.pk,
            source_id=row.source_id,
            source=names.get(row.source_id, ""),
            target=names.get(row.target_id, ""),
            who=who[row.merged_by],
            when=row.recorded_at,
            undone_at=row.undone_at,
        )
        for row in rows
    ]


def names_of_actors(actors: Iterable[str]) -> dict[str, str]:
    """Return the names of who acted, by ``person:<id>`` or ``system:<what>``, with one query."""
    wanted = set(actors)
    ids = {one.removeprefix("person:") for one in wanted if one.startswith("person:")}
    names = {f"person:{pk}": name for pk, name in Person.objects.filter(pk__in=ids).values_list("pk", "name")}
    return {one: names.get(one, _("系统")) for one in wanted}


def masked(address: str) -> str:
    """Return a mobile number or an e-mail address with its middle hidden."""
    if not address:
        return ""
    try:
        return parse_address(address).masked
    except QueqiaoError:
        return mask_mobile(address)
