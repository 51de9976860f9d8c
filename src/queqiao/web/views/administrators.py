"""Who administers the whole site: system, security and audit administrators are appointed and relieved here."""

import uuid

from django import forms
from django.contrib import messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path

from queqiao.accounts.actions.people import end_role, give_role
from queqiao.accounts.actors import Actor
from queqiao.accounts.channels import parse_address
from queqiao.accounts.choices import RoleKind
from queqiao.accounts.models import Role, User
from queqiao.accounts.queries import find_user
from queqiao.core.errors import ForbiddenError, QueqiaoError
from queqiao.core.i18n import _, lazy
from queqiao.web.access import Rule, actor_of, open_to
from queqiao.web.forms.administration import PlainForm
from queqiao.web.views.staff_page import show

KINDS = (RoleKind.SYSTEM_ADMIN, RoleKind.SECURITY_ADMIN, RoleKind.AUDIT_ADMIN)


class AppointForm(PlainForm):
    """Which role, and by the address of his account for whom."""

    kind = forms.ChoiceField(label=lazy("角色"), choices=[(kind.value, kind.label) for kind in KINDS])
    account = forms.CharField(
        label=lazy("账号的手机号或电子邮箱"),
        max_length=120,
        help_text=lazy("请填完整；对方须已有账号。三种管理员不能由同一人担任。"),
    )

    def clean_account(self) -> User:
        """Return the open account of the address, or say why there is none."""
        typed = self.cleaned_data["account"]
        try:
            user = find_user(parse_address(typed).value)
        except QueqiaoError as error:
            raise forms.ValidationError(str(error)) from error
        if user is None:
            raise forms.ValidationError(_("没有使用“{text}”的账号，请核对。").format(text=typed))
        return user


@open_to(Rule.SYSTEM)
def administrators(request: HttpRequest) -> HttpResponse:
    """List who administers the site; appoint somebody, or end a role."""
    actor, sentence = actor_of(request), ""
    appointing = request.method == "POST" and request.POST.get("what") == "give"
    form = AppointForm(request.POST if appointing else None)
    if request.method == "POST":
        try:
            done = _appoint(form, actor) if appointing else _end(request, actor)
        except ForbiddenError:
            raise
        except QueqiaoError as error:
            sentence = str(error)
        else:
            if done:
                messages.success(request, done)
                lost = not Role.objects.current().filter(person=actor.person_id, kind=RoleKind.SYSTEM_ADMIN).exists()
                return redirect("my-today" if lost else "administrators")
    held = list(_roles())
    context = {
        "groups": [(kind.label, [role for role in held if role.kind == kind]) for kind in KINDS],
        "form": form,
        "sentence": sentence,
    }
    return show(request, "audit/administrators.html", context, status=422 if request.method == "POST" else 200)


def _roles() -> QuerySet[Role]:
    return Role.objects.current().filter(kind__in=KINDS).select_related("person")


def _appoint(form: AppointForm, by: Actor) -> str:
    """Give the role and return a sentence about it; "" where the form has to be mended first."""
    if not form.is_valid():
        return ""
    person, kind = form.cleaned_data["account"].person, RoleKind(form.cleaned_data["kind"])
    if _roles().filter(person=person, kind=kind).exists():
        raise QueqiaoError(_("“{name}”已经是{role}。").format(name=person.name, role=kind.label))
    give_role(person=person, kind=kind, by=by)
    return _("已任命“{name}”为{role}。").format(name=person.name, role=kind.label)


@transaction.atomic
def _end(request: HttpRequest, by: Actor) -> str:
    """End a role and return a sentence about it; somebody who can sign in goes on administering the system."""
    if request.POST.get("what") != "end":
        raise Http404
    try:
        pk = uuid.UUID(request.POST.get("id", ""))
    except ValueError as error:
        raise Http404 from error
    held = list(_roles().select_for_update(of=("self",)))  # two who relieve each other at once wait here
    role = next((role for role in held if role.pk == pk), None)
    if role is None:
        raise QueqiaoError(_("这项任命已由他人结束。"))
    others = [one.person_id for one in held if one.kind == RoleKind.SYSTEM_ADMIN and one.pk != pk]
    able = User.objects.filter(person__in=others, is_active=True, person__erased_at=None)
    if role.kind == RoleKind.SYSTEM_ADMIN and not able.exists():
        raise QueqiaoError(_("“{name}”是最后一位系统管理员，不能结束；请先任命另一位。").format(name=role.person.name))
    end_role(role=role, by=by)
    return _("“{name}”不再担任{role}。").format(name=role.person.name, role=RoleKind(role.kind).label)


urlpatterns = [path("system/administrators", administrators, name="administrators")]
