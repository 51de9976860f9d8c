"""The match workbench: one need at the left, its candidates at the right, and everything that staff do with them.

Each act is an ordinary form. Where htmx sends it, the list of candidates comes back in its new order; otherwise the
page is shown again at the same row.
"""

from functools import partial
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path

from queqiao.accounts.actors import Actor
from queqiao.core.errors import ForbiddenError, QueqiaoError, StaleError
from queqiao.core.i18n import _
from queqiao.core.identifiers import read_uuid
from queqiao.matching.choices import RoundState
from queqiao.matching.documents import document_for
from queqiao.matching.models import Round
from queqiao.matching.queries import current_round
from queqiao.matching.rights import may_steer
from queqiao.matching.workbench import bench, brokers_for, compare, places_in_queue
from queqiao.web.access import Rule, actor_of, open_to
from queqiao.web.bench_choice import QueueChoice
from queqiao.web.bench_context import found_by_hand, keys, kind_asked, need_context, read_need, tabs, words_of_bench
from queqiao.web.bench_doing import Done, do
from queqiao.web.bench_rows import Indicator, Row, rows_of
from queqiao.web.bench_team import team_block
from queqiao.web.filters import moment
from queqiao.web.middleware import compressed
from queqiao.web.views.staff_page import show

ASKING = ("reject", "broker")  # what a row asks something for first


@open_to(Rule.STAFF)
@compressed
def bench_page(request: HttpRequest, number: str) -> HttpResponse:
    """Show one need with its candidates, or do what a form of the page asks for."""
    actor = actor_of(request)
    need = _in_care(number, actor)
    if request.method != "POST":
        return render(request, "bench/bench.html", _page(request, need, actor))
    try:
        done = do(request.POST, need, actor)
    except ForbiddenError:
        raise
    except QueqiaoError as error:
        return _refused(request, need, actor, error)
    if request.headers.get("HX-Request"):
        return render(request, "bench/_candidates.html", _candidates(request, need, actor, done=done))
    messages.success(request, done.said)
    place = f"#match-{done.match}" if done.match else ""
    kind = done.kind or kind_asked(request.POST, {})
    return redirect(f"{QueueChoice(request, actor).need_at(number, kind=kind)}{place}")


@open_to(Rule.STAFF)
@compressed
def bench_compare(request: HttpRequest, number: str) -> HttpResponse:
    """Show two candidates of a need side by side."""
    actor = actor_of(request)
    need = _in_care(number, actor)
    choice = QueueChoice(request, actor)
    here = choice.need_at(number)
    asked = [read_uuid(text) for text in request.GET.getlist("pair")]
    ids = [pk for pk in asked if pk is not None]
    if len(ids) != 2:
        messages.warning(request, _("请先勾选要比较的两个候选。"))
        return redirect(here)
    pair = compare(actor, *ids)
    rows = rows_of(pair, document_for(need), need.revision, actor) if pair else []
    if len(rows) != 2 or pair is None or pair[0].need_id != need.pk:
        raise Http404
    context = {
        "need": need,
        "here": here,
        "back": choice.need_at(number, kind=pair[0].kind),
        "queue": choice.queue_at(),
        "ask": lambda row: f"{choice.need_at(number, kind=row.match.kind, reject=str(row.match.pk))}#{_anchor(row)}",
        "closed": _is_closed(current_round(need)),
        "rows": rows,
        "indicators": _beside(rows),
        "facts": [(term, [dict(row.facts).get(term, "") for row in rows]) for term in _terms(rows)],
    }
    return show(request, "bench/compare.html", context)


def _in_care(number: str, actor: Actor) -> Any:
    """Return the need of a number whose candidates the actor judges; Http404 for others."""
    need = read_need(number, actor)
    if not may_steer(need, actor):
        raise Http404
    return need


def _anchor(row: Row) -> str:
    return f"match-{row.match.pk}"


def _is_closed(current: Round | None) -> bool:
    return current is not None and current.state != RoundState.OPEN


def _beside(rows: list[Row]) -> list[tuple[str, list[Indicator | None]]]:
    """Return the indicators that either candidate was compared with, each with what both say of it."""
    said: list[dict[str, Indicator]] = [
        {f"{one.name} {one.asked}".strip(): one for one in row.indicators} for row in rows
    ]
    return [(asked, [one.get(asked) for one in said]) for asked in dict.fromkeys(key for one in said for key in one)]


def _terms(rows: list[Row]) -> list[str]:
    return list(dict.fromkeys(term for row in rows for term, _text in row.facts))


def _refused(request: HttpRequest, need: Any, actor: Actor, error: QueqiaoError) -> HttpResponse:
    """Answer an act that was not done with the rows as they are now, what was typed, and why."""
    sent = request.POST
    failed = {
        "match": sent.get("match", ""),
        "sentence": str(error),
        "reason": sent.get("reason", ""),
        "note": sent.get("note", ""),
        "closing": sent.get("do") == "close_round",
    }
    status = 409 if isinstance(error, StaleError) else 422
    if request.headers.get("HX-Request"):
        shown = _candidates(request, need, actor, failed=failed)
        return render(request, "bench/_candidates.html", shown, status=status)
    return render(request, "bench/bench.html", _page(request, need, actor, failed=failed), status=status)


def _candidates(
    request: HttpRequest, need: Any, actor: Actor, *, done: Done | None = None, failed: dict[str, Any] | None = None
) -> dict[str, Any]:
    """Return what the list of candidates shows."""
    there = bench(actor, need)
    sent = request.POST if request.method == "POST" else request.GET
    kind = (done.kind if done else "") or kind_asked(sent, there.counts)
    matches = [match for match in there.matches if match.kind == kind]
    current, choice, document = there.round, QueueChoice(request, actor), document_for(need)
    words = words_of_bench() | {
        "number": need.number,
        "here": choice.need_at(need.number),
        "at": partial(choice.need_at, need.number),
        "chosen": choice.chosen,
        "kind": kind,
        "me": actor.person_id,
        "tabs": tabs(there.counts),
        "brokers": [(person.pk, person.name) for person in brokers_for(actor, need)],
        "asked": _asked(request),
        "closed": _closed(current) if current is not None and _is_closed(current) else None,
        "round_revision": current.revision if current is not None else None,
        "has_accepted": any(match.state == "accepted" for match in there.matches),
    }
    return {
        "bench": words,
        "matches": matches,
        "rows": rows_of(matches, document, need.revision, actor),
        "team": team_block(need, there.matches, document, actor),
        "said": done.said if done else failed["sentence"] if failed else "",
        "undo": done.undo if done else None,
        "failed": failed,
        "everybody": there.matches,
    }


def _page(request: HttpRequest, need: Any, actor: Actor, *, failed: dict[str, Any] | None = None) -> dict[str, Any]:
    shown = _candidates(request, need, actor, failed=failed)
    choice = QueueChoice(request, actor)
    before, after, position, total = places_in_queue(choice.rows(), need)
    stale = any(match.need_revision not in (None, need.revision) for match in shown["matches"])
    return shown | {
        "need": need_context(need, shown["everybody"], actor) | {"stale": stale},
        "queue": {
            "back": choice.queue_at(),
            "names": choice.names(),
            "before": choice.need_at(before) if before else "",
            "after": choice.need_at(after) if after else "",
            "position": position,
            "total": total,
        },
        "keys": keys(),
        "hand": found_by_hand(request, actor, [match.candidate_id for match in shown["everybody"]]),
    }


def _asked(request: HttpRequest) -> tuple[str, str] | None:
    """Return which question stands open in which row, where no script opens a dialog."""
    if request.method == "POST":
        what, match = request.POST.get("do", ""), request.POST.get("match", "")
        return (what, match) if what in ASKING and not request.headers.get("HX-Request") else None
    return next(((what, request.GET[what]) for what in ASKING if read_uuid(request.GET.get(what, ""))), None)


def _closed(current: Round) -> dict[str, Any]:
    """Return how a closed round ended, who ended it and when."""
    nothing = current.state == RoundState.NOTHING_FITS
    sentence = _("{name} 于 {time} 说明没有合适的，已告知需求方。") if nothing else _("{name} 于 {time} 结束了这一轮。")
    name = current.closed_by.name if current.closed_by else _("系统")
    return {
        "sentence": sentence.format(name=name, time=moment(current.closed_at)),
        "note": current.note,
        "revision": current.revision,
    }


urlpatterns = [
    path("staff/bench/<str:number>", bench_page, name="bench"),
    path("staff/bench/<str:number>/compare", bench_compare, name="bench-compare"),
]
