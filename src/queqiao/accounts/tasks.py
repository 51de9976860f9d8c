"""Work of this room that nobody waits for."""

import datetime
from typing import Any

from django.db.models import Q

from queqiao.accounts.actions.messages import deliver, deliver_waiting
from queqiao.accounts.actions.signing_in import forget_codes
from queqiao.accounts.actions.throttle import forget_full
from queqiao.accounts.models import Message
from queqiao.core import runs, ticks
from queqiao.core.models import Run, RunState

LEFT_AFTER = datetime.timedelta(minutes=1)  # by now a letter's own run should have sent it


@runs.job("messages.deliver")
def deliver_one(context: runs.RunContext) -> dict[str, Any]:
    """Send one letter."""
    message = Message.objects.filter(pk=context.arguments["message"]).first()
    return {"sent": bool(message and deliver(message))}


@runs.job("messages.waiting")
def deliver_rest(_context: runs.RunContext) -> dict[str, Any]:
    """Send again what could not be sent before."""
    return {"sent": deliver_waiting()}


@ticks.every(60, "messages.waiting")
def look_for_waiting(now: datetime.datetime) -> object:
    """Ask for a round of sending where a letter is due for another try, or was left behind; one round at a time."""
    tried = Q(state="waiting", tries__gt=0) | Q(state="sending")
    left = Q(state="waiting", due_at__lte=now - LEFT_AFTER)
    due = Message.objects.filter(tried | left, due_at__lte=now)
    open_runs = Run.objects.filter(kind="messages.waiting", state__in=(RunState.QUEUED, RunState.RUNNING))
    if not due.exists() or open_runs.exists():
        return None
    return runs.enqueue("messages.waiting", {}, by="system:messages")


@ticks.every(3600, "accounts.clear")
def clear(now: datetime.datetime) -> None:
    """Forget one-time codes that ended long ago and the counts of tries that are whole again."""
    forget_codes(now=now)
    forget_full(now=now)
