"""The three administrators of the site, apart from each other: the log, work in the background, and who signs in."""

import datetime
import uuid
from typing import Any

from django.contrib import messages as told
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.utils import timezone

from queqiao.accounts.actions import oversight, signing_in
from queqiao.accounts.actors import Actor
from queqiao.accounts.models import Message, SignIn, User
from queqiao.accounts.overview import masked, names_of_actors
from queqiao.accounts.strain import strained_accounts
from queqiao.core import runs as background
from queqiao.core.errors import ForbiddenError, QueqiaoError
from queqiao.core.i18n import _, lazy
from queqiao.core.models import Run, RunState
from queqiao.core.queries import first_broken_link
from queqiao.records.auditing import LOG_VERBS, TARGETS, LogFilter, log_page, mask_text
from queqiao.web.access import Rule, actor_of, open_to
from queqiao.web.paging import CappedPaginator
from queqiao.web.views.staff_page import query_without, show

PAGE = 50
RUN_STATES: dict[str, Any] = {
    RunState.QUEUED.value: lazy("等待中"),
    RunState.RUNNING.value: lazy("进行中"),
    RunState.DONE.value: lazy("已完成"),
    RunState.FAILED.value: lazy("失败"),
    RunState.CANCELLED.value: lazy("已取消"),
}
MESSAGE_STATES: dict[str, Any] = {
    "failed": lazy("发送失败"),
    "waiting": lazy("等待发送"),
    "sending": lazy("正在发送"),
    "sent": lazy("已发送"),
}


@open_to(Rule.AUDIT)
def audit_log(request: HttpRequest) -> HttpResponse:
    """Show who did what, the newest first, and check on demand that nothing was changed behind our back."""
    chosen = {name: request.GET.get(name, "").strip() for name in ("person", "kind", "verb", "begins", "ends")}
    wanted = LogFilter(
        person=chosen["person"][:60],
        kind=chosen["kind"],
        verb=chosen["verb"],
        begins=_moment(chosen["begins"], datetime.time.min),
        ends=_moment(chosen["ends"], datetime.time.max),
    )
    asked = request.GET.get("before", "")
    before = int(asked) if asked.isdecimal() and len(asked) < 19 else None
    rows, older = log_page(wanted, before=before, size=PAGE)
    checked = request.method == "POST"
    context = {
        "rows": rows,
        "older": older,
        "later": before is not None,
        "chosen": chosen,
        "kinds": TARGETS,
        "verbs": LOG_VERBS,
        "checked": checked,
        "broken": first_broken_link() if checked else None,
        "query": query_without(request, "before"),
    }
    return show(request, "audit/log.html", context)


@open_to(Rule.SYSTEM)
def runs(request: HttpRequest) -> HttpResponse:
    """List the work in the background, the newest first."""
    state = request.GET.get("state", "")
    rows = Run.objects.order_by("-id")  # the ids grow with time
    if state in RUN_STATES:
        rows = rows.filter(state=state)
    page = CappedPaginator(rows, PAGE).get_page(request.GET.get("page"))
    who = names_of_actors(run.requested_by for run in page.object_list)
    context = {
        "page": page,
        "rows": [(run, who[run.requested_by]) for run in page.object_list],
        "state": state,
        "states": RUN_STATES,
        "query": query_without(request, "page"),
    }
    return show(request, "audit/runs.html", context)


@open_to(Rule.SYSTEM)
def run(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Show one piece of work; do it again or cancel it."""
    found = Run.objects.filter(pk=pk).select_related("rerun_of").first()
    if found is None:
        raise Http404
    sentence, by = "", actor_of(request).name
    if request.method == "POST":
        try:
            return _on_run(request, found, by)
        except QueqiaoError as error:
            sentence = str(error)
            found.refresh_from_db()
    context = {
        "run": found,
        "state_label": RUN_STATES[found.state],
        "who": names_of_actors([found.requested_by])[found.requested_by],
        "reruns": found.reruns.order_by("-id")[:20],
        "states": RUN_STATES,
        "open": found.state in (RunState.QUEUED, RunState.RUNNING),
        "sentence": sentence,
    }
    return show(request, "audit/run.html", context, status=422 if sentence else 200)


@open_to(Rule.SECURITY)
def security(request: HttpRequest) -> HttpResponse:
    """Show who is signed in and which accounts are tried at or closed; end a session, close or open an account."""
    sentence = ""
    if request.method == "POST":
        try:
            return _on_security(request)
        except ForbiddenError:
            raise
        except QueqiaoError as error:
            sentence = str(error)
    words = request.GET.get("q", "").strip()[:60]
    rows = SignIn.objects.select_related("user__person").order_by("-id")
    users = User.objects.select_related("person")
    rows = rows.filter(user__in=_named(users, words)) if words else rows.filter(ended_at=None)
    page = CappedPaginator(rows, PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "rows": [(one, masked(one.user.mobile or one.user.email or "")) for one in page.object_list],
        "found": [_account(user) for user in _named(users, words)[:PAGE]] if words else [],
        "closed": [_account(user) for user in users.filter(is_active=False, person__erased_at=None)[:PAGE]],
        "strained": [(one, _account(one.user)) for one in strained_accounts(now=timezone.now())],
        "words": words,
        "sentence": sentence,
        "query": query_without(request, "page"),
    }
    return show(request, "audit/security.html", context, status=422 if sentence else 200)


@open_to(Rule.SYSTEM)
def messages(request: HttpRequest) -> HttpResponse:
    """List letters by how they stand, never what they say; let one that failed wait once more."""
    sentence = ""
    if request.method == "POST":
        found = Message.objects.filter(pk__in=_uuids(request.POST.get("id", ""))).first()
        if found is None:
            raise Http404
        try:
            oversight.retry_message(message=found, by=actor_of(request))
        except ForbiddenError:
            raise
        except QueqiaoError as error:
            sentence = str(error)
        else:
            told.success(request, _("已放回发送队列。"))
            return redirect("messages")
    asked = request.GET.get("state", "failed")
    state = asked if asked in MESSAGE_STATES else "failed"
    page = CappedPaginator(Message.objects.filter(state=state).order_by("-id"), PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "rows": [(one, masked(one.address), mask_text(one.error)) for one in page.object_list],
        "state": state,
        "states": MESSAGE_STATES,
        "sentence": sentence,
        "query": query_without(request, "page"),
    }
    return show(request, "audit/messages.html", context, status=422 if sentence else 200)


def _on_run(request: HttpRequest, found: Run, by: str) -> HttpResponse:
    what = request.POST.get("what", "")
    if what == "rerun":
        try:
            again = background.rerun(found, by=by)
        except background.UnknownJobError as error:
            raise QueqiaoError(_("现在的程序已没有这种任务，不能再次运行。")) from error
        told.success(request, _("已重新排队。"))
        return redirect("run", pk=again.pk)
    if what != "cancel":
        raise Http404
    background.cancel(found, by=by)
    told.success(request, _("任务已取消。"))
    return redirect("run", pk=found.pk)


def _on_security(request: HttpRequest) -> HttpResponse:
    by, what, pk = actor_of(request), request.POST.get("what", ""), request.POST.get("id", "")
    if what == "end":
        sign_in = SignIn.objects.filter(pk=int(pk) if pk.isdecimal() and len(pk) < 19 else 0).first()
        if sign_in is None:
            raise Http404
        oversight.end_sign_in(sign_in=sign_in, by=by)
        told.success(request, _("这次登录已结束。"))
        return redirect(request.get_full_path())
    user = User.objects.filter(pk__in=_uuids(pk)).select_related("person").first()
    if user is None:
        raise Http404
    told.success(request, _on_account(user, what, by).format(name=user.person.name))
    return redirect(request.get_full_path())


def _on_account(user: User, what: str, by: Actor) -> str:
    if what == "close":
        if user.person_id == by.person_id:
            raise QueqiaoError(_("不能停用自己的账号，请由另一位安全管理员办理。"))
        signing_in.close_user(user=user, closed=True, by=by)
        return _("“{name}”的账号已停用，正在进行的登录也随之失效。")
    if what == "reopen":
        if user.person.erased_at is not None:
            raise QueqiaoError(_("这个账号的主人已经注销，不能恢复。"))
        signing_in.close_user(user=user, closed=False, by=by)
        return _("“{name}”的账号已恢复。")
    if what != "totp":
        raise Http404
    signing_in.reset_totp(user=user, by=by)
    return _("“{name}”的两步验证已重置，下次登录时重新设置。")


def _named(users: QuerySet[User], words: str) -> QuerySet[User]:
    return users.filter(Q(person__name=words) | Q(mobile=words) | Q(email__iexact=words))


def _account(user: User) -> dict[str, Any]:
    return {"user": user, "name": user.person.name, "address": masked(user.mobile or user.email or "")}


def _moment(text: str, at: datetime.time) -> datetime.datetime | None:
    try:
        return timezone.make_aware(datetime.datetime.combine(datetime.date.fromisoformat(text), at))
    except (ValueError, OverflowError):
        return None


def _uuids(text: str) -> list[uuid.UUID]:
    """Return the id that a form sent as a list of one, an empty list for anything that is no id."""
    try:
        return [uuid.UUID(text)]
    except ValueError:
        return []


urlpatterns = [
    path("audit/log", audit_log, name="audit-log"),
    path("system/runs", runs, name="runs"),
    path("system/runs/<uuid:pk>", run, name="run"),
    path("security/sign-ins", security, name="security"),
    path("system/messages", messages, name="messages"),
]
