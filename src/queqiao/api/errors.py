"""What went wrong, as JSON: one sentence in the caller's language, and a reference that stands in the log."""

import logging
import math
import secrets
from collections.abc import Callable
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError

from queqiao.accounts.actions.throttle import ThrottledError
from queqiao.accounts.actions.tokens import TokenError
from queqiao.core.errors import ForbiddenError, QueqiaoError, StaleError, StorageFullError
from queqiao.core.i18n import _
from queqiao.search.facets import UnknownChoiceError

_log = logging.getLogger("queqiao.api")
_STATUS: tuple[tuple[type[Exception], int], ...] = (
    (TokenError, 401),
    (ThrottledError, 429),
    (ForbiddenError, 403),
    (StaleError, 409),
    (StorageFullError, 507),
    (UnknownChoiceError, 422),
)


def failure(status: int, sentence: str) -> HttpResponse:
    """Return the answer to a call that failed."""
    reference = secrets.token_hex(4)
    _log.info("call failed %s: %s", reference, status)
    return _answer(status, sentence, reference)


def absent() -> HttpResponse:
    """Return the answer for what is not there, or must not be known to be there."""
    return failure(404, _("没有找到这项内容，或者您不能查看。"))


def answer_failures(api: NinjaAPI) -> None:
    """Let the operations of an API answer their errors so."""
    handlers: tuple[tuple[type[Exception], Callable[[HttpRequest, Any], HttpResponse]], ...] = (
        (AuthenticationError, _without_token),
        (QueqiaoError, _told),
        (ValidationError, _invalid),
        (HttpError, _unreadable),
        (RequestDataTooBig, _too_big),
        (Http404, _absent),
        (Exception, _unexpected),
    )
    for kind, handler in handlers:
        api.add_exception_handler(kind, handler)


def _answer(status: int, sentence: str, reference: str) -> HttpResponse:
    options = {"ensure_ascii": False}
    return JsonResponse({"error": sentence, "reference": reference}, status=status, json_dumps_params=options)


def _without_token(_request: HttpRequest, _error: Exception) -> HttpResponse:
    answer = failure(401, _("请在请求头里带上访问令牌，写作 Authorization: Bearer 加令牌。"))
    answer.headers["WWW-Authenticate"] = "Bearer"
    return answer


def _told(_request: HttpRequest, error: Exception) -> HttpResponse:
    status = next((status for kind, status in _STATUS if isinstance(error, kind)), 400)
    answer = failure(status, str(error))
    if isinstance(error, TokenError):
        answer.headers["WWW-Authenticate"] = 'Bearer error="invalid_token"'
    if isinstance(error, ThrottledError):
        answer.headers["Retry-After"] = str(math.ceil(error.wait.total_seconds()))
    return answer


def _invalid(_request: HttpRequest, error: Exception) -> HttpResponse:
    places = [one["loc"] for one in getattr(error, "errors", ())]
    names = dict.fromkeys(
        next((str(part) for part in reversed(place) if isinstance(part, str)), "") for place in places
    )
    return failure(422, _("参数 {names} 缺失或不对，请对照接口说明。").format(names=_("、").join(names)))


def _unreadable(_request: HttpRequest, error: Exception) -> HttpResponse:
    return failure(getattr(error, "status_code", 400), _("请求正文不是可以读懂的 JSON。"))


def _too_big(_request: HttpRequest, _error: Exception) -> HttpResponse:
    return failure(413, _("请求正文太大，没有处理。"))


def _absent(_request: HttpRequest, _error: Exception) -> HttpResponse:
    return absent()


def _unexpected(_request: HttpRequest, error: Exception) -> HttpResponse:
    reference = secrets.token_hex(4)
    _log.error("error %s", reference, exc_info=error)
    return _answer(
        500, _("网站内部出错，没有完成；请把编号 {reference} 告知管理员。").format(reference=reference), reference
    )
