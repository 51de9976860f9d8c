"""Sessions: begun at sign-in, seen and ended by their owner, ended by themselves when nobody is there."""

import datetime

from django.contrib.auth import login, logout
from django.contrib.sessions.models import Session
from django.http import HttpRequest
from django.utils import timezone

from queqiao.accounts.models import SignIn, User

IDLE = datetime.timedelta(minutes=30)
SEEN_EVERY = datetime.timedelta(minutes=1)


def begin_session(request: HttpRequest, user: User, *, second_factor_due: bool) -> SignIn:
    """Sign a user in on this browser; with a second factor due, no door opens until it was shown."""
    login(request, user, backend="queqiao.accounts.backend.AddressBackend")
    now = timezone.now()
    request.session["second_factor_due"] = second_factor_due
    request.session["seen_at"] = now.isoformat()
    request.session.save()
    return SignIn.objects.create(
        user=user,
        session_key=request.session.session_key or "",
        began_at=now,
        seen_at=now,
        network=network_of(request),
        agent=request.META.get("HTTP_USER_AGENT", "")[:200],
    )


def renew_session(request: HttpRequest) -> None:
    """Open the doors to a session whose second factor was shown, under a new key."""
    before = request.session.session_key or ""
    request.session["second_factor_due"] = False
    request.session["second_factor_shown"] = True
    request.session.cycle_key()
    sign_ins = SignIn.objects.filter(session_key=before, ended_at=None)
    sign_ins.update(session_key=request.session.session_key or "", seen_at=timezone.now())


def keep_session(request: HttpRequest) -> None:
    """End a session that was idle too long or that its owner ended elsewhere; else note that it was seen.

    Measured by the clock of the server; where that was set back, the session counts as seen just now.
    """
    if not request.user.is_authenticated:
        return
    now = timezone.now()
    seen = datetime.datetime.fromisoformat(request.session.get("seen_at", now.isoformat()))
    if now - seen > IDLE:
        end_session(request)
        request.session["ended_idle"] = True
    elif now - seen > SEEN_EVERY or seen > now:
        request.session["seen_at"] = now.isoformat()
        SignIn.objects.filter(session_key=request.session.session_key or "").update(seen_at=now)


def end_session(request: HttpRequest) -> None:
    """Sign out on this browser."""
    key = request.session.session_key
    if key:
        SignIn.objects.filter(session_key=key, ended_at=None).update(ended_at=timezone.now())
    logout(request)


def end_other(sign_in: SignIn) -> None:
    """End a session on another browser."""
    Session.objects.filter(session_key=sign_in.session_key).delete()
    SignIn.objects.filter(pk=sign_in.pk).update(ended_at=timezone.now())


def network_of(request: HttpRequest) -> str:
    """Return the address that asks; a forwarded one only where the operator's own proxy writes it."""
    from django.conf import settings  # noqa: PLC0415 -- settings are ready when a request comes

    if settings.BEHIND_PROXY:
        forwarded = str(request.META.get("HTTP_X_FORWARDED_FOR", "")).split(",")[-1].strip()
        return forwarded or str(request.META["REMOTE_ADDR"])
    return str(request.META["REMOTE_ADDR"])
