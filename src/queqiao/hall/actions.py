"""The one door for writing in the hall: staff keep themes, and visits are counted."""

import datetime
import logging
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, BinaryIO, TypeVar

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import DatabaseError, connection, transaction
from django.db.models import F, Max
from django.utils import timezone

from queqiao.accounts.actors import Actor
from queqiao.accounts.models import Scope
from queqiao.core.actions import Change, next_number, present, record_activity
from queqiao.core.errors import ForbiddenError, QueqiaoError, StaleError
from queqiao.core.files import PICTURES, FileLimits, inspect, store
from queqiao.core.i18n import _
from queqiao.hall.models import Theme, ThemeItem, ViewCount
from queqiao.hall.queries import MOST_ITEMS, can_keep
from queqiao.records.choices import State
from queqiao.records.models import CatalogueRecord
from queqiao.records.queries import visible

FIELDS = ("title", "title_en", "intro", "intro_en", "begins_on", "ends_on")
COVER_SIZE, COVER_SIDE = 5 * 1024 * 1024, 960  # bytes before, pixels after
PATIENCE_MS = 100  # a visit waits no longer for a busy database than this
log = logging.getLogger("queqiao.hall")
T = TypeVar("T", Theme, ThemeItem)


def theme_state(theme: Theme) -> dict[str, Any]:
    """Return a theme's fields as the log keeps them, and as the form shows them to who edits at the same time."""
    return {name: getattr(theme, name) for name in FIELDS}


@transaction.atomic
def create_theme(*, scope: Scope, values: Mapping[str, Any], by: Actor, now: datetime.datetime | None = None) -> Theme:
    """Begin a theme of a scope; it is not in the hall before it is shown. ForbiddenError, QueqiaoError."""
    _require(scope, by)
    now = now or present()
    last = Theme.objects.filter(scope=scope).aggregate(at=Max("position"))["at"] or 0
    made = Theme(scope=scope, position=last + 1, recorded_at=now)
    made.number = next_number("ZT", timezone.localdate(now).year)
    _write(made, values)
    change = Change("theme", made.pk, "create", {}, theme_state(made) | {"scope": scope.code})
    record_activity(change, by=by.name, now=now)
    return made


@transaction.atomic
def save_theme(*, theme: Theme, values: Mapping[str, Any], base_revision: int, by: Actor) -> Theme:
    """Change what a theme says and its days. StaleError with the other's values where somebody changed it since."""
    locked = _locked(theme, by)
    if locked.revision != base_revision:
        raise StaleError(
            _("“{title}”刚被他人修改过；您的内容已保留，请对照后选择。").format(title=locked.title),
            theirs=theme_state(locked),
            revision=locked.revision,
        )
    before = theme_state(locked)
    locked.revision += 1
    _write(locked, values)
    record_activity(Change("theme", locked.pk, "edit", before, theme_state(locked)), by=by.name)
    return locked


@transaction.atomic
def show_theme(*, theme: Theme, by: Actor) -> Theme:
    """Put a theme into the hall; QueqiaoError while nothing stands in it."""
    locked = _locked(theme, by)
    if not locked.items.exists():
        raise QueqiaoError(_("专题里还没有记录，请先添加再上线。"))
    return _turn(locked, "show", shown=True, by=by)


@transaction.atomic
def withdraw_theme(*, theme: Theme, by: Actor) -> Theme:
    """Take a theme out of the hall; what stands in it stays."""
    return _turn(_locked(theme, by), "withdraw", shown=False, by=by)


@transaction.atomic
def move_theme(*, theme: Theme, up: bool, by: Actor) -> None:
    """Move a theme by one place among those of its scope."""
    Scope.objects.select_for_update().get(pk=theme.scope_id)  # two who move different themes wait for each other here
    locked = _locked(theme, by)
    if _swap(list(Theme.objects.select_for_update().filter(scope=locked.scope)), locked, up=up):
        record_activity(Change("theme", locked.pk, "reorder", {}, {"up": up}), by=by.name)


def set_cover(*, theme: Theme, upload: BinaryIO | None, name: str = "", by: Actor) -> Theme:
    """Keep a picture as a theme's cover, drawn anew and at most ``COVER_SIDE`` pixels wide; None takes it away.

    Raises ForbiddenError, or QueqiaoError that says what is wrong with the file; the old cover then stays.
    """
    _require(theme.scope, by)
    path, told = "", ""
    if upload is not None:
        found = inspect(upload, name, limits=FileLimits(size=COVER_SIZE, side=COVER_SIDE))
        if found.kind not in PICTURES:
            raise QueqiaoError(
                _("封面须是图片（PNG、JPEG 或 WebP），“{name}”不是；原来的封面没有变。").format(name=found.name)
            )
        path, told = store(found, settings.FILES_DIR), found.sha256
    with transaction.atomic():
        locked = _locked(theme, by)
        before = {"cover": bool(locked.cover)}
        locked.cover = path
        locked.save(update_fields=["cover"])
        change = Change("theme", locked.pk, "cover", before, {"cover": bool(path), "sha256": told})
        record_activity(change, by=by.name)
    return locked


@transaction.atomic
def add_item(*, theme: Theme, record: CatalogueRecord, note: str = "", note_en: str = "", by: Actor) -> ThemeItem:
    """Put a published record that the actor sees at the end of a theme. ForbiddenError, QueqiaoError."""
    locked = _locked(theme, by)
    if not visible(type(record), by).filter(pk=record.pk, state=State.PUBLISHED).exists():
        raise QueqiaoError(_("只有已发布的记录可以加入专题。"))
    there = ThemeItem.objects.filter(theme=locked)
    if there.filter(record_id=record.pk).exists():
        raise QueqiaoError(_("这条记录已在专题“{title}”里。").format(title=locked.title))
    if there.count() >= MOST_ITEMS:
        raise QueqiaoError(_("一个专题最多放 {n} 条记录。").format(n=MOST_ITEMS))
    last = there.aggregate(at=Max("position"))["at"] or 0
    made = ThemeItem(theme=locked, kind=record.KIND, record_id=record.pk, position=last + 1)
    made.note, made.note_en = note.strip(), note_en.strip()
    _save(made)
    told = {"item": record.number, "note": made.note}
    record_activity(Change("theme", locked.pk, "add_item", {}, told), by=by.name)
    return made


@transaction.atomic
def note_item(*, item: ThemeItem, note: str, note_en: str = "", by: Actor) -> ThemeItem:
    """Say something else for a record in a theme."""
    theme = _locked(item.theme, by)
    item = _standing(item)
    before = {"note": item.note, "note_en": item.note_en}
    item.note, item.note_en = note.strip(), note_en.strip()
    _save(item, only=("note", "note_en"))
    told = {"note": item.note, "note_en": item.note_en}
    record_activity(Change("theme", theme.pk, "note_item", before, told), by=by.name)
    return item


@transaction.atomic
def remove_item(*, item: ThemeItem, by: Actor) -> None:
    """Take a record out of a theme; what was taken out already stays out."""
    theme = _locked(item.theme, by)
    if ThemeItem.objects.filter(pk=item.pk).delete()[0]:
        before = {"item": str(item.record_id), "note": item.note}
        record_activity(Change("theme", theme.pk, "remove_item", before, {}), by=by.name)


@transaction.atomic
def move_item(*, item: ThemeItem, up: bool, by: Actor) -> None:
    """Move a record by one place within its theme."""
    theme = _locked(item.theme, by)
    if _swap(list(theme.items.all()), _standing(item), up=up):
        record_activity(Change("theme", theme.pk, "reorder", {}, {"item": str(item.record_id), "up": up}), by=by.name)


def count_view(record: CatalogueRecord, day: datetime.date) -> bool:
    """Count one visit of a record's page; False where the database was busy, and the visit is not counted.

    Nothing is said of who it was, and no activity is written: a count is no change of the record.
    """
    row = ViewCount.objects.filter(record_id=record.pk, day=day)
    try:
        with _impatient(), transaction.atomic():
            if not row.update(count=F("count") + 1):
                first = ViewCount(kind=record.KIND, record_id=record.pk, day=day)
                ViewCount.objects.bulk_create([first], ignore_conflicts=True)
                row.update(count=F("count") + 1)
    except DatabaseError as error:
        log.warning("a visit was not counted: %s", type(error).__name__)
        return False
    return True


@contextmanager
def _impatient() -> Iterator[None]:
    """Let the database refuse at once what it would make wait; both databases say it in their own words."""
    sqlite = connection.vendor == "sqlite"
    with connection.cursor() as cursor:
        cursor.execute(f"PRAGMA busy_timeout = {PATIENCE_MS}" if sqlite else f"SET lock_timeout = {PATIENCE_MS}")
        try:
            yield
        finally:
            usual = int(connection.settings_dict["OPTIONS"].get("timeout", 5) * 1000)
            cursor.execute(f"PRAGMA busy_timeout = {usual}" if sqlite else "RESET lock_timeout")


def _require(scope: Scope, by: Actor) -> None:
    if not can_keep(scope, by):
        raise ForbiddenError(_("只有“{name}”的运营人员可以编排它的专题。").format(name=scope.name))


def _locked(theme: Theme, by: Actor) -> Theme:
    locked: Theme = Theme.objects.select_for_update(of=("self",)).select_related("scope").get(pk=theme.pk)
    _require(locked.scope, by)
    return locked


def _standing(item: ThemeItem) -> ThemeItem:
    """Read an item again once its theme is held."""
    found = ThemeItem.objects.filter(pk=item.pk).first()
    if found is None:
        raise QueqiaoError(_("这条记录已被移出专题，本次未作改动；请刷新后再看。"))
    return found


def _turn(theme: Theme, verb: str, *, shown: bool, by: Actor) -> Theme:
    if theme.shown != shown:
        theme.shown = shown
        theme.save(update_fields=["shown"])
        record_activity(Change("theme", theme.pk, verb, {"shown": not shown}, {"shown": shown}), by=by.name)
    return theme


def _write(theme: Theme, values: Mapping[str, Any]) -> None:
    unknown = sorted(set(values) - set(FIELDS))
    if unknown:
        raise ValueError(f"a theme has no {unknown}")
    for name, value in values.items():
        setattr(theme, name, value)
    if theme.begins_on and theme.ends_on and theme.ends_on < theme.begins_on:
        raise QueqiaoError(_("结束日期不能早于开始日期。"))
    _save(theme)


def _save(row: Theme | ThemeItem, only: Sequence[str] | None = None) -> None:
    try:
        row.clean_fields()
    except ValidationError as error:
        raise QueqiaoError(_("专题没有保存：{problem}").format(problem=error.messages[0])) from error
    row.save(update_fields=only)


def _swap(rows: Sequence[T], one: T, *, up: bool) -> bool:
    """Exchange a row with its neighbour and number them anew; False where it is at that end already."""
    order: list[uuid.UUID] = [row.pk for row in rows]
    here = order.index(one.pk)
    there = here - 1 if up else here + 1
    if not 0 <= there < len(order):
        return False
    order[here], order[there] = order[there], order[here]
    places = {pk: place for place, pk in enumerate(order, 1)}
    for row in rows:
        if row.position != places[row.pk]:
            type(row).objects.filter(pk=row.pk).update(position=places[row.pk])
    return True
