"""Answers that are no pages: files that somebody uploaded, and pictures that the site draws."""

import io

import segno
from django.http import HttpResponse
from django.http.response import HttpResponseBase


def sealed(answer: HttpResponseBase) -> HttpResponseBase:
    """Let a file that somebody uploaded do nothing but be looked at."""
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    answer.headers["X-Content-Type-Options"] = "nosniff"
    return answer


def qr_answer(text: str) -> HttpResponse:
    """Return a QR code as an SVG picture."""
    out = io.BytesIO()
    segno.make(text, error="m").save(out, kind="svg", scale=4, border=2, xmldecl=True, svgns=True)
    return HttpResponse(out.getvalue(), content_type="image/svg+xml")
