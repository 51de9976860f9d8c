"""Signing in and out: by password, by code, with a second factor."""

import segno
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse

from queqiao.accounts.actions import signing_in
from queqiao.accounts.actions.sessions import end_session, network_of, renew_session
from queqiao.accounts.models import User
from queqiao.core.errors import QueqiaoError
from queqiao.core.i18n import _
from queqiao.web.access import Rule, open_to
from queqiao.web.forms.account import CodeEntry, CodeRequest, PasswordSignIn, TotpEntry
from queqiao.web.views import joining, own_account, own_tokens
from queqiao.web.views.entry import TERMS_VERSION, begin, code_page, next_of, patient, told, with_next


@open_to(Rule.PUBLIC)
@patient
def sign_in(request: HttpRequest) -> HttpResponse:
    """Sign in with a password, or ask for a one-time code."""
    form = PasswordSignIn(request.POST or None)
    if request.method != "POST" or not form.is_valid():
        return _sign_in_page(request, form, CodeRequest(auto_id="id_code_%s"))
    try:
        user = signing_in.sign_in_with_password(
            address=form.cleaned_data["address"], password=form.cleaned_data["password"], network=network_of(request)
        )
    except QueqiaoError as error:
        return _sign_in_page(request, form, CodeRequest(auto_id="id_code_%s"), told(error))
    return begin(request, user)


@open_to(Rule.PUBLIC)
@patient
def sign_in_code(request: HttpRequest) -> HttpResponse:
    """Send a one-time code, then take it."""
    if request.method == "POST" and "address" in request.POST:
        return _send_code(request)
    waiting = request.session.get("code_address")
    if not waiting:
        return redirect("sign-in")
    entry = CodeEntry(request.POST or None)
    sentence = ""
    if request.method == "POST" and entry.is_valid():
        try:
            user = signing_in.sign_in_with_code(
                address=waiting, code=entry.cleaned_data["code"], network=network_of(request)
            )
        except QueqiaoError as error:
            sentence = told(error)
        else:
            request.session.pop("code_address")
            return begin(request, user)
    return code_page(
        request,
        entry,
        heading=_("输入验证码"),
        explanation=_("如果 {address} 已有账号，验证码已经发出，10 分钟内有效。").format(address=waiting),
        sentence=sentence,
        again=(_("没有收到，重新获取"), with_next("sign-in", next_of(request))),
    )


@open_to(Rule.PUBLIC)
@patient
def second_factor(request: HttpRequest) -> HttpResponse:
    """Take the second factor; who must have one and has none sets it up first."""
    user = request.user
    if not isinstance(user, User) or not request.session.get("second_factor_due"):
        return redirect("sign-in")
    if user.totp_confirmed_at is None:
        return _set_up(request, user)
    form = TotpEntry(request.POST or None)
    sentence = ""
    if request.method == "POST" and form.is_valid():
        try:
            signing_in.second_factor(user=user, code=form.cleaned_data["code"], network=network_of(request))
        except QueqiaoError as error:
            sentence = told(error)
        else:
            renew_session(request)
            return redirect(next_of(request) or reverse("my-today"))
    return code_page(
        request,
        form,
        heading=_("两步验证"),
        explanation=_("请输入验证器上显示的 6 位动态码。手机丢失时，请联系安全管理员重置。"),
        sentence=sentence,
        again=(_("换一个账号登录"), reverse("sign-in")),
    )


@open_to(Rule.SIGNED_IN)
def totp_setup(request: HttpRequest) -> HttpResponse:
    """Switch the second factor on for oneself."""
    assert isinstance(request.user, User)  # noqa: S101 -- the rule of the page
    if request.user.totp_confirmed_at is not None:
        return redirect("my-account")
    return _set_up(request, request.user)


@open_to(Rule.PUBLIC)
def sign_out(request: HttpRequest) -> HttpResponse:
    """Sign out on this browser."""
    if request.method == "POST":
        end_session(request)
    return redirect("home")


@open_to(Rule.PUBLIC)
def terms(request: HttpRequest) -> HttpResponse:
    """Show what a person agrees to."""
    return render(request, "account/terms.html", {"version": TERMS_VERSION})


def _send_code(request: HttpRequest) -> HttpResponse:
    form = CodeRequest(request.POST, auto_id="id_code_%s")
    if not form.is_valid():
        return _sign_in_page(request, PasswordSignIn(), form)
    address = form.cleaned_data["address"]
    signing_in.request_code(address=address, purpose="sign-in", network=network_of(request))
    request.session["code_address"] = address
    return redirect(with_next("sign-in-code", next_of(request)))


def _sign_in_page(
    request: HttpRequest, form: PasswordSignIn, code_form: CodeRequest, sentence: str = ""
) -> HttpResponse:
    context = {
        "form": form,
        "code_form": code_form,
        "sentence": sentence,
        "next": next_of(request),
        "ended_idle": request.session.pop("ended_idle", False),
    }
    wrong = sentence or form.errors or code_form.errors
    return render(request, "account/sign_in.html", context, status=422 if wrong else 200)


def _set_up(request: HttpRequest, user: User) -> HttpResponse:
    form = TotpEntry(request.POST or None)
    sentence = ""
    address = signing_in.begin_totp(user=user)
    if request.method == "POST" and form.is_valid():
        try:
            signing_in.confirm_totp(user=user, code=form.cleaned_data["code"])
        except QueqiaoError as error:
            sentence = told(error)
        else:
            renew_session(request)
            messages.success(request, _("两步验证已开启。"))
            return redirect(next_of(request) or reverse("my-today"))
    due = request.session.get("second_factor_due")
    return code_page(
        request,
        form,
        heading=_("开启两步验证"),
        explanation=_("用手机上的验证器扫描二维码，再输入它显示的 6 位动态码。"),
        sentence=sentence,
        again=(_("换一个账号登录"), reverse("sign-in")) if due else (_("返回我的账号"), reverse("my-account")),
        picture=segno.make(address, error="m").svg_data_uri(scale=4, border=2),
        secret=user.totp_secret,
    )


urlpatterns = [
    path("sign-in", sign_in, name="sign-in"),
    path("sign-in/code", sign_in_code, name="sign-in-code"),
    path("sign-in/second-factor", second_factor, name="second-factor"),
    path("sign-out", sign_out, name="sign-out"),
    path("terms", terms, name="terms"),
    path("my/account/totp", totp_setup, name="totp-setup"),
    *joining.urlpatterns,
    *own_account.urlpatterns,
    *own_tokens.urlpatterns,
]
