"""All addresses of the site. Each module of pages lists its own; the middleware takes the language off first."""

from django.urls import URLPattern

from queqiao.api import v1
from queqiao.web.access import Rule, open_to
from queqiao.web.views import (
    account,
    administration,
    administrators,
    api_docs,
    audit,
    bench,
    bench_queue,
    booth,
    catalogue,
    editing,
    errors,
    field_hint,
    hall,
    model_desk,
    own_cases,
    own_searches,
    record_page,
    searching,
    staff,
    theme_desk,
    themes,
    workspace,
)

handler400, handler403 = errors.bad_request, errors.forbidden
handler404, handler500 = errors.not_found, errors.server_error

for operation in v1.urlpatterns:
    open_to(Rule.TOKEN)(operation.callback)

urlpatterns: list[URLPattern] = [
    *hall.urlpatterns,
    *themes.urlpatterns,
    *model_desk.urlpatterns,
    *theme_desk.urlpatterns,
    *catalogue.urlpatterns,
    *searching.urlpatterns,
    *own_searches.urlpatterns,
    *record_page.urlpatterns,
    *booth.urlpatterns,
    *account.urlpatterns,
    *workspace.urlpatterns,
    *editing.urlpatterns,
    *field_hint.urlpatterns,
    *staff.urlpatterns,
    *bench_queue.urlpatterns,
    *bench.urlpatterns,
    *own_cases.urlpatterns,
    *administration.urlpatterns,
    *administrators.urlpatterns,
    *audit.urlpatterns,
    *api_docs.urlpatterns,
    *v1.urlpatterns,
    *api_docs.rest_of_api,
    *errors.urlpatterns,
]
