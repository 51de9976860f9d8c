"""Administration: the organisations of the reader's scopes and his own; with merging, people and scopes."""

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path, reverse

from queqiao.accounts.actions import organisations as keeping
from queqiao.accounts.actors import Actor
from queqiao.accounts.choices import OrganisationKind, OrganisationState
from queqiao.accounts.models import Organisation, Scope, ScopeMembership
from queqiao.accounts.overview import managed_organisations, search_organisations, with_scopes_and_people
from queqiao.core.errors import ForbiddenError, QueqiaoError
from queqiao.core.i18n import _
from queqiao.web.access import Rule, actor_of, open_to
from queqiao.web.forms.administration import NewOrganisationForm
from queqiao.web.paging import CappedPaginator
from queqiao.web.views import merging, people_desk, scope_desk
from queqiao.web.views.merging import find_or_follow
from queqiao.web.views.organisation_desk import organisation_desk
from queqiao.web.views.staff_page import query_without, show

PAGE = 25


@open_to(Rule.STAFF)
def organisations(request: HttpRequest) -> HttpResponse:
    """List the organisations in the reader's care, by name."""
    actor = actor_of(request)
    chosen = {name: request.GET.get(name, "") for name in ("q", "state", "kind", "scope")}
    rows = _narrowed(managed_organisations(actor), actor, chosen)
    page = CappedPaginator(with_scopes_and_people(rows), PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "rows": [(row, OrganisationState(row.state).label) for row in page.object_list],
        "chosen": chosen,
        "narrowed": any(chosen.values()),
        "states": [pair for pair in OrganisationState.choices if pair[0] != OrganisationState.MERGED],
        "kinds": OrganisationKind.choices,
        "scopes": _scopes(actor),
        "query": query_without(request, "page"),
    }
    return show(request, "admin/organisations.html", context)


@open_to(Rule.STAFF)
def new(request: HttpRequest) -> HttpResponse:
    """Enter an organisation into one of the reader's scopes."""
    actor = actor_of(request)
    form = NewOrganisationForm(request.POST or None, scopes=_scopes(actor).filter(ends_on=None))
    sentence = ""
    if request.method == "POST" and form.is_valid():
        values = form.values()
        scope = values.pop("scope")
        try:
            with transaction.atomic():
                made = keeping.create_organisation(values=values, by=actor)
                keeping.join_scope(organisation=made, scope=scope, by=actor)
        except ForbiddenError:
            raise
        except QueqiaoError as error:
            sentence = str(error)
        else:
            messages.success(request, _("“{name}”已登记。").format(name=made.name))
            return redirect("admin-organisation", number=made.number)
    context = {"form": form, "sentence": sentence}
    return show(request, "admin/organisation_new.html", context, status=422 if request.method == "POST" else 200)


@open_to(Rule.STAFF)
def organisation(request: HttpRequest, number: str) -> HttpResponse:
    """Keep one organisation; the address of a merged one leads on."""
    found = find_or_follow(request, number, "admin-organisation")
    if isinstance(found, HttpResponse):
        return found
    address = reverse("admin-organisation", args=[number])
    return organisation_desk(request, found, address=address, own=False)


@open_to(Rule.SIGNED_IN)
def my_organisation(request: HttpRequest) -> HttpResponse:
    """Keep the organisation that one administers; who administers several chooses."""
    mine = list(managed_organisations(actor_of(request)).filter(pk__in=actor_of(request).ids("admin")))
    asked = request.GET.get("organisation", "")
    chosen = next((one for one in mine if one.number == asked), None) if asked else next(iter(mine), None)
    if chosen is None:
        raise Http404
    if len(mine) > 1 and not asked:
        return show(request, "admin/my_organisations.html", {"organisations": mine})
    address = reverse("my-organisation") + (f"?organisation={chosen.number}" if len(mine) > 1 else "")
    return organisation_desk(request, chosen, address=address, own=True)


def _narrowed(rows: QuerySet[Organisation], actor: Actor, chosen: dict[str, str]) -> QuerySet[Organisation]:
    rows = search_organisations(rows, chosen["q"])
    for name in ("state", "kind"):
        if chosen[name]:
            rows = rows.filter(**{name: chosen[name]})
    if chosen["scope"]:
        joined: Any = ScopeMembership.objects.current().filter(scope__in=_scopes(actor).filter(code=chosen["scope"]))
        rows = rows.filter(pk__in=joined.values("organisation"))
    return rows


def _scopes(actor: Actor) -> QuerySet[Scope]:
    return Scope.objects.filter(pk__in=actor.ids("staff"))


urlpatterns = [
    path("admin/organisations", organisations, name="admin-organisations"),
    path("admin/organisations/new", new, name="admin-organisation-new"),
    path("admin/organisations/<str:number>", organisation, name="admin-organisation"),
    path("my/organisation", my_organisation, name="my-organisation"),
    *merging.urlpatterns,
    *people_desk.urlpatterns,
    *scope_desk.urlpatterns,
]
