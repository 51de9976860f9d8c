"""What stands in the hall: themes with what the reader may see of them, what is popular, what ends soon."""

import datetime
import uuid
from typing import Any, TypeVar

from django.db.models import Q, QuerySet, Sum
from django.utils import timezone

from queqiao.accounts.actors import Actor
from queqiao.accounts.models import Scope
from queqiao.hall.models import Theme, ThemeItem, ViewCount
from queqiao.records.choices import State
from queqiao.records.models import CatalogueRecord, concrete_kinds
from queqiao.records.presenting import Face, faces, with_rows
from queqiao.records.queries import visible

R = TypeVar("R", bound=CatalogueRecord)
MOST_ITEMS = 60  # so many records stand in one theme
POPULAR_DAYS, SOON_DAYS = 30, 30
MOST_VIEWED = 300  # so many of the most viewed are asked for what the reader may see


def shown_themes(day: datetime.date | None = None) -> QuerySet[Theme]:
    """Return the themes that stand in the hall on ``day`` (today where none is given)."""
    day = day or timezone.localdate()
    begun = Q(begins_on=None) | Q(begins_on__lte=day)
    lasting = Q(ends_on=None) | Q(ends_on__gte=day)
    return Theme.objects.filter(begun, lasting, shown=True)


def kept_themes(actor: Actor) -> QuerySet[Theme]:
    """Return the themes that the actor may keep: those of the scopes in which he works."""
    return Theme.objects.filter(scope__in=actor.ids("staff"))


def visible_themes(actor: Actor) -> QuerySet[Theme]:
    """Return the themes that the actor may look at: those in the hall, and those that he keeps."""
    return Theme.objects.filter(Q(pk__in=shown_themes().values("pk")) | Q(scope__in=actor.ids("staff")))


def can_keep(scope: Scope, actor: Actor) -> bool:
    """Whether the actor may put together themes of a scope."""
    return actor.has(f"staff:{scope.pk}")


def items_with_faces(theme: Theme, actor: Actor) -> list[tuple[ThemeItem, Face | None]]:
    """Return what stands in a theme in its order, with the face that the actor sees, None where he sees none.

    Only what is published has a face here. The number of queries grows with the kinds, not with the items.
    """
    items = list(theme.items.all()[:MOST_ITEMS])
    by_kind: dict[str, list[uuid.UUID]] = {}
    for item in items:
        by_kind.setdefault(item.kind, []).append(item.record_id)
    found: dict[uuid.UUID, Face] = {}
    for kind, model in concrete_kinds().items():
        rows: Any = visible(model, actor).filter(pk__in=by_kind.get(kind, []), state=State.PUBLISHED)
        found |= {face.id: face for face in faces(with_rows(rows))}
    return [(item, found.get(item.record_id)) for item in items]


def popular(actor: Actor, model: type[R], most: int) -> list[R]:
    """Return the published records of one kind that were viewed most in the last days, as the actor may see them."""
    since = timezone.localdate() - datetime.timedelta(days=POPULAR_DAYS)
    counted = ViewCount.objects.filter(kind=model.KIND, day__gt=since).values("record_id").annotate(views=Sum("count"))
    views = dict(counted.order_by("-views", "record_id").values_list("record_id", "views")[:MOST_VIEWED])
    if not views:
        return []
    seen = visible(model, actor).filter(pk__in=list(views), state=State.PUBLISHED).order_by()
    order = sorted(seen.values_list("pk", flat=True), key=lambda pk: (-views[pk], pk))[:most]
    rows = {row.pk: row for row in with_rows(visible(model, actor).filter(pk__in=order))}
    return [rows[pk] for pk in order if pk in rows]


def ending_soon(actor: Actor, model: type[R], most: int) -> list[tuple[datetime.date, R]]:
    """Return published records whose validity, or whose deadline, ends within the next days, the nearest first.

    Of a blind record, who sees no more than its blind form learns no day that is not in it.
    """
    today = timezone.localdate()
    span = (today, today + datetime.timedelta(days=SOON_DAYS))
    near: dict[uuid.UUID, tuple[datetime.date, R]] = {}
    for name in [name for name in ("valid_until", "deadline") if name in model.CONTENT]:
        rows: Any = visible(model, actor).filter(state=State.PUBLISHED, **{f"{name}__range": span})
        if name not in model.BLIND:
            rows = rows.filter(is_whole=True)
        for row in with_rows(rows.order_by(name, "pk"))[:most]:
            day = getattr(row, name)
            near[row.pk] = min((day, row), near.get(row.pk, (day, row)), key=lambda pair: pair[0])
    return sorted(near.values(), key=lambda pair: (pair[0], pair[1].number))[:most]


def covers() -> set[str]:
    """Return where the covers of themes lie among the files."""
    return set(Theme.objects.exclude(cover="").values_list("cover", flat=True))
