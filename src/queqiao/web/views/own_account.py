"""One's own account: data, password, stand-in, sessions, and leaving for good."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.utils import timezone

from queqiao.accounts.actions import people, signing_in
from queqiao.accounts.actions.sessions import begin_session, end_other, end_session, network_of
from queqiao.accounts.models import Consent, Person, Role, SignIn, User
from queqiao.accounts.queries import find_user
from queqiao.core.errors import QueqiaoError, StaleError
from queqiao.core.i18n import _
from queqiao.web.access import Rule, actor_of, open_to
from queqiao.web.forms.account import EraseForm, NewPassword, ProfileForm, SubstituteForm
from queqiao.web.views.entry import patient, told
from queqiao.web.views.staff_page import show

MOST_SESSIONS = 20
FORMS = ("profile", "password", "substitute", "erase")
# What a browser calls itself, and how people know it; the first that fits.
SYSTEMS = (
    ("iPhone", "iPhone"), ("iPad", "iPad"), ("OpenHarmony", "HarmonyOS"), ("HarmonyOS", "HarmonyOS"),
    ("Android", "Android"), ("Windows", "Windows"), ("Mac OS X", "macOS"), ("Linux", "Linux"),
)  # fmt: skip
BROWSERS = (
    ("MicroMessenger/", "WeChat"), ("Edg", "Edge"), ("QQBrowser/", "QQ"), ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"), ("Safari/", "Safari"),
)  # fmt: skip


@dataclass
class Desk:
    """Who is at his account, and what he has just filled in."""

    request: HttpRequest
    user: User
    filled: dict[str, forms.Form] = field(default_factory=dict)
    sentence: str = ""
    stale: StaleError | None = None

    @property
    def person(self) -> Person:
        """The person to whom the account belongs."""
        return self.user.person

    def form(self, what: str, data: Any = None) -> forms.Form:
        """Return one of the forms of the page: as it begins, or with what was sent."""
        auto_id = f"id_{what}_%s"
        if what == "profile":
            names = ("name", "name_en", "mobile", "email", "revision")
            return ProfileForm(data, initial={name: getattr(self.person, name) for name in names}, auto_id=auto_id)
        if what == "password":
            return NewPassword(data, has_one=self.user.has_usable_password(), auto_id=auto_id)
        if what == "substitute":
            return SubstituteForm(data, initial={"begins_on": timezone.localdate()}, auto_id=auto_id)
        return EraseForm(data, name=self.person.name, auto_id=auto_id)

    def valid(self, what: str) -> dict[str, Any] | None:
        """Return what was sent to a form, None where something is not right."""
        self.filled[what] = form = self.form(what, self.request.POST)
        return form.cleaned_data if form.is_valid() else None


@open_to(Rule.SIGNED_IN)
@patient
def my_account(request: HttpRequest) -> HttpResponse:
    """Show and change one's own data, password, stand-in and sessions; or leave."""
    assert isinstance(request.user, User)  # noqa: S101 -- the rule of the page
    desk = Desk(request, request.user)
    if request.method == "POST":
        answer = _answer(desk)
        if answer is not None:
            return answer
        desk.person.refresh_from_db()
    status = 409 if desk.stale else 422 if desk.sentence or desk.filled else 200
    return show(request, "account/my_account.html", _context(desk), status=status)


def _answer(desk: Desk) -> HttpResponse | None:
    """Do what was asked; None where the page has to be shown again because something is not right."""
    known: dict[str, Callable[[Desk], str | None]] = {
        "profile": _save, "password": _password, "substitute": _substitute, "end-substitute": _end_substitute,
        "session": _end_session, "erase": _erase,
    }  # fmt: skip
    what = desk.request.POST.get("what", "")
    if what not in known:
        raise Http404
    try:
        done = known[what](desk)
    except StaleError as stale:
        desk.stale = stale
        desk.sentence = _("您的资料刚在别处被修改过；您填写的内容已保留，请对照后选择。")
        sent = desk.request.POST.copy()
        sent["revision"] = str(stale.revision)
        desk.filled["profile"] = desk.form("profile", sent)
        return None
    except QueqiaoError as error:
        desk.sentence = told(error)
        return None
    if done is None:
        return None
    messages.success(desk.request, done)
    return redirect("home" if what == "erase" else "my-account")


def _save(desk: Desk) -> str | None:
    data = desk.valid("profile")
    if data is None:
        return None
    base = data.pop("revision")
    people.update_person(person=desk.person, values=data, base_revision=base, by=actor_of(desk.request))
    return _("资料已保存。")


def _password(desk: Desk) -> str | None:
    data = desk.valid("password")
    if data is None:
        return None
    signing_in.change_password(
        user=desk.user,
        old=data.get("old", ""),
        new=data["new"],
        by=actor_of(desk.request),
        network=network_of(desk.request),
    )
    begin_session(desk.request, desk.user, second_factor_due=False)
    return _("密码已修改，其他设备都已退出。")


def _substitute(desk: Desk) -> str | None:
    data = desk.valid("substitute")
    if data is None:
        return None
    other = find_user(data["substitute"])
    people.substitute(
        person=desk.person,
        substitute=other.person if other else None,
        begins_on=data["begins_on"],
        ends_on=data["ends_on"],
        by=actor_of(desk.request),
    )
    return _("代理已设置。")


def _end_substitute(desk: Desk) -> str:
    asked = desk.request.POST.get("substitution", "")
    found = next((one for one in desk.person.substitutions.filter(superseded_at=None) if str(one.pk) == asked), None)
    if found is not None:
        people.end_substitution(substitution=found, by=actor_of(desk.request))
    return _("代理已取消。")


def _end_session(desk: Desk) -> str:
    asked = desk.request.POST.get("session", "")
    open_ones = SignIn.objects.filter(user=desk.user, ended_at=None)
    found = open_ones.filter(pk=int(asked)).first() if asked.isdecimal() and len(asked) < 18 else None
    if found is not None:
        end_other(found)
    return _("那台设备已退出。")


def _erase(desk: Desk) -> str | None:
    if desk.valid("erase") is None:
        return None
    people.erase_person(person=desk.person, by=actor_of(desk.request))
    end_session(desk.request)
    return _("账号已注销，您的个人信息已清除。")


def _context(desk: Desk) -> dict[str, Any]:
    own = desk.request.session.session_key
    sign_ins = SignIn.objects.filter(user=desk.user, ended_at=None)[:MOST_SESSIONS]
    return {
        **{f"{what}_form": desk.filled.get(what) or desk.form(what) for what in FORMS},
        "sentence": desk.sentence,
        "differences": _differences(desk),
        "account": desk.user,
        "has_password": desk.user.has_usable_password(),
        "roles": Role.objects.current().filter(person=desk.person).select_related("organisation"),
        "substitutions": desk.person.substitutions.filter(
            superseded_at=None, ends_on__gte=timezone.localdate()
        ).select_related("substitute"),
        "sign_ins": [(one, device(one.agent), one.session_key == own) for one in sign_ins],
        "consent": Consent.objects.filter(person=desk.person, withdrawn_at=None).order_by("-recorded_at").first(),
    }


def _differences(desk: Desk) -> list[tuple[str, str, str]]:
    """Return the fields in which two who edit at once differ: label, theirs, mine."""
    if desk.stale is None:
        return []
    form = desk.filled["profile"]
    pairs = [(str(form[name].label), str(desk.stale.theirs[name]), str(form[name].value() or "").strip())
             for name in form.fields if name in desk.stale.theirs]  # fmt: skip
    return [(label, theirs, mine) for label, theirs, mine in pairs if theirs != mine]


def device(agent: str) -> str:
    """Say in a few words which browser on which system has signed in; "" where it does not say."""
    found = [next((name for mark, name in known if mark in agent), "") for known in (BROWSERS, SYSTEMS)]
    return " / ".join(name for name in found if name)


urlpatterns = [path("my/account", my_account, name="my-account")]
