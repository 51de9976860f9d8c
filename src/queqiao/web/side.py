"""The side navigation of workspace pages: what the reader may open, with how much waits behind it."""

import uuid
from typing import cast

from django.http import HttpRequest
from django.urls import reverse

from queqiao.accounts.actors import Actor
from queqiao.accounts.models import Registration
from queqiao.core.i18n import _
from queqiao.matching.models import Match
from queqiao.matching.workbench import count_waiting
from queqiao.records.review import MOST_COUNTED, Queue
from queqiao.web.access import Rule, actor_of, admits

Item = tuple[str, str, bool, str]  # label, address, whether the reader is there, how much waits ("" for nothing)


def side_navigation(request: HttpRequest) -> list[Item]:
    """Return the entries that the rights of the reader open; worked out once for each request."""
    known = getattr(request, "_side_navigation", None)
    if known is None:
        known = [
            (label, href, request.path == href or request.path.startswith(f"{href}/"), count)
            for label, href, count in _entries(request, actor_of(request))
        ]
        request._side_navigation = known = _only_longest(known)  # type: ignore[attr-defined]  # one request, one answer
    return cast("list[Item]", known)


def left_for_others(request: HttpRequest) -> dict[uuid.UUID, str]:
    """Return id and number of what in the reader's queue a colleague has to settle; worked out once a request."""
    known = getattr(request, "_left_for_others", None)
    if known is None:
        known = Queue(actor_of(request)).for_others()
        request._left_for_others = known  # type: ignore[attr-defined]  # as above
    return cast("dict[uuid.UUID, str]", known)


def _entries(request: HttpRequest, actor: Actor) -> list[tuple[str, str, str]]:
    found = [(_("今日待办"), reverse("my-today"), ""), (_("我的登记"), reverse("my-records"), "")]
    found.append((_("我的搜索"), reverse("my-searches"), ""))
    if actor.ids("admin"):
        found.append((_("本机构"), reverse("my-organisation"), ""))
    if actor.is_staff:
        waiting = Registration.objects.filter(state="waiting", scope__in=actor.ids("staff"))[:MOST_COUNTED].count()
        found += [
            (_("审核队列"), reverse("review-queue"), _count(Queue(actor).count(left_for_others(request)))),
            (_("匹配工作台"), reverse("bench-queue"), _count(count_waiting(actor, MOST_COUNTED))),
            (_("机构申请"), reverse("registrations"), _count(waiting)),
            (_("评级学习"), reverse("model-desk"), ""),
            (_("专题编排"), reverse("theme-desk"), ""),
            (_("机构管理"), reverse("admin-organisations"), ""),
            (_("人员管理"), reverse("admin-people"), ""),
        ]
    if _serves(actor):
        found.append((_("我跟进的匹配"), reverse("my-cases"), ""))
    doors = (
        (Rule.OPERATOR, _("范围管理"), "admin-scopes"),
        (Rule.SYSTEM, _("管理员任命"), "administrators"),
        (Rule.SYSTEM, _("后台任务"), "runs"),
        (Rule.SYSTEM, _("消息发送"), "messages"),
        (Rule.SECURITY, _("登录与账号"), "security"),
        (Rule.AUDIT, _("操作日志"), "audit-log"),
    )
    found += [(label, reverse(name), "") for rule, label, name in doors if admits(rule, actor)]
    return [*found, (_("我的账号"), reverse("my-account"), "")]


def _serves(actor: Actor) -> bool:
    return actor.person_id is not None and Match.objects.filter(broker=actor.person_id).exists()


def _count(n: int) -> str:
    return f"{MOST_COUNTED - 1}+" if n >= MOST_COUNTED else str(n or "")


def _only_longest(items: list[Item]) -> list[Item]:
    """Mark one entry at most: below /my lie other entries, too."""
    longest = max((href for _label, href, current, _n in items if current), key=len, default="")
    return [(label, href, current and href == longest, count) for label, href, current, count in items]
