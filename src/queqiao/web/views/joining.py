"""Joining: by an invitation into an organisation, or by asking for one's organisation to be let in."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse

from queqiao.accounts.actions import invitations, registrations, signing_in
from queqiao.accounts.actions.sessions import network_of
from queqiao.accounts.choices import RoleKind
from queqiao.accounts.models import Invitation, Person, User
from queqiao.accounts.queries import find_user
from queqiao.core.errors import QueqiaoError
from queqiao.core.i18n import _
from queqiao.web.access import Rule, actor_of, open_to
from queqiao.web.forms.account import JoinForm, JoinProof, RegistrationForm
from queqiao.web.views.entry import TERMS_VERSION, begin, code_page, patient, person_of, told, with_next


@open_to(Rule.PUBLIC)
@patient
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Accept an invitation: as who is signed in, or with a new account whose address is proved by a code."""
    try:
        found = invitations.find_invitation(token=token)
    except QueqiaoError as error:
        return _closed(request, told(error), 410)
    person = person_of(request)
    if person is not None:
        return _join_as(request, found, token, person)
    known = request.session.get("joining", {})
    begun = known if known.get("token") == token else {"address": found.address}
    form = JoinForm(request.POST or None, initial=begun)
    if request.method != "POST" or not form.is_valid():
        return _join_page(request, found, form)
    address = form.cleaned_data["address"]
    try:
        invitations.check_addressee(invitation=found, address=address)
        signing_in.request_code(address=address, purpose="join", network=network_of(request))
    except QueqiaoError as error:
        return _join_page(request, found, form, told(error))
    request.session["joining"] = {"token": token} | {n: form.cleaned_data[n] for n in ("name", "address", "title")}
    return redirect("invitation-proof")


@open_to(Rule.PUBLIC)
@patient
def invitation_proof(request: HttpRequest) -> HttpResponse:
    """Take the code that proves the address of who accepts an invitation, and sign him in."""
    joining = request.session.get("joining")
    if not joining:
        return _closed(request, _("这一步已经超时，或是在另一个浏览器里开始的；请重新打开邀请链接。"), 404)
    form = JoinProof(request.POST or None)
    sentence = ""
    if request.method == "POST" and form.is_valid():
        try:
            _prove(request, joining["address"], "join", form.cleaned_data["code"])
            user = invitations.accept_as_new(
                **joining, password=form.cleaned_data["password"], terms_version=TERMS_VERSION
            )
        except QueqiaoError as error:
            sentence = told(error)
        else:
            _forget(request)
            messages.success(request, _("已加入，欢迎使用。"))
            return begin(request, user)
    again = reverse("invitation", args=[joining["token"]])
    return _proof_page(request, form, joining["address"], again, sentence)


@open_to(Rule.PUBLIC)
@patient
def register(request: HttpRequest) -> HttpResponse:
    """Take an organisation's request to be let in, with its proof; the address is proved by a code."""
    begun = request.session.get("registering", {})
    initial = {name: value for name, value in begun.items() if name != "proof"}
    kept = begun["proof"]["name"] if begun else ""
    form = RegistrationForm(request.POST or None, request.FILES or None, initial=initial, kept=kept)
    if request.method != "POST" or not form.is_valid():
        return _register_page(request, form)
    data = form.cleaned_data
    try:
        upload = data["proof"]
        proof = registrations.keep_proof(upload=upload, name=upload.name) if upload else begun["proof"]
        signing_in.request_code(address=data["address"], purpose="register", network=network_of(request))
    except QueqiaoError as error:
        return _register_page(request, form, told(error))
    plain = {name: value for name, value in data.items() if name not in ("proof", "scope")}
    request.session["registering"] = plain | {"scope": str(data["scope"].pk), "proof": proof}
    return redirect("register-proof")


@open_to(Rule.PUBLIC)
@patient
def register_proof(request: HttpRequest) -> HttpResponse:
    """Take the code that proves the applicant's address, write the registration down and sign him in."""
    waiting = request.session.get("registering")
    if not waiting:
        return _closed(request, _("这一步已经超时，或是在另一个浏览器里开始的；请重新填写机构申请。"), 404)
    form = JoinProof(request.POST or None)
    sentence = ""
    if request.method == "POST" and form.is_valid():
        try:
            _prove(request, waiting["address"], "register", form.cleaned_data["code"])
            user = _registered(waiting, form.cleaned_data["password"])
        except QueqiaoError as error:
            sentence = told(error)
        else:
            _forget(request)
            messages.success(request, _("申请已提交，审核结果会通知您；现在就可以起草需求。"))
            return begin(request, user)
    return _proof_page(request, form, waiting["address"], reverse("register"), sentence)


def _join_as(request: HttpRequest, found: Invitation, token: str, person: Person) -> HttpResponse:
    """Let somebody who has signed in join with one click."""
    if request.method != "POST":
        return _join_page(request, found, JoinForm())
    try:
        invitations.accept_invitation(token=token, person=person, by=actor_of(request))
    except QueqiaoError as error:
        return _join_page(request, found, JoinForm(), told(error))
    messages.success(request, _("已加入，欢迎使用。"))
    return redirect("my-today")


def _registered(waiting: dict[str, Any], password: str) -> User:
    # Whether an address has an account is told only to its owner, who has shown the code by now.
    if find_user(waiting["address"]):
        raise QueqiaoError(_("这个手机号或邮箱已有账号；请返回换一个联系方式，或登录后请运营方为您添加机构。"))
    return registrations.register(
        organisation={
            "name": waiting["organisation_name"],
            "kind": waiting["kind"],
            "credit_code": waiting["credit_code"] or None,
            "size": waiting["size"],
        },
        applicant={"name": waiting["name"], "address": waiting["address"]},
        password=password,
        scope_id=waiting["scope"],
        proof=waiting["proof"],
        terms_version=TERMS_VERSION,
    )


def _prove(request: HttpRequest, address: str, purpose: str, code: str) -> None:
    """Take a code; one that was taken before the rest of the form failed need not be asked for again."""
    mark = [purpose, address]
    if request.session.get("proved") != mark or not signing_in.was_proved(address=address, purpose=purpose):
        signing_in.prove_address(address=address, purpose=purpose, code=code, network=network_of(request))
        request.session["proved"] = mark


def _forget(request: HttpRequest) -> None:
    """Drop what was kept while somebody was joining."""
    for name in ("joining", "registering", "proved"):
        request.session.pop(name, None)


def _proof_page(request: HttpRequest, form: JoinProof, address: str, again: str, sentence: str) -> HttpResponse:
    return code_page(
        request,
        form,
        heading=_("输入验证码"),
        explanation=_("验证码已发送到 {address}，10 分钟内有效。").format(address=address),
        sentence=sentence,
        again=(_("没有收到或需要修改，返回上一步"), again),
    )


def _join_page(request: HttpRequest, found: Invitation, form: JoinForm, sentence: str = "") -> HttpResponse:
    context = {
        "invitation": found,
        "role": RoleKind(found.role).label,
        "form": form,
        "sentence": sentence,
        "sign_in": with_next("sign-in", request.get_full_path()),
    }
    return render(request, "account/join.html", context, status=422 if sentence or form.errors else 200)


def _register_page(request: HttpRequest, form: RegistrationForm, sentence: str = "") -> HttpResponse:
    context = {"form": form, "sentence": sentence}
    return render(request, "account/register.html", context, status=422 if sentence or form.errors else 200)


def _closed(request: HttpRequest, sentence: str, status: int) -> HttpResponse:
    return render(request, "account/closed.html", {"sentence": sentence}, status=status)


urlpatterns = [
    path("join/proof", invitation_proof, name="invitation-proof"),
    path("join/<str:token>", invitation, name="invitation"),
    path("register", register, name="register"),
    path("register/proof", register_proof, name="register-proof"),
]
