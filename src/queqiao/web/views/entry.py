"""What the pages of signing in and of joining share."""

import math
from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from queqiao.accounts.actions.sessions import begin_session
from queqiao.accounts.actions.throttle import ThrottledError
from queqiao.accounts.models import Person, User
from queqiao.accounts.queries import needs_second_factor
from queqiao.core.errors import QueqiaoError
from queqiao.web.access import actor_of

TERMS_VERSION = "2026-11"
View = Callable[..., HttpResponse]


def patient(view: View) -> View:
    """Answer who has tried too often with a page that says when to come back."""

    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except ThrottledError as error:
            response = render(request, "errors/429.html", {"sentence": str(error)}, status=429)
            response["Retry-After"] = str(math.ceil(error.wait.total_seconds()))
            return response

    return answer


def told(error: QueqiaoError) -> str:
    """Return the sentence that the page shows; an error that asks for patience goes on to its own page."""
    if isinstance(error, ThrottledError):
        raise error
    return str(error)


def code_page(request: HttpRequest, form: forms.Form, **context: Any) -> HttpResponse:
    """Show the page that takes a code, with a ``heading`` and an ``explanation``.

    Where they apply: ``sentence`` (what went wrong), ``again`` (label and address of the way back), ``picture`` and
    ``secret`` (for an authenticator).
    """
    plain = {"sentence": "", "again": None, "picture": "", "secret": "", "next": next_of(request)}
    status = 422 if context.get("sentence") or form.errors else 200
    return render(request, "account/code.html", plain | {"form": form} | context, status=status)


def begin(request: HttpRequest, user: User) -> HttpResponse:
    """Sign a user in who has proved who he is, and lead him on: to the second factor, or to where he wanted to go."""
    due = needs_second_factor(user)
    begin_session(request, user, second_factor_due=due)
    wanted = next_of(request)
    if due:
        return redirect(with_next("second-factor", wanted))
    return redirect(wanted or reverse("my-today"))


def with_next(name: str, wanted: str) -> str:
    """Return the address of a page that leads on to the wanted one."""
    return f"{reverse(name)}?{urlencode({'next': wanted})}" if wanted else reverse(name)


def next_of(request: HttpRequest) -> str:
    """Return the page that was asked for; only ever a path of this site, else ""."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    return wanted if wanted.startswith("/") and url_has_allowed_host_and_scheme(wanted, allowed_hosts=None) else ""


def person_of(request: HttpRequest) -> Person | None:
    """Return who has signed in, second factor included."""
    user = request.user
    return user.person if isinstance(user, User) and actor_of(request).person_id else None
