"""Access tokens: made by a person for a program, shown once, never more than the person, ended at any time."""

import datetime
import hashlib
import secrets
from collections.abc import Collection

from django.db import transaction
from django.utils import timezone

from queqiao.accounts.actions.failures import noted
from queqiao.accounts.actions.throttle import take
from queqiao.accounts.actors import Actor
from queqiao.accounts.choices import TokenScope
from queqiao.accounts.models import ApiToken, Person
from queqiao.accounts.queries import is_closed, live_tokens, needs_second_factor
from queqiao.core.actions import Change, record_activity
from queqiao.core.errors import ForbiddenError, QueqiaoError
from queqiao.core.i18n import _

LEAD = "queqiao_"  # by which scanners of source code find a token that was left lying about
SHOWN = len(LEAD) + 6
DAYS, MOST_DAYS = 365, 730
MOST_LIVE = 20
USED_EVERY = datetime.timedelta(hours=1)


class TokenError(QueqiaoError):
    """A token that opens nothing: unknown, ended, expired, or its account is closed."""


@transaction.atomic
def create_token(
    *,
    person: Person,
    name: str,
    scopes: Collection[TokenScope],
    days: int = DAYS,
    second_factor: bool = False,
    by: Actor,
    now: datetime.datetime | None = None,
) -> tuple[ApiToken, str]:
    """Make a token of one's own; return it with its secret, which is shown this once and kept nowhere.

    ``second_factor`` says that the person has shown his in this session.
    """
    if by.person_id != person.pk and not by.is_system:
        raise ForbiddenError(_("访问令牌只能由本人生成。"))
    if not name.strip() or not scopes or not 1 <= days <= MOST_DAYS:
        raise QueqiaoError(_("请给令牌写一个名称、选好用途和不超过两年的有效期。"))
    now = now or timezone.now()
    Person.objects.select_for_update().get(pk=person.pk)  # two tokens at once wait for each other
    if live_tokens(person, now=now).count() >= MOST_LIVE:
        raise QueqiaoError(_("最多同时有 {n} 个有效的令牌，请先撤销不用的。").format(n=MOST_LIVE))
    secret = LEAD + secrets.token_urlsafe(32)
    made = ApiToken.objects.create(
        person=person,
        name=name.strip(),
        prefix=secret[:SHOWN],
        secret_hash=_hash(secret),
        scopes=sorted({TokenScope(scope).value for scope in scopes}),
        second_factor=second_factor,
        expires_at=now + datetime.timedelta(days=days),
        recorded_at=now,
    )
    told = {"token": made.prefix, "token_scopes": made.scopes, "expires_at": made.expires_at}
    record_activity(Change("person", person.pk, "create_token", {}, told), by=by.name, now=now)
    return made, secret


@transaction.atomic
def revoke_token(*, token: ApiToken, by: Actor) -> None:
    """End a token of one's own at once; ending it twice changes nothing."""
    if by.person_id != token.person_id and not by.is_system:
        raise ForbiddenError(_("访问令牌只能由本人撤销。"))
    locked = ApiToken.objects.select_for_update().get(pk=token.pk)
    if locked.revoked_at is not None:
        return
    locked.revoked_at = timezone.now()
    locked.save(update_fields=["revoked_at"])
    change = Change("person", locked.person_id, "revoke_token", {"token": locked.prefix}, {})
    record_activity(change, by=by.name, now=locked.revoked_at)


def use_token(*, secret: str, network: str, now: datetime.datetime | None = None) -> ApiToken:
    """Return the token of a secret, and note that it was used; TokenError where it opens nothing.

    Only tries that fail count for their network, so that nobody can lock out the programs of a campus. Called outside
    of any transaction, like the throttle.
    """
    now = now or timezone.now()
    found = ApiToken.objects.select_related("person").filter(secret_hash=_hash(secret)).first()
    wrong = _what_is_wrong(found, now)
    if found is None or wrong:
        user = found.person.users.select_related("person").first() if found else None
        with noted("token", user or "", network, now=now):
            take("token", network, network, now=now)
            raise TokenError(wrong)
    if found.last_used_at is None or now - found.last_used_at >= USED_EVERY:
        ApiToken.objects.filter(pk=found.pk).update(last_used_at=now)
    return found


def _what_is_wrong(token: ApiToken | None, now: datetime.datetime) -> str:
    """Say why a token opens nothing, "" for one that does."""
    if token is None:
        return _("访问令牌不对，请核对后重试，或在“我的账号”里重新生成。")
    if token.revoked_at is not None:
        return _("这个访问令牌已撤销，请在“我的账号”里重新生成。")
    if token.expires_at <= now:
        return _("这个访问令牌已过期，请在“我的账号”里重新生成。")
    if is_closed(token.person):
        return _("这个访问令牌的账号已停用。")
    users = token.person.users.filter(is_active=True)
    if not token.second_factor and any(needs_second_factor(user) for user in users):
        return _("这个访问令牌生成时没有两步验证，现在需要；请用两步验证登录后重新生成。")
    return ""


def _hash(secret: str) -> str:
    """Return what is kept of a secret; it has 256 bits of chance, so that no slow hash is needed."""
    return hashlib.sha256(secret.encode()).hexdigest()
