"""One organisation as its administrators keep it: data, other names, scopes, people, roles and invitations."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import segno
from django import forms
from django.conf import settings
from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse

from queqiao.accounts.actions import invitations, organisations, people
from queqiao.accounts.actors import Actor
from queqiao.accounts.choices import SITE_ROLES, OrganisationState, RoleKind
from queqiao.accounts.models import Invitation, Organisation, Role, Scope, ScopeMembership
from queqiao.accounts.overview import invitation_state, masked, people_of, people_with_roles
from queqiao.core.errors import ForbiddenError, QueqiaoError, StaleError
from queqiao.core.i18n import _, lazy
from queqiao.web.access import actor_of
from queqiao.web.filters import day
from queqiao.web.forms.administration import (
    AliasForm,
    InviteForm,
    JoinScopeForm,
    OrganisationForm,
    RoleForm,
    day_of,
    picked,
)
from queqiao.web.paging import CappedPaginator
from queqiao.web.views.staff_page import query_without, show

PAGE = 50
INVITATIONS_SHOWN = 50
INVITATION_STATES = {
    "open": lazy("待接受"),
    "used": lazy("已使用"),
    "withdrawn": lazy("已收回"),
    "expired": lazy("已过期"),
}


@dataclass
class Desk:
    """An organisation with who keeps it, and the forms of its page as they were just filled in."""

    request: HttpRequest
    organisation: Organisation
    actor: Actor
    address: str
    filled: dict[str, forms.Form] = field(default_factory=dict)
    sentence: str = ""
    stale: StaleError | None = None
    contact: dict[str, str] | None = None

    @property
    def kinds(self) -> list[RoleKind]:
        """The roles that the reader may give here."""
        return [
            kind for kind in RoleKind if kind not in SITE_ROLES and people.may_give(kind, self.organisation, self.actor)
        ]

    def scopes_to_join(self) -> QuerySet[Scope]:
        """The scopes into which the reader may let the organisation."""
        joined = ScopeMembership.objects.current().filter(organisation=self.organisation).values("scope")
        return Scope.objects.filter(pk__in=self.actor.ids("staff"), ends_on=None).exclude(pk__in=joined)

    def form(self, what: str, *, sent: bool) -> forms.Form:
        """Return a form of the page, filled with what was just sent or as it begins."""
        data: QueryDict | None = self.request.POST if sent else None
        options: dict[str, Any] = {"auto_id": f"id_{what}_%s"}
        if what == "save":
            initial = initial_of(self.organisation)
            around = self.organisation.region_id
            data = picked(self.request.POST, initial) if sent else None
            return OrganisationForm(data, initial=initial, around=around, **options)
        if what == "alias":
            return AliasForm(data, **options)
        if what == "join":
            return JoinScopeForm(data, scopes=self.scopes_to_join(), **options)
        if what == "give":
            return RoleForm(data, people=people_of(self.organisation), kinds=self.kinds, **options)
        return InviteForm(data, kinds=self.kinds, **options)


def organisation_desk(request: HttpRequest, organisation: Organisation, *, address: str, own: bool) -> HttpResponse:
    """Show an organisation to who keeps it and do what he asks; ``own`` where he does so as its own administrator."""
    desk = Desk(request, organisation, actor_of(request), address)
    if request.method == "POST":
        answer = _answer(desk)
        if answer is not None:
            return answer
        desk.organisation.refresh_from_db()
    status = 409 if desk.stale else 422 if desk.sentence or desk.filled else 200
    return show(request, "admin/organisation.html", _context(desk, own=own), status=status)


def initial_of(organisation: Organisation) -> dict[str, Any]:
    """Return what the form of an organisation shows; contacts are left out, they are shown masked."""
    names = (
        "name", "name_en", "short_name", "kind", "credit_code", "size", "listed", "industry", "website", "introduction",
    )  # fmt: skip
    return {name: getattr(organisation, name) for name in names} | {
        "region": organisation.region_id or "",
        "tags": _("、").join(organisation.tags),
    }


def conflict_rows(form: Any, stale: StaleError, theirs: dict[str, Any]) -> list[tuple[str, str, str, str]]:
    """Return the fields in which two who edit at once differ: name, label, mine, theirs."""
    found = []
    for name in [name for name in theirs if name in form.fields]:
        mine, others = form.words(name, form[name].value()), form.words(name, theirs[name])
        if mine.replace("\r\n", "\n").strip() != others.replace("\r\n", "\n").strip():
            found.append((name, str(form[name].label), mine, others))
    return found


def _answer(desk: Desk) -> HttpResponse | None:
    """Do what was asked; None where the page has to be shown again because something is not right."""
    what = desk.request.POST.get("what", "")
    known: dict[str, Callable[[Desk], str | None]] = {
        "save": _save, "alias": _alias, "join": _join, "leave": _leave, "give": _give, "end": _end,
        "invite": _invite, "withdraw": _withdraw, "reveal": _reveal, "logo": _logo,
        "archive": _archive, "restore": _restore,
    }  # fmt: skip
    if what not in known:
        raise Http404
    try:
        done = known[what](desk)
    except ForbiddenError:
        raise
    except StaleError as stale:
        desk.stale, desk.sentence = stale, str(stale)
        return None
    except QueqiaoError as error:
        desk.sentence = str(error)
        return None
    if done is None:
        return None
    messages.success(desk.request, done)
    return redirect(desk.address)


def _valid(desk: Desk, what: str) -> dict[str, Any] | None:
    form = desk.form(what, sent=True)
    desk.filled[what] = form
    return form.cleaned_data if form.is_valid() else None


def _save(desk: Desk) -> str | None:
    if _valid(desk, "save") is None:
        return None
    form = desk.filled["save"]
    assert isinstance(form, OrganisationForm)  # noqa: S101 -- for the type checker
    base = desk.request.POST.get("revision", "")
    organisations.update_organisation(
        organisation=desk.organisation,
        values=form.values(),
        base_revision=int(base) if base.isdecimal() and len(base) < 10 else 0,
        by=desk.actor,
    )
    return _("资料已保存。")


def _archive(desk: Desk) -> str:
    organisations.archive_organisation(organisation=desk.organisation, archived=True, by=desk.actor)
    return _("“{name}”已归档。").format(name=desk.organisation.name)


def _restore(desk: Desk) -> str:
    organisations.archive_organisation(organisation=desk.organisation, archived=False, by=desk.actor)
    return _("“{name}”已恢复。").format(name=desk.organisation.name)


def _alias(desk: Desk) -> str | None:
    data = _valid(desk, "alias")
    if data is None:
        return None
    organisations.add_alias(organisation=desk.organisation, by=desk.actor, **data)
    return _("已添加名称“{name}”。").format(name=data["name"])


def _join(desk: Desk) -> str | None:
    data = _valid(desk, "join")
    if data is None:
        return None
    organisations.join_scope(organisation=desk.organisation, by=desk.actor, **data)
    return _("已加入“{name}”。").format(name=data["scope"].name)


def _leave(desk: Desk) -> str:
    found = _one(ScopeMembership.objects.current().filter(organisation=desk.organisation).select_related("scope"), desk)
    organisations.leave_scope(membership=found, ends_on=day_of(desk.request.POST.get("ends_on", "")), by=desk.actor)
    return _("已记下退出“{name}”的日期。").format(name=found.scope.name)


def _give(desk: Desk) -> str | None:
    data = _valid(desk, "give")
    if data is None:
        return None
    kind = RoleKind(data["kind"])
    people.give_role(person=data["person"], kind=kind, organisation=desk.organisation, by=desk.actor)
    return _("“{name}”现在是{role}。").format(name=data["person"].name, role=kind.label)


def _end(desk: Desk) -> str:
    found = _one(Role.objects.current().filter(organisation=desk.organisation).select_related("person"), desk)
    people.end_role(role=found, by=desk.actor)
    return _("“{name}”的{role}角色已结束。").format(name=found.person.name, role=RoleKind(found.kind).label)


def _invite(desk: Desk) -> str | None:
    data = _valid(desk, "invite")
    if data is None:
        return None
    made, token = invitations.invite(
        organisation=desk.organisation,
        role=RoleKind(data["role"]),
        address=data["address"],
        note=data["note"],
        by=desk.actor,
    )
    # Kept for the one page that comes next; the database knows only its hash.
    desk.request.session["new_invitation"] = {"id": str(made.pk), "token": token}
    return _("邀请已建立。链接只显示这一次，请现在复制或扫码。")


def _withdraw(desk: Desk) -> str:
    found = _one(Invitation.objects.filter(organisation=desk.organisation), desk)
    invitations.withdraw_invitation(invitation=found, by=desk.actor)
    return _("邀请已收回，链接不再有效。")


def _logo(desk: Desk) -> str:
    upload: Any = desk.request.FILES.get("logo")
    if upload is None and "remove" not in desk.request.POST:
        raise QueqiaoError(_("请先选择图片。"))
    organisations.set_logo(
        organisation=desk.organisation, upload=upload, name=upload.name if upload else "", by=desk.actor
    )
    return _("标志已更新。") if upload else _("标志已移除。")


def _reveal(desk: Desk) -> None:
    desk.contact = organisations.reveal_organisation_contact(organisation=desk.organisation, by=desk.actor)


def _one(rows: QuerySet[Any], desk: Desk) -> Any:
    try:
        found = rows.filter(pk=desk.request.POST.get("id", "")).first()
    except (ValueError, forms.ValidationError):
        found = None
    if found is None:
        raise QueqiaoError(_("这一项已不在，可能已由他人处理；请刷新后再看。"))
    return found


def _context(desk: Desk, *, own: bool) -> dict[str, Any]:
    organisation = desk.organisation
    rows = people_with_roles(people_of(organisation))
    page = CappedPaginator(rows, PAGE).get_page(desk.request.GET.get("page"))
    parts = ("save", "alias", "join", "give", "invite")
    forms_of_page = {what: desk.filled.get(what) or desk.form(what, sent=False) for what in parts}
    memberships = ScopeMembership.objects.filter(organisation=organisation, superseded_at=None)
    stale = desk.stale
    theirs = initial_of(organisation)
    return {
        "organisation": organisation,
        "own": own,
        "forms": forms_of_page,
        "revision": stale.revision if stale else desk.request.POST.get("revision") or organisation.revision,
        "conflict_rows": conflict_rows(forms_of_page["save"], stale, theirs) if stale else [],
        "sentence": desk.sentence,
        "state_label": OrganisationState(organisation.state).label,
        "aliases": organisation.aliases.all(),
        "memberships": memberships.select_related("scope").order_by("-recorded_at"),
        "staff_scopes": desk.actor.ids("staff"),
        "current": set(memberships.current().values_list("pk", flat=True)),
        "may_join": desk.scopes_to_join().exists(),
        "kinds": desk.kinds,
        "page": page,
        "members": [_member(person, desk) for person in page.object_list],
        "invitations": _invitations(desk),
        "invitation_states": INVITATION_STATES,
        "fresh": _fresh(desk),
        "contact": desk.contact,
        "masked_contact": {
            "contact_name": organisation.contact_name,
            "contact_mobile": masked(organisation.contact_mobile),
            "contact_email": masked(organisation.contact_email),
        },
        "query": query_without(desk.request, "page"),
    }


def _member(person: Any, desk: Desk) -> dict[str, Any]:
    here = desk.organisation.pk
    kinds = desk.kinds
    return {
        "person": person,
        "works": [one for one in person.works_now if one.organisation_id == here],
        "roles": [(one, RoleKind(one.kind) in kinds) for one in person.roles_now if one.organisation_id == here],
    }


def _invitations(desk: Desk) -> list[dict[str, Any]]:
    rows = Invitation.objects.filter(organisation=desk.organisation).select_related("invited_by", "used_by")
    return [
        {
            "row": row,
            "state": invitation_state(row),
            "role": RoleKind(row.role).label,
            "address": masked(row.address),
        }
        for row in rows[:INVITATIONS_SHOWN]
    ]


def _fresh(desk: Desk) -> dict[str, Any] | None:
    """Return the link of the invitation that was just made, once; reading it takes it away."""
    kept = desk.request.session.get("new_invitation")
    if not kept:
        return None
    made = Invitation.objects.filter(organisation=desk.organisation, pk=kept["id"]).first()
    if made is None:
        return None
    del desk.request.session["new_invitation"]
    link = settings.SITE_URL + reverse("invitation", args=[kept["token"]])
    text = _("{who}邀请您以“{role}”身份加入“{name}”，请在 {day} 前打开链接接受（只能使用一次）：{link}").format(
        who=made.invited_by.name,
        role=RoleKind(made.role).label,
        name=desk.organisation.name,
        day=day(made.expires_at),
        link=link,
    )
    picture = segno.make(link, error="m").svg_data_uri(scale=4, border=2)
    return {"link": link, "text": text, "picture": picture, "address": masked(made.address)}
