"""Counting visits: once for each browser, record and day, and never who it was."""

import uuid
from collections.abc import Sequence

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from queqiao.hall.actions import count_view
from queqiao.records.choices import State
from queqiao.records.models import CatalogueRecord

COOKIE, SALT = "seen", "queqiao.web.visits"
MOST_A_DAY = 60  # records that one browser adds to the counts of a day
AHEAD = ("Sec-Purpose", "Purpose", "X-Moz", "X-Purpose")


def note_visit(request: HttpRequest, response: HttpResponse, record: CatalogueRecord) -> None:
    """Count that a page was opened, where it was opened to be read; the browser itself keeps what it has opened.

    The list lives as long as the browser's session and holds records of today only.
    """
    if request.method != "GET" or record.state != State.PUBLISHED or _fetched_ahead(request):
        return
    today = timezone.localdate()
    day, seen = today.isoformat(), _seen(request)
    opened = list(seen[1:]) if seen[:1] == [day] else []
    short = _short(record.pk)
    if short in opened or len(opened) >= MOST_A_DAY:
        return
    if count_view(record, today):
        text = signing.dumps([day, *opened, short], salt=SALT, compress=True)
        response.set_cookie(COOKIE, text, httponly=True, samesite="Lax", secure=settings.SECURE)


def _fetched_ahead(request: HttpRequest) -> bool:
    said = " ".join(request.headers.get(name, "") for name in AHEAD)
    return "prefetch" in said or "prerender" in said or "preview" in said


def _seen(request: HttpRequest) -> Sequence[str]:
    try:
        known = signing.loads(request.COOKIES.get(COOKIE, ""), salt=SALT)
    except signing.BadSignature:
        return []
    return known if isinstance(known, list) else []


def _short(pk: uuid.UUID) -> str:
    """Return enough of an id to tell a day's records apart: its end, for it begins with the time."""
    return pk.hex[-8:]
