"""The desk on which staff put themes together."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import path
from django.views.decorators.http import require_POST

from queqiao.accounts.models import Scope
from queqiao.core.errors import ForbiddenError, QueqiaoError, StaleError
from queqiao.core.i18n import _
from queqiao.core.identifiers import read_uuid
from queqiao.hall import actions
from queqiao.hall.models import Theme, ThemeItem
from queqiao.hall.queries import items_with_faces, kept_themes
from queqiao.records.models import CatalogueRecord
from queqiao.records.queries import visible
from queqiao.web.access import Rule, actor_of, open_to
from queqiao.web.forms.administration import picked
from queqiao.web.forms.themes import NewThemeForm, ThemeForm, ThemeItemForm
from queqiao.web.kinds import BY_PREFIX
from queqiao.web.paging import CappedPaginator
from queqiao.web.views.organisation_desk import conflict_rows
from queqiao.web.views.staff_page import query_without, show

PAGE = 50


@open_to(Rule.STAFF)
def theme_desk(request: HttpRequest) -> HttpResponse:
    """List the themes that the reader keeps, move them, and begin a new one."""
    actor, what = actor_of(request), request.POST.get("what", "")
    scopes = Scope.objects.filter(pk__in=actor.ids("staff"))
    form = NewThemeForm(request.POST if what == "create" else None, scopes=scopes)
    sentence = ""
    if what in ("up", "down"):
        one = get_object_or_404(kept_themes(actor), number=request.POST.get("number"))
        actions.move_theme(theme=one, up=what == "up", by=actor)
        return redirect("theme-desk")
    if what == "create" and form.is_valid():
        values = dict(form.cleaned_data)
        try:
            made = actions.create_theme(scope=values.pop("scope"), values=values, by=actor)
        except ForbiddenError:
            raise
        except QueqiaoError as error:
            sentence = str(error)
        else:
            messages.success(request, _("专题“{name}”已建立，添加记录后即可上线。").format(name=made.title))
            return redirect("theme-edit", number=made.number)
    rows = kept_themes(actor).select_related("scope").order_by("scope__name", "position", "id")
    page = CappedPaginator(rows, PAGE).get_page(request.GET.get("page"))
    context = {"page": page, "form": form, "sentence": sentence, "query": query_without(request, "page")}
    return show(request, "hall/desk.html", context, status=422 if request.method == "POST" else 200)


@open_to(Rule.STAFF)
def theme_edit(request: HttpRequest, number: str) -> HttpResponse:
    """Keep one theme: what it says, its cover, its records, and whether it stands in the hall."""
    actor, what = actor_of(request), request.POST.get("what", "")
    found = get_object_or_404(kept_themes(actor).select_related("scope"), number=number)
    initial = actions.theme_state(found)
    form = ThemeForm(picked(request.POST, initial) if what == "save" else None, initial=initial)
    adding = ThemeItemForm(request.POST if what == "add" else None, auto_id="id_add_%s")
    sentence, stale = "", None
    if request.method == "POST":
        try:
            done = _do(request, found, form, adding)
        except ForbiddenError:
            raise
        except StaleError as error:
            sentence, stale = str(error), error
        except QueqiaoError as error:
            sentence = str(error)
        else:
            if done:
                messages.success(request, done)
                return redirect("theme-edit", number=number)
        found.refresh_from_db()
    context = {
        "theme": found,
        "form": form,
        "adding": adding,
        "sentence": sentence,
        "conflict": conflict_rows(form, stale, stale.theirs) if stale else [],
        "items": items_with_faces(found, actor),
        "revision": found.revision if stale or not form.is_bound else request.POST.get("revision", ""),
    }
    return show(request, "hall/desk_theme.html", context, status=_status(request, stale))


@open_to(Rule.STAFF)
@require_POST
def record_theme(request: HttpRequest, number: str) -> HttpResponse:
    """Put a record into a theme from the record's own page."""
    actor = actor_of(request)
    found = get_object_or_404(kept_themes(actor), number=request.POST.get("theme"))
    try:
        actions.add_item(theme=found, record=_record(request, number), note=request.POST.get("note", ""), by=actor)
    except ForbiddenError:
        raise
    except QueqiaoError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("已加入专题“{title}”。").format(title=found.title))
    return redirect("record", number=number)


def _do(request: HttpRequest, found: Theme, form: ThemeForm, adding: ThemeItemForm) -> str:
    """Do what was asked and say so; "" where something on a form is not right."""
    actor, what = actor_of(request), request.POST.get("what", "")
    if what == "save":
        if not form.is_valid():
            return ""
        base = request.POST.get("revision", "")
        base_revision = int(base) if base.isdecimal() and len(base) < 10 else 0
        actions.save_theme(theme=found, values=form.cleaned_data, base_revision=base_revision, by=actor)
        return _("专题已保存。")
    if what == "add":
        if not adding.is_valid():
            return ""
        values = adding.cleaned_data
        record = _record(request, values["number"])
        actions.add_item(theme=found, record=record, note=values["note"], note_en=values["note_en"], by=actor)
        return _("已加入专题“{title}”。").format(title=found.title)
    known: dict[str, Callable[[HttpRequest, Theme], str]] = {
        "show": _show, "withdraw": _withdraw, "cover": _cover, "up": _move, "down": _move, "note": _note,
        "remove": _remove,
    }  # fmt: skip
    if what not in known:
        raise Http404
    return known[what](request, found)


def _show(request: HttpRequest, found: Theme) -> str:
    actions.show_theme(theme=found, by=actor_of(request))
    return _("专题已上线。")


def _withdraw(request: HttpRequest, found: Theme) -> str:
    actions.withdraw_theme(theme=found, by=actor_of(request))
    return _("专题已下线，内容都保留着。")


def _cover(request: HttpRequest, found: Theme) -> str:
    upload: Any = request.FILES.get("cover")
    if upload is None and "clear" not in request.POST:
        raise QueqiaoError(_("请先选择图片。"))
    actions.set_cover(theme=found, upload=upload, name=upload.name if upload else "", by=actor_of(request))
    return _("封面已更新。") if upload else _("封面已移除。")


def _move(request: HttpRequest, found: Theme) -> str:
    actions.move_item(item=_item(request, found), up=request.POST["what"] == "up", by=actor_of(request))
    return _("顺序已调整。")


def _note(request: HttpRequest, found: Theme) -> str:
    texts = {name: request.POST.get(name, "") for name in ("note", "note_en")}
    actions.note_item(item=_item(request, found), by=actor_of(request), **texts)
    return _("推荐语已保存。")


def _remove(request: HttpRequest, found: Theme) -> str:
    actions.remove_item(item=_item(request, found), by=actor_of(request))
    return _("已移出专题。")


def _item(request: HttpRequest, found: Theme) -> ThemeItem:
    pk = read_uuid(request.POST.get("id", ""))
    item = found.items.filter(pk=pk).select_related("theme").first() if pk else None
    if item is None:
        raise QueqiaoError(_("这一项已不在，可能已由他人处理；请刷新后再看。"))
    return item


def _record(request: HttpRequest, number: str) -> CatalogueRecord:
    """Return the record of a number that the reader may see, or say that there is none."""
    kind = BY_PREFIX.get(number.strip().upper().partition("-")[0])
    rows: Any = visible(kind.model, actor_of(request)) if kind else None
    record: CatalogueRecord | None = rows.filter(number=number.strip().upper()).first() if rows is not None else None
    if record is None:
        raise QueqiaoError(_("没有找到编号为“{number}”的记录，请核对。").format(number=number[:20]))
    return record


def _status(request: HttpRequest, stale: StaleError | None) -> int:
    if stale:
        return 409
    return 422 if request.method == "POST" else 200


urlpatterns = [
    path("staff/themes", theme_desk, name="theme-desk"),
    path("staff/themes/<str:number>", theme_edit, name="theme-edit"),
    path("records/<str:number>/theme", record_theme, name="record-theme"),
]
