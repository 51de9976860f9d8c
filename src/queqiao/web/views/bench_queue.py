"""The needs whose candidates wait to be judged, the most urgent first, and the run that matches everything anew."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path

from queqiao.accounts.actors import Actor
from queqiao.core.i18n import _
from queqiao.core.models import Run, RunState
from queqiao.matching.actions.running import EVERYTHING, match_everything
from queqiao.matching.choices import RoundState
from queqiao.matching.wording import level_name
from queqiao.matching.workbench import NEVER, Counts, counts_of
from queqiao.needs.models import Need
from queqiao.records.presenting import Face, faces, with_rows
from queqiao.records.queries import visible
from queqiao.web.access import Rule, actor_of, admits, open_to
from queqiao.web.bench_choice import QueueChoice
from queqiao.web.filters import day, moment
from queqiao.web.paging import CappedPaginator
from queqiao.web.views.audit import RUN_STATES
from queqiao.web.views.staff_page import query_without, show

PAGE = 25


@open_to(Rule.STAFF)
def bench_queue(request: HttpRequest) -> HttpResponse:
    """List the needs that wait; operators ask for everything to be matched anew."""
    actor = actor_of(request)
    if request.method == "POST":
        if request.POST.get("do") != "everything":
            raise Http404
        match_everything(by=actor)
        messages.success(request, _("已开始全部重新匹配，进度显示在本页。"))
        return redirect("bench-queue")
    choice = QueueChoice(request, actor)
    rows = choice.ended_rows() if choice.ended else choice.rows()
    page = CappedPaginator(rows, PAGE).get_page(request.GET.get("page"))
    first = None if choice.ended else rows.values_list("number", flat=True).first()
    context = {
        "page": page,
        "rows": _shown(list(page.object_list), choice, actor),
        "total": page.paginator.count,
        "first": choice.need_at(first) if first else "",
        "choice": choice,
        "query": query_without(request, "page"),
        "sentence": "",
    }
    return show(request, "bench/queue.html", context | _run(actor))


def _shown(needs: list[Any], choice: QueueChoice, actor: Actor) -> list[dict[str, Any]]:
    counts = counts_of(needs, actor)
    own = {need.pk: need for need in needs}
    seen: Any = visible(Need, actor).filter(pk__in=own)
    dressed = {face.id: face for face in faces(with_rows(seen))}
    return [_line(need, choice, dressed[need.pk], counts[need.pk]) for need in needs if need.pk in dressed]


def _line(need: Any, choice: QueueChoice, face: Face, counts: Counts) -> dict[str, Any]:
    told = (
        (_("{n} 个待处理"), counts.open),
        (_("{n} 个已评级"), counts.graded),
        (_("{n} 个已采纳"), counts.accepted),
        (_("{n} 个已排除"), counts.rejected),
    )
    return {
        "title": face.title,
        "organisation": face.organisation,
        "number": need.number,
        "url": choice.need_at(need.number),
        "deadline": day(need.deadline),
        "soon": getattr(need, "due", NEVER) < NEVER,
        "ended": _how(need) if choice.ended else "",
        "level": counts.best,
        "level_name": level_name(counts.best) if counts.best else "",
        "counts": _("，").join(text.format(n=n) for text, n in told if n) or _("还没有候选"),
        "again": getattr(need, "round_number", 1),
    }


def _how(need: Any) -> str:
    nothing = need.how == RoundState.NOTHING_FITS
    sentence = _("{name} 于 {time} 说明没有合适的") if nothing else _("{name} 于 {time} 处理完")
    return sentence.format(name=need.closed_by or _("系统"), time=moment(need.closed_at))


def _run(actor: Actor) -> dict[str, Any]:
    """Return how the last run of everything stands, for those who may ask for one."""
    may_run = admits(Rule.OPERATOR, actor)
    run = Run.objects.filter(kind=EVERYTHING).order_by("-id").first() if may_run else None
    return {
        "may_run": may_run,
        "may_look": admits(Rule.SYSTEM, actor),
        "run": run,
        "run_state": RUN_STATES[run.state] if run else "",
        "run_open": run is not None and run.state in (RunState.QUEUED, RunState.RUNNING),
    }


urlpatterns = [path("staff/bench", bench_queue, name="bench-queue")]
