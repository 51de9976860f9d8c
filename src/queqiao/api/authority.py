"""Who calls: the person of a token, and no cookie. A token without the scope of a call opens nothing."""

from dataclasses import dataclass
from typing import Any, cast

from django.http import HttpRequest
from ninja.security import HttpBearer

from queqiao.accounts.actions.sessions import network_of
from queqiao.accounts.actions.tokens import use_token
from queqiao.accounts.actors import Actor, actor_for
from queqiao.accounts.choices import TokenScope
from queqiao.accounts.models import ApiToken
from queqiao.core.errors import ForbiddenError
from queqiao.core.i18n import _


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls, with the rights that his person has at this moment."""

    actor: Actor
    token: ApiToken


class Bearer(HttpBearer):
    """Asks for a token that may be used for ``scope``; for any token where none is named."""

    def __init__(self, scope: TokenScope | None = None):
        super().__init__()
        self.scope = scope

    def authenticate(self, request: HttpRequest, token: str) -> Caller:
        """Return who calls; TokenError, ThrottledError or ForbiddenError for who may not."""
        used = use_token(secret=token.strip(), network=network_of(request))
        if self.scope is not None and self.scope not in used.scopes:
            raise ForbiddenError(_("这个访问令牌没有“{use}”的用途。").format(use=self.scope.label))
        return Caller(actor_for(used.person), used)


def asks_for(scope: TokenScope) -> dict[str, Any]:
    """Return what the declaration of an operation says of its scope: the door, and the word in the description."""
    return {"auth": Bearer(scope), "openapi_extra": {"x-token-scope": scope.value}}


def caller_of(request: HttpRequest) -> Caller:
    """Return who calls an operation that asks for a token."""
    return cast("Caller", request.auth)  # type: ignore[attr-defined]  # put there by the operation's ``auth``
