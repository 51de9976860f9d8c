"""Keeping people: their data, where they work, what they may do, who stands in for them, and their leaving."""

import datetime
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from queqiao.accounts.actions.erasing import ERASED_NAME, erase_person, on_erase
from queqiao.accounts.actors import Actor
from queqiao.accounts.channels import parse_address
from queqiao.accounts.choices import GIVEN_BY_ORGANISATION, SITE_ROLES, RoleKind
from queqiao.accounts.models import Affiliation, Alias, Organisation, Person, Role, Scope, Substitution, User
from queqiao.accounts.queries import PERSON_FIELDS, can_manage_organisation, person_state, visible_people
from queqiao.core.actions import Change, present, record_activity
from queqiao.core.errors import ForbiddenError, QueqiaoError, StaleError
from queqiao.core.i18n import _

__all__ = [
    "ERASED_NAME",
    "add_affiliation",
    "correct_affiliation",
    "create_person",
    "end_affiliation",
    "end_role",
    "erase_person",
    "give_role",
    "may_give",
    "on_erase",
    "reveal_contact",
    "substitute",
    "update_person",
]


@transaction.atomic
def create_person(*, values: Mapping[str, Any], by: Actor, now: datetime.datetime | None = None) -> Person:
    """Write a person down. Staff, organisation administrators and the system may."""
    if not (by.is_staff or by.is_system or by.ids("admin")):
        raise ForbiddenError(_("您不能登记人员。"))
    now = now or present()
    made = Person(recorded_at=now)
    _apply(made, values)
    made.save(force_insert=True)
    record_activity(Change("person", made.pk, "create", {}, person_state(made)), by=by.name, now=now)
    return made


@transaction.atomic
def update_person(*, person: Person, values: Mapping[str, Any], base_revision: int, by: Actor) -> Person:
    """Change a person's data; his own, or those of people whom the actor looks after."""
    locked = Person.objects.select_for_update().get(pk=person.pk)
    if locked.erased_at is not None or not visible_people(by).filter(pk=locked.pk).exists():
        raise ForbiddenError(_("您不能修改这个人的资料。"))
    if locked.revision != base_revision:
        raise StaleError(
            _("“{title}”刚被他人修改过；您的内容已保留，请对照后选择。").format(title=locked.name),
            theirs={name: getattr(locked, name) for name in PERSON_FIELDS},
            revision=locked.revision,
        )
    before, old_name = person_state(locked), locked.name
    _apply(locked, values)
    after = person_state(locked)
    if before == after:
        return locked
    locked.revision += 1
    locked.save()
    if locked.name != old_name:
        Alias.objects.create(person=locked, name=old_name, ends_on=timezone.localdate())
    record_activity(Change("person", locked.pk, "edit", before, after), by=by.name)
    return locked


@transaction.atomic
def add_affiliation(
    *,
    person: Person,
    organisation: Organisation,
    title: str = "",
    department: str = "",
    begins_on: datetime.date | None = None,
    by: Actor,
) -> Affiliation:
    """Note that a person works at an organisation, from a day on where one is given."""
    _require_over(organisation, by)
    made = Affiliation.objects.create(
        person=person,
        organisation=organisation,
        title=title,
        department=department,
        begins_on=begins_on,
        recorded_by=by.name,
    )
    record_activity(Change("person", person.pk, "affiliate", {}, _affiliation_state(made)), by=by.name)
    return made


@transaction.atomic
def end_affiliation(*, affiliation: Affiliation, ends_on: datetime.date, by: Actor) -> Affiliation:
    """Note that a person works somewhere no longer; the old row is superseded by one that ends."""
    _require_over(affiliation.organisation, by)
    if affiliation.begins_on and ends_on < affiliation.begins_on:
        raise QueqiaoError(_("结束日期早于开始日期。"))
    return _supersede(affiliation, {"ends_on": ends_on}, "leave", by)


@transaction.atomic
def correct_affiliation(*, affiliation: Affiliation, values: Mapping[str, Any], by: Actor) -> Affiliation:
    """Put right what was noted of an affiliation (title, department, days); what was known before stays readable."""
    _require_over(affiliation.organisation, by)
    unknown = sorted(set(values) - {"title", "department", "begins_on", "precision", "ends_on"})
    if unknown:
        raise ValueError(f"an affiliation has no {unknown}")
    return _supersede(affiliation, values, "correct", by)


def _supersede(affiliation: Affiliation, values: Mapping[str, Any], verb: str, by: Actor) -> Affiliation:
    old = Affiliation.objects.select_for_update().get(pk=affiliation.pk)
    if old.superseded_at is not None:
        raise QueqiaoError(_("这条任职刚被他人更正过，本次未作改动；请刷新后再看。"))
    names = ("person_id", "organisation_id", "title", "department", "begins_on", "precision", "ends_on")
    now = timezone.now()
    kept = {name: getattr(old, name) for name in names}
    made = Affiliation.objects.create(**(kept | dict(values)), recorded_at=now, recorded_by=by.name)
    Affiliation.objects.filter(pk=old.pk).update(superseded_at=now, superseded_by=made)
    change = Change("person", old.person_id, verb, _affiliation_state(old), _affiliation_state(made))
    record_activity(change, by=by.name, now=now)
    return made


def _affiliation_state(affiliation: Affiliation) -> dict[str, Any]:
    return {
        "affiliation": str(affiliation.pk),
        "organisation": str(affiliation.organisation_id),
        "title": affiliation.title,
        "department": affiliation.department,
        "begins_on": affiliation.begins_on,
        "ends_on": affiliation.ends_on,
    }


def may_give(kind: RoleKind, organisation: Organisation | None, actor: Actor, *, scope: Scope | None = None) -> bool:
    """Whether the actor may give or end a role: an organisation's own, an operator's, or one for the whole site.

    An operator's role holds in ``scope``, or in all scopes of the operator where none is named; the actor must
    administer every one of them, so that nobody gives more than he has.
    """
    if actor.is_system:
        return True
    if kind in SITE_ROLES:
        return organisation is None and scope is None and actor.has("system_admin")
    if organisation is None:
        return False
    if kind in GIVEN_BY_ORGANISATION:
        return scope is None and can_manage_organisation(organisation, actor)
    operated = set(organisation.operated_scopes.values_list("pk", flat=True))
    wanted = operated if scope is None else {scope.pk} & operated
    return bool(wanted) and wanted <= actor.ids("operate")


@transaction.atomic
def give_role(
    *, person: Person, kind: RoleKind, organisation: Organisation | None = None, scope: Scope | None = None, by: Actor
) -> Role:
    """Give another person a role from today on; the same role twice is one. The three site roles exclude each other."""
    if not may_give(kind, organisation, by, scope=scope):
        raise ForbiddenError(_("您不能授予“{role}”。").format(role=kind.label))
    if by.person_id == person.pk and not by.is_system:
        raise QueqiaoError(_("不能给自己授予角色，请由其他管理员办理。"))
    Person.objects.select_for_update().get(pk=person.pk)  # two roles at once wait for each other
    held = Role.objects.current().filter(person=person)
    if kind in SITE_ROLES and held.filter(kind__in=SITE_ROLES - {kind}).exists():
        raise QueqiaoError(_("系统、安全、审计三种管理员不能由同一人担任。"))
    there: Role | None = held.filter(kind=kind, organisation=organisation, scope=scope).first()
    if there:
        return there
    made = Role.objects.create(
        person=person,
        kind=kind,
        organisation=organisation,
        scope=scope,
        begins_on=timezone.localdate(),
        recorded_by=by.name,
    )
    record_activity(Change("person", person.pk, "give_role", {}, _role_state(made)), by=by.name)
    return made


@transaction.atomic
def end_role(*, role: Role, by: Actor) -> None:
    """End a role at once, and with it every row that says the same; the rows stay, superseded.

    Whoever operates a scope today may end all roles in it, those that the operator before him gave as well.
    """
    role = Role.objects.select_related("organisation", "scope").get(pk=role.pk)
    operates = role.scope_id is not None and by.has(f"operate:{role.scope_id}")
    if not (operates or may_give(RoleKind(role.kind), role.organisation, by, scope=role.scope)):
        raise ForbiddenError(_("您不能收回“{role}”。").format(role=RoleKind(role.kind).label))
    if role.superseded_at is not None and role.superseded_by_id is None:
        return
    same = Role.objects.filter(
        person=role.person_id, kind=role.kind, organisation=role.organisation_id, scope=role.scope_id
    )
    if same.filter(superseded_at=None).update(superseded_at=timezone.now()):
        record_activity(Change("person", role.person_id, "end_role", _role_state(role), {}), by=by.name)


@transaction.atomic
def substitute(
    *, person: Person, substitute: Person | None, begins_on: datetime.date, ends_on: datetime.date, by: Actor
) -> Substitution:
    """Let a colleague stand in for a person from a day to a day, both included.

    Somebody from elsewhere and None (no such account) are refused alike, so that nobody learns who has an account.
    """
    if by.person_id != person.pk and not by.is_system:
        raise ForbiddenError(_("只能为自己设置代理。"))
    if substitute is not None and substitute.pk == person.pk:
        raise QueqiaoError(_("代理人不能是自己。"))
    if substitute is None or not _are_colleagues(person, substitute):
        raise QueqiaoError(_("没有找到可以代理您的同事；代理人须与您在同一机构担任角色，请核对手机号或邮箱。"))
    if substitute.erased_at is not None or substitute.merged_into_id is not None:
        raise QueqiaoError(_("代理人的账号已不再使用。"))
    if ends_on < begins_on:
        raise QueqiaoError(_("结束日期早于开始日期。"))
    made = Substitution.objects.create(
        person=person, substitute=substitute, begins_on=begins_on, ends_on=ends_on, recorded_by=by.name
    )
    state = {"substitute": str(substitute.pk), "from": str(begins_on), "to": str(ends_on)}
    record_activity(Change("person", person.pk, "substitute", {}, state), by=by.name)
    return made


def _are_colleagues(one: Person, other: Person) -> bool:
    own = Role.objects.current().filter(person=one).exclude(organisation=None).values("organisation")
    return Role.objects.current().filter(person=other, organisation__in=own).exists()


@transaction.atomic
def end_substitution(*, substitution: Substitution, by: Actor) -> None:
    """Take a substitution back at once; the row stays, superseded."""
    if by.person_id != substitution.person_id and not by.is_system:
        raise ForbiddenError(_("只能取消自己设置的代理。"))
    standing = Substitution.objects.filter(pk=substitution.pk, superseded_at=None)
    if standing.update(superseded_at=timezone.now()):
        state = {"substitute": str(substitution.substitute_id)}
        record_activity(Change("person", substitution.person_id, "end_substitute", state, {}), by=by.name)


def reveal_contact(*, person: Person, by: Actor) -> dict[str, str]:
    """Show a person's contact in full and note who looked; only to who may see the person at all."""
    if not visible_people(by).filter(pk=person.pk).exists():
        raise ForbiddenError(_("您不能查看这个人的联系方式。"))
    with transaction.atomic():
        shown = [name for name in ("mobile", "email") if getattr(person, name)]
        record_activity(Change("person", person.pk, "reveal", {}, {"shown": shown}), by=by.name)
    return {"mobile": person.mobile, "email": person.email}


def _require_over(organisation: Organisation, by: Actor) -> None:
    if not (by.is_system or can_manage_organisation(organisation, by)):
        raise ForbiddenError(_("您不能修改机构“{name}”的人员。").format(name=organisation.name))


def _apply(person: Person, values: Mapping[str, Any]) -> None:
    unknown = sorted(set(values) - set(PERSON_FIELDS))
    if unknown:
        raise ValueError(f"a person has no {unknown}")
    for name, value in values.items():
        setattr(person, name, _stored_form(name, value))
    if not person.name:
        raise QueqiaoError(_("请填写姓名。"))
    try:
        person.clean_fields()
    except ValidationError as error:
        name, problems = next(iter(error.message_dict.items()))
        raise QueqiaoError(_("资料没有保存：{problem}").format(problem=f"{name}: {problems[0]}")) from error


def _stored_form(name: str, value: Any) -> Any:
    if name not in ("mobile", "email") or not value:
        return value.strip() if isinstance(value, str) else value
    address = parse_address(value)
    if address.kind.value != name:
        raise QueqiaoError(_("手机号和电子邮箱填错了位置，请核对。"))
    return address.value


def _role_state(role: Role) -> dict[str, Any]:
    return {
        "role": str(role.kind),
        "organisation": str(role.organisation_id) if role.organisation_id else None,
        "scope": str(role.scope_id) if role.scope_id else None,
    }


@transaction.atomic
def open_account(*, person: Person, password: str = "", by: Actor) -> User:
    """Let a person sign in by his mobile number or e-mail address: by a code, and by a password where one is given.

    For the system only; people open their accounts themselves, from an invitation or a registration.
    """
    if not by.is_system:
        raise ForbiddenError(_("账号由本人从邀请或机构申请开立。"))
    user = write_user(person, password)
    record_activity(Change("user", user.pk, "create", {}, {"person": str(person.pk)}), by=by.name)
    return user


def write_user(person: Person, password: str) -> User:
    """Write the row by which a person signs in; without a password he does so by a code."""
    user = User(person=person, mobile=person.mobile or None, email=person.email or None)
    if password:
        user.set_password(password)
    else:
        user.set_unusable_password()
    user.save()
    return user
