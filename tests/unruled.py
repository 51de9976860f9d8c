"""Addresses of a site with two faults: a page without a rule, and one that breaks."""

from django.http import HttpRequest, HttpResponse
from django.urls import path

from queqiao.urls import handler404
from queqiao.urls import urlpatterns as whole
from queqiao.web.access import Rule, open_to


@open_to(Rule.PUBLIC)
def broken(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("secret of the trace")


urlpatterns = [
    path("unruled", lambda request: HttpResponse("open"), name="unruled"),
    path("broken", broken, name="broken"),
    *whole,
]
__all__ = ["handler404", "urlpatterns"]
