"""Pages for what went wrong, in the frame of the site, and the sign of life for whoever watches the server."""

from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import path

from queqiao.core.i18n import _
from queqiao.web.access import Rule, open_to
from queqiao.web.uploads import LARGEST_REQUEST, MEGABYTE, UploadTooLargeError


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer a request that makes no sense, or brings more than the site takes."""
    if isinstance(exception, UploadTooLargeError):
        megabytes = LARGEST_REQUEST // MEGABYTE
        sentence = _("上传的文件超过 {n} MB，没有保存；请压缩后重试。").format(n=megabytes)
        return render(request, "errors/400.html", {"sentence": sentence}, status=413)
    return render(request, "errors/400.html", {"sentence": _("请求的内容不完整，请返回上一页重试。")}, status=400)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer who may not come in."""
    return render(request, "errors/403.html", {"sentence": _("您没有打开这个页面的权限。")}, status=403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer for what is not there, or must not be known to be there."""
    return render(request, "errors/404.html", status=404)


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer an error that nothing else has answered."""
    return render(request, "errors/500.html", status=500)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a form whose key is too old or missing."""
    sentence = _("页面停留过久，表单已失效；请返回上一页，刷新后重新提交，填写的内容仍在页面上。")
    return render(request, "errors/403.html", {"sentence": sentence}, status=403)


@open_to(Rule.PUBLIC)
def health(request: HttpRequest) -> JsonResponse:
    """Say whether the site and its database answer."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return JsonResponse({"status": "ok"})


urlpatterns = [path("health", health, name="health")]
