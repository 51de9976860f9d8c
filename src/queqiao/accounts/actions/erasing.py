"""Erasing a person, as the personal information law asks: the row and every count stay, who he was is gone.

The log keeps marks of personal values from the beginning (``core.personal``), so that its chain holds afterwards.
"""

import datetime
import uuid
from collections.abc import Callable

from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from queqiao.accounts.actors import Actor
from queqiao.accounts.choices import SITE_ROLES
from queqiao.accounts.models import (
    Alias,
    ApiToken,
    Consent,
    Invitation,
    Message,
    OneTimeCode,
    Organisation,
    Person,
    Registration,
    Role,
    Scope,
    ScopeMembership,
    SignIn,
    Substitution,
    User,
)
from queqiao.accounts.queries import organisations_of, person_state, visible_people
from queqiao.core.actions import Change, record_activity
from queqiao.core.errors import ForbiddenError
from queqiao.core.i18n import _
from queqiao.core.models import ExternalId, Translation

ERASED_NAME = "已注销用户"
# Rooms above put in what they have to erase of a person.
on_erase: list[Callable[[Person], object]] = []


def may_erase(person: Person, actor: Actor) -> bool:
    """Whether the actor may erase a person: himself, or an operator administrator one who is wholly in his care."""
    if actor.is_system or actor.person_id == person.pk:
        return True
    if Role.objects.current().filter(person=person, kind__in=SITE_ROLES).exists():
        return False
    return visible_people(actor).filter(pk=person.pk).exists() and _belongs_nowhere_else(person, actor.ids("operate"))


def _belongs_nowhere_else(person: Person, operated: frozenset[uuid.UUID]) -> bool:
    """Whether every organisation to which the person belongs today is in the scopes, or operates one of them."""
    inside = set(ScopeMembership.objects.current().filter(scope__in=operated).values_list("organisation", flat=True))
    inside |= set(Scope.objects.filter(pk__in=operated).values_list("operator", flat=True))
    return bool(operated) and organisations_of(person) <= inside


@transaction.atomic
def erase_person(*, person: Person, by: Actor) -> None:
    """Erase a person and whoever was merged into him; erasing twice changes nothing.

    Name, contacts, other names, ways to sign in, letters and records about him lose what tells who he was.
    """
    if not may_erase(person, by):
        raise ForbiddenError(_("只有本人或负责他的运营管理员可以注销。"))
    now = timezone.now()
    for one in _with_merged(person.pk):
        locked = Person.objects.select_for_update().get(pk=one)
        if locked.erased_at is None:
            _erase(locked, by, now)


def _with_merged(person_id: uuid.UUID) -> list[uuid.UUID]:
    found = [person_id]
    for one in found:
        found += Person.objects.filter(merged_into=one).exclude(pk__in=found).values_list("pk", flat=True)
    return found


def _erase(person: Person, by: Actor, now: datetime.datetime) -> None:
    before, addresses = person_state(person), _addresses(person)
    for erase in on_erase:  # while it is still known whom they look for
        erase(person)
    person.name, person.name_en, person.mobile, person.email, person.orcid = ERASED_NAME, "", "", "", ""
    person.birth_year, person.erased_at = None, now
    person.revision += 1
    person.save()
    Alias.objects.filter(person=person).update(name=ERASED_NAME)
    ExternalId.objects.filter(kind="person", target_id=person.pk).delete()
    Translation.objects.filter(kind="person", target_id=person.pk).delete()
    _close_users(person, now)
    _clear_letters(person, addresses)
    _clear_traces(person, addresses)
    Consent.objects.filter(person=person, withdrawn_at=None).update(withdrawn_at=now)
    Role.objects.filter(person=person, superseded_at=None).update(superseded_at=now)
    away = Substitution.objects.filter(Q(person=person) | Q(substitute=person), superseded_at=None)
    away.update(superseded_at=now)
    record_activity(Change("person", person.pk, "erase", before, person_state(person)), by=by.name, now=now)


def _close_users(person: Person, now: datetime.datetime) -> None:
    sign_ins = SignIn.objects.filter(user__person=person)
    Session.objects.filter(session_key__in=list(sign_ins.values_list("session_key", flat=True))).delete()
    sign_ins.filter(ended_at=None).update(ended_at=now)
    sign_ins.update(session_key="", network="", agent="")
    User.objects.filter(person=person).update(
        is_active=False, mobile=None, email=None, password="", totp_secret="", totp_confirmed_at=None
    )
    tokens = ApiToken.objects.filter(person=person)
    tokens.filter(revoked_at=None).update(revoked_at=now)
    tokens.update(name="")


def _clear_letters(person: Person, addresses: set[str]) -> None:
    mine = Message.objects.filter(Q(person=person) | Q(address__in=addresses))
    mine.filter(state__in=("waiting", "sending")).update(state="failed")
    mine.update(address="", subject="", text="", link="", error="")
    OneTimeCode.objects.filter(address__in=addresses).delete()


def _clear_traces(person: Person, addresses: set[str]) -> None:
    Invitation.objects.filter(Q(used_by=person) | Q(address__in=addresses)).update(address="", note="")
    Registration.objects.filter(applicant=person).update(proof_name="")
    contacts = Q(contact_mobile__in=addresses) | Q(contact_email__in=addresses)
    Organisation.objects.filter(contacts).update(contact_name="", contact_mobile="", contact_email="")


def _addresses(person: Person) -> set[str]:
    users = User.objects.filter(person=person).values_list("mobile", "email")
    return {one for pair in [*users, (person.mobile, person.email)] for one in pair if one}
