"""My workspace: what waits for me today and what I handed on, and the records that I keep."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils import timezone

from queqiao.core.errors import QueqiaoError
from queqiao.core.i18n import _, lazy
from queqiao.core.identifiers import read_uuid
from queqiao.matching.workbench import count_waiting
from queqiao.records.actions.handing_over import LONGEST_NOTE, hand_over, take_back
from queqiao.records.beside import beside
from queqiao.records.choices import State
from queqiao.records.handing_over import Passed, Task, desk_of
from queqiao.records.labels import KIND_LABELS
from queqiao.records.review import MOST_COUNTED
from queqiao.records.workspace import Key, Todo, Work, own_counts, own_row, own_rows
from queqiao.web.access import Rule, actor_of, open_to
from queqiao.web.filters import day
from queqiao.web.kinds import KINDS
from queqiao.web.news import news_for
from queqiao.web.paging import CappedPaginator
from queqiao.web.side import side_navigation

PAGE = 25
# Icon, what it is, and what is done about it.
LOOKS: dict[Work, tuple[str, Any, Any]] = {
    Work.RETURNED: ("arrow-back-up", lazy("已退回，请修改后重新提交"), lazy("修改")),
    Work.EXPIRED: ("clock", lazy("已过期，请确认是否仍有效"), lazy("确认")),
    Work.EXPIRING: ("clock", lazy("即将到期"), lazy("确认")),
    Work.UNSENT: ("pencil", lazy("草稿尚未提交"), lazy("继续填写")),
    Work.REVIEW: ("list-check", lazy("等待审核"), lazy("审核")),
    Work.PROPOSAL: ("git-merge", lazy("提出了修改，等待审核"), lazy("审核")),
    Work.REGISTRATION: ("user-check", lazy("机构申请入驻"), lazy("审核")),
}
OPENS_FORM = (Work.RETURNED, Work.UNSENT)


@open_to(Rule.SIGNED_IN)
def today(request: HttpRequest) -> HttpResponse:
    """Show in one list what waits for the reader, overdue things first; hand one of them over, or take it back."""
    sentence = ""
    if request.method == "POST":
        try:
            messages.success(request, _move(request))
        except QueqiaoError as error:
            sentence = str(error)
        else:
            return redirect("my-today")
    desk = desk_of(actor_of(request))
    items = [_task(task) for task in desk.tasks]
    judging = count_waiting(actor_of(request), MOST_COUNTED) if actor_of(request).is_staff else 0
    context = {
        "sentence": sentence,
        "typed": {name: request.POST.get(name, "") for name in ("task", "to", "note")},
        "longest_note": LONGEST_NOTE,
        "items": items,
        "judging": judging,
        "own": sum(not task.todo.others for task in desk.tasks),
        "news": news_for(actor_of(request), timezone.now()),
        "passed": [_passed(one) for one in desk.passed if one.own],
        "overdue": sum(item["overdue"] for item in items),
        "kinds": KINDS.values(),
        "side_navigation": side_navigation(request),
    }
    return render(request, "workspace/today.html", context, status=422 if sentence else 200)


@open_to(Rule.SIGNED_IN)
def mine(request: HttpRequest) -> HttpResponse:
    """List the reader's own records of all kinds, by state."""
    actor = actor_of(request)
    counts = own_counts(actor)
    asked = request.GET.get("state", "")
    first = next((state for state in State.values if counts[state]), State.DRAFT.value)
    state = asked if asked in State.values else first
    page = CappedPaginator(own_rows(actor, state), PAGE, known=counts[state]).get_page(request.GET.get("page"))
    rows = [own_row(row) for row in page.object_list]
    context = {
        "tabs": [(code, str(label), counts[code], code == state) for code, label in State.choices],
        "state": state,
        "state_label": State(state).label,
        "page": page,
        "rows": rows,
        "beside": beside(rows, actor),
        "query": f"state={state}",
        "kind_labels": KIND_LABELS,
        "kinds": KINDS.values(),
        "side_navigation": side_navigation(request),
    }
    return render(request, "workspace/records.html", context)


def _move(request: HttpRequest) -> str:
    """Hand the task of the form over or take it back; say what was done. QueqiaoError where it was not."""
    actor, key = actor_of(request), Key.read(request.POST.get("task", ""))
    if key is None:
        raise QueqiaoError(_("没有看懂要转交哪件事，请刷新页面后重试。"))
    if request.POST.get("what") == "take_back":
        return _("已收回“{title}”，现在由您处理。").format(title=_title(take_back(key, by=actor)))
    made = hand_over(key, to=read_uuid(request.POST.get("to", "")), note=request.POST.get("note", ""), by=actor)
    return _("已转交给{name}，并已发消息告知。").format(name=made.receiver.name)


def _task(task: Task) -> dict[str, Any]:
    handed = ""
    if task.handed:
        handed = _("由{name}转交：{note}") if task.handed.note else _("由{name}转交")
        handed = handed.format(name=task.handed.giver.name, note=task.handed.note)
    return _item(task.todo) | {"key": task.todo.key.write(), "colleagues": task.colleagues, "handed": handed}


def _passed(one: Passed) -> dict[str, Any]:
    said = _("{day} 转交给{name}：{note}") if one.handed.note else _("{day} 转交给{name}")
    said = said.format(day=day(one.handed.recorded_at), name=one.handed.receiver.name, note=one.handed.note)
    return _item(one.todo) | {"key": one.todo.key.write(), "handed": said, "action": ""}


def _title(todo: Todo) -> str:
    return todo.title or _("（未命名）")


def _item(todo: Todo) -> dict[str, Any]:
    icon, note, action = ("hourglass-high", _("等待他人审核"), "") if todo.others else LOOKS[todo.work]
    overdue = todo.overdue and not todo.others
    parts = [str(note)]
    if todo.kind:
        parts.insert(0, f"{KIND_LABELS[todo.kind]} {todo.number}")
    if todo.until and todo.work is Work.EXPIRING:
        parts.append(_("有效期至 {day}").format(day=todo.until.isoformat()))
    if todo.instead_of:
        parts.append(_("代{name}处理").format(name=todo.instead_of))
    days = (timezone.now() - todo.since).days
    age = _("已等待 {n} 天").format(n=days) if days else _("今天")
    return {
        "icon": icon,
        "title": _title(todo),
        "href": _address(todo),
        "note": _("，").join(parts),
        "when": _("{age}，已逾期").format(age=age) if overdue else age,
        "overdue": overdue,
        "action": str(action),
        "organisation": todo.organisation if todo.kind else "",
    }


def _address(todo: Todo) -> str:
    if todo.work is Work.REGISTRATION:
        return reverse("registration", args=[todo.target])
    if todo.work in (Work.REVIEW, Work.PROPOSAL):
        return reverse("review", args=[todo.number])
    if todo.work in OPENS_FORM:
        return reverse("record-edit", args=[todo.number])
    return reverse("record", args=[todo.number])


urlpatterns = [path("my", today, name="my-today"), path("my/records", mine, name="my-records")]
