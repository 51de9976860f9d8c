"""Invitations into an organisation and a role: by link, by QR code, by message; used once."""

import datetime
import hashlib
import hmac
import secrets

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from queqiao.accounts.actions.messages import write_letter
from queqiao.accounts.actions.people import give_role, may_give, write_user
from queqiao.accounts.actions.signing_in import was_proved
from queqiao.accounts.actors import Actor, actor_for, system
from queqiao.accounts.channels import AddressKind, parse_address
from queqiao.accounts.choices import OrganisationState, RoleKind
from queqiao.accounts.models import Affiliation, Consent, Invitation, Organisation, Person, Scope, User
from queqiao.accounts.queries import find_user
from queqiao.core.actions import Change, record_activity
from queqiao.core.errors import ForbiddenError, QueqiaoError
from queqiao.core.i18n import _
from queqiao.core.personal import mark

LASTS = datetime.timedelta(days=14)


@transaction.atomic
def invite(
    *,
    organisation: Organisation | None,
    role: RoleKind,
    scope: Scope | None = None,
    address: str = "",
    note: str = "",
    by: Actor,
    now: datetime.datetime | None = None,
) -> tuple[Invitation, str]:
    """Invite somebody into an organisation and a role; return the invitation and its token, which is shown only now.

    With an address the invitation is for its owner alone and is sent there. Raises ForbiddenError where the actor may
    not give this role.
    """
    if by.person_id is None or not may_give(role, organisation, by, scope=scope):
        raise ForbiddenError(_("您不能授予“{role}”。").format(role=role.label))
    now = now or timezone.now()
    address = parse_address(address).value if address.strip() else ""
    token = secrets.token_urlsafe(24)
    made = Invitation.objects.create(
        token_hash=_keyed(token),
        organisation=organisation,
        scope=scope,
        role=role,
        address=address,
        note=note.strip()[:200],
        invited_by_id=by.person_id,
        expires_at=now + LASTS,
    )
    if address:
        _send(made, token)
    state = {
        "role": role.value,
        "organisation": str(organisation.pk) if organisation else None,
        "scope": scope.code if scope else None,
        "address": mark(address),
    }
    record_activity(Change("invitation", made.pk, "invite", {}, state), by=by.name, now=now)
    return made, token


def _send(invitation: Invitation, token: str) -> None:
    where = invitation.organisation.name if invitation.organisation else settings.SITE["name"]
    write_letter(
        key=f"invitation:{invitation.pk}",
        address=invitation.address,
        subject=_("{name}邀请您加入").format(name=where),
        text=_("{who}邀请您以“{role}”身份加入“{name}”，请打开链接接受，14 天内有效。").format(
            who=invitation.invited_by.name, role=RoleKind(invitation.role).label, name=where
        ),
        link=f"/join/{token}",
        secret=True,
    )


def find_invitation(*, token: str, now: datetime.datetime | None = None) -> Invitation:
    """Return the invitation of a token; QueqiaoError says whether it is unknown, used, withdrawn or too old."""
    found = (
        Invitation.objects.filter(token_hash=_keyed(token))
        .select_related("organisation", "invited_by", "scope")
        .first()
    )
    if found is None:
        raise QueqiaoError(_("邀请链接不完整或不存在，请向邀请人重新索取。"))
    if found.used_at is not None:
        raise QueqiaoError(_("这份邀请已经使用过；如果是您本人使用的，直接登录即可。"))
    if found.withdrawn_at is not None:
        raise QueqiaoError(_("这份邀请已被收回，请向邀请人重新索取。"))
    if found.expires_at < (now or timezone.now()):
        raise QueqiaoError(_("这份邀请已过期，请向邀请人重新索取。"))
    return found


def check_addressee(*, invitation: Invitation, address: str) -> None:
    """Refuse an address to which the invitation was not sent. Whether it has an account is told to its owner only."""
    if invitation.address and invitation.address != address:
        raise QueqiaoError(_("这份邀请发给了另一个手机号或邮箱，请用收到邀请的那一个。"))


@transaction.atomic
def accept_invitation(
    *, token: str, person: Person, by: Actor, title: str = "", now: datetime.datetime | None = None
) -> Invitation:
    """Accept an invitation as a person; of two who try at once, one is in and the other is told that it is used.

    Raises QueqiaoError where it was addressed to somebody else.
    """
    now = now or timezone.now()
    found = find_invitation(token=token, now=now)
    if by.person_id != person.pk and not by.is_system:
        raise ForbiddenError(_("只能以本人身份接受邀请。"))
    addresses = {one for pair in person.users.values_list("mobile", "email") for one in pair if one}
    if found.address and found.address not in addresses:
        raise QueqiaoError(_("这份邀请发给了另一个手机号或邮箱，请用收到邀请的那一个。"))
    _require_inviter(found, person)
    unused = Invitation.objects.filter(pk=found.pk, used_at=None, withdrawn_at=None)
    if not unused.update(used_at=now, used_by=person):
        raise QueqiaoError(_("这份邀请刚刚已被使用或收回。"))
    if found.organisation and found.organisation.state not in (OrganisationState.ACTIVE, OrganisationState.PENDING):
        raise QueqiaoError(_("“{name}”目前不能加入新成员，请联系邀请人。").format(name=found.organisation.name))
    if (
        found.organisation
        and not Affiliation.objects.current().filter(person=person, organisation=found.organisation).exists()
    ):
        Affiliation.objects.create(
            person=person,
            organisation=found.organisation,
            title=title,
            begins_on=timezone.localdate(now),
            recorded_by=by.name,
        )
    give_role(
        person=person,
        kind=RoleKind(found.role),
        organisation=found.organisation,
        scope=found.scope,
        by=system("invitation"),
    )
    state = {"used_by": str(person.pk)}
    record_activity(Change("invitation", found.pk, "accept", {}, state), by=by.name, now=now)
    return found


def _require_inviter(invitation: Invitation, person: Person) -> None:
    """Refuse an invitation whose inviter may not give the role any more, and one that he accepts himself."""
    if invitation.invited_by_id == person.pk:
        raise QueqiaoError(_("不能给自己授予角色，请由其他管理员办理。"))
    inviter = actor_for(invitation.invited_by)
    if not may_give(RoleKind(invitation.role), invitation.organisation, inviter, scope=invitation.scope):
        raise QueqiaoError(_("这份邀请已失效，请向机构管理员重新索取。"))


@transaction.atomic
def accept_as_new(
    *,
    token: str,
    name: str,
    address: str,
    title: str = "",
    password: str = "",
    terms_version: str,
    now: datetime.datetime | None = None,
) -> User:
    """Accept an invitation as somebody who has proved an address and has no account yet; return the new user."""
    found = find_invitation(token=token, now=now)
    check_addressee(invitation=found, address=address)
    if not was_proved(address=address, purpose="join", now=now):
        raise ForbiddenError(_("请先用验证码证明这个手机号或邮箱是您本人的。"))
    if find_user(address) is not None:
        raise QueqiaoError(_("这个手机号或邮箱已有账号，请先登录，再打开邀请链接。"))
    user = new_user(name=name, address=address, password=password, terms_version=terms_version)
    accept_invitation(
        token=token, person=user.person, title=title, by=Actor(f"person:{user.person_id}", user.person_id), now=now
    )
    return user


def new_user(*, name: str, address: str, password: str, terms_version: str) -> User:
    """Write down a person who has proved an address, with his way to sign in and his consent."""
    kind = parse_address(address).kind
    where = "mobile" if kind is AddressKind.MOBILE else "email"
    if find_user(address) is not None:
        raise QueqiaoError(_("这个手机号或邮箱已有账号，请先登录。"))
    person = Person.objects.create(name=name.strip()[:60], **{where: address})
    user = write_user(person, password)
    Consent.objects.create(person=person, document="terms", version=terms_version)
    state = {"name": mark(person.name), where: mark(address)}
    record_activity(Change("person", person.pk, "create", {}, state), by=f"person:{person.pk}")
    return user


@transaction.atomic
def withdraw_invitation(*, invitation: Invitation, by: Actor) -> None:
    """Take an invitation back that nobody has used."""
    if not may_give(RoleKind(invitation.role), invitation.organisation, by, scope=invitation.scope):
        raise ForbiddenError(_("您不能收回这份邀请。"))
    now = timezone.now()
    if not Invitation.objects.filter(pk=invitation.pk, used_at=None).update(withdrawn_at=now):
        raise QueqiaoError(_("这份邀请已经使用过，不能收回；可以改为结束该成员的角色。"))
    record_activity(Change("invitation", invitation.pk, "withdraw", {}, {"withdrawn_at": now}), by=by.name, now=now)


def _keyed(token: str) -> str:
    return hmac.new(settings.SECRET_KEY.encode(), f"invitation|{token}".encode(), hashlib.sha256).hexdigest()
