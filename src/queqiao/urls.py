"""All addresses of the site. Each module of pages lists its own; the middleware takes the language off first."""

from django.urls import URLPattern

from queqiao.web.views import (
    account,
    administration,
    administrators,
    audit,
    booth,
    catalogue,
    editing,
    errors,
    hall,
    record_page,
    searching,
    staff,
    theme_desk,
    themes,
    workspace,
)

handler400, handler403 = errors.bad_request, errors.forbidden
handler404, handler500 = errors.not_found, errors.server_error

urlpatterns: list[URLPattern] = [
    *hall.urlpatterns,
    *themes.urlpatterns,
    *theme_desk.urlpatterns,
    *catalogue.urlpatterns,
    *searching.urlpatterns,
    *record_page.urlpatterns,
    *booth.urlpatterns,
    *account.urlpatterns,
    *workspace.urlpatterns,
    *editing.urlpatterns,
    *staff.urlpatterns,
    *administration.urlpatterns,
    *administrators.urlpatterns,
    *audit.urlpatterns,
    *errors.urlpatterns,
]
