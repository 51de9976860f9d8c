"""Two records that turn out to be one: everything that points at the one is moved to the other, and can go back.

A dated fact leaves behind what it said before, as a superseded row of its own, so that whoever asks what was known
before the move still finds it. Its key goes on with what stands now: open pages and the log name facts by key.
"""

import datetime
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from django.apps import apps
from django.db import IntegrityError, models, transaction
from django.utils import timezone

from queqiao.accounts.actions.organisations import organisation_state
from queqiao.accounts.actors import Actor
from queqiao.accounts.choices import SITE_ROLES, OrganisationState
from queqiao.accounts.models import Affiliation, Alias, Merge, Organisation, Person, Role, ScopeMembership
from queqiao.accounts.queries import organisations_of, person_state, visible_people
from queqiao.core.actions import Change, queue_for_index, record_activity
from queqiao.core.errors import ForbiddenError, QueqiaoError
from queqiao.core.i18n import _
from queqiao.core.models import DatedFact, ExternalId, Translation
from queqiao.core.queries import history

# Rooms above put in what they have to renew after a move: called with the ids of source and target, which are two
# organisations or two persons, and the rows that changed hands ({"app.Model.field": [id, ...]}), after a merge and
# after a split.
after_move: list[Callable[[uuid.UUID, uuid.UUID, Mapping[str, list[str]]], object]] = []
# Two rows that agree in all of these say the same.
_SAME: tuple[tuple[Any, tuple[str, ...]], ...] = (
    (Role, ("person_id", "organisation_id", "kind", "scope_id", "ends_on")),
    (ScopeMembership, ("organisation_id", "scope_id", "ends_on")),
    (Affiliation, ("person_id", "organisation_id", "title", "department", "ends_on")),
)
_AT_ONCE = 500  # rows that one statement moves
_BY_ID = (ExternalId, Translation)  # these name the kind and the id of what they belong to


@transaction.atomic
def merge_organisations(*, source: Organisation, target: Organisation, by: Actor) -> Merge:
    """Make ``source`` part of ``target``: its people, scopes and records move, its name becomes an alias.

    Its address leads on. Raises ForbiddenError, or QueqiaoError where one of the two was merged in the meantime.
    """
    locked = _both(Organisation, source.pk, target.pk)
    source, target = locked[source.pk], locked[target.pk]
    for one in (source, target):
        _require_standing(one)
        _require_over(one, by)
        if one.state in (OrganisationState.PENDING, OrganisationState.REFUSED):
            # whoever asked to be let in has proved nothing yet and must not become administrator by a merge
            raise QueqiaoError(_("“{name}”尚未通过审核，请先处理它的加入申请，再合并。").format(name=one.name))
    if source.pk in _above(target):
        raise QueqiaoError(_("“{target}”是“{source}”的下级，不能这样合并。").format(target=target, source=source))
    before = organisation_state(source)
    merge = _merge("organisation", source, target, by)
    source.state, source.merged_into = OrganisationState.MERGED, target
    source.revision += 1
    source.save()
    if source.name != target.name:
        _note_alias(merge, Alias(organisation=target, name=source.name, ends_on=timezone.localdate()))
    _record(merge, before, organisation_state(source), "merge", by)
    return merge


@transaction.atomic
def merge_persons(*, source: Person, target: Person, by: Actor) -> Merge:
    """Make two rows of one human one: affiliations, roles and ways to sign in move.

    Raises ForbiddenError where the actor does not look after both, for the one gets all rights of the other.
    """
    locked = _both(Person, source.pk, target.pk)
    source, target = locked[source.pk], locked[target.pk]
    for one in (source, target):
        _require_standing(one)
        _require_over_person(one, by)
        if one.erased_at is not None:
            raise QueqiaoError(_("已注销的人员不能合并。"))
    site = Role.objects.current().filter(person__in=(source, target), kind__in=SITE_ROLES)
    if len(set(site.values_list("kind", flat=True))) > 1:
        raise QueqiaoError(_("系统、安全、审计三种管理员不能由同一人担任。"))
    before = person_state(source)
    merge = _merge("person", source, target, by)
    source.merged_into = target
    source.revision += 1
    source.save()
    if source.name != target.name:
        _note_alias(merge, Alias(person=target, name=source.name, ends_on=timezone.localdate()))
    _record(merge, before, person_state(source), "merge", by)
    return merge


@transaction.atomic
def split(*, merge: Merge, by: Actor) -> None:
    """Undo a merge: what was moved by it and still stands there goes back; what came later stays where it is.

    Raises ForbiddenError, or QueqiaoError where it was undone already or a later merge must be undone first.
    """
    locked = Merge.objects.select_for_update().get(pk=merge.pk)
    model: Any = Organisation if locked.kind == "organisation" else Person
    both = _both(model, locked.source_id, locked.target_id)
    source, target = both[locked.source_id], both[locked.target_id]
    if locked.undone_at is not None:
        raise QueqiaoError(_("这次合并已经拆分过。"))
    _require_standing(target)
    before = _state(source)
    if isinstance(source, Organisation):
        _require_over(target, by)
        source.state = _state_before_merge(source)
    else:
        _require_over_person(target, by)
        if source.erased_at is not None:
            raise QueqiaoError(_("已注销的人员不能拆分。"))
    source.merged_into = None
    source.revision += 1
    source.save()
    _move_back(locked, source, target, by)
    Merge.objects.filter(pk=locked.pk).update(undone_at=timezone.now())
    _record(locked, before, _state(source), "split", by)


def _both(model: Any, one: uuid.UUID, other: uuid.UUID) -> dict[uuid.UUID, Any]:
    """Lock two rows, always in the same order, so that two merges never wait for each other."""
    if one == other:
        raise QueqiaoError(_("不能与自己合并。"))
    return {pk: model.objects.select_for_update().get(pk=pk) for pk in sorted((one, other))}


def _require_standing(one: Any) -> None:
    if one.merged_into_id is None:
        return
    last = Merge.objects.filter(source_id=one.pk, undone_at=None).last()
    when = f"{timezone.localtime(last.recorded_at):%Y-%m-%d %H:%M}" if last else ""
    raise QueqiaoError(
        _("“{name}”已由{who}于 {when} 合并到“{target}”，本次未作改动；请刷新后再看。").format(
            name=one.name, who=_who(last.merged_by if last else ""), when=when, target=one.merged_into.name
        )
    )


def _who(name: str) -> str:
    kind, _colon, person_id = name.partition(":")
    person = Person.objects.filter(pk=person_id).first() if kind == "person" else None
    return person.name if person else _("系统")


def _require_over(organisation: Organisation, by: Actor) -> None:
    if not _is_over(organisation, by):
        raise ForbiddenError(_("只有“{name}”所在范围的运营管理员可以合并或拆分它。").format(name=organisation.name))


def _is_over(organisation: Organisation, by: Actor) -> bool:
    operated = by.ids("operate")
    around = set(ScopeMembership.objects.current().filter(organisation=organisation).values_list("scope", flat=True))
    around |= set(organisation.operated_scopes.values_list("pk", flat=True))
    return by.is_system or bool(around & operated) or (bool(operated) and not around)


def _require_over_person(person: Person, by: Actor) -> None:
    if not (by.is_system or (by.ids("operate") and _is_over_person(person, by))):
        raise ForbiddenError(_("只有负责“{name}”全部所在机构的运营管理员可以合并或拆分他。").format(name=person.name))


def _is_over_person(person: Person, by: Actor) -> bool:
    if Role.objects.current().filter(person=person, kind__in=SITE_ROLES).exists():
        return False
    organisations = list(Organisation.objects.filter(pk__in=organisations_of(person)))
    if not organisations:
        return visible_people(by).filter(pk=person.pk).exists()
    return all(_is_over(one, by) for one in organisations)


def _above(organisation: Organisation) -> set[uuid.UUID]:
    found: set[uuid.UUID] = set()
    here = organisation.parent
    while here is not None and here.pk not in found:
        found.add(here.pk)
        here = here.parent
    return found


def _merge(kind: str, source: Any, target: Any, by: Actor) -> Merge:
    now = timezone.now()
    moved = _join_same(f"{kind}_id", source.pk, target.pk, now)
    for model, field in _pointing_at(type(source)):
        rows = model._base_manager.filter(**{field: source.pk})
        if issubclass(model, DatedFact):
            keys = _restate(rows, {field: target.pk}, by, now)
        else:
            keys = _update(rows, {field: target.pk})
        _note(moved, f"{model._meta.label}.{field}", keys)
    for named in _BY_ID:
        keys = _update(named._default_manager.filter(kind=kind, target_id=source.pk), {"target_id": target.pk})
        _note(moved, f"{named._meta.label}.target_id", keys)
    return Merge.objects.create(kind=kind, source_id=source.pk, target_id=target.pk, moved=moved, merged_by=by.name)


def _note(moved: dict[str, list[Any]], place: str, keys: Sequence[Any]) -> None:
    if keys:
        moved[place] = [key if isinstance(key, int) else str(key) for key in keys]


def _join_same(field: str, source: uuid.UUID, target: uuid.UUID, now: datetime.datetime) -> dict[str, list[Any]]:
    """Let the rows of today that the target has as well, since no later, be superseded by the target's."""
    joined: dict[str, list[Any]] = {}
    for model, names in _SAME:
        rest = [name for name in names if name != field]
        if len(rest) == len(names):
            continue
        current = model.objects.current()
        for row in current.filter(**{field: source}):
            same = current.filter(**{field: target}, **{name: getattr(row, name) for name in rest})
            since = models.Q(begins_on=None) | models.Q(begins_on__lte=row.begins_on) if row.begins_on else None
            kept = same.filter(since or models.Q(begins_on=None)).first()
            if kept is not None:
                _past(row, now, kept.pk).save(force_insert=True)
                # recorded and superseded at once, so that it was known at no moment: it only keeps its key alive
                model.objects.filter(pk=row.pk).update(recorded_at=now, superseded_at=now, superseded_by=kept)
                joined.setdefault(f"{model._meta.label}.superseded_by_id", []).append(str(row.pk))
    return joined


def _restate(rows: models.QuerySet[Any], values: Mapping[str, Any], by: Actor, now: datetime.datetime) -> list[Any]:
    """Let dated facts say something else from now on; return the keys of those that do.

    What is superseded already stays as it is, except for rows that were known at no moment.
    """
    keys = _update(rows.filter(superseded_at__lte=models.F("recorded_at")), values)
    before = {row.pk: row for row in rows.filter(superseded_at=None)}
    said = _update(rows.filter(superseded_at=None), {**values, "recorded_at": now, "recorded_by": by.name})
    past = [_past(before[key], now, key) for key in said]
    rows.model._base_manager.bulk_create(past, batch_size=_AT_ONCE)
    return keys + said


def _past(fact: Any, now: datetime.datetime, successor: uuid.UUID) -> Any:
    """Make the row that keeps what a fact said until now."""
    columns = [field.attname for field in fact._meta.concrete_fields if not field.primary_key]
    said = {name: getattr(fact, name) for name in columns}
    return type(fact)(**said | {"superseded_at": now, "superseded_by_id": successor})


def _update(rows: models.QuerySet[Any], values: Mapping[str, Any]) -> list[Any]:
    """Change rows; return the keys of those that changed.

    A row that would say what another row says already, where that may be said once only, stays.
    """
    keys = list(rows.values_list("pk", flat=True))
    changed: list[Any] = []
    for start in range(0, len(keys), _AT_ONCE):
        some = keys[start : start + _AT_ONCE]
        for part in [some] if _try(rows, some, values) else [[key] for key in some]:
            if part is some or _try(rows, part, values):
                changed += part
    return changed


def _try(rows: models.QuerySet[Any], keys: list[Any], values: Mapping[str, Any]) -> bool:
    try:
        with transaction.atomic():
            rows.filter(pk__in=keys).update(**values)
    except IntegrityError:
        return False
    return True


def _move_back(merge: Merge, source: Any, target: Any, by: Actor) -> None:
    now = timezone.now()
    for place, ids in sorted(merge.moved.items(), key=lambda item: item[0].endswith(".superseded_by_id")):
        label, field = place.rsplit(".", 1)
        model = apps.get_model(label)
        for start in range(0, len(ids), _AT_ONCE):
            rows = model._base_manager.filter(pk__in=ids[start : start + _AT_ONCE])
            if field == "":
                rows.delete()
            elif field == "superseded_by_id":  # back at the source by now; what was ended meanwhile stays ended
                again = rows.filter(superseded_by__superseded_at=None)
                again.update(recorded_at=now, recorded_by=by.name, superseded_at=None, superseded_by=None)
            elif issubclass(model, DatedFact):
                _restate(rows.filter(**{field: target.pk}), {field: source.pk}, by, now)
            else:
                rows.filter(**{field: target.pk}).update(**{field: source.pk})


def _note_alias(merge: Merge, alias: Alias) -> None:
    """Keep the old name with the target, and with the merge, so that a split takes it away again."""
    alias.save()
    merge.moved["accounts.Alias."] = [str(alias.pk)]
    merge.save(update_fields=["moved"])


def _pointing_at(model: Any) -> Iterator[tuple[Any, str]]:
    """Yield every foreign key of the site that points at a table, in all rooms; save what records a merge itself."""
    for other in apps.get_models(include_auto_created=True):
        for field in other._meta.concrete_fields:
            if isinstance(field, models.ForeignKey) and field.related_model is model and field.name != "merged_into":
                yield other, field.attname


def _state_before_merge(organisation: Organisation) -> str:
    last = history("organisation", organisation.pk).filter(verb="merge", changes__has_key="state").last()
    return str(last.changes["state"][0]) if last else str(OrganisationState.ACTIVE)


def _state(one: Any) -> dict[str, Any]:
    return organisation_state(one) if isinstance(one, Organisation) else person_state(one)


def _record(merge: Merge, before: dict[str, Any], after: dict[str, Any], verb: str, by: Actor) -> None:
    """Let the rooms above renew what depends on both sides, then write the activities."""
    for renew in after_move:
        renew(merge.source_id, merge.target_id, merge.moved)
    if merge.kind == "organisation":
        for one in (merge.source_id, merge.target_id):
            queue_for_index(merge.kind, one)
    record_activity(Change(merge.kind, merge.source_id, verb, before, after), by=by.name)
    other = {"merged_from": str(merge.source_id)}
    old, new = ({}, other) if verb == "merge" else (other, {})
    record_activity(Change(merge.kind, merge.target_id, verb, old, new), by=by.name)
