"""Two records that turn out to be one: find the other, look at both side by side, merge, and split again."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path, reverse

from queqiao.accounts.actions.merging import merge_organisations, merge_persons, split
from queqiao.accounts.actors import Actor
from queqiao.accounts.models import Merge, Organisation, Person
from queqiao.accounts.overview import (
    MergeRow,
    managed_organisations,
    masked,
    merges_of,
    people_with_roles,
    search_organisations,
    search_people,
    standing_people,
    with_scopes_and_people,
)
from queqiao.accounts.queries import resolve_organisation, resolve_person, visible_organisations
from queqiao.core.errors import ForbiddenError, QueqiaoError
from queqiao.core.i18n import _
from queqiao.web.access import Rule, actor_of, open_to
from queqiao.web.filters import moment
from queqiao.web.views.staff_page import show

MOST_FOUND = 20


@dataclass(frozen=True, slots=True)
class Pair:
    """What the page of merging knows of one kind of record: how to find, tell and address it, and what merges it."""

    kind: str
    home: str  # name of the list of this kind
    address: Callable[[Any], str]
    merge_address: Callable[[Any], str]
    search: Callable[[Actor, str], Any]
    find: Callable[[Actor, str], Any]
    tell: Callable[[Any], list[tuple[str, str]]]
    merge: Callable[..., object]


@open_to(Rule.OPERATOR)
def merge_organisation(request: HttpRequest, number: str) -> HttpResponse:
    """Merge an organisation into another one, or split what was merged."""
    found = find_or_follow(request, number, "admin-organisation-merge")
    return found if isinstance(found, HttpResponse) else _merging(request, found, ORGANISATIONS)


@open_to(Rule.OPERATOR)
def merge_person(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Merge two rows of one human, or split them again."""
    found = find_or_follow_person(request, pk, "admin-person-merge")
    return found if isinstance(found, HttpResponse) else _merging(request, found, PEOPLE)


def find_or_follow(request: HttpRequest, number: str, name: str) -> Organisation | HttpResponse:
    """Return an organisation in the reader's care, or lead on from one that was merged; Http404 for all others."""
    actor = actor_of(request)
    mine = managed_organisations(actor)
    found = mine.filter(number=number).select_related("region", "parent").first()
    if found is not None:
        return found
    old = visible_organisations(actor).filter(number=number).exclude(merged_into=None).first()
    target = resolve_organisation(old) if old else None
    if old is None or target is None or not mine.filter(pk=target.pk).exists():
        raise Http404
    _tell_who_was_first(request, old)
    return redirect(name, number=target.number)


def find_or_follow_person(request: HttpRequest, pk: uuid.UUID, name: str) -> Person | HttpResponse:
    """Return a person in the reader's care, or lead on from one that was merged; Http404 for all others."""
    people = standing_people(actor_of(request))
    found = people.filter(pk=pk).first()
    if found is not None:
        return found
    old = Person.objects.filter(pk=pk, erased_at=None).exclude(merged_into=None).first()
    target = resolve_person(old) if old else None
    if old is None or target is None or not people.filter(pk=target.pk).exists():
        raise Http404
    _tell_who_was_first(request, old)
    return redirect(name, pk=target.pk)


def _tell_who_was_first(request: HttpRequest, old: Any) -> None:
    """Say to whom wanted to change a record that it was merged meanwhile, by whom and when."""
    if request.method != "POST":
        return
    row = next(iter(_merges_away(old)), None)
    if row is not None:
        sentence = _("“{name}”已由{who}于 {when} 合并到“{target}”，本次未作改动。")
        messages.error(request, sentence.format(name=row.source, who=row.who, when=moment(row.when), target=row.target))


def _merges_away(one: Any) -> list[MergeRow]:
    """Return the merges that made a record part of another one and still stand."""
    return [row for row in merges_of(one) if row.undone_at is None and row.source_id == one.pk]


def _merging(request: HttpRequest, source: Any, pair: Pair) -> HttpResponse:
    actor, sentence = actor_of(request), ""
    words = request.GET.get("q", "").strip()[:60]
    if request.method == "POST" and _merged_meanwhile(request, source):
        return redirect(pair.merge_address(source))
    target = _target(pair, actor, request.POST.get("target") or request.GET.get("target", ""), source)
    if request.method == "POST":
        try:
            return _do(request, source, target, pair)
        except ForbiddenError:
            raise
        except QueqiaoError as error:
            sentence = str(error)
    found = list(pair.search(actor, words).exclude(pk=source.pk)[:MOST_FOUND]) if words else []
    context = {
        "pair": pair,
        "source": source,
        "target": target,
        "sentence": sentence,
        "words": words,
        "found": [(one, pair.tell(one)) for one in found],
        "sides": _sides(pair.tell(_fresh(pair, actor, source)), pair.tell(target)) if target else [],
        "merges": merges_of(source),
        "home": reverse(pair.home),
    }
    return show(request, "admin/merge.html", context, status=422 if sentence else 200)


def _fresh(pair: Pair, actor: Actor, one: Any) -> Any:
    """Return a record once more with what is told of it."""
    return pair.find(actor, str(one.pk)) or one


def _target(pair: Pair, actor: Actor, asked: str, source: Any) -> Any:
    if not asked:
        return None
    try:
        uuid.UUID(asked)
    except ValueError:
        raise Http404 from None
    found = pair.find(actor, asked)
    if found is None or found.pk == source.pk:
        raise Http404
    return found


def _merged_meanwhile(request: HttpRequest, source: Any) -> bool:
    """Whether the other record was merged away since the page was opened; then it is said by whom."""
    asked = request.POST.get("target", "")
    try:
        other = type(source)._default_manager.filter(pk=asked or None).exclude(merged_into=None).first()
    except ValidationError:
        raise Http404 from None
    if other is not None:
        _tell_who_was_first(request, other)
    return other is not None


def _do(request: HttpRequest, source: Any, target: Any, pair: Pair) -> HttpResponse:
    actor, what = actor_of(request), request.POST.get("what", "")
    if what == "merge" and target is not None:
        pair.merge(source=source, target=target, by=actor)
        messages.success(request, _("“{source}”已合并到“{target}”。").format(source=source.name, target=target.name))
        return redirect(pair.address(target))
    if what != "split":
        raise Http404
    asked = request.POST.get("merge", "")
    ids = {str(row.id) for row in merges_of(source)}
    merge = Merge.objects.filter(pk=asked).first() if asked in ids else None
    if merge is None:
        raise Http404
    split(merge=merge, by=actor)
    messages.success(request, _("合并已撤销，两条记录重新分开。"))
    return redirect(pair.merge_address(source))


def _sides(mine: list[tuple[str, str]], theirs: list[tuple[str, str]]) -> list[tuple[str, str, str]]:
    return [(label, text, other) for (label, text), (_label, other) in zip(mine, theirs, strict=True)]


def _find_organisation(actor: Actor, pk: str) -> Organisation | None:
    rows = managed_organisations(actor).filter(pk=pk).select_related("region")
    return with_scopes_and_people(rows).first()


def _tell_organisation(row: Any) -> list[tuple[str, str]]:
    scopes = _("、").join(one.scope.name for one in row.in_scopes_now)
    return [
        (_("名称"), row.name),
        (_("编号"), row.number),
        (_("类型"), row.get_kind_display()),
        (_("状态"), row.get_state_display()),
        (_("统一社会信用代码"), row.credit_code or ""),
        (_("所在地区"), row.region.name if row.region else ""),
        (_("所在范围"), scopes),
        (_("人员"), _("{n} 人").format(n=row.people)),
    ]


def _find_person(actor: Actor, pk: str) -> Person | None:
    return people_with_roles(standing_people(actor).filter(pk=pk)).first()


def _tell_person(row: Any) -> list[tuple[str, str]]:
    works = (f"{one.organisation.name} {one.title}".strip() for one in row.works_now)
    roles = (_("{role}（{name}）").format(role=_role(one), name=_where(one)) for one in row.roles_now)
    return [
        (_("姓名"), row.name),
        (_("英文名"), row.name_en),
        (_("手机号"), masked(row.mobile)),
        (_("电子邮箱"), masked(row.email)),
        ("ORCID", row.orcid),
        (_("任职"), _("、").join(works)),
        (_("角色"), _("、").join(roles)),
    ]


def _role(role: Any) -> str:
    return str(role.get_kind_display())


def _where(role: Any) -> str:
    return str(role.organisation.name if role.organisation else _("全站"))


ORGANISATIONS = Pair(
    kind="organisation",
    home="admin-organisations",
    address=lambda one: reverse("admin-organisation", args=[one.number]),
    merge_address=lambda one: reverse("admin-organisation-merge", args=[one.number]),
    search=lambda actor, words: with_scopes_and_people(
        search_organisations(managed_organisations(actor), words).select_related("region")
    ),
    find=_find_organisation,
    tell=_tell_organisation,
    merge=merge_organisations,
)
PEOPLE = Pair(
    kind="person",
    home="admin-people",
    address=lambda one: reverse("admin-person", args=[one.pk]),
    merge_address=lambda one: reverse("admin-person-merge", args=[one.pk]),
    search=lambda actor, words: people_with_roles(search_people(standing_people(actor), words)),
    find=_find_person,
    tell=_tell_person,
    merge=merge_persons,
)
urlpatterns = [
    path("admin/organisations/<str:number>/merge", merge_organisation, name="admin-organisation-merge"),
    path("admin/people/<uuid:pk>/merge", merge_person, name="admin-person-merge"),
]
