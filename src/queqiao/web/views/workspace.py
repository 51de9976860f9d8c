"""My workspace: what waits for me today, and the records that I keep."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.utils import timezone

from queqiao.core.i18n import _, lazy
from queqiao.records.choices import State
from queqiao.records.labels import KIND_LABELS
from queqiao.records.workspace import Todo, Work, own_counts, own_row, own_rows, todos
from queqiao.web.access import Rule, actor_of, open_to
from queqiao.web.kinds import KINDS
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
    """Show in one list what waits for the reader, overdue things first."""
    actor = actor_of(request)
    items = [_item(todo) for todo in todos(actor)]
    context = {
        "items": items,
        "overdue": sum(item["overdue"] for item in items),
        "kinds": KINDS.values(),
        "side_navigation": side_navigation(request),
    }
    return render(request, "workspace/today.html", context)


@open_to(Rule.SIGNED_IN)
def mine(request: HttpRequest) -> HttpResponse:
    """List the reader's own records of all kinds, by state."""
    actor = actor_of(request)
    counts = own_counts(actor)
    asked = request.GET.get("state", "")
    first = next((state for state in State.values if counts[state]), State.DRAFT.value)
    state = asked if asked in State.values else first
    page = CappedPaginator(own_rows(actor, state), PAGE, known=counts[state]).get_page(request.GET.get("page"))
    context = {
        "tabs": [(code, str(label), counts[code], code == state) for code, label in State.choices],
        "state": state,
        "state_label": State(state).label,
        "page": page,
        "rows": [own_row(row) for row in page.object_list],
        "query": f"state={state}",
        "kind_labels": KIND_LABELS,
        "kinds": KINDS.values(),
        "side_navigation": side_navigation(request),
    }
    return render(request, "workspace/records.html", context)


def _item(todo: Todo) -> dict[str, Any]:
    icon, note, action = LOOKS[todo.work]
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
        "title": todo.title or _("（未命名）"),
        "href": _address(todo),
        "note": _("，").join(parts),
        "when": _("{age}，已逾期").format(age=age) if todo.overdue else age,
        "overdue": todo.overdue,
        "action": str(action),
        "organisation": todo.organisation if todo.kind else "",
    }


def _address(todo: Todo) -> str:
    if todo.work is Work.REGISTRATION:
        return reverse("registration", args=[todo.id])
    if todo.work in (Work.REVIEW, Work.PROPOSAL):
        return reverse("review", args=[todo.number])
    if todo.work in OPENS_FORM:
        return reverse("record-edit", args=[todo.number])
    return reverse("record", args=[todo.number])


urlpatterns = [path("my", today, name="my-today"), path("my/records", mine, name="my-records")]
