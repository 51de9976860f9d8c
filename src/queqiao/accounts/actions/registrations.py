"""Organisations that ask to be let in, with a proof that an operator looks at."""

import uuid
from collections.abc import Mapping
from typing import Any, BinaryIO

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from queqiao.accounts.actions.invitations import new_user
from queqiao.accounts.actions.messages import write_letter
from queqiao.accounts.actions.organisations import create_organisation, join_scope, organisation_state
from queqiao.accounts.actions.people import add_affiliation, give_role
from queqiao.accounts.actions.signing_in import was_proved
from queqiao.accounts.actors import Actor, system
from queqiao.accounts.choices import OrganisationState, RoleKind
from queqiao.accounts.models import Organisation, Registration, Scope, User
from queqiao.core.actions import Change, queue_for_index, record_activity
from queqiao.core.errors import ForbiddenError, QueqiaoError
from queqiao.core.files import FileLimits, inspect, store
from queqiao.core.i18n import _


def keep_proof(*, upload: BinaryIO, name: str) -> dict[str, str]:
    """Look into a proof, keep it, and return where it lies: path, name, mime. QueqiaoError where it does not do."""
    found = inspect(upload, name, limits=FileLimits())
    if not (found.mime.startswith("image/") or found.mime == "application/pdf"):
        raise QueqiaoError(_("证明材料请用图片或 PDF。"))
    return {"path": store(found, settings.FILES_DIR), "name": found.name, "mime": found.mime}


@transaction.atomic
def register(
    *,
    organisation: Mapping[str, Any],
    applicant: Mapping[str, str],
    password: str,
    scope_id: uuid.UUID | str,
    proof: Mapping[str, str],
    terms_version: str,
) -> User:
    """Write a registration down: the organisation waits, its applicant can sign in and draft meanwhile.

    ``applicant`` has a name and an address that he has proved. Raises QueqiaoError where either is known already.
    """
    if not was_proved(address=applicant["address"], purpose="register"):
        raise ForbiddenError(_("请先用验证码证明这个手机号或邮箱是您本人的。"))
    scope = Scope.objects.get(pk=scope_id)
    user = new_user(
        name=applicant["name"], address=applicant["address"], password=password, terms_version=terms_version
    )
    by = system("registration")
    made = create_organisation(values=organisation, by=by, state=OrganisationState.PENDING)
    give_role(person=user.person, kind=RoleKind.ORGANISATION_ADMIN, organisation=made, by=by)
    add_affiliation(person=user.person, organisation=made, begins_on=timezone.localdate(), by=by)
    registration = Registration.objects.create(
        organisation=made,
        scope=scope,
        applicant=user.person,
        proof_path=proof["path"],
        proof_name=proof["name"],
        proof_mime=proof["mime"],
    )
    state = {"organisation": str(made.pk), "scope": scope.code}
    record_activity(Change("registration", registration.pk, "register", {}, state), by=f"person:{user.person_id}")
    return user


@transaction.atomic
def approve(*, registration: Registration, by: Actor) -> Organisation:
    """Let an organisation in; it joins the scope that it asked for. QueqiaoError where it was decided already."""
    organisation = _lock_organisation(registration)
    locked = _decide(registration, "approved", "", by)
    _set_state(organisation, OrganisationState.ACTIVE, by)
    join_scope(organisation=organisation, scope=locked.scope, by=by)
    text = _("您为“{name}”提交的申请已通过，现在可以发布需求和成果。").format(name=organisation.name)
    _tell(locked, _("加入申请已通过"), text)
    return organisation


@transaction.atomic
def refuse(*, registration: Registration, reason: str, by: Actor) -> None:
    """Do not let an organisation in, and say why."""
    if not reason.strip():
        raise QueqiaoError(_("请写明未通过的原因。"))
    organisation = _lock_organisation(registration)
    locked = _decide(registration, "refused", reason.strip(), by)
    _set_state(organisation, OrganisationState.REFUSED, by)
    text = _("您为“{name}”提交的申请未通过：{reason}").format(name=organisation.name, reason=reason.strip())
    _tell(locked, _("加入申请未通过"), text)


def _lock_organisation(registration: Registration) -> Organisation:
    """Hold the organisation before anything is written, in the same order as every other action."""
    return Organisation.objects.select_for_update().get(pk=registration.organisation_id)


def _set_state(organisation: Organisation, state: OrganisationState, by: Actor) -> None:
    """Let the decision take hold of an organisation that waits; one that stands already stays as it is."""
    if organisation.state != OrganisationState.PENDING:
        return
    before = organisation_state(organisation)
    organisation.state = state
    organisation.save(update_fields=["state"])
    queue_for_index("organisation", organisation.pk)
    change = Change("organisation", organisation.pk, "decide", before, organisation_state(organisation))
    record_activity(change, by=by.name)


def _decide(registration: Registration, state: str, reason: str, by: Actor) -> Registration:
    if not by.has(f"staff:{registration.scope_id}"):
        raise ForbiddenError(_("只有“{name}”的运营人员可以审核。").format(name=registration.scope.name))
    now = timezone.now()
    waiting = Registration.objects.filter(pk=registration.pk, state="waiting")
    if not waiting.update(state=state, reason=reason, decided_at=now, decided_by=by.name):
        raise QueqiaoError(_("这份申请已由他人审核，本次未作改动。"))
    registration.refresh_from_db()
    change = Change("registration", registration.pk, state, {"state": "waiting"}, {"state": state, "reason": reason})
    record_activity(change, by=by.name, now=now)
    return registration


def _tell(registration: Registration, subject: str, text: str) -> None:
    person = registration.applicant
    address = person.mobile or person.email
    if address:
        key = f"registration:{registration.pk}:{registration.state}"
        write_letter(key=key, address=address, subject=subject, text=text, link="/my", person=person)
