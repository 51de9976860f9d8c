"""What the API offers, in the frame of the site and as the OpenAPI document."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import path

from queqiao.api.errors import absent
from queqiao.api.v1 import document, spoken
from queqiao.web.access import Rule, open_to


@open_to(Rule.PUBLIC)
def docs(request: HttpRequest) -> HttpResponse:
    """Describe the operations: what each does, what it takes, and what it answers."""
    described = document()
    shapes = described["components"]["schemas"]
    operations = [
        _operation(method.upper(), address, details)
        for address, methods in described["paths"].items()
        for method, details in methods.items()
    ]
    context = {"operations": operations, "shapes": _shapes(shapes), "origin": settings.SITE_URL}
    return render(request, "api/docs.html", context)


@open_to(Rule.PUBLIC)
@spoken
def openapi(request: HttpRequest) -> HttpResponse:
    """Hand out the OpenAPI document."""
    return JsonResponse(document(), json_dumps_params={"ensure_ascii": False})


@open_to(Rule.PUBLIC)
@spoken
def unknown(request: HttpRequest, rest: str) -> HttpResponse:
    """Answer an address below the API where nothing is."""
    return absent()


def _operation(method: str, address: str, details: dict[str, Any]) -> dict[str, Any]:
    body = details.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    answer = details["responses"].get(200, {}).get("content", {}).get("application/json", {}).get("schema", {})
    return {
        "id": details["operationId"],
        "method": method,
        "address": address,
        "summary": details["summary"],
        "scope": details.get("x-token-scope", ""),
        "parameters": [(one["name"], one["required"], _type(one["schema"]), one.get("description", "")
                        or one["schema"].get("description", "")) for one in details["parameters"]],
        "body": _type(body),
        "answer": _type(answer),
    }  # fmt: skip


def _shapes(shapes: dict[str, Any]) -> list[tuple[str, list[tuple[str, str, str]]]]:
    """Return the shapes of bodies and answers: name, and of each field its name, type and meaning."""
    return [
        (
            name,
            [(field, _type(told), told.get("description", "")) for field, told in shape.get("properties", {}).items()],
        )
        for name, shape in sorted(shapes.items())
        if shape.get("properties")
    ]


def _type(schema: dict[str, Any]) -> str:
    """Write a type in a few words, as programmers do."""
    if "$ref" in schema:
        return str(schema["$ref"].rpartition("/")[2])
    for joined in ("anyOf", "allOf", "oneOf"):
        if joined in schema:
            return " | ".join(_type(one) for one in schema[joined])
    if "enum" in schema:
        return " | ".join(map(str, schema["enum"]))
    if schema.get("type") == "array":
        return f"[{_type(schema.get('items', {}))}]"
    if schema.get("type") == "object" and isinstance(schema.get("additionalProperties"), dict):
        return f"{{string: {_type(schema['additionalProperties'])}}}"
    return str(schema.get("format") or schema.get("type", ""))


urlpatterns = [
    path("api", docs, name="api-docs"),
    path("api/v1/openapi.json", openapi, name="api-openapi"),
]
# After the operations: whatever else lies below the API.
rest_of_api = [path("api/<path:rest>", unknown, name="api-unknown")]
