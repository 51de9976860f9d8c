"""A person makes a token at his account, sees it once, and ends it."""

import re

import pytest

from queqiao.accounts.choices import TokenScope
from queqiao.accounts.models import ApiToken, User
from queqiao.accounts.tests.factories import make_user
from queqiao.web.tests.workshop import Somebody, somebody

pytestmark = pytest.mark.django_db
PAGE = "/my/account/tokens"
SECRET = re.compile(r"queqiao_[\w-]{43}")


@pytest.fixture
def me() -> Somebody:
    return somebody("林知夏")


def make(me: Somebody, **data) -> str:
    sent = {"what": "create", "name": "年报取数程序", "scopes": [TokenScope.SEARCH], "days": "365"} | data
    return me.post(PAGE, **sent).content.decode()


def test_a_token_is_shown_once_and_works(me: Somebody, client) -> None:
    secret = SECRET.search(make(me))[0]
    assert client.get("/api/v1/me", headers={"Authorization": f"Bearer {secret}"}).json()["name"] == "林知夏"
    again = me.get(PAGE).content.decode()
    assert (SECRET.search(again), "年报取数程序" in again, ApiToken.objects.get().prefix in again) == (
        None,
        True,
        True,
    )


def test_what_is_missing_is_said_and_no_token_is_made(me: Somebody) -> None:
    for wrong in ({"name": ""}, {"scopes": []}, {"scopes": ["everything"]}, {"days": "9999"}):
        assert SECRET.search(make(me, **wrong)) is None
    assert ApiToken.objects.count() == 0


def test_an_ended_token_is_gone_from_the_list_and_opens_nothing(me: Somebody, client) -> None:
    secret = SECRET.search(make(me))[0]
    answer = me.client.post(PAGE, {"what": "revoke", "token": ApiToken.objects.get().pk}, follow=True)
    assert "年报取数程序”已撤销" in answer.content.decode()
    assert "还没有令牌" in me.get(PAGE).content.decode()
    assert client.get("/api/v1/me", headers={"Authorization": f"Bearer {secret}"}).status_code == 401


def test_nobody_sees_or_ends_the_token_of_another(me: Somebody) -> None:
    make(me)
    other = Somebody(make_user().person)
    assert "年报取数程序" not in other.get(PAGE).content.decode()
    for asked in (ApiToken.objects.get().pk, "x", ""):
        assert other.post(PAGE, what="revoke", token=asked).status_code == 404
    assert ApiToken.objects.get().revoked_at is None


def test_a_token_remembers_whether_a_second_factor_was_shown(me: Somebody) -> None:
    make(me)
    session = me.client.session
    session["second_factor_shown"] = True
    session.save()
    make(me)
    assert sorted(ApiToken.objects.values_list("second_factor", flat=True)) == [False, True]
    assert User.objects.count() == 1


def test_the_account_page_leads_there(me: Somebody) -> None:
    assert f'href="{PAGE}"' in me.get("/my/account").content.decode()
