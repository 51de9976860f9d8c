"""The searches that I keep: saved from the search page, and told of when there is something new."""

import uuid

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import path, reverse

from queqiao.core.errors import QueqiaoError
from queqiao.core.i18n import _
from queqiao.search.actions.saving import remove_search, save_search, set_telling
from queqiao.search.asking import Question, Sort
from queqiao.search.facets import understood
from queqiao.search.models import SavedSearch
from queqiao.web.access import Rule, actor_of, open_to
from queqiao.web.choosing import choice_lists
from queqiao.web.side import side_navigation
from queqiao.web.views.searching import query_of, question_of


@open_to(Rule.SIGNED_IN)
def searches(request: HttpRequest) -> HttpResponse:
    """List the searches that the reader keeps; save one more."""
    actor = actor_of(request)
    if request.method == "POST":
        try:
            saved = save_search(question_of(request.POST), name=request.POST.get("name", ""), by=actor)
        except QueqiaoError as error:
            messages.error(request, str(error))
        else:
            messages.success(request, _("已保存“{name}”，有新结果时会通知您。").format(name=saved.name))
        return redirect("my-searches")
    mine = SavedSearch.objects.filter(person=actor.person_id)
    rows = [(one, address_of(one), _choices(one)) for one in mine]
    return render(request, "workspace/searches.html", {"rows": rows, "side_navigation": side_navigation(request)})


@open_to(Rule.SIGNED_IN)
def one_search(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Lead to the hits of a search that the reader keeps; change or remove it."""
    actor = actor_of(request)
    saved = SavedSearch.objects.filter(pk=pk, person=actor.person_id).first()
    if saved is None:
        raise Http404
    if request.method != "POST":
        return redirect(address_of(saved))
    if "remove" in request.POST:
        remove_search(saved, by=actor)
        messages.success(request, _("已删除“{name}”。").format(name=saved.name))
    else:
        set_telling(saved, tells=request.POST.get("tells") == "yes", by=actor)
    return redirect("my-searches")


def address_of(saved: SavedSearch) -> str:
    """Return the address of the search page that asks the same, the newest first."""
    return f"{reverse('search')}?{_query(saved).urlencode()}"


def _query(saved: SavedSearch) -> QueryDict:
    return query_of(Question(saved.text, understood(saved.chosen), Sort.NEWEST))


def _choices(saved: SavedSearch) -> list[str]:
    lists = choice_lists(_query(saved), {}, fixed=frozenset())
    return [choice.label for one in lists for choice in one.chosen]


urlpatterns = [
    path("my/searches", searches, name="my-searches"),
    path("my/searches/<uuid:pk>", one_search, name="my-search"),
]
