"""Writing records: begin one, fill in its form, which saves itself, and settle what two people wrote at once."""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.contrib import messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import path
from django.utils import timezone

from queqiao.accounts.actors import Actor
from queqiao.accounts.models import Organisation, ScopeMembership
from queqiao.core.errors import ForbiddenError, QueqiaoError, StaleError
from queqiao.core.i18n import _
from queqiao.records.actions import advance, begin_record, discard_copy, keep_copy, save_record
from queqiao.records.actions.content import changed_values
from queqiao.records.actions.steps import given_away, needed_fields, passed_dates
from queqiao.records.choices import OPEN_STATES, State, Verb
from queqiao.records.history import content_at_revision, only_by
from queqiao.records.models import CatalogueRecord, WorkingCopy
from queqiao.records.queries import attachments_of, is_staff_of, left_to_others, steps_with_reasons, working_copy
from queqiao.web.access import Rule, actor_of, open_to
from queqiao.web.forms.records import FORMS, MONEY, RecordForm, data_of, initial_of, stored_values
from queqiao.web.kinds import Kind, kind_of
from queqiao.web.side import side_navigation
from queqiao.web.views import record_parts
from queqiao.web.views.record_parts import editable

MOST_ORGANISATIONS = 500


@dataclass(frozen=True, slots=True)
class Difference:
    """One field of the form in which two texts differ; ``pick`` is the side that is chosen beforehand."""

    name: str
    label: str
    mine: str
    theirs: str
    pick: str


@dataclass(frozen=True, slots=True)
class Desk:
    """A record with whoever writes it, and what he has typed and not saved yet."""

    request: HttpRequest
    kind: Kind
    record: CatalogueRecord
    actor: Actor
    copy: WorkingCopy | None

    def form(self, **content: Any) -> RecordForm:
        """Return the form of the record with ``data`` or ``initial``."""
        return FORMS[type(self.record)](**content, record=self.record, actor=self.actor)

    def unchanged(self) -> RecordForm:
        """Return the form as a browser would send it back if nothing was changed in the record."""
        return self.form(data=data_of(self.form(), initial_of(stored_values(self.record))))


@open_to(Rule.SIGNED_IN)
def new(request: HttpRequest, plural: str) -> HttpResponse:
    """Ask for which organisation a record is, then begin its draft, or find the empty one, and open the form."""
    kind, actor = kind_of(plural), actor_of(request)
    offered = _organisations(kind, actor)
    error = ""
    if request.method == "POST":
        chosen = next((one for one in offered if one.number == request.POST.get("organisation")), None)
        if chosen is not None:
            record = begin_record(kind.model, organisation=chosen, by=actor)
            return redirect("record-edit", number=record.number)
        error = _("请选择以哪家机构的名义登记。")
    context = {
        "side_navigation": side_navigation(request),
        "kind": kind,
        "organisations": offered,
        "error": error,
    }
    return render(request, "editing/new.html", context, status=400 if error else 200)


@open_to(Rule.SIGNED_IN)
def edit(request: HttpRequest, number: str) -> HttpResponse:
    """Show the form of a record, filled with what was typed last, and save it."""
    desk = _desk(request, number)
    if request.method != "POST":
        return _open(desk)
    base, form = _base(request), desk.form(data=_picked(desk))
    if not form.is_valid():
        if base == desk.record.revision and _chosen(desk):  # what was compared is not compared again
            desk = replace(desk, copy=keep_copy(desk.record, form.typed(), base_revision=base, by=desk.actor))
        if request.POST.get("then") == "submit":
            _name_what_is_wanting(form)
        return _show(desk, form, base=base, status=422)
    try:
        if _says_the_same(desk, form):
            base = desk.record.revision
        saved = save_record(desk.record, form.values(), base_revision=base, by=desk.actor)
    except StaleError as stale:
        return _show_conflict(desk, form, base=base, stale=stale)
    except ForbiddenError:
        raise
    except QueqiaoError as error:
        messages.error(request, str(error))
        return _show(desk, form, base=base, status=422)
    return _after_save(replace(desk, record=saved, copy=working_copy(saved, desk.actor)), form)


@open_to(Rule.SIGNED_IN)
def keep(request: HttpRequest, number: str) -> HttpResponse:
    """Keep what was typed so far (the form saves itself), or throw it away."""
    desk = _desk(request, number)
    if request.method == "DELETE" or "discard" in request.POST:
        discard_copy(desk.record, by=desk.actor)
        return redirect("record-edit", number=number)
    if request.method != "POST":
        return redirect("record-edit", number=number)
    typed, base, copy = desk.form(data=request.POST).typed(), _base(request), desk.copy
    if typed == desk.unchanged().typed() and not (copy and copy.proposed_at):
        discard_copy(desk.record, by=desk.actor)
        base, copy = desk.record.revision, None
    else:
        copy = keep_copy(desk.record, typed, base_revision=base, by=desk.actor)
    if base != desk.record.revision:
        context = {"record": desk.record, "own": only_by(desk.record, base, desk.actor)}
        return render(request, "editing/_moved_on.html", context, status=409)
    saved_at = timezone.localtime(copy.saved_at if copy else None)
    return JsonResponse({"saved_at": f"{saved_at:%H:%M}", "revision": _mark(base, copy)})


def _open(desk: Desk) -> HttpResponse:
    """Show the form with what was typed last; a copy that says what stands there by now is as good as none."""
    copy, base = desk.copy, desk.record.revision
    if copy and not copy.proposed_at:
        if copy.values.get("typed") == desk.unchanged().typed():
            desk = replace(desk, copy=None)
        else:
            base = copy.base_revision
    return _show(desk, desk.form(initial=_initial(desk)), base=base)


def _desk(request: HttpRequest, number: str) -> Desk:
    kind, record, actor = editable(request, number)
    return Desk(request, kind, record, actor, working_copy(record, actor))


def _organisations(kind: Kind, actor: Actor) -> list[Organisation]:
    """Return the organisations for which the actor may enter records of a kind."""
    own = actor.ids("edit") | (actor.ids("research") if kind.model.KIND != "need" else frozenset())
    around = ScopeMembership.objects.current().filter(scope__in=actor.ids("staff")).values("organisation")
    rows = Organisation.objects.filter(Q(pk__in=own) | Q(pk__in=around), state__in=("active", "pending"))
    return list(rows.order_by("name", "id")[:MOST_ORGANISATIONS])


def _initial(desk: Desk) -> dict[str, Any]:
    """Return what the form shows: the proposed values, else what was typed last, else the record."""
    values, copy = stored_values(desk.record), desk.copy
    if copy is None:
        return initial_of(values)
    if "clean" in copy.values:
        return initial_of(values | copy.values["clean"])
    typed: dict[str, Any] = copy.values["typed"]
    return dict.fromkeys(initial_of(values), "") | typed


def _base(request: HttpRequest) -> int:
    """Return the revision on which the form was opened; it stands before a mark that tells two savings apart."""
    number = request.POST.get("revision", "").split(".")[0]
    if not number.isdecimal() or len(number) > 9:
        raise QueqiaoError(_("表单不完整，没有保存；请返回上一页刷新后再试，填写的内容仍在页面上。"))
    return int(number)


def _mark(base: int, copy: WorkingCopy | None) -> str:
    return f"{base}.{int(copy.saved_at.timestamp() * 1000) if copy else 0}"


def _show(desk: Desk, form: RecordForm, *, base: int, status: int = 200) -> HttpResponse:
    record, copy = desk.record, desk.copy
    steps = steps_with_reasons(record, desk.actor)
    context = {
        "side_navigation": side_navigation(desk.request),
        "kind": desk.kind,
        "record": record,
        "form": form,
        "mark": _mark(base, copy),
        "restored": _when(copy.saved_at) if copy and not copy.proposed_at and not form.is_bound else "",
        "proposed": _when(copy.proposed_at) if copy and copy.proposed_at else "",
        "unsent": status == 422 and desk.request.POST.get("then") == "submit",
        "moved_on": base != record.revision,
        "own": base != record.revision and only_by(record, base, desk.actor),
        "proposing": record.state not in OPEN_STATES and not is_staff_of(record, desk.actor),
        "may_submit": Verb.SUBMIT in dict(steps),
        "steps": [(verb, strictly) for verb, strictly in steps if verb is not Verb.SUBMIT],
        "left_to_others": left_to_others(record, desk.actor),
        "state_label": State(record.state).label,
        "files": attachments_of(record, whole=True),
    }
    return render(desk.request, "editing/edit.html", context, status=status)


def _when(moment: datetime.datetime) -> str:
    local = timezone.localtime(moment)
    return f"{local:%H:%M}" if local.date() == timezone.localdate() else f"{local:%Y-%m-%d %H:%M}"


def _after_save(desk: Desk, form: RecordForm) -> HttpResponse:
    """Lead on from what was saved; submit it where that was wanted, and name at the fields what stands in the way."""
    request, saved = desk.request, desk.record
    if desk.copy and desk.copy.proposed_at:
        messages.success(request, _("修改已提交，运营人员审核通过后生效；在此之前页面上仍显示原来的内容。"))
        return redirect("record", number=saved.number)
    if request.POST.get("then") != "submit":
        messages.success(request, _("已保存。"))
        return redirect("record-edit", number=saved.number)
    try:
        advance(saved, Verb.SUBMIT, by=desk.actor)
    except QueqiaoError as error:
        _name_what_is_wanting(form)
        for name, sentence in given_away(saved).items():
            form.add_error(name, sentence)
        if not form.errors:
            form.add_error(None, str(error))
        return _show(desk, form, base=saved.revision, status=422)
    messages.success(request, _("已提交审核，结果会通知您。"))
    return redirect("record", number=saved.number)


def _name_what_is_wanting(form: RecordForm) -> None:
    """Add to the errors of a form what the submission would ask for next, so that one round names everything."""
    given = dict(form.cleaned_data)
    for name in needed_fields(form.MODEL, given.get("visibility", "")):
        if name in form.fields and name not in form.errors and not given.get(name):
            form.add_error(name, form.fields[name].error_messages["required"])
    for name, sentence in passed_dates(given, timezone.localdate()).items():
        form.add_error(name, sentence)


def _picked(desk: Desk) -> QueryDict:
    """Return what was sent, with the record's text in the fields for which the other side was chosen."""
    sent = desk.request.POST.copy()
    theirs = [name for name, side in _chosen(desk).items() if side == "theirs"]
    if theirs:
        there = data_of(desk.form(), initial_of(stored_values(desk.record)))
        for name in theirs:
            sent.setlist(name, there.getlist(name))
    return sent


def _chosen(desk: Desk) -> dict[str, str]:
    """Return the side that was chosen for each field that differed, where two texts were compared."""
    return {name[5:]: str(side) for name, side in desk.request.POST.items() if name.startswith("pick-")}


def _says_the_same(desk: Desk, form: RecordForm) -> bool:
    there = desk.unchanged()
    return all(form.words(name) == there.words(name) for name in form.fields)


def _show_conflict(desk: Desk, form: RecordForm, *, base: int, stale: StaleError) -> HttpResponse:
    """Keep the second one's text and show him field by field what differs."""
    record, typed = desk.record, form.typed()
    keep_copy(record, typed, base_revision=base, by=desk.actor)
    record.refresh_from_db()
    context = {
        "side_navigation": side_navigation(desk.request),
        "kind": desk.kind,
        "record": record,
        "sentence": str(stale),
        "own": only_by(record, base, desk.actor),
        "mark": f"{stale.revision}.0",
        "typed": [(name, one) for name, many in typed.items() for one in (many if isinstance(many, list) else [many])],
        "differences": _differences(record, form, desk.unchanged(), content_at_revision(record, base)),
    }
    return render(desk.request, "editing/conflict.html", context, status=409)


def _differences(
    record: CatalogueRecord, mine: RecordForm, theirs: RecordForm, before: dict[str, Any] | None
) -> list[Difference]:
    """Return the fields in which the two differ; what only the other one changed is chosen as theirs beforehand."""
    by_me = set(mine.cleaned_data) if before is None else _fields(changed_values(record, mine.values(), before))
    by_them = set() if before is None else _fields(changed_values(record, stored_values(record), before))
    found = []
    for name, bound in ((bound.name, bound) for bound in mine):
        ours, others = mine.words(name), theirs.words(name)
        if ours != others:
            pick = "theirs" if name in by_them and name not in by_me else "mine"
            found.append(Difference(name, str(bound.label), ours, others, pick))
    return found


def _fields(columns: Mapping[str, Any]) -> set[str]:
    """Return the fields of the form that stand for some columns of the record."""
    return {next((field for field, many in MONEY.items() if name in many), name) for name in columns}


urlpatterns = [
    path("new/<str:plural>", new, name="record-new"),
    path("records/<str:number>/edit", edit, name="record-edit"),
    path("records/<str:number>/copy", keep, name="record-copy"),
    *record_parts.urlpatterns,
]
