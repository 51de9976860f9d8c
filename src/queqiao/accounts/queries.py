"""Reading organisations, people and users; the list rules of this room."""

import datetime
import os
import uuid
from typing import Any

from django.db.models import Q, QuerySet

from queqiao.accounts.actors import Actor
from queqiao.accounts.choices import SITE_ROLES, WITH_SECOND_FACTOR, OrganisationState
from queqiao.accounts.models import (
    Affiliation,
    ApiToken,
    Organisation,
    Person,
    Role,
    ScopeMembership,
    Substitution,
    User,
)
from queqiao.core.personal import mark
from queqiao.core.queries import state_as_of
from queqiao.env import read_flag


def visible_organisations(actor: Actor) -> QuerySet[Organisation]:
    """Return the organisations that the actor may see: those let in, his own, and for staff those of their scopes.

    A merged one stays visible, so that old addresses lead on.
    """
    if actor.is_system:
        return Organisation.objects.all()
    rule = Q(state__in=(OrganisationState.ACTIVE, OrganisationState.MERGED)) | Q(pk__in=actor.ids("org"))
    if actor.is_staff:
        asking = Q(registrations__scope__in=actor.ids("staff"), registrations__state="waiting")
        rule |= Q(pk__in=in_scopes(actor)) | asking
        return Organisation.objects.filter(pk__in=Organisation.objects.filter(rule).values("pk"))
    return Organisation.objects.filter(rule)


def in_scopes(actor: Actor) -> QuerySet[ScopeMembership, uuid.UUID]:
    """Return the ids of the organisations that are today in scopes in which the actor works."""
    joined = ScopeMembership.objects.current().filter(scope__in=actor.ids("staff"))
    return joined.values_list("organisation", flat=True)


def can_manage_organisation(organisation: Organisation, actor: Actor) -> bool:
    """Whether the actor administers the organisation, or looks after it."""
    return actor.has(f"admin:{organisation.pk}") or looks_after(organisation, actor)


def looks_after(organisation: Organisation, actor: Actor) -> bool:
    """Whether the actor works in a scope that the organisation is in or waits to be let into, or is the system."""
    if actor.is_system:
        return True
    staff = actor.ids("staff")
    joined = ScopeMembership.objects.current().filter(organisation=organisation, scope__in=staff)
    operated = organisation.operated_scopes.filter(pk__in=actor.ids("operate"))
    asking = organisation.registrations.filter(scope__in=staff, state="waiting")
    return joined.exists() or operated.exists() or asking.exists()


def visible_people(actor: Actor) -> QuerySet[Person]:
    """Return the people that the actor may see: himself, those who today belong to organisations in his care."""
    if actor.is_system:
        return Person.objects.all()
    organisations = Q(organisation__in=actor.ids("admin"))
    if actor.is_staff:
        organisations |= Q(organisation__in=in_scopes(actor))
        organisations |= Q(organisation__operated_scopes__in=actor.ids("operate"))
    known = Role.objects.current().filter(organisations).values("person")
    working = Affiliation.objects.current().filter(organisations).values("person")
    rule = Q(pk=actor.person_id) | Q(pk__in=known) | Q(pk__in=working)
    return Person.objects.filter(rule, erased_at=None)


def organisations_of(person: Person) -> set[uuid.UUID]:
    """Return the ids of the organisations in which a person works or holds a role today."""
    held = Role.objects.current().filter(person=person).exclude(organisation=None)
    works = Affiliation.objects.current().filter(person=person)
    return {pk for rows in (held, works) for pk in rows.values_list("organisation", flat=True)}


PERSON_FIELDS = ("name", "name_en", "mobile", "email", "birth_year", "orcid")


def person_state(person: Person) -> dict[str, Any]:
    """Return a person's fields as the log keeps them: marks, never the values, so that erasing leaves nothing."""
    values = {name: mark(getattr(person, name)) for name in PERSON_FIELDS}
    merged_into = str(person.merged_into_id) if person.merged_into_id else None
    return values | {"merged_into": merged_into, "erased": person.erased_at is not None}


def organisation_as_of(organisation_id: uuid.UUID, moment: datetime.datetime) -> dict[str, Any] | None:
    """Return an organisation's fields as they were known at a moment; None where it was not known yet.

    Of its contacts it tells only whether there were any.
    """
    return state_as_of("organisation", organisation_id, moment)


def mask_email(email: str) -> str:
    """Return an e-mail address with most of its local part hidden; "" for none."""
    local, at, domain = email.partition("@")
    return f"{local[: min(2, len(local) - 1)]}***@{domain}" if at else ""


def find_user(address: str) -> User | None:
    """Return the open user of a mobile number or an e-mail address in its stored form."""
    found = User.objects.filter(Q(mobile=address) | Q(email=address), is_active=True, person__erased_at=None)
    return found.select_related("person").first() if address else None


def needs_second_factor(user: User) -> bool:
    """Whether the user must show a second factor: who switched it on, and whoever works for an operator.

    Who stands in for such a person today has his rights, and so must show one too.

    An operator may leave it to his staff with QUEQIAO_STAFF_SECOND_FACTOR=false.
    """
    if user.totp_confirmed_at is not None:
        return True
    if not read_flag("QUEQIAO_STAFF_SECOND_FACTOR", default=True, source=os.environ):
        return False
    away = Substitution.objects.current().filter(substitute=user.person_id).values("person")
    own = Q(person=user.person_id, kind__in=WITH_SECOND_FACTOR)
    lent = Q(person__in=away, kind__in=WITH_SECOND_FACTOR - SITE_ROLES)
    return Role.objects.current().filter(own | lent).exists()


def is_closed(person: Person) -> bool:
    """Whether a person has no account any more with which he could sign in."""
    return person.erased_at is not None or not person.users.filter(is_active=True).exists()


def live_tokens(person: Person, *, now: datetime.datetime) -> QuerySet[ApiToken]:
    """Return the tokens of a person that are neither ended nor expired."""
    return ApiToken.objects.filter(person=person, revoked_at=None, expires_at__gt=now)


def resolve_organisation(organisation: Organisation) -> Organisation:
    """Follow merges to the organisation that stands today."""
    seen = {organisation.pk}
    while organisation.merged_into is not None and organisation.merged_into_id not in seen:
        organisation = organisation.merged_into
        seen.add(organisation.pk)
    return organisation


def resolve_person(person: Person) -> Person:
    """Follow merges to the person that stands today."""
    seen = {person.pk}
    while person.merged_into is not None and person.merged_into_id not in seen:
        person = person.merged_into
        seen.add(person.pk)
    return person
