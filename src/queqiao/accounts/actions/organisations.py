"""Keeping organisations: their data, their other names, and the scopes that they are in."""

import datetime
import uuid
from collections.abc import Callable, Mapping
from typing import Any, BinaryIO

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from queqiao.accounts.actors import Actor
from queqiao.accounts.choices import OrganisationState
from queqiao.accounts.models import Alias, Organisation, Scope, ScopeMembership
from queqiao.accounts.queries import can_manage_organisation, looks_after
from queqiao.core.actions import Change, next_number, present, queue_for_index, record_activity
from queqiao.core.errors import ForbiddenError, QueqiaoError, StaleError
from queqiao.core.files import PICTURES, FileLimits, NoPictureError, inspect, store
from queqiao.core.i18n import _

FIELDS = (
    "name", "name_en", "short_name", "kind", "parent", "region", "longitude", "latitude", "credit_code", "industry",
    "size", "listed", "tags", "website", "introduction", "contact_name", "contact_mobile", "contact_email",
)  # fmt: skip
PROVED = ("name", "kind", "credit_code")  # what the operator looked at when he let the organisation in
# Rooms above say how much of an organisation is still open.
still_open: list[Callable[[Organisation], int]] = []
LOGO_SIZE, LOGO_SIDE = 5 * 1024 * 1024, 512  # bytes before, pixels after
PERSONAL = ("contact_name", "contact_mobile", "contact_email")


def organisation_state(organisation: Organisation) -> dict[str, Any]:
    """Return an organisation's fields as the log keeps them; of its contacts only whether there are any."""
    values: dict[str, Any] = {}
    for name in FIELDS:
        value = getattr(organisation, f"{name}_id" if name in ("parent", "region") else name)
        values[name] = bool(value) if name in PERSONAL else str(value) if name == "parent" and value else value
    return values | {"state": organisation.state, "merged_into": _text(organisation.merged_into_id)}


@transaction.atomic
def create_organisation(
    *, values: Mapping[str, Any], by: Actor, state: str = "active", now: datetime.datetime | None = None
) -> Organisation:
    """Write a new organisation down. Staff and the system may; QueqiaoError where the code is known already."""
    if not (by.is_staff or by.is_system):
        raise ForbiddenError(_("只有运营人员可以登记机构。"))
    now = now or present()
    made = Organisation(state=state, recorded_at=now)
    _apply(made, values)
    made.number = next_number("JG", timezone.localdate(now).year)
    _save(made)
    queue_for_index("organisation", made.pk)
    record_activity(Change("organisation", made.pk, "create", {}, organisation_state(made)), by=by.name, now=now)
    return made


@transaction.atomic
def update_organisation(
    *, organisation: Organisation, values: Mapping[str, Any], base_revision: int, by: Actor
) -> Organisation:
    """Change an organisation's data; a new name keeps the old one as an alias until today.

    What was proved when an organisation was let in is changed only by who looks after it.
    Raises StaleError with the other's values where somebody else changed it since, ForbiddenError, QueqiaoError.
    """
    locked = Organisation.objects.select_for_update().get(pk=organisation.pk)
    _require(locked, by)
    if locked.revision != base_revision:
        raise StaleError(
            _("“{title}”刚被他人修改过；您的内容已保留，请对照后选择。").format(title=locked.name),
            theirs=organisation_state(locked) | {name: getattr(locked, name) for name in PERSONAL},
            revision=locked.revision,
        )
    before, old_name = organisation_state(locked), locked.name
    _apply(locked, values)
    after = organisation_state(locked)
    changed = any(before[name] != after[name] for name in PROVED)
    if changed and locked.state == OrganisationState.ACTIVE and not looks_after(locked, by):
        raise QueqiaoError(_("机构名称、类型和统一社会信用代码已经审核，请联系所在范围的运营方修改。"))
    if before == after and not set(values) & set(PERSONAL):
        return locked
    locked.revision += 1
    _save(locked)
    if locked.name != old_name:
        Alias.objects.create(organisation=locked, name=old_name, ends_on=timezone.localdate())
    queue_for_index("organisation", locked.pk)
    record_activity(Change("organisation", locked.pk, "edit", before, after), by=by.name)
    return locked


@transaction.atomic
def add_alias(
    *,
    organisation: Organisation,
    name: str,
    begins_on: datetime.date | None = None,
    ends_on: datetime.date | None = None,
    by: Actor,
) -> Alias:
    """Note another name of an organisation and from when to when it was used."""
    _require(organisation, by)
    if not name.strip():
        raise QueqiaoError(_("请填写名称。"))
    made = Alias.objects.create(organisation=organisation, name=name.strip(), begins_on=begins_on, ends_on=ends_on)
    queue_for_index("organisation", organisation.pk)
    change = Change("organisation", organisation.pk, "alias", {}, {"alias": made.name})
    record_activity(change, by=by.name)
    return made


@transaction.atomic
def join_scope(
    *, organisation: Organisation, scope: Scope, by: Actor, begins_on: datetime.date | None = None
) -> ScopeMembership:
    """Let an organisation into a scope from a day on (today where none is given); being in it twice is once."""
    if not by.has(f"staff:{scope.pk}"):
        raise ForbiddenError(_("只有“{name}”的运营人员可以办理加入。").format(name=scope.name))
    there: ScopeMembership | None = (
        ScopeMembership.objects.current().filter(organisation=organisation, scope=scope).first()
    )
    if there:
        return there
    made = ScopeMembership.objects.create(
        organisation=organisation, scope=scope, begins_on=begins_on or timezone.localdate(), recorded_by=by.name
    )
    record_activity(Change("organisation", organisation.pk, "join", {}, {"scope": scope.code}), by=by.name)
    return made


@transaction.atomic
def leave_scope(*, membership: ScopeMembership, by: Actor, ends_on: datetime.date | None = None) -> ScopeMembership:
    """Let an organisation leave a scope; the old row is superseded by one that ends (yesterday where none is given)."""
    if not by.has(f"staff:{membership.scope_id}"):
        raise ForbiddenError(_("只有“{name}”的运营人员可以办理退出。").format(name=membership.scope.name))
    membership = ScopeMembership.objects.select_for_update().get(pk=membership.pk)
    if membership.superseded_at is not None:
        raise QueqiaoError(_("退出已由他人办理，本次未作改动；请刷新后再看。"))
    now = timezone.now()
    ends_on = ends_on or timezone.localdate() - datetime.timedelta(days=1)
    made = ScopeMembership.objects.create(
        organisation=membership.organisation,
        scope=membership.scope,
        begins_on=membership.begins_on,
        precision=membership.precision,
        ends_on=ends_on,
        recorded_by=by.name,
    )
    ScopeMembership.objects.filter(pk=membership.pk).update(superseded_at=now, superseded_by=made)
    change = Change("organisation", membership.organisation_id, "leave", {"scope": membership.scope.code}, {})
    record_activity(change, by=by.name)
    return made


@transaction.atomic
def create_scope(*, values: Mapping[str, Any], by: Actor) -> Scope:
    """Write a new scope down; an operator administrator may below his own scopes, the system administrator anywhere."""
    parent = values.get("parent")
    if not by.has("system_admin", *([f"operate:{parent.pk}"] if parent else [])):
        raise ForbiddenError(_("只有上级范围的运营管理员或系统管理员可以新建范围。"))
    made = Scope(**values)
    try:
        made.full_clean()
        made.save(force_insert=True)
    except ValidationError as error:
        raise QueqiaoError(_("范围没有建成：{problem}").format(problem=_first(error))) from error
    state = {"code": made.code, "name": made.name, "operator": str(made.operator_id), "parent": _text(made.parent_id)}
    record_activity(Change("scope", made.pk, "create", {}, state), by=by.name)
    return made


@transaction.atomic
def update_scope(*, scope: Scope, values: Mapping[str, Any], by: Actor) -> Scope:
    """Change a scope's data. QueqiaoError where its new parent is the scope itself or lies below it."""
    locked = {one.pk: one for one in Scope.objects.select_for_update().order_by("pk")}  # tens of rows, never a ring
    scope = locked[scope.pk]
    if not by.has(f"operate:{scope.pk}", "system_admin"):
        raise ForbiddenError(_("只有“{name}”的运营管理员可以修改。").format(name=scope.name))
    names = sorted(set(values) - {"classifications"})
    before = {name: str(getattr(scope, name) or "") for name in names}
    for name in names:
        setattr(scope, name, values[name])
    _refuse_ring(scope, locked)
    try:
        scope.full_clean()
    except ValidationError as error:
        raise QueqiaoError(_("范围没有保存：{problem}").format(problem=_first(error))) from error
    scope.save()
    if "classifications" in values:
        scope.classifications.set(values["classifications"])
    after = {name: str(getattr(scope, name) or "") for name in names}
    record_activity(Change("scope", scope.pk, "edit", before, after), by=by.name)
    return scope


def _refuse_ring(scope: Scope, rows: Mapping[uuid.UUID, Scope]) -> None:
    above = scope.parent_id
    while above is not None:
        if above == scope.pk:
            raise QueqiaoError(_("上级范围不能是它自己或它的下级。"))
        above = rows[above].parent_id


@transaction.atomic
def archive_organisation(*, organisation: Organisation, archived: bool, by: Actor) -> Organisation:
    """Put an organisation that is gone away, or bring it back; its rows and every count stay.

    Only the staff of its scopes. QueqiaoError where something of it is still published.
    """
    locked = Organisation.objects.select_for_update().get(pk=organisation.pk)
    if not looks_after(locked, by):
        raise ForbiddenError(_("只有“{name}”所在范围的运营人员可以归档或恢复它。").format(name=locked.name))
    wanted, known = OrganisationState.ARCHIVED, OrganisationState.ACTIVE
    before, after = (known, wanted) if archived else (wanted, known)
    if locked.state != before:
        raise QueqiaoError(_("“{name}”现在的状态不能这样办理，请刷新后再看。").format(name=locked.name))
    open_ones = sum(count(locked) for count in still_open) if archived else 0
    if open_ones:
        raise QueqiaoError(
            _("“{name}”还有 {n} 条登记在公开或待审，请先撤回或退回，再归档。").format(name=locked.name, n=open_ones)
        )
    locked.state = after
    locked.save(update_fields=["state"])
    queue_for_index("organisation", locked.pk)
    change = Change(
        "organisation", locked.pk, "archive" if archived else "restore", {"state": before}, {"state": after}
    )
    record_activity(change, by=by.name)
    return locked


def set_logo(*, organisation: Organisation, upload: BinaryIO | None, name: str = "", by: Actor) -> Organisation:
    """Keep a picture as an organisation's logo, drawn anew and at most ``LOGO_SIDE`` pixels wide; None takes it away.

    Raises ForbiddenError, or QueqiaoError that says what is wrong with the file; the old logo then stays.
    """
    _require(organisation, by)
    path, told = "", ""
    if upload is not None:
        no_picture = _("标志须是图片（PNG、JPEG 或 WebP），“{name}”不是；原来的标志没有变。").format(name=name)
        try:
            found = inspect(upload, name, limits=FileLimits(size=LOGO_SIZE, side=LOGO_SIDE))
        except NoPictureError as error:  # whose sentence names what may be kept elsewhere
            raise QueqiaoError(no_picture) from error
        if found.kind not in PICTURES:
            raise QueqiaoError(no_picture)
        path, told = store(found, settings.FILES_DIR), found.sha256
    with transaction.atomic():
        locked = Organisation.objects.select_for_update().get(pk=organisation.pk)
        before = {"logo": bool(locked.logo)}
        locked.logo = path
        locked.save(update_fields=["logo"])
        change = Change("organisation", locked.pk, "logo", before, {"logo": bool(path), "sha256": told})
        record_activity(change, by=by.name)
    return locked


def reveal_organisation_contact(*, organisation: Organisation, by: Actor) -> dict[str, str]:
    """Show an organisation's contact in full and note who looked."""
    _require(organisation, by)
    with transaction.atomic():
        shown = [name for name in PERSONAL if getattr(organisation, name)]
        record_activity(Change("organisation", organisation.pk, "reveal", {}, {"shown": shown}), by=by.name)
    return {name: getattr(organisation, name) for name in PERSONAL}


def _require(organisation: Organisation, by: Actor) -> None:
    if not (by.is_system or can_manage_organisation(organisation, by)):
        raise ForbiddenError(_("您不能修改机构“{name}”。").format(name=organisation.name))


def _apply(organisation: Organisation, values: Mapping[str, Any]) -> None:
    unknown = sorted(set(values) - set(FIELDS))
    if unknown:
        raise ValueError(f"an organisation has no {unknown}")
    for name, value in values.items():
        setattr(organisation, name, (value or None) if name == "credit_code" else value)


def _save(organisation: Organisation) -> None:
    try:
        organisation.clean_fields()
        with transaction.atomic():
            organisation.save()
    except ValidationError as error:
        raise QueqiaoError(_("机构没有保存：{problem}").format(problem=_first(error))) from error
    except IntegrityError as error:
        raise QueqiaoError(_("这个统一社会信用代码已有机构使用；请查找该机构，或申请合并。")) from error


def _first(error: ValidationError) -> str:
    name, problems = next(iter(error.message_dict.items()))
    return f"{name}: {problems[0]}"


def _text(value: Any) -> str | None:
    return str(value) if value else None
