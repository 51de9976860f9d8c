"""One's own access tokens: made for a program, shown once, listed by their beginning, ended at any time."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.utils import timezone

from queqiao.accounts.actions.tokens import MOST_LIVE, create_token, revoke_token
from queqiao.accounts.choices import TokenScope
from queqiao.accounts.models import ApiToken, User
from queqiao.accounts.queries import live_tokens
from queqiao.core.errors import QueqiaoError
from queqiao.core.i18n import _
from queqiao.core.identifiers import read_uuid
from queqiao.records.presenting import words
from queqiao.web.access import Rule, actor_of, open_to
from queqiao.web.forms.account import TokenForm
from queqiao.web.views.staff_page import show


@open_to(Rule.SIGNED_IN)
def tokens(request: HttpRequest) -> HttpResponse:
    """List one's tokens; make one and show its secret this once, or end one."""
    assert isinstance(request.user, User)  # noqa: S101 -- the rule of the page
    if request.method != "POST":
        return _page(request, request.user, TokenForm())
    if request.POST.get("what") == "revoke":
        return _revoke(request, request.user)
    form = TokenForm(request.POST)
    if not form.is_valid():
        return _page(request, request.user, form)
    try:
        _made, secret = create_token(
            person=request.user.person,
            name=form.cleaned_data["name"],
            scopes=form.cleaned_data["scopes"],
            days=form.cleaned_data["days"],
            second_factor=bool(request.session.get("second_factor_shown")),
            by=actor_of(request),
        )
    except QueqiaoError as error:
        return _page(request, request.user, form, sentence=str(error))
    return _page(request, request.user, TokenForm(), secret=secret)


def _revoke(request: HttpRequest, user: User) -> HttpResponse:
    asked = read_uuid(request.POST.get("token", ""))
    found = ApiToken.objects.filter(pk=asked, person=user.person).first() if asked else None
    if found is None:
        raise Http404
    revoke_token(token=found, by=actor_of(request))
    messages.success(request, _("令牌“{name}”已撤销，用它的程序不能再访问。").format(name=found.name))
    return redirect("my-tokens")


def _page(request: HttpRequest, user: User, form: TokenForm, *, sentence: str = "", secret: str = "") -> HttpResponse:
    live = live_tokens(user.person, now=timezone.now())[:MOST_LIVE]
    context = {
        "form": form,
        "sentence": sentence,
        "secret": secret,
        "rows": [(one, words(one.scopes, TokenScope.choices)) for one in live],
    }
    return show(request, "account/tokens.html", context, status=422 if sentence or form.errors else 200)


urlpatterns = [path("my/account/tokens", tokens, name="my-tokens")]
