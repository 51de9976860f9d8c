"""The template environment and the frame of every page."""

import json
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse
from jinja2 import Environment, StrictUndefined

from queqiao.accounts.models import User
from queqiao.core.i18n import _, current_language
from queqiao.web.access import actor_of
from queqiao.web.filters import FILTERS

LANGUAGES = (("zh", "", "简体"), ("zh-hant", "zh-hant/", "繁體"), ("en", "en/", "English"))


def environment(**options: Any) -> Environment:
    """Build the Jinja2 environment; a name that is not there is an error, not an empty place."""
    options["undefined"] = StrictUndefined
    made = Environment(trim_blocks=True, lstrip_blocks=True, **options)  # noqa: S701 -- Django passes autoescape on
    made.globals.update(url=url, static=static, _=_, language=current_language)
    made.filters.update(FILTERS)
    return made


def url(name: str, *args: Any, **kwargs: Any) -> str:
    """Return the address of a page in the language of the reader."""
    return reverse(name, args=args, kwargs=kwargs)


def frame(request: HttpRequest) -> dict[str, Any]:
    """Return what base.html needs: language links, navigation, the reader, and the site's own words."""
    code = getattr(request, "language", "zh")
    path = request.path_info.lstrip("/")
    query = f"?{request.META['QUERY_STRING']}" if request.META.get("QUERY_STRING") else ""
    actor = actor_of(request) if hasattr(request, "session") else None
    return {
        "lang_attr": "en" if code == "en" else "zh-Hans",
        "language_links": [
            (key, label, f"/{prefix}{path}{query}" if request.method == "GET" else f"/{prefix}", key == code)
            for key, prefix, label in LANGUAGES
        ],
        "navigation": [(label, href, href == request.path) for label, href in _navigation()],
        "actor": actor,
        "user": getattr(request, "user", None),
        "signed_in": isinstance(getattr(request, "user", None), User) and bool(actor and actor.person_id),
        "site": settings.SITE,
        "hx_headers": json.dumps({"X-CSRFToken": _csrf(request)}),
    }


def _csrf(request: HttpRequest) -> str:
    from django.middleware.csrf import get_token  # noqa: PLC0415 -- only pages need it, settings import this module

    return get_token(request)


def _navigation() -> list[tuple[str, str]]:
    return [
        (_("首页"), reverse("home")),
        (_("科技成果"), reverse("records", args=["achievements"])),
        (_("技术需求"), reverse("records", args=["needs"])),
        (_("专家"), reverse("records", args=["experts"])),
        (_("实验室"), reverse("records", args=["labs"])),
        (_("机构"), reverse("organisations")),
        (_("专题"), reverse("themes")),
    ]
