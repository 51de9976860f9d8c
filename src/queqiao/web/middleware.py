"""What happens around every page: language, strict policy, idle sign-out, the door, and clear errors."""

import errno
import logging
import secrets
from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import quote

from django.core.exceptions import BadRequest, PermissionDenied, SuspiciousOperation
from django.db import DatabaseError
from django.http import Http404, HttpRequest, HttpResponse
from django.middleware.gzip import GZipMiddleware
from django.shortcuts import redirect, render
from django.urls import get_script_prefix, reverse, set_script_prefix
from django.utils import translation
from django.utils.cache import patch_vary_headers

from queqiao.accounts.actions.sessions import keep_session
from queqiao.core.errors import ForbiddenError, QueqiaoError, StorageFullError
from queqiao.core.i18n import _, use_language
from queqiao.records.labels import LABELS
from queqiao.web.access import Rule, actor_of, admits, rule_of
from queqiao.web.traditional import to_traditional

Handler = Callable[[HttpRequest], HttpResponse]
LANGUAGE_PREFIXES = {"en": "/en/", "zh-hant": "/zh-hant/"}
POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; object-src 'none'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
API = "/api/"
log = logging.getLogger("queqiao.web")


def policy(get_response: Handler) -> Handler:
    """Send the content policy with every answer; pages that depend on the reader are never kept by a cache."""

    def handle(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        response.headers.setdefault("Content-Security-Policy", POLICY)
        response.headers.setdefault("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
        if not request.path.startswith("/static/"):
            response.headers.setdefault("Cache-Control", "private, no-store")
        return response

    return handle


def compressed(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Let the page of a view be sent compressed where the browser takes it; for pages that are large."""

    @wraps(view)
    def answer(request: HttpRequest, *arguments: Any, **named: Any) -> HttpResponse:
        response = view(request, *arguments, **named)
        response.compressible = True  # type: ignore[attr-defined]  # read by ``compression``
        return response

    return answer


def compression(get_response: Handler) -> Handler:
    """Compress the pages that are marked, when nobody reads or writes their text any more."""
    gzip = GZipMiddleware(get_response)

    def handle(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if getattr(response, "compressible", False):
            gzip.process_response(request, response)
        return response

    return handle


def language(get_response: Handler) -> Handler:
    """Read the language from the address (/en/…, /zh-hant/…; Chinese without a prefix) and write links with it."""

    def handle(request: HttpRequest) -> HttpResponse:
        code = next((c for c, prefix in LANGUAGE_PREFIXES.items() if request.path_info.startswith(prefix)), "zh")
        before = get_script_prefix()
        if code != "zh":
            prefix = LANGUAGE_PREFIXES[code]
            request.path_info = "/" + request.path_info[len(prefix) :]
            set_script_prefix(before.rstrip("/") + prefix)
        request.language = code  # type: ignore[attr-defined]  # read by the frame
        use_language("en" if code == "en" else "zh")
        translation.activate("en" if code == "en" else "zh-hans")
        try:
            response = get_response(request)
        finally:
            set_script_prefix(before)
            use_language("zh")
            translation.deactivate()
        if code == "zh-hant" and response.get("Content-Type", "").startswith("text/html") and not response.streaming:
            response.content = to_traditional(response.content.decode()).encode()
        patch_vary_headers(response, ("Cookie",))
        return response

    return handle


class sign_in_state:  # noqa: N801 -- named among the middleware functions
    """Ends idle sessions and opens each door only to whom its rule names."""

    def __init__(self, get_response: Handler):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Keep or end the session before the page is asked; no address holds the sign that databases refuse.

        Of a call of the API, cookies say nothing.
        """
        if request.path_info.startswith(API):
            return self.get_response(request)
        if "\x00" in request.path_info or "%00" in request.META.get("QUERY_STRING", ""):
            raise BadRequest("a NUL in the address")
        keep_session(request)
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], _args: Any, _kwargs: Any
    ) -> HttpResponse | None:
        """Turn away whom the rule of the view does not admit: strangers to the sign-in, others with a plain no."""
        rule = rule_of(view)
        if rule is None:
            raise Http404
        if rule is Rule.TOKEN:
            return None
        if admits(rule, actor_of(request)):
            return None
        if actor_of(request).person_id is None:
            name = "second-factor" if request.session.get("second_factor_due") else "sign-in"
            return redirect(f"{reverse(name)}?next={quote(request.get_full_path(), safe='/')}")
        raise PermissionDenied


class clear_errors:  # noqa: N801 -- named among the middleware functions
    """Turns what went wrong into one clear sentence: what happened, what was kept, what to do."""

    def __init__(self, get_response: Handler):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass the request on; errors arrive in ``process_exception``."""
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Answer an error that no view has answered."""
        if isinstance(error, Http404 | PermissionDenied | SuspiciousOperation):
            return None
        kept = {"kept": typed(request)}
        if isinstance(error, ForbiddenError):
            return render(request, "errors/403.html", kept | {"sentence": str(error)}, status=403)
        if isinstance(error, StorageFullError) or is_full(error):
            log.error("storage full: %s", type(error).__name__)
            sentence = _("服务器的存储空间已满，刚才的内容没有保存；请先把填写的文字另存一份，并告知管理员。")
            return render(request, "errors/503.html", kept | {"sentence": sentence}, status=507)
        if isinstance(error, QueqiaoError):
            return render(request, "errors/400.html", kept | {"sentence": str(error)}, status=400)
        reference = secrets.token_hex(4)
        log.exception("error %s", reference)
        return render(request, "errors/500.html", kept | {"reference": reference}, status=500)


def typed(request: HttpRequest) -> list[tuple[str, str]]:
    """Return what a person has typed into the form that failed, by the fields' labels, so that nothing is lost."""
    if request.method != "POST":
        return []
    texts = [(name, "\n".join(values)) for name, values in request.POST.lists() if name in LABELS]
    return [(str(LABELS[name]), text) for name, text in texts if len(text) > 10]


def is_full(error: Exception) -> bool:
    """Whether the database or the disk has no room left."""
    if isinstance(error, OSError):
        return error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
    words = str(error).lower()
    return isinstance(error, DatabaseError) and ("disk is full" in words or "no space left" in words)
