"""Keeping searches, and telling people what is new in them."""

import datetime
import logging
import uuid
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from queqiao.accounts.actions.messages import write_letter
from queqiao.accounts.actors import Actor, actor_for
from queqiao.accounts.models import Organisation, Person
from queqiao.core.actions import Change, record_activity
from queqiao.core.errors import ForbiddenError, QueqiaoError
from queqiao.core.i18n import _
from queqiao.core.models import Outbox
from queqiao.records.models import CatalogueRecord
from queqiao.records.presenting import faces, name_of
from queqiao.search.asking import Question, Sort, read_wording
from queqiao.search.facets import FACETS
from queqiao.search.finding import How, find
from queqiao.search.models import SavedSearch

MOST = 20  # searches of a person
LONGEST_TEXT, LONGEST_VALUE = 500, 60
MOST_READ = 5  # pages of hits that are looked through for new ones
NAMED = 5  # hits that a letter names; of more it says how many
_log = logging.getLogger("queqiao.search")
SETTLES = datetime.timedelta(minutes=2)  # after which what was published stands in the index


@transaction.atomic
def save_search(question: Question, *, name: str = "", by: Actor) -> SavedSearch:
    """Keep a question for a person; the same one twice is one. QueqiaoError where it asks nothing, or one too many."""
    if by.person_id is None:
        raise ForbiddenError(_("登录后才能保存搜索。"))
    Person.objects.select_for_update().get(pk=by.person_id)
    text = question.text.strip()
    chosen = {
        facet: kept
        for facet, values in question.chosen.items()
        if facet in FACETS and (kept := [one for one in values if 0 < len(one) <= LONGEST_VALUE])
    }
    if not (read_wording(text).asks or chosen):
        raise QueqiaoError(_("请先输入搜索词或选择条件，再保存搜索。"))
    if len(text) > LONGEST_TEXT:
        raise QueqiaoError(_("要保存的搜索词请不超过 {n} 个字。").format(n=LONGEST_TEXT))
    mine = SavedSearch.objects.filter(person=by.person_id)
    for one in mine:
        if (one.text, one.chosen) == (text, chosen):
            return one
    if len(mine) >= MOST:
        raise QueqiaoError(_("最多保存 {n} 条搜索，请先删除不再需要的。").format(n=MOST))
    made = SavedSearch.objects.create(
        person_id=by.person_id, name=name.strip()[:60] or text[:60] or _("按条件浏览"), text=text, chosen=chosen
    )
    record_activity(Change("saved_search", made.pk, "create", {}, _state(made)), by=by.name)
    return made


@transaction.atomic
def set_telling(saved: SavedSearch, *, tells: bool, by: Actor) -> None:
    """Let a person be told of new hits from now on, or no longer."""
    _require_own(saved, by)
    before = _state(saved)
    saved.tells, saved.told_until = tells, timezone.now()
    saved.save(update_fields=["tells", "told_until"])
    record_activity(Change("saved_search", saved.pk, "edit", before, _state(saved)), by=by.name)


@transaction.atomic
def remove_search(saved: SavedSearch, *, by: Actor) -> None:
    """Forget a search; forgetting it twice is once."""
    _require_own(saved, by)
    if SavedSearch.objects.filter(pk=saved.pk).delete()[0]:
        record_activity(Change("saved_search", saved.pk, "remove", _state(saved), {}), by=by.name)


def forget_searches(person: Person) -> None:
    """Remove what a person who is erased has looked for."""
    SavedSearch.objects.filter(person=person).delete()


def tell_new(*, now: datetime.datetime) -> int:
    """Tell everybody what is new in his searches; return how many letters were written.

    Nothing is told twice: what a letter has told is settled in its transaction. While the index is behind or cannot be
    read, everything waits for the next time.
    """
    until = now - SETTLES
    if Outbox.objects.exists():
        return 0
    people = Person.objects.filter(erased_at=None, saved_searches__tells=True, users__is_active=True).distinct()
    return sum(_tell(person, until) for person in people)


def _tell(person: Person, until: datetime.datetime) -> int:
    actor, told = actor_for(person), 0
    for saved in SavedSearch.objects.filter(person=person, tells=True, told_until__lt=until):
        try:
            new = _new_hits(saved, actor, until)
        except Exception:  # one search that cannot be answered keeps nobody else from his letters
            _log.exception("saved search %s could not be answered", saved.pk)
            continue
        if new is None:
            continue
        with transaction.atomic():
            waiting = SavedSearch.objects.filter(pk=saved.pk, tells=True, told_until=saved.told_until)
            if waiting.update(told_until=until) and new:
                _write(saved, person, new)
                told += 1
    return told


def _new_hits(saved: SavedSearch, actor: Actor, until: datetime.datetime) -> list[Any] | None:
    """Return the rows that came since the person was told last, the newest first; None where nobody can say now."""
    chosen = {name: tuple(filter(None, values)) for name, values in saved.chosen.items()}
    question = Question(saved.text, chosen, Sort.NEWEST)
    new: list[Any] = []
    for page in range(1, MOST_READ + 1):
        answer = find(replace(question, page=page), actor)
        if answer.how is How.TITLES:
            return None
        if answer.how in (How.FORGIVEN, How.SOME):  # near misses are no news
            return []
        new += [row for row in answer.rows if saved.told_until < _since(row) <= until]
        if page >= answer.pages or any(_since(row) <= saved.told_until for row in answer.rows):
            break
    return new


def _since(row: CatalogueRecord | Organisation) -> datetime.datetime:
    return getattr(row, "published_at", None) or row.recorded_at


def _write(saved: SavedSearch, person: Person, rows: list[Any]) -> None:
    lines = [_("您保存的搜索“{name}”有 {n} 条新结果：").format(name=saved.name, n=len(rows)), *_titles(rows[:NAMED])]
    if len(rows) > NAMED:
        lines.append(_("另有 {n} 条，请在网站上查看。").format(n=len(rows) - NAMED))
    write_letter(
        key=f"alert:{uuid.uuid4()}",
        address=person.mobile or person.email,
        subject=_("“{name}”有新结果").format(name=saved.name),
        text="\n".join(lines),
        link=reverse("my-search", args=[saved.pk]),
        person=person,
    )


def _titles(rows: Iterable[Any]) -> list[str]:
    """Return the titles as the reader may see them."""
    return [name_of(row) if isinstance(row, Organisation) else faces([row])[0].title for row in rows]


def _require_own(saved: SavedSearch, by: Actor) -> None:
    if not by.is_system and saved.person_id != by.person_id:
        raise ForbiddenError(_("只能管理自己保存的搜索。"))


def _state(saved: SavedSearch) -> dict[str, Any]:
    """Return what the log keeps: not what a person looks for, which is his own affair."""
    return {"person": str(saved.person_id), "tells": saved.tells}
