"""The people of the organisations in the reader's care: data, where they work, what they may do, and leaving."""

import uuid
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path

from queqiao.accounts.actions import people as keeping
from queqiao.accounts.actions.erasing import erase_person, may_erase
from queqiao.accounts.actors import Actor
from queqiao.accounts.choices import GIVEN_BY_ORGANISATION, SITE_ROLES, RoleKind
from queqiao.accounts.models import Affiliation, Person, Role
from queqiao.accounts.overview import (
    managed_organisations,
    masked,
    people_with_roles,
    search_people,
    standing_people,
)
from queqiao.core.errors import ForbiddenError, QueqiaoError, StaleError
from queqiao.core.i18n import _
from queqiao.web.access import Rule, actor_of, open_to
from queqiao.web.forms.administration import AffiliationForm, PersonForm, PersonRoleForm, day_of, picked
from queqiao.web.paging import CappedPaginator
from queqiao.web.views.merging import find_or_follow_person
from queqiao.web.views.organisation_desk import conflict_rows
from queqiao.web.views.staff_page import query_without, show

PAGE = 25


@dataclass
class Desk:
    """A person with who keeps him, and the forms of the page as they were just filled in."""

    request: HttpRequest
    person: Person
    actor: Actor
    filled: dict[str, forms.Form] = field(default_factory=dict)
    sentence: str = ""
    stale: StaleError | None = None
    contact: dict[str, str] | None = None

    def form(self, what: str, *, sent: bool) -> forms.Form:
        """Return a form of the page, filled with what was just sent or as it begins."""
        data = self.request.POST if sent else None
        options: dict[str, Any] = {"auto_id": f"id_{what}_%s"}
        if what == "save":
            initial = _initial(self.person)
            return PersonForm(picked(self.request.POST, initial) if sent else None, initial=initial, **options)
        mine = managed_organisations(self.actor).filter(state__in=("active", "pending"))
        if what == "affiliate":
            return AffiliationForm(data, organisations=mine, **options)
        kinds = [one for one in RoleKind if one not in SITE_ROLES]
        return PersonRoleForm(data, organisations=mine, kinds=kinds, **options)

    def valid(self, what: str) -> dict[str, Any] | None:
        """Return what was sent to a form, None where something is not right."""
        self.filled[what] = self.form(what, sent=True)
        return self.filled[what].cleaned_data if self.filled[what].is_valid() else None


@open_to(Rule.STAFF)
def people(request: HttpRequest) -> HttpResponse:
    """List the people in the reader's care, by name."""
    actor, words = actor_of(request), request.GET.get("q", "")
    rows = search_people(standing_people(actor), words)
    page = CappedPaginator(people_with_roles(rows), PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "rows": [(one, masked(one.mobile), masked(one.email)) for one in page.object_list],
        "words": words,
        "query": query_without(request, "page"),
    }
    return show(request, "admin/people.html", context)


@open_to(Rule.STAFF)
def person(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Keep one person; the address of a merged one leads on."""
    found = find_or_follow_person(request, pk, "admin-person")
    if isinstance(found, HttpResponse):
        return found
    desk = Desk(request, found, actor_of(request))
    if request.method == "POST":
        answer = _answer(desk)
        if answer is not None:
            return answer
        found.refresh_from_db()
    status = 409 if desk.stale else 422 if desk.sentence or desk.filled else 200
    return show(request, "admin/person.html", _context(desk), status=status)


def _answer(desk: Desk) -> HttpResponse | None:
    """Do what was asked; None where the page has to be shown again because something is not right."""
    what = desk.request.POST.get("what", "")
    known = {
        "save": _save, "affiliate": _affiliate, "leave": _leave, "give": _give, "end": _end, "reveal": _reveal,
        "erase": _erase,
    }  # fmt: skip
    if what not in known:
        raise Http404
    try:
        done = known[what](desk)
    except ForbiddenError:
        raise
    except StaleError as stale:
        desk.stale, desk.sentence = stale, str(stale)
        return None
    except QueqiaoError as error:
        desk.sentence = str(error)
        return None
    if done is None:
        return None
    messages.success(desk.request, done)
    return redirect("admin-people") if what == "erase" else redirect("admin-person", pk=desk.person.pk)


def _save(desk: Desk) -> str | None:
    if desk.valid("save") is None:
        return None
    form = desk.filled["save"]
    assert isinstance(form, PersonForm)  # noqa: S101 -- for the type checker
    base = desk.request.POST.get("revision", "")
    keeping.update_person(
        person=desk.person,
        values=form.values(),
        base_revision=int(base) if base.isdecimal() and len(base) < 10 else 0,
        by=desk.actor,
    )
    return _("资料已保存。")


def _affiliate(desk: Desk) -> str | None:
    data = desk.valid("affiliate")
    if data is None:
        return None
    keeping.add_affiliation(person=desk.person, by=desk.actor, **data)
    return _("已记下在“{name}”的任职。").format(name=data["organisation"].name)


def _leave(desk: Desk) -> str:
    found = _one(Affiliation.objects.current().filter(person=desk.person).select_related("organisation"), desk)
    keeping.end_affiliation(affiliation=found, ends_on=day_of(desk.request.POST.get("ends_on", "")), by=desk.actor)
    return _("已记下离开“{name}”的日期。").format(name=found.organisation.name)


def _give(desk: Desk) -> str | None:
    data = desk.valid("give")
    if data is None:
        return None
    kind = RoleKind(data["kind"])
    keeping.give_role(person=desk.person, kind=kind, organisation=data["organisation"], by=desk.actor)
    return _("“{name}”现在是{role}。").format(name=desk.person.name, role=kind.label)


def _end(desk: Desk) -> str:
    found = _one(Role.objects.current().filter(person=desk.person), desk)
    keeping.end_role(role=found, by=desk.actor)
    return _("“{name}”的{role}角色已结束。").format(name=desk.person.name, role=RoleKind(found.kind).label)


def _reveal(desk: Desk) -> None:
    desk.contact = keeping.reveal_contact(person=desk.person, by=desk.actor)


def _erase(desk: Desk) -> str:
    name = desk.person.name
    if desk.request.POST.get("name", "").strip() != name:
        raise QueqiaoError(_("输入的姓名与“{name}”不一致，没有注销。").format(name=name))
    erase_person(person=desk.person, by=desk.actor)
    return _("“{name}”已注销，个人信息已清除，统计数字不变。").format(name=name)


def _one(rows: QuerySet[Any], desk: Desk) -> Any:
    try:
        found = rows.filter(pk=desk.request.POST.get("id", "")).first()
    except (ValueError, forms.ValidationError):
        found = None
    if found is None:
        raise QueqiaoError(_("这一项已不在，可能已由他人处理；请刷新后再看。"))
    return found


def _initial(one: Person) -> dict[str, Any]:
    """Return what the form shows; contacts are left out, they are shown masked."""
    return {name: getattr(one, name) for name in ("name", "name_en", "orcid")}


def _context(desk: Desk) -> dict[str, Any]:
    one = desk.person
    made = {what: desk.filled.get(what) or desk.form(what, sent=False) for what in ("save", "affiliate", "give")}
    works = Affiliation.objects.filter(person=one, superseded_at=None).select_related("organisation")
    rows, roles = list(works.order_by("-recorded_at")), list(_roles(one))
    places = {row.organisation_id for row in (*rows, *roles)}
    managed = set(managed_organisations(desk.actor).filter(pk__in=places).values_list("pk", flat=True))
    stale = desk.stale
    return {
        "person": one,
        "forms": made,
        "revision": stale.revision if stale else desk.request.POST.get("revision") or one.revision,
        "conflict_rows": conflict_rows(made["save"], stale, _initial(one)) if stale else [],
        "sentence": desk.sentence,
        "works": [(row, row.organisation_id in managed) for row in rows],
        "current": set(works.current().values_list("pk", flat=True)),
        "roles": [(role, _may_end(role, managed, desk.actor)) for role in roles],
        "aliases": one.aliases.all(),
        "masked_mobile": masked(one.mobile),
        "masked_email": masked(one.email),
        "contact": desk.contact,
        "may_merge": bool(desk.actor.ids("operate")),
        "may_erase": may_erase(one, desk.actor),
    }


def _roles(one: Person) -> QuerySet[Role]:
    return Role.objects.current().filter(person=one).select_related("organisation", "scope")


def _may_end(role: Role, managed: set[uuid.UUID], actor: Actor) -> bool:
    """Whether to offer the end of a role; whether it may be ended, the action decides."""
    if role.kind in SITE_ROLES:
        return actor.has("system_admin")
    return role.organisation_id in managed and (role.kind in GIVEN_BY_ORGANISATION or bool(actor.ids("operate")))


urlpatterns = [
    path("admin/people", people, name="admin-people"),
    path("admin/people/<uuid:pk>", person, name="admin-person"),
]
