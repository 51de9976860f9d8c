"""The API, first version: its operations, their addresses and their description."""

import json
import re
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern
from django.utils.cache import patch_vary_headers
from django.utils.translation.trans_real import parse_accept_lang_header
from ninja import NinjaAPI
from ninja.operation import Operation
from ninja.renderers import JSONRenderer

from queqiao.api import matches, me, records, search
from queqiao.api.errors import answer_failures, failure
from queqiao.api.shapes import Failure
from queqiao.core.i18n import LANGUAGES, _, current_language, language, lazy

ROOT = "api/v1"
_NAMED = re.compile(r"#/components/schemas/(\w+)")


class Plain(JSONRenderer):
    """JSON in which Chinese can be read."""

    json_dumps_params = {"ensure_ascii": False}  # noqa: RUF012 -- as the framework declares it


class Api(NinjaAPI):
    """Calls its operations as their functions are called."""

    def get_openapi_operation_id(self, operation: Operation) -> str:
        """Return the name of an operation."""
        return str(operation.view_func.__name__)


api = Api(
    title=lazy("鹊桥接口"),
    version="1",
    openapi_url=None,  # served by us: the frame of the site shows the description without scripts from anywhere
    docs_url=None,
    renderer=Plain(),
)
answer_failures(api)
for noun in (me, records, search, matches):
    api.add_router(ROOT, noun.router)


def document() -> dict[str, Any]:
    """Return the OpenAPI document, in the language in use; it names no address outside of the site."""
    described = dict(api.get_openapi_schema(path_prefix=""))
    shape = {"application/json": {"schema": {"$ref": f"#/components/schemas/{Failure.__name__}"}}}
    for methods in described["paths"].values():
        for operation in methods.values():
            operation.pop("description", None)  # the docstring, which is for whoever reads the code
            operation["responses"]["default"] = {"description": _("没有完成"), "content": shape}
    shapes = described["components"]["schemas"] | {Failure.__name__: Failure.json_schema()}
    named = set(_NAMED.findall(json.dumps(described, cls=DjangoJSONEncoder)))
    described["components"]["schemas"] = {name: shapes[name] for name in sorted(named & shapes.keys())}
    return described


def wanted_language(request: HttpRequest) -> str:
    """Return the language of the address, or else the first that the caller accepts and we speak."""
    here = current_language()
    accepted = parse_accept_lang_header(request.headers.get("Accept-Language", "")[:200])
    spoken = [code for tag, _weight in accepted for code in LANGUAGES if tag.split("-")[0] == code]
    return here if here != LANGUAGES[0] or not spoken else spoken[0]


def spoken(view: Callable[..., Any]) -> Callable[..., HttpResponse]:
    """Let a view of the API answer in the caller's language, and refuse by JSON what it does not do."""

    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        with language(wanted_language(request)):
            response = _answered(view, request, *args, **kwargs)
            response.headers["Content-Language"] = current_language()
        patch_vary_headers(response, ("Accept-Language", "Authorization"))
        return response

    answer.csrf_exempt = True  # type: ignore[attr-defined]  # no cookie has any authority here
    return answer


def _answered(view: Callable[..., Any], request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
    if "\x00" in request.path_info or "%00" in request.META.get("QUERY_STRING", ""):  # databases refuse it
        return failure(400, _("网址里有不能使用的字符。"))
    response: HttpResponse = view(request, *args, **kwargs)
    if response.status_code == 405:
        refused = failure(405, _("这个地址不支持这种请求方法。"))
        refused.headers["Allow"] = response.headers.get("Allow", "")
        return refused
    return response


def patterns() -> list[URLPattern]:
    """Return the addresses of the operations, each under a name of its own."""
    listed: list[Any] = list(api.urls[0])
    found = [pattern for pattern in listed if pattern.name != "api-root"]
    for pattern in found:
        pattern.callback = spoken(pattern.callback)
    return found


urlpatterns = patterns()
