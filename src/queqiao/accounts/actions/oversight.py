"""What security and system administrators do with sessions and letters of others."""

from django.contrib.sessions.models import Session
from django.db import transaction
from django.utils import timezone

from queqiao.accounts.actions.messages import try_again
from queqiao.accounts.actors import Actor
from queqiao.accounts.choices import RoleKind
from queqiao.accounts.models import Message, SignIn
from queqiao.core.actions import Change, record_activity
from queqiao.core.errors import ForbiddenError, QueqiaoError
from queqiao.core.i18n import _


@transaction.atomic
def end_sign_in(*, sign_in: SignIn, by: Actor) -> None:
    """End somebody's session on another browser; ending it twice is once."""
    _require(RoleKind.SECURITY_ADMIN, by)
    if not SignIn.objects.filter(pk=sign_in.pk, ended_at=None).update(ended_at=timezone.now()):
        return
    Session.objects.filter(session_key=sign_in.session_key).delete()
    record_activity(Change("user", sign_in.user_id, "end_session", {}, {"network": sign_in.network}), by=by.name)


@transaction.atomic
def retry_message(*, message: Message, by: Actor) -> None:
    """Let a letter that failed wait once more; QueqiaoError where it did not fail."""
    _require(RoleKind.SYSTEM_ADMIN, by)
    if not Message.objects.filter(pk=message.pk, state="failed").exists():
        raise QueqiaoError(_("这封消息没有发送失败，不需要重发。"))
    try_again(message)
    record_activity(Change("message", message.pk, "retry", {"state": "failed"}, {"state": "waiting"}), by=by.name)


def _require(kind: RoleKind, by: Actor) -> None:
    if not by.has(kind.value):
        raise ForbiddenError(_("只有{role}可以这样做。").format(role=kind.label))
