"""The matches that were given to a broker to accompany, and what he makes of them."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path

from queqiao.accounts.actors import Actor
from queqiao.core.errors import ForbiddenError, QueqiaoError
from queqiao.core.i18n import _
from queqiao.core.identifiers import read_uuid
from queqiao.matching.choices import Decision, ReasonClass
from queqiao.matching.models import Match
from queqiao.matching.queries import visible_matches
from queqiao.needs.models import Need
from queqiao.records.labels import KIND_LABELS
from queqiao.records.models import concrete_kinds
from queqiao.records.presenting import Face, faces, with_rows
from queqiao.records.queries import visible
from queqiao.web.access import Rule, actor_of, open_to
from queqiao.web.bench_doing import do
from queqiao.web.paging import CappedPaginator
from queqiao.web.views.staff_page import show

PAGE = 25
DECISIONS = ("accept", "reject", "undo")


@open_to(Rule.SIGNED_IN)
def cases(request: HttpRequest) -> HttpResponse:
    """List the matches given to the reader, the newest first, or do what he decides of one."""
    actor = actor_of(request)
    rows = visible_matches(actor).filter(broker=actor.person_id).order_by("-assigned_at", "pk")
    sentence = ""
    if request.method == "POST":
        try:
            messages.success(request, _decide(request.POST, rows, actor))
            return redirect(request.get_full_path())
        except ForbiddenError:
            raise
        except QueqiaoError as error:
            sentence = str(error)
    page = CappedPaginator(rows.defer("evidence", "parts"), PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "rows": _shown(list(page.object_list), actor),
        "reasons": ReasonClass.choices,
        "sentence": sentence,
        "sent": {name: request.POST.get(name, "") for name in ("match", "do", "reason", "note")},
    }
    return show(request, "bench/cases.html", context, status=422 if sentence else 200)


def _decide(sent: Any, rows: Any, actor: Actor) -> str:
    """Do what a form asks for and return the sentence that says so; Http404 where the match is not the reader's."""
    pk = read_uuid(sent.get("match", ""))
    match = rows.filter(pk=pk).select_related("need").first() if pk else None
    if match is None or sent.get("do") not in DECISIONS:
        raise Http404
    return do(sent, match.need, actor).said


def _shown(matches: list[Match], actor: Actor) -> list[dict[str, Any]]:
    needs = _faces(Need, [match.need_id for match in matches], actor)
    candidates: dict[Any, Face] = {}
    for kind in {match.kind for match in matches}:
        ids = [match.candidate_id for match in matches if match.kind == kind]
        candidates |= _faces(concrete_kinds()[kind], ids, actor)
    words = {Decision.OPEN: _("待推进"), Decision.ACCEPTED: _("已采纳"), Decision.REJECTED: _("已排除")}
    return [
        {
            "match": match,
            "need": needs[match.need_id],
            "candidate": candidates[match.candidate_id],
            "kind_label": KIND_LABELS[match.kind],
            "state_label": words[Decision(match.state)],
            "reason_label": str(ReasonClass(match.reason_class).label) if match.reason_class else "",
            "own": actor.person_id == match.decided_by_id,
        }
        for match in matches
        if match.need_id in needs and match.candidate_id in candidates
    ]


def _faces(model: Any, ids: list[Any], actor: Actor) -> dict[Any, Face]:
    return {face.id: face for face in faces(with_rows(visible(model, actor).filter(pk__in=ids)))}


urlpatterns = [path("my/matches", cases, name="my-cases")]
