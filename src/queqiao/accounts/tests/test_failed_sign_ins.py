"""Failed sign-ins as an auditor finds them: who was tried at, from where, and never what was typed."""

import datetime
from typing import Any

import pyotp
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from queqiao import settings as product
from queqiao.accounts.actions import failures, signing_in
from queqiao.accounts.actions.throttle import PER_NETWORK
from queqiao.accounts.models import User
from queqiao.accounts.tests.factories import PASSWORD, make_user
from queqiao.core.errors import QueqiaoError
from queqiao.core.models import Activity
from queqiao.core.queries import first_broken_link

pytestmark = pytest.mark.django_db
NOON = datetime.datetime(2026, 11, 25, 4, 0, tzinfo=datetime.UTC)
CAMPUS, ELSEWHERE = "203.0.113.9", "2001:db8:7:1::9"


def later(**length: float) -> datetime.datetime:
    return NOON + datetime.timedelta(**length)


def fail(address: Any, typed: str = "guess", network: str = CAMPUS, now: datetime.datetime = NOON) -> None:
    with pytest.raises(QueqiaoError):
        signing_in.sign_in_with_password(address=str(address), password=typed, network=network, now=now)


def noted() -> list[Activity]:
    return list(Activity.objects.filter(verb="sign_in_failed"))


def told(one: Activity) -> dict[str, Any]:
    return {name: after for name, (_before, after) in one.changes.items()}


def test_a_wrong_password_is_on_record_with_the_person_and_the_network():
    user = make_user()
    fail(user.email)
    fail(user.email, network=ELSEWHERE)
    first, second = noted()
    assert (first.target_kind, first.target_id, first.actor) == ("person", user.person_id, "system:sign-in")
    assert (told(first), told(second)["network"]) == (
        {"way": "password", "network": "203.0.113.0/24"},
        "2001:db8:7::/48",
    )
    assert first_broken_link() is None


def test_a_success_is_no_failure():
    user = make_user()
    signing_in.sign_in_with_password(address=str(user.email), password=PASSWORD, network=CAMPUS, now=NOON)
    assert noted() == []


def test_a_list_of_passwords_on_one_person_fills_a_few_lines_and_says_that_it_was_stopped():
    user = make_user()
    for _ in range(300):
        fail(user.email)
    assert len(noted()) == failures.OF_PERSON.tries
    fail(user.email, now=later(seconds=failures.OF_PERSON.seconds + 1))
    assert len(noted()) == failures.OF_PERSON.tries + 1


def test_who_is_throttled_is_on_record_as_such():
    user = make_user()
    for _ in range(failures.OF_PERSON.tries):
        fail(user.email)
    stopped = failures.OF_PERSON.tries - PER_NETWORK.tries
    assert [told(one).get("throttled") for one in noted()] == [None] * PER_NETWORK.tries + [True] * stopped


def test_a_list_of_names_from_one_network_is_one_line_in_each_window_and_tells_no_name():
    for n in range(200):
        fail(f"guessed{n}@example.org", typed=f"secret{n}", network=f"203.0.113.{n}")
    (only,) = noted()
    assert (only.target_kind, told(only)["network"][0]) == ("network", "#")
    window = PER_NETWORK.tries * PER_NETWORK.seconds
    fail("guessed@example.org", now=later(seconds=window + 1))
    assert len(noted()) == 2
    assert len({one.target_id for one in noted()}) == 1
    kept = str(list(Activity.objects.values()))
    assert [word for word in ("guessed", "secret", "203.0.113") if word in kept] == []


def test_wrong_codes_are_on_record_too():
    user = make_user(mobile="13800000001")
    with pytest.raises(QueqiaoError):
        signing_in.sign_in_with_code(address="13800000001", code="123456", network=CAMPUS, now=NOON)
    signing_in.begin_totp(user=user)
    signing_in.confirm_totp(user=user, code=pyotp.TOTP(user.totp_secret).at(NOON), now=NOON)
    with pytest.raises(QueqiaoError):
        signing_in.second_factor(user=user, code="654321", network=CAMPUS, now=NOON)
    assert [told(one)["way"] for one in noted()] == ["code", "second_factor"]
    kept = str(list(Activity.objects.values()))
    assert [word for word in ("123456", "654321", "13800000001") if word in kept] == []


def test_a_known_and_an_unknown_account_ask_the_database_for_the_same_however_often_they_fail():
    user = make_user()
    work = {}
    for address in (str(user.email), "nobody@example.org"):
        work[address] = []
        for n in range(12):
            with CaptureQueriesContext(connection) as asked:
                fail(address, now=later(seconds=n))
            work[address].append([query["sql"].split(" ")[0] for query in asked if "SAVEPOINT" not in query["sql"]])
    known, unknown = work.values()
    assert known[1:] == unknown[1:]


@pytest.mark.parametrize(
    ("address", "part"),
    [("203.0.113.9", "203.0.113.0/24"), ("::ffff:203.0.113.9", "203.0.113.0/24"), ("unix", ""), ("", "")],
)
def test_of_a_network_the_part_is_kept_that_many_share(address: str, part: str):
    assert failures.part_of_network(address) == part


def test_a_closed_account_counts_as_unknown():
    user = make_user()
    User.objects.filter(pk=user.pk).update(is_active=False)
    fail(user.email)
    assert [one.target_kind for one in noted()] == ["network"]


def test_the_product_hashes_passwords_by_argon2_at_full_cost():
    assert product.PASSWORD_HASHERS == ["django.contrib.auth.hashers.Argon2PasswordHasher"]
