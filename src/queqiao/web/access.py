"""Who may open which page: every view names its rule, and a view without one opens for nobody."""

from collections.abc import Callable
from enum import StrEnum
from typing import cast

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from queqiao.accounts.actors import STRANGER, Actor, actor_for
from queqiao.accounts.models import User
from queqiao.accounts.queries import needs_second_factor

View = Callable[..., HttpResponseBase]


class Rule(StrEnum):
    """The doors of the house. What lies behind a door still obeys the list rule of its records."""

    PUBLIC = "public"  # everybody
    TOKEN = "token"  # noqa: S105 -- whoever shows an access token, for which the operation itself asks; no cookie
    SIGNED_IN = "signed_in"  # whoever has signed in, second factor included
    STAFF = "staff"  # works for an operator
    OPERATOR = "operator"  # administers a scope
    SYSTEM = "system"  # system administrator
    SECURITY = "security"  # security administrator
    AUDIT = "audit"  # audit administrator


def open_to(rule: Rule) -> Callable[[View], View]:
    """Name the rule of a view."""

    def mark(view: View) -> View:
        view.rule = rule  # type: ignore[attr-defined]  # read again by ``rule_of``
        return view

    return mark


def rule_of(view: View) -> Rule | None:
    """Return the rule of a view, None where it has none and so opens for nobody."""
    return cast("Rule | None", getattr(view, "rule", None))


def admits(rule: Rule, actor: Actor) -> bool:
    """Whether the door opens for the actor."""
    if rule is Rule.PUBLIC:
        return True
    if actor.person_id is None or rule is Rule.TOKEN:
        return False
    if rule is Rule.SIGNED_IN:
        return True
    if rule is Rule.STAFF:
        return actor.is_staff
    if rule is Rule.OPERATOR:
        return bool(actor.ids("operate"))
    return actor.has(f"{rule.value}_admin")


def actor_of(request: HttpRequest) -> Actor:
    """Return who is asking; worked out once for each request. A sign-in that lacks its second factor is a stranger."""
    known = getattr(request, "_actor", None)
    if known is None:
        user = request.user
        known = actor_for(user.person) if isinstance(user, User) and _is_whole(request, user) else STRANGER
        request._actor = known  # type: ignore[attr-defined]  # one request, one answer
    return cast("Actor", known)


def _is_whole(request: HttpRequest, user: User) -> bool:
    """Whether a sign-in has shown all that it must; who is given a staff role in mid-session shows the rest then."""
    session = request.session
    if session.get("second_factor_due") is False and not session.get("second_factor_shown"):
        session["second_factor_due"] = needs_second_factor(user)
    return not session.get("second_factor_due")
