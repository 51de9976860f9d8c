"""Proving who one is: password, one-time code, second factor. Secrets never reach the log."""

import datetime
import hashlib
import hmac
import secrets
from functools import cache

import pyotp
from django.conf import settings
from django.contrib.auth.hashers import check_password, make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from queqiao.accounts.actions import throttle
from queqiao.accounts.actions.failures import noted
from queqiao.accounts.actions.messages import write_letter
from queqiao.accounts.actors import Actor
from queqiao.accounts.models import OneTimeCode, SignIn, User
from queqiao.accounts.queries import find_user
from queqiao.core.actions import Change, record_activity
from queqiao.core.errors import ForbiddenError, QueqiaoError
from queqiao.core.i18n import _

CODE_LASTS = datetime.timedelta(minutes=10)
CODE_TRIES = 5
STEP_SECONDS = 30
_CLOCK = datetime.timedelta(minutes=1)  # by which two clocks may differ


def request_code(*, address: str, purpose: str, network: str, now: datetime.datetime | None = None) -> None:
    """Send a code of six digits to an address, for signing in only where it has an account.

    Answers the same either way. Raises ThrottledError.
    """
    now = now or timezone.now()
    throttle.take(f"code-{purpose}", address, network, now=now, sends=True)
    wanted = purpose != "sign-in" or find_user(address) is not None
    code = f"{secrets.randbelow(1_000_000):06}"
    with transaction.atomic():
        OneTimeCode.objects.filter(address=address, purpose=purpose, used_at=None).delete()  # only the newest counts
        made = OneTimeCode.objects.create(
            address=address,
            purpose=purpose,
            code_hash=_keyed(f"{purpose}|{address}|{code}"),
            created_at=now,
            expires_at=now + CODE_LASTS,
        )
        write_letter(
            key=f"code:{made.pk}",
            address=address if wanted else "",
            subject=_("验证码"),
            text=_("您的验证码是 {code}，10 分钟内有效，请勿告诉他人。").format(code=code),
            secret=True,
        )


def prove_address(*, address: str, purpose: str, code: str, network: str, now: datetime.datetime | None = None) -> None:
    """Take a code that was sent to an address; it counts once. Raises QueqiaoError for a wrong or old one."""
    now = now or timezone.now()
    throttle.take(f"enter-{purpose}", address, network, now=now)
    wrong = QueqiaoError(_("验证码不对或已失效，请核对，或重新获取。"))
    found = OneTimeCode.objects.filter(address=address, purpose=purpose, used_at=None).order_by("-id").first()
    # Long before its creation the clock was set back: then the code is as little valid as after its end.
    if found is None or not found.created_at - _CLOCK <= now <= found.expires_at:
        raise wrong
    still_open = OneTimeCode.objects.filter(pk=found.pk, used_at=None)
    if not still_open.filter(tries__lt=CODE_TRIES).update(tries=F("tries") + 1):
        raise wrong
    if not hmac.compare_digest(found.code_hash, _keyed(f"{purpose}|{address}|{code}")):
        raise wrong
    if not still_open.update(used_at=now):
        raise wrong
    throttle.give_back(f"enter-{purpose}", address, network)


def was_proved(*, address: str, purpose: str, now: datetime.datetime | None = None) -> bool:
    """Whether a code that was sent to the address was shown in the last ten minutes."""
    now = now or timezone.now()
    shown = OneTimeCode.objects.filter(address=address, purpose=purpose)
    return shown.filter(used_at__gte=now - CODE_LASTS, used_at__lte=now + _CLOCK).exists()


def sign_in_with_code(*, address: str, code: str, network: str, now: datetime.datetime | None = None) -> User:
    """Return the user whose address a code proves."""
    now = now or timezone.now()
    with noted("code", address, network, now=now):
        prove_address(address=address, purpose="sign-in", code=code, network=network, now=now)
        user = find_user(address)
        if user is None:
            raise QueqiaoError(_("验证码不对或已失效，请核对，或重新获取。"))
    return user


def sign_in_with_password(*, address: str, password: str, network: str, now: datetime.datetime | None = None) -> User:
    """Return the user whose password this is; QueqiaoError says the same for a wrong one and for no account."""
    now = now or timezone.now()
    with noted("password", address, network, now=now):
        throttle.take("sign-in", address, network, now=now)
        user = find_user(address)
        fits = check_password(password, user.password if user else _nobody())
        if user is None or not fits:
            raise QueqiaoError(_("账号或密码不对，请核对后再试，也可以用验证码登录。"))
    throttle.give_back("sign-in", address, network)
    return user


def second_factor(*, user: User, code: str, network: str, now: datetime.datetime | None = None) -> None:
    """Check a code of the authenticator: one step early or late is forgiven, and each step counts once."""
    now = now or timezone.now()
    with noted("second_factor", user, network, now=now):
        throttle.take("second-factor", str(user.pk), network, now=now)
        user.refresh_from_db()
        step = _matching_step(user.totp_secret, code, now) if user.totp_confirmed_at is not None else None
        if step is None or not _count_step(user, step, now):
            raise QueqiaoError(_("动态码不对或已用过，请等下一个动态码。"))
    throttle.give_back("second-factor", str(user.pk), network)


def begin_totp(*, user: User) -> str:
    """Return the address that an authenticator reads as a QR code; the secret is made once until it is confirmed."""
    if user.totp_confirmed_at is not None:
        raise QueqiaoError(_("两步验证已经开启。"))
    User.objects.filter(pk=user.pk, totp_secret="").update(totp_secret=pyotp.random_base32())
    user.refresh_from_db()
    name = user.email or user.mobile or ""
    return pyotp.TOTP(user.totp_secret).provisioning_uri(name=name, issuer_name=str(settings.SITE["name"]))


@transaction.atomic
def confirm_totp(*, user: User, code: str, now: datetime.datetime | None = None) -> None:
    """Switch the second factor on with a first code of it; that code does not count again."""
    now = now or timezone.now()
    user.refresh_from_db()
    step = _matching_step(user.totp_secret, code, now)
    if step is None:
        raise QueqiaoError(_("动态码不对，请核对手机时间后再试。"))
    fresh = User.objects.filter(pk=user.pk, totp_confirmed_at=None, totp_secret=user.totp_secret)
    if not fresh.update(totp_confirmed_at=now, totp_last_step=step):
        raise QueqiaoError(_("两步验证已经开启。"))
    user.refresh_from_db()
    record_activity(Change("user", user.pk, "second_factor_on", {}, {}), by=f"person:{user.person_id}", now=now)


@transaction.atomic
def reset_totp(*, user: User, by: Actor) -> None:
    """Switch a lost second factor off; its owner sets up a new one at the next sign-in."""
    if not by.has("security_admin"):
        raise ForbiddenError(_("只有安全管理员可以重置两步验证。"))
    User.objects.filter(pk=user.pk).update(totp_secret="", totp_confirmed_at=None, totp_last_step=0)
    record_activity(Change("user", user.pk, "second_factor_off", {}, {}), by=by.name)


def change_password(
    *, user: User, old: str, new: str, by: Actor, network: str = "", now: datetime.datetime | None = None
) -> None:
    """Set a new password; who has one must show it. All sessions of the user end.

    Raises ForbiddenError, ThrottledError, or QueqiaoError where the new one breaks the rules.
    """
    if by.person_id != user.person_id and not by.is_system:
        raise ForbiddenError(_("只能修改自己的密码。"))
    now = now or timezone.now()
    if user.has_usable_password() and not by.is_system:
        throttle.take("password", str(user.pk), network, now=now)
        if not user.check_password(old):
            raise QueqiaoError(_("现在的密码不对。"))
    try:
        validate_password(new, user)
    except ValidationError as error:
        raise QueqiaoError("".join(error.messages)) from error
    with transaction.atomic():
        user.set_password(new)
        user.password_changed_at = now
        user.save(update_fields=["password", "password_changed_at"])
        SignIn.objects.filter(user=user, ended_at=None).update(ended_at=now)
        record_activity(Change("user", user.pk, "new_password", {}, {"changed_at": now}), by=by.name, now=now)


@transaction.atomic
def close_user(*, user: User, closed: bool, by: Actor) -> None:
    """Close a way to sign in, or open it again; open sessions end with the next page."""
    if not by.has("security_admin"):
        raise ForbiddenError(_("只有安全管理员可以停用账号。"))
    User.objects.filter(pk=user.pk).update(is_active=not closed)
    record_activity(Change("user", user.pk, "close" if closed else "open", {}, {}), by=by.name)


def forget_codes(*, now: datetime.datetime) -> int:
    """Take away codes that ended a day ago; return how many."""
    return OneTimeCode.objects.filter(expires_at__lt=now - datetime.timedelta(days=1)).delete()[0]


def _matching_step(secret: str, code: str, now: datetime.datetime) -> int | None:
    if not secret:
        return None
    totp = pyotp.TOTP(secret)
    step = _step(now)
    given = code.encode()
    near = (step, step - 1, step + 1)
    return next((s for s in near if hmac.compare_digest(totp.at(s * STEP_SECONDS).encode(), given)), None)


def _count_step(user: User, step: int, now: datetime.datetime) -> bool:
    """Let a step count once. A last step from the future means that the clock was set back: then it starts anew."""
    unused = Q(totp_last_step__lt=step) | Q(totp_last_step__gt=_step(now) + 1)
    return bool(User.objects.filter(unused, pk=user.pk).update(totp_last_step=step))


def _step(now: datetime.datetime) -> int:
    return int(now.timestamp()) // STEP_SECONDS


@cache
def _nobody() -> str:
    """What is checked where there is no account, so that both answers take as long."""
    return make_password("nobody")


def _keyed(text: str) -> str:
    return hmac.new(settings.SECRET_KEY.encode(), text.encode(), hashlib.sha256).hexdigest()
