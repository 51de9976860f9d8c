"""Suggests a field while a record is written that has none yet."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_POST

from queqiao.matching.fields import NothingLearnedError, says_enough, suggest_field
from queqiao.records.presenting import name_of
from queqiao.web.access import Rule, open_to
from queqiao.web.views.record_parts import editable


@open_to(Rule.SIGNED_IN)
@require_POST
def field_hint(request: HttpRequest, number: str) -> HttpResponse:
    """Answer with a suggestion for what is typed in the form; with nothing where a field is chosen or little typed."""
    kind, _record, _actor = editable(request, number)
    if request.POST.get("fields") or not says_enough(kind.model.KIND, request.POST):
        return HttpResponse()
    try:
        found = suggest_field(kind.model.KIND, request.POST)
    except NothingLearnedError:
        return render(request, "editing/_field_hint.html", {"learned": False})
    context: dict[str, Any] = {"learned": True, "field": ""}
    if found is not None:
        context |= {
            "field": name_of(found.field),
            "value": found.field.pk,
            "share": min(99, round(found.confidence * 100)),
            "second": name_of(found.second) if found.second else "",
        }
    return render(request, "editing/_field_hint.html", context)


urlpatterns = [path("records/<str:number>/field", field_hint, name="record-field")]
