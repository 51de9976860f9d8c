"""Access tokens: shown once, never more than their person, ended by him, by time and with his account."""

import datetime

import pytest
from django.utils import timezone

from queqiao.accounts.actions.erasing import erase_person
from queqiao.accounts.actions.failures import part_of_network
from queqiao.accounts.actions.throttle import PER_NETWORK, ThrottledError
from queqiao.accounts.actions.tokens import MOST_LIVE, TokenError, create_token, revoke_token, use_token
from queqiao.accounts.actors import Actor, actor_for
from queqiao.accounts.choices import RoleKind, TokenScope
from queqiao.accounts.models import ApiToken, Person, User
from queqiao.accounts.tests.factories import give, make_person, make_scope, make_user
from queqiao.core.errors import ForbiddenError, QueqiaoError
from queqiao.core.models import Activity
from queqiao.core.personal import mark

pytestmark = pytest.mark.django_db
HERE = "203.0.113.7"


@pytest.fixture
def person() -> Person:
    return make_user(make_person(name="林知夏")).person


def token_for(person: Person, **options) -> tuple[ApiToken, str]:
    return create_token(
        **{"person": person, "name": "同步", "scopes": [TokenScope.SEARCH], "by": actor_for(person)} | options
    )


def sentence_of(secret: str, **options) -> str:
    with pytest.raises(TokenError) as caught:
        use_token(secret=secret, network=HERE, **options)
    return str(caught.value)


def test_a_token_opens_what_it_was_made_for_and_its_secret_is_kept_nowhere(person: Person) -> None:
    made, secret = token_for(person)
    assert use_token(secret=secret, network=HERE) == made
    assert made.expires_at - made.recorded_at == datetime.timedelta(days=365)
    assert len(secret) >= len("queqiao_") + 43
    kept = str(ApiToken.objects.values_list().get()) + str(list(Activity.objects.values_list()))
    assert secret[len(made.prefix) :] not in kept


def test_making_and_ending_stand_in_the_log_of_the_person(person: Person) -> None:
    made, _secret = token_for(person)
    revoke_token(token=made, by=actor_for(person))
    revoke_token(token=made, by=actor_for(person))
    rows = Activity.objects.filter(target_kind="person", target_id=person.pk).order_by("id")
    assert [row.verb for row in rows] == ["create_token", "revoke_token"]
    assert rows[0].changes["token"] == [None, made.prefix]


def test_an_ended_an_expired_and_an_unknown_token_open_nothing(person: Person) -> None:
    made, secret = token_for(person, days=30)
    later = timezone.now() + datetime.timedelta(days=30, seconds=1)
    assert "已过期" in sentence_of(secret, now=later)
    revoke_token(token=made, by=actor_for(person))
    assert "已撤销" in sentence_of(secret)
    assert "访问令牌不对" in sentence_of(secret + "x")


def test_a_token_ends_with_the_account(person: Person) -> None:
    made, secret = token_for(person)
    User.objects.filter(person=person).update(is_active=False)
    assert "账号已停用" in sentence_of(secret)
    erase_person(person=person, by=actor_for(person))
    made.refresh_from_db()
    assert (made.revoked_at is not None, made.name) == (True, "")


def test_who_becomes_staff_needs_a_token_made_with_a_second_factor(person: Person) -> None:
    _made, plain = token_for(person)
    _made, strong = token_for(person, second_factor=True)
    give(person, RoleKind.STAFF, make_scope().operator)
    assert "两步验证" in sentence_of(plain)
    assert actor_for(use_token(secret=strong, network=HERE).person).is_staff


def test_nobody_makes_or_ends_a_token_of_somebody_else(person: Person) -> None:
    made, _secret = token_for(person)
    other = actor_for(make_user().person)
    with pytest.raises(ForbiddenError):
        token_for(person, by=other)
    with pytest.raises(ForbiddenError):
        revoke_token(token=made, by=other)


@pytest.mark.parametrize("wrong", [{"name": " "}, {"scopes": []}, {"days": 0}, {"days": 731}])
def test_a_token_has_a_name_a_use_and_an_end(person: Person, wrong: dict[str, object]) -> None:
    with pytest.raises(QueqiaoError, match="不超过两年"):
        token_for(person, **wrong)


def test_a_person_has_twenty_live_tokens_at_most(person: Person) -> None:
    tokens = [token_for(person)[0] for _n in range(MOST_LIVE)]
    with pytest.raises(QueqiaoError, match="20"):
        token_for(person)
    revoke_token(token=tokens[0], by=actor_for(person))
    token_for(person)


def test_use_is_noted_once_an_hour(person: Person) -> None:
    made, secret = token_for(person)
    start = timezone.now()
    seen = []
    for minutes in (0, 59, 61):
        use_token(secret=secret, network=HERE, now=start + datetime.timedelta(minutes=minutes))
        made.refresh_from_db()
        seen.append(made.last_used_at - start)
    assert seen == [datetime.timedelta(minutes=n) for n in (0, 0, 61)]


def test_failed_tries_are_slowed_down_and_noted_while_good_tokens_of_the_network_go_on(person: Person) -> None:
    _made, secret = token_for(person)
    for n in range(PER_NETWORK.tries):
        sentence_of(f"queqiao_{n}")
    with pytest.raises(ThrottledError):
        use_token(secret=f"{secret}x", network=HERE)
    assert use_token(secret=secret, network=HERE).person == person
    failed = Activity.objects.filter(verb="sign_in_failed")
    assert [row.changes["network"][1] for row in failed] == [mark(part_of_network(HERE))]
    assert failed[0].changes["way"] == [None, "token"]


def test_a_try_with_an_ended_token_is_noted_on_its_person(person: Person) -> None:
    made, secret = token_for(person)
    revoke_token(token=made, by=actor_for(person))
    sentence_of(secret)
    assert Activity.objects.get(verb="sign_in_failed").target_id == person.pk


def test_the_actor_of_a_token_has_the_rights_of_the_moment(person: Person) -> None:
    _made, secret = token_for(person)

    def actor() -> Actor:
        return actor_for(use_token(secret=secret, network=HERE).person)

    role = give(person, RoleKind.AUDIT_ADMIN)
    with pytest.raises(TokenError):
        actor()
    role.superseded_at = timezone.now()
    role.save()
    assert actor().tokens == {"public", f"person:{person.pk}"}
