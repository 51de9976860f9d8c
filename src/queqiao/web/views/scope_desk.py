"""The scopes that the reader administers: what they are, who runs them, who belongs to them."""

from typing import Any

from django.contrib import messages
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path

from queqiao.accounts.actions import organisations as keeping
from queqiao.accounts.actions import people
from queqiao.accounts.actors import Actor
from queqiao.accounts.choices import RoleKind
from queqiao.accounts.models import Organisation, Person, Role, Scope, ScopeMembership
from queqiao.accounts.overview import managed_organisations, people_of
from queqiao.core.errors import ForbiddenError, QueqiaoError
from queqiao.core.i18n import _
from queqiao.web.access import Rule, actor_of, open_to
from queqiao.web.forms.administration import NewScopeForm, RoleForm, ScopeForm
from queqiao.web.paging import CappedPaginator
from queqiao.web.views.staff_page import query_without, show

PAGE = 50
STAFF_KINDS = [RoleKind.STAFF, RoleKind.BROKER, RoleKind.OPERATOR_ADMIN]


@open_to(Rule.OPERATOR)
def scopes(request: HttpRequest) -> HttpResponse:
    """List the scopes that the reader administers, and begin a new one below them."""
    actor = actor_of(request)
    form = NewScopeForm(request.POST or None, parents=_operated(actor), operators=_operators(actor))
    sentence = ""
    if request.method == "POST" and form.is_valid():
        try:
            made = keeping.create_scope(values=form.cleaned_data, by=actor)
        except ForbiddenError:
            raise
        except QueqiaoError as error:
            sentence = str(error)
        else:
            messages.success(request, _("范围“{name}”已建立。").format(name=made.name))
            return redirect("admin-scope", code=made.code)
    joined = ScopeMembership.objects.current().filter(scope=OuterRef("pk")).order_by().values("scope")
    members = Subquery(joined.annotate(n=Count("organisation", distinct=True)).values("n"))
    rows = _operated(actor).select_related("parent", "operator").annotate(members=Coalesce(members, 0))
    page = CappedPaginator(rows, PAGE).get_page(request.GET.get("page"))
    context = {"page": page, "form": form, "sentence": sentence, "query": query_without(request, "page")}
    return show(request, "admin/scopes.html", context, status=422 if request.method == "POST" else 200)


@open_to(Rule.OPERATOR)
def scope(request: HttpRequest, code: str) -> HttpResponse:
    """Keep one scope and its staff, and show who belongs to it."""
    actor = actor_of(request)
    found = _operated(actor).filter(code=code).select_related("operator", "parent").first()
    if found is None:
        raise Http404
    sentence, what = "", request.POST.get("what", "")
    form = _scope_form(request, found, actor, sent=what == "save")
    giving = _role_form(request, found, sent=what == "give")
    if request.method == "POST":
        try:
            done = _do(request, found, form, giving)
        except ForbiddenError:
            raise
        except QueqiaoError as error:
            sentence = str(error)
            found.refresh_from_db()
        else:
            if done:
                messages.success(request, done)
                return redirect("admin-scope", code=code)
    members = Organisation.objects.filter(
        pk__in=ScopeMembership.objects.current().filter(scope=found).values("organisation")
    )
    context = {
        "scope": found,
        "form": form,
        "giving": giving,
        "sentence": sentence,
        "page": CappedPaginator(members, PAGE).get_page(request.GET.get("page")),
        "staff": _staff_rows(found, actor),
        "query": query_without(request, "page"),
    }
    return show(request, "admin/scope.html", context, status=422 if request.method == "POST" else 200)


def _do(request: HttpRequest, found: Scope, form: ScopeForm, giving: RoleForm) -> str:
    """Do what was asked and say so; "" where something on a form is not right."""
    actor, what = actor_of(request), request.POST.get("what", "")
    if what == "save":
        if not form.is_valid():
            return ""
        keeping.update_scope(scope=found, values=form.cleaned_data, by=actor)
        return _("范围已保存。")
    if what == "give":
        if not giving.is_valid():
            return ""
        one, kind = giving.cleaned_data["person"], RoleKind(giving.cleaned_data["kind"])
        people.give_role(person=one, kind=kind, organisation=found.operator, scope=found, by=actor)
        return _("“{name}”现在是{role}。").format(name=one.name, role=kind.label)
    if what != "end":
        raise Http404
    asked = request.POST.get("id", "")
    role = next((one for one in _staff(found) if str(one.pk) == asked), None)
    if role is None:
        raise QueqiaoError(_("这一项已不在，可能已由他人处理；请刷新后再看。"))
    people.end_role(role=role, by=actor)
    return _("“{name}”的{role}角色已结束。").format(name=role.person.name, role=RoleKind(role.kind).label)


def _scope_form(request: HttpRequest, found: Scope, actor: Actor, *, sent: bool) -> ScopeForm:
    initial: dict[str, Any] = {
        "name": found.name,
        "name_en": found.name_en,
        "kind": found.kind,
        "parent": found.parent_id,
        "operator": found.operator.name,
        "classifications": list(found.classifications.values_list("pk", flat=True)),
        "ends_on": found.ends_on,
    }
    # The scope above may be another operator's: it can stay, and nothing of one's own below can come above.
    below = {found.pk, *_below(found)}
    parents = Scope.objects.filter(Q(pk__in=actor.ids("operate")) | Q(pk=found.parent_id)).exclude(pk__in=below)
    operators = Organisation.objects.filter(Q(pk__in=_operators(actor)) | Q(pk=found.operator_id))
    return ScopeForm(request.POST if sent else None, initial=initial, parents=parents, operators=operators)


def _role_form(request: HttpRequest, found: Scope, *, sent: bool) -> RoleForm:
    around: QuerySet[Person] = people_of(found.operator)
    return RoleForm(request.POST if sent else None, people=around, kinds=STAFF_KINDS, auto_id="id_give_%s")


def _below(found: Scope) -> set[Any]:
    parents = dict(Scope.objects.values_list("pk", "parent_id"))
    inside = {found.pk}
    size = 0
    while size != len(inside):
        size = len(inside)
        inside |= {pk for pk, parent in parents.items() if parent in inside}
    return inside


def _operated(actor: Actor) -> QuerySet[Scope]:
    return Scope.objects.filter(pk__in=actor.ids("operate"))


def _operators(actor: Actor) -> QuerySet[Organisation]:
    return managed_organisations(actor).filter(state="active")


def _staff(found: Scope) -> QuerySet[Role]:
    """Return who works in the scope: for it alone, or for all scopes of its operator."""
    rows = Role.objects.current().filter(kind__in=STAFF_KINDS, organisation=found.operator_id)
    rows = rows.filter(Q(scope=None) | Q(scope=found)).select_related("person", "organisation", "scope")
    return rows.order_by("kind", "id")


def _staff_rows(found: Scope, actor: Actor) -> list[tuple[Role, bool]]:
    """Return the staff with whether the reader may end each role; one for all scopes asks for power over all."""
    here = people.may_give(RoleKind.STAFF, found.operator, actor, scope=found)
    everywhere = people.may_give(RoleKind.STAFF, found.operator, actor)
    return [(role, here if role.scope_id else everywhere) for role in _staff(found)]


urlpatterns = [
    path("admin/scopes", scopes, name="admin-scopes"),
    path("admin/scopes/<str:code>", scope, name="admin-scope"),
]
