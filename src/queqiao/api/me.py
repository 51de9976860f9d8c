"""Who calls, and what his token is good for."""

import datetime
from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema
from pydantic import Field

from queqiao.accounts.models import Role
from queqiao.api.authority import Bearer, caller_of
from queqiao.core.i18n import lazy

router = Router(tags=["me"])


class RoleOut(Schema):
    """A role that the person holds today."""

    role: str = Field(description=lazy("角色"))
    organisation: str | None = Field(description=lazy("机构；全站角色为空"))


class TokenOut(Schema):
    """The token of this call."""

    name: str = Field(description=lazy("令牌名称"))
    prefix: str = Field(description=lazy("令牌的开头"))
    scopes: list[str] = Field(description=lazy("用途"))
    expires_at: datetime.datetime = Field(description=lazy("有效期至"))


class Me(Schema):
    """Who calls."""

    name: str = Field(description=lazy("姓名"))
    roles: list[RoleOut] = Field(description=lazy("今天的角色"))
    token: TokenOut = Field(description=lazy("这次所用的令牌"))


@router.get("/me", url_name="api-me", response=Me, auth=Bearer(), summary=lazy("我是谁，令牌能做什么"))
def me(request: HttpRequest) -> dict[str, Any]:
    """Say who calls."""
    token = caller_of(request).token
    roles = Role.objects.current().filter(person=token.person).select_related("organisation")
    return {
        "name": token.person.name,
        "roles": [
            {"role": role.kind, "organisation": role.organisation.name if role.organisation else None} for role in roles
        ],
        "token": {name: getattr(token, name) for name in ("name", "prefix", "scopes", "expires_at")},
    }
