"""Signing in: by password, by a code, with a second factor; and what happens to who guesses."""

import datetime
import re

import pyotp
import pytest

from queqiao.accounts.actions import signing_in, throttle
from queqiao.accounts.actions.throttle import PER_ACCOUNT, PER_NETWORK, ThrottledError
from queqiao.accounts.actors import actor_for
from queqiao.accounts.models import Message, OneTimeCode, User
from queqiao.accounts.tests.factories import PASSWORD, make_user
from queqiao.core.errors import ForbiddenError, QueqiaoError
from queqiao.core.models import Activity

pytestmark = pytest.mark.django_db
NOON = datetime.datetime(2026, 11, 25, 4, 0, tzinfo=datetime.UTC)
CAMPUS, ELSEWHERE = "203.0.113.9", "198.51.100.7"


def later(**length: float) -> datetime.datetime:
    return NOON + datetime.timedelta(**length)


def try_password(address: str, password: str, network: str = CAMPUS, now: datetime.datetime = NOON) -> str:
    """Say how a try ends: in, wrong or throttled."""
    try:
        signing_in.sign_in_with_password(address=address, password=password, network=network, now=now)
    except ThrottledError:
        return "throttled"
    except QueqiaoError:
        return "wrong"
    return "in"


def code_sent_to(address: str) -> str:
    text = Message.objects.filter(address=address, key__startswith="code:").latest("recorded_at", "id").text
    found = re.search(r"\d{6}", text)
    assert found
    return found[0]


def test_who_knows_the_password_signs_in_by_mobile_and_by_mail():
    user = make_user(mobile="13800000001", email="a@example.org")
    for address in ("13800000001", "a@example.org"):
        assert signing_in.sign_in_with_password(address=address, password=PASSWORD, network=CAMPUS) == user


def test_a_wrong_password_and_an_unknown_account_get_the_same_sentence():
    user = make_user()
    said = []
    for address in (user.email, "nobody@example.org"):
        with pytest.raises(QueqiaoError) as caught:
            signing_in.sign_in_with_password(address=str(address), password=PASSWORD[:-1], network=CAMPUS)
        said.append(str(caught.value))
    assert said == ["账号或密码不对，请核对后再试，也可以用验证码登录。"] * 2


def test_a_list_of_500_passwords_from_one_network_is_stopped_and_a_neighbour_still_signs_in():
    victim, neighbour = make_user(), make_user()
    ends = [try_password(str(victim.email), f"guess {i}") for i in range(499)] + [
        try_password(str(victim.email), PASSWORD)
    ]
    assert ends == ["wrong"] * PER_NETWORK.tries + ["throttled"] * (500 - PER_NETWORK.tries)
    assert try_password(str(neighbour.email), PASSWORD) == "in"
    assert try_password(str(victim.email), PASSWORD, ELSEWHERE) == "in"


def test_one_account_attacked_from_many_networks_is_guarded_too():
    victim = make_user()
    ends = [try_password(str(victim.email), "guess", f"192.0.2.{i}") for i in range(PER_ACCOUNT.tries + 20)]
    assert ends == ["wrong"] * PER_ACCOUNT.tries + ["throttled"] * 20


def test_the_lock_says_how_long_and_opens_with_time():
    user = make_user()
    for _ in range(PER_NETWORK.tries):
        try_password(str(user.email), "guess")
    with pytest.raises(ThrottledError) as caught:
        signing_in.sign_in_with_password(address=str(user.email), password=PASSWORD, network=CAMPUS, now=NOON)
    assert (str(caught.value), caught.value.wait) == (
        "尝试次数过多，请在 2 分钟后再试。",
        datetime.timedelta(seconds=PER_NETWORK.seconds),
    )
    assert try_password(str(user.email), PASSWORD, now=later(seconds=PER_NETWORK.seconds + 1)) == "in"


def test_a_clock_that_is_set_back_neither_opens_the_lock_nor_keeps_it_shut():
    user = make_user()
    for _ in range(PER_NETWORK.tries):
        try_password(str(user.email), "guess")
    yesterday = later(days=-1)
    assert try_password(str(user.email), PASSWORD, now=yesterday) == "throttled"
    soon = yesterday + datetime.timedelta(seconds=PER_NETWORK.seconds + 1)
    assert try_password(str(user.email), PASSWORD, now=soon) == "in"


def test_a_success_forgets_the_failures_before_it():
    user = make_user()
    for _ in range(3):
        assert [try_password(str(user.email), "guess") for _ in range(PER_NETWORK.tries - 1)] == ["wrong"] * 7
        assert try_password(str(user.email), PASSWORD) == "in"


def test_counts_that_are_whole_again_are_forgotten():
    try_password("nobody@example.org", "guess")
    assert throttle.forget_full(now=later(hours=1)) == 0
    assert throttle.forget_full(now=later(hours=2)) == 3


def test_a_code_signs_in_once():
    user = make_user(mobile="13800000001")
    signing_in.request_code(address="13800000001", purpose="sign-in", network=CAMPUS, now=NOON)
    code = code_sent_to("13800000001")
    assert signing_in.sign_in_with_code(address="13800000001", code=code, network=CAMPUS, now=later(minutes=9)) == user
    with pytest.raises(QueqiaoError, match="验证码不对或已失效"):
        signing_in.sign_in_with_code(address="13800000001", code=code, network=CAMPUS, now=later(minutes=9))


@pytest.mark.parametrize("minutes", [10.1, -2, -60 * 24])
def test_a_code_does_not_count_after_ten_minutes_nor_when_the_clock_was_set_back(minutes: float):
    make_user(mobile="13800000001")
    signing_in.request_code(address="13800000001", purpose="sign-in", network=CAMPUS, now=NOON)
    code = code_sent_to("13800000001")
    with pytest.raises(QueqiaoError, match="验证码不对或已失效"):
        signing_in.sign_in_with_code(address="13800000001", code=code, network=CAMPUS, now=later(minutes=minutes))


def test_after_five_wrong_tries_the_right_code_does_not_count_either():
    make_user(mobile="13800000001")
    signing_in.request_code(address="13800000001", purpose="sign-in", network=CAMPUS, now=NOON)
    right = code_sent_to("13800000001")
    wrong = f"{(int(right) + 1) % 1_000_000:06}"
    for code in [wrong] * 5 + [right]:
        with pytest.raises(QueqiaoError, match="验证码不对或已失效"):
            signing_in.sign_in_with_code(address="13800000001", code=code, network=CAMPUS, now=NOON)


def test_only_the_newest_code_counts():
    make_user(mobile="13800000001")
    signing_in.request_code(address="13800000001", purpose="sign-in", network=CAMPUS, now=NOON)
    old = code_sent_to("13800000001")
    signing_in.request_code(address="13800000001", purpose="sign-in", network=CAMPUS, now=NOON)
    new = code_sent_to("13800000001")
    for code in [old] * (old != new):
        with pytest.raises(QueqiaoError):
            signing_in.sign_in_with_code(address="13800000001", code=code, network=CAMPUS, now=NOON)
    assert signing_in.sign_in_with_code(address="13800000001", code=new, network=CAMPUS, now=NOON)
    with pytest.raises(QueqiaoError):
        signing_in.sign_in_with_code(address="13800000001", code=old, network=CAMPUS, now=NOON)


def test_a_code_for_one_purpose_does_not_serve_another():
    make_user(mobile="13800000001")
    signing_in.request_code(address="13800000001", purpose="join", network=CAMPUS, now=NOON)
    with pytest.raises(QueqiaoError):
        signing_in.sign_in_with_code(address="13800000001", code=code_sent_to("13800000001"), network=CAMPUS, now=NOON)


def test_asking_for_a_code_tells_nobody_whether_there_is_an_account():
    make_user(mobile="13800000001")
    answers = [
        signing_in.request_code(address=address, purpose="sign-in", network=CAMPUS, now=NOON)
        for address in ("13800000001", "13800000002")
    ]
    assert answers == [None, None]
    assert list(Message.objects.values_list("address", flat=True)) == ["13800000001"]
    for address in ("13800000001", "13800000002"):
        with pytest.raises(QueqiaoError, match=r"^验证码不对或已失效，请核对，或重新获取。$"):
            signing_in.sign_in_with_code(address=address, code="abcdef", network=CAMPUS, now=NOON)


def test_neither_code_nor_password_stands_in_the_database():
    user = make_user(mobile="13800000001")
    signing_in.request_code(address="13800000001", purpose="sign-in", network=CAMPUS, now=NOON)
    code = code_sent_to("13800000001")
    signing_in.change_password(user=user, old=PASSWORD, new="另一个很长的密码 77", by=actor_for(user.person))
    kept = [str(row) for model in (OneTimeCode, Activity) for row in model.objects.values()]
    kept.append(User.objects.get().password)
    assert [text for text in kept if code in text or "另一个很长的密码" in text] == []


def with_totp(user: User, now: datetime.datetime = NOON) -> pyotp.TOTP:
    signing_in.begin_totp(user=user)
    totp = pyotp.TOTP(user.totp_secret)
    signing_in.confirm_totp(user=user, code=totp.at(now), now=now)
    return totp


def show(user: User, code: str, now: datetime.datetime) -> str:
    try:
        signing_in.second_factor(user=user, code=code, network=CAMPUS, now=now)
    except QueqiaoError:
        return "no"
    return "in"


def test_a_second_factor_counts_one_step_early_or_late_and_no_more():
    user = make_user()
    totp = with_totp(user)
    ends = {
        seconds: show(user, totp.at(later(hours=1, seconds=seconds)), later(hours=1))
        for seconds in (-60, -30, 0, 30, 60)
    }
    assert ends == {-60: "no", -30: "in", 0: "in", 30: "in", 60: "no"}


def test_a_second_factor_that_was_seen_over_the_shoulder_counts_once():
    user = make_user()
    totp = with_totp(user)
    assert show(user, totp.at(NOON), NOON) == "no", "the code that switched it on"
    code = totp.at(later(minutes=5))
    assert [show(user, code, later(minutes=5, seconds=s)) for s in (0, 1, 29)] == ["in", "no", "no"]


def test_after_the_clock_was_set_back_the_second_factor_still_opens_and_still_counts_once():
    user = make_user()
    with_totp(user, later(days=365))
    totp = pyotp.TOTP(user.totp_secret)
    assert [show(user, totp.at(NOON), NOON) for _ in range(2)] == ["in", "no"]


def test_without_a_second_factor_no_code_opens():
    user = make_user()
    assert [show(user, code, NOON) for code in ("000000", "", "动态码")] == ["no"] * 3
    signing_in.begin_totp(user=user)
    assert show(user, pyotp.TOTP(user.totp_secret).at(NOON), NOON) == "no", "not confirmed yet"


def test_a_second_factor_that_is_on_is_not_shown_or_set_up_again():
    user = make_user()
    first = signing_in.begin_totp(user=user)
    assert signing_in.begin_totp(user=user) == first
    with_totp(user)
    with pytest.raises(QueqiaoError, match="两步验证已经开启"):
        signing_in.begin_totp(user=user)


def test_a_password_is_changed_by_its_owner_who_shows_the_old_one():
    user, other = make_user(), make_user()
    with pytest.raises(ForbiddenError):
        signing_in.change_password(user=user, old=PASSWORD, new="另一个很长的密码 77", by=actor_for(other.person))
    with pytest.raises(QueqiaoError, match="现在的密码不对"):
        signing_in.change_password(user=user, old="x", new="另一个很长的密码 77", by=actor_for(user.person))
    with pytest.raises(QueqiaoError, match="10"):
        signing_in.change_password(user=user, old=PASSWORD, new="短", by=actor_for(user.person))
    signing_in.change_password(user=user, old=PASSWORD, new="另一个很长的密码 77", by=actor_for(user.person))
    assert [try_password(str(user.email), one) for one in (PASSWORD, "另一个很长的密码 77")] == ["wrong", "in"]
