"""Rights that end with their ground, and sentences that tell nobody what he may not know."""

import datetime
from collections.abc import Callable

import pytest
from django.test import Client
from django.utils import timezone

from queqiao.accounts.actions import invitations, merging, messages, organisations, people, registrations, signing_in
from queqiao.accounts.actions.erasing import erase_person
from queqiao.accounts.actions.throttle import ThrottledError
from queqiao.accounts.actors import Actor, actor_for, system
from queqiao.accounts.choices import RoleKind
from queqiao.accounts.models import (
    Affiliation,
    Message,
    Organisation,
    Person,
    Registration,
    Role,
    Scope,
    ScopeMembership,
    Substitution,
)
from queqiao.accounts.overview import managed_organisations
from queqiao.accounts.queries import (
    can_manage_organisation,
    needs_second_factor,
    visible_organisations,
    visible_people,
)
from queqiao.accounts.tasks import look_for_waiting
from queqiao.accounts.tests.factories import PASSWORD, give, make_organisation, make_person, make_scope, make_user
from queqiao.core.errors import ForbiddenError, QueqiaoError
from queqiao.web.forms.account import RegistrationForm

pytestmark = pytest.mark.django_db
US = system("test")


class Town:
    """A scope with its operator, and an enterprise in it; ``with_role`` makes one more person there."""

    def __init__(self) -> None:
        self.scope = make_scope()
        self.operator = self.scope.operator
        self.enterprise = make_organisation()
        ScopeMembership.objects.create(scope=self.scope, organisation=self.enterprise, recorded_by="system:test")

    def with_role(self, kind: RoleKind, organisation: Organisation | None = None, scope: Scope | None = None) -> Person:
        person = make_person()
        give(person, kind, organisation or self.enterprise, scope)
        return person

    def staff(self, kind: RoleKind = RoleKind.STAFF) -> Actor:
        return actor_for(self.with_role(kind, self.operator))


@pytest.fixture
def town() -> Town:
    return Town()


def sentence(call: Callable[[], object]) -> str:
    with pytest.raises(QueqiaoError) as caught:
        call()
    return str(caught.value)


def works_at(person: Person, organisation: Organisation) -> Affiliation:
    return Affiliation.objects.create(person=person, organisation=organisation, recorded_by="system:test")


def away(person: Person, stand_in: Person) -> Substitution:
    today = timezone.localdate()
    return people.substitute(person=person, substitute=stand_in, begins_on=today, ends_on=today, by=actor_for(person))


def test_who_left_an_organisation_is_seen_no_more_by_those_who_look_after_it(town: Town):
    person, admin = make_person(), town.with_role(RoleKind.ORGANISATION_ADMIN)
    work, role = works_at(person, town.enterprise), give(person, RoleKind.MEMBER, town.enterprise)
    around = (actor_for(admin), town.staff())
    before = [visible_people(one).filter(pk=person.pk).exists() for one in around]
    people.end_affiliation(affiliation=work, ends_on=datetime.date(2020, 1, 1), by=US)
    people.end_role(role=role, by=US)
    assert (before, [visible_people(one).filter(pk=person.pk).exists() for one in around]) == ([True] * 2, [False] * 2)


def test_an_operator_erases_nobody_who_works_elsewhere_as_well(town: Town):
    operator, elsewhere = town.staff(RoleKind.OPERATOR_ADMIN), make_organisation()
    by_role, by_work, here = (town.with_role(RoleKind.MEMBER) for _ in range(3))
    give(by_role, RoleKind.EDITOR, elsewhere)
    works_at(by_work, elsewhere)
    give(here, RoleKind.STAFF, town.operator)
    for person in (by_role, by_work):
        with pytest.raises(ForbiddenError):
            erase_person(person=person, by=operator)
    erase_person(person=here, by=operator)


def test_a_scope_that_changes_hands_leaves_the_old_operators_staff_without_it(town: Town):
    old = town.with_role(RoleKind.STAFF, town.operator, town.scope)
    new = make_organisation(kind="association")
    organisations.update_scope(scope=town.scope, values={"operator": new}, by=US)
    assert not actor_for(old).has(f"staff:{town.scope.pk}")
    people.end_role(role=old.roles.get(), by=actor_for(town.with_role(RoleKind.OPERATOR_ADMIN, new)))
    assert not Role.objects.current().filter(person=old).exists()


def test_an_old_registration_gives_no_say_over_who_has_left_the_scope(town: Town):
    asking, staff = make_organisation(state="pending"), town.staff()
    made = Registration.objects.create(organisation=asking, scope=town.scope, applicant=make_person())

    def says() -> tuple[bool, ...]:
        rows = (visible_organisations(staff), managed_organisations(staff))
        return can_manage_organisation(asking, staff), *(row.filter(pk=asking.pk).exists() for row in rows)

    while_waiting = says()
    registrations.approve(registration=made, by=staff)
    organisations.leave_scope(membership=asking.memberships.get(), by=staff)
    Organisation.objects.filter(pk=asking.pk).update(state="archived")
    assert (while_waiting, says()) == ((True,) * 3, (False,) * 3)


def test_nobody_gives_himself_a_role_be_it_by_an_invitation(town: Town):
    staff = town.with_role(RoleKind.STAFF, town.operator)
    by, said = actor_for(staff), "不能给自己授予角色，请由其他管理员办理。"
    role = RoleKind.ORGANISATION_ADMIN
    assert sentence(lambda: people.give_role(person=staff, kind=role, organisation=town.enterprise, by=by)) == said
    _made, token = invitations.invite(organisation=town.enterprise, role=role, by=by)
    assert sentence(lambda: invitations.accept_invitation(token=token, person=staff, by=by)) == said


def test_an_invitation_is_worth_nothing_once_its_inviter_may_not_give_the_role(town: Town):
    admin, guest = town.with_role(RoleKind.ORGANISATION_ADMIN), make_person()
    made, token = invitations.invite(organisation=town.enterprise, role=RoleKind.EDITOR, by=actor_for(admin))
    people.end_role(role=admin.roles.get(), by=US)
    said = sentence(lambda: invitations.accept_invitation(token=token, person=guest, by=actor_for(guest)))
    made.refresh_from_db()
    assert (said, made.used_at) == ("这份邀请已失效，请向机构管理员重新索取。", None)


@pytest.mark.parametrize("values", [{"name": "某部委"}, {"kind": "government"}, {"credit_code": "91110000100000000X"}])
def test_what_was_proved_of_an_organisation_is_changed_by_the_operator_only(town: Town, values: dict[str, str]):
    admin, staff = actor_for(town.with_role(RoleKind.ORGANISATION_ADMIN)), town.staff()
    change = {"organisation": town.enterprise, "base_revision": 1}
    said = sentence(lambda: organisations.update_organisation(**change, values=values, by=admin))
    assert said == "机构名称、类型和统一社会信用代码已经审核，请联系所在范围的运营方修改。"
    organisations.update_organisation(**change, values=values, by=staff)
    organisations.update_organisation(**change | {"base_revision": 2}, values={"short_name": "简称"}, by=admin)


def test_two_who_change_a_scope_keep_what_the_other_wrote(town: Town):
    one, other = (Scope.objects.get(pk=town.scope.pk) for _ in range(2))
    organisations.update_scope(scope=one, values={"name": "新名"}, by=US)
    changed = organisations.update_scope(scope=other, values={"name_en": "New"}, by=US)
    assert (changed.name, changed.name_en) == ("新名", "New")


def test_a_scope_never_lies_below_itself(town: Town):
    below = make_scope(parent=make_scope(parent=town.scope))
    for parent in (below, town.scope):
        said = sentence(
            lambda parent=parent: organisations.update_scope(scope=town.scope, values={"parent": parent}, by=US)
        )
        assert said == "上级范围不能是它自己或它的下级。"


def test_an_operator_takes_over_nobody_whom_he_cannot_see(town: Town):
    operator = town.with_role(RoleKind.OPERATOR_ADMIN, town.operator)
    stranger, elsewhere, near = make_person(), make_person(), town.with_role(RoleKind.MEMBER)
    foreign = make_organisation()
    ScopeMembership.objects.create(scope=make_scope(), organisation=foreign, recorded_by="system:test")
    works_at(elsewhere, foreign)
    for source in (stranger, elsewhere):
        with pytest.raises(ForbiddenError):
            merging.merge_persons(source=source, target=operator, by=actor_for(operator))
    merging.merge_persons(source=near, target=operator, by=actor_for(operator))


def test_a_role_that_both_gave_is_one_after_a_merge_and_two_again_after_the_split(town: Town):
    person, target = town.with_role(RoleKind.EDITOR), make_organisation()
    give(person, RoleKind.EDITOR, target)

    def held() -> list[str]:
        return sorted(Role.objects.current().filter(person=person).values_list("organisation__name", flat=True))

    before = held()
    merge = merging.merge_organisations(source=town.enterprise, target=target, by=US)
    merged = held()
    merging.split(merge=merge, by=US)
    assert (merged, held()) == ([target.name], before)


def test_a_role_ended_after_a_merge_is_ended_whichever_of_its_rows_is_named(town: Town):
    person, target = town.with_role(RoleKind.EDITOR), make_organisation()
    first = person.roles.get()
    give(person, RoleKind.EDITOR, target)
    merge = merging.merge_organisations(source=town.enterprise, target=target, by=US)
    people.end_role(role=first, by=US)
    assert not Role.objects.current().filter(person=person).exists()
    merging.split(merge=merge, by=US)
    assert not Role.objects.current().filter(person=person).exists()


def test_a_stand_in_may_do_the_work_of_who_is_away_but_not_administer(town: Town):
    absent, stand_in = town.with_role(RoleKind.ORGANISATION_ADMIN), town.with_role(RoleKind.MEMBER)
    give(absent, RoleKind.OPERATOR_ADMIN, town.operator)
    before = actor_for(stand_in).tokens
    away(absent, stand_in)
    assert actor_for(stand_in).tokens - before - {f"entered:{stand_in.pk}"} == {
        f"away:{absent.pk}", f"edit:{town.enterprise.pk}", f"org:{town.operator.pk}", f"staff:{town.scope.pk}",
    }  # fmt: skip
    people.end_role(role=stand_in.roles.get(), by=US)
    assert not actor_for(stand_in).has(f"edit:{town.enterprise.pk}")


def test_who_stands_in_for_staff_shows_a_second_factor_too(town: Town, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("QUEQIAO_STAFF_SECOND_FACTOR", "true")
    absent, stand_in = town.with_role(RoleKind.STAFF, town.operator), town.with_role(RoleKind.MEMBER, town.operator)
    user = make_user(stand_in)
    before = needs_second_factor(user)
    away(absent, stand_in)
    assert (before, needs_second_factor(user)) == (False, True)


def test_one_network_cannot_have_codes_sent_to_everybody():
    now = timezone.now()

    def ask(n: int) -> None:
        signing_in.request_code(address=f"138{n:08}", purpose="register", network="203.0.113.9", now=now)

    for n in range(60):
        ask(n)
    with pytest.raises(ThrottledError):
        ask(60)
    now += datetime.timedelta(seconds=20)
    ask(61)


def test_who_may_stand_in_does_not_tell_who_has_an_account(town: Town):
    person, foreign = town.with_role(RoleKind.MEMBER), make_person(name="李某")
    user = make_user(person)
    make_user(foreign, mobile="13911112222", email=None)
    client = Client()
    client.post("/sign-in", {"address": user.email, "password": PASSWORD})
    today = timezone.localdate().isoformat()
    sent = {"what": "substitute", "begins_on": today, "ends_on": today}
    pages = [
        client.post("/my/account", sent | {"substitute": number}).content.decode().count("没有找到可以代理您的同事")
        for number in ("13911112222", "13911112223")
    ]
    assert pages == [1, 1]
    assert "李某" not in client.get("/my/account").content.decode()


def test_an_open_invitation_does_not_tell_who_has_an_account_before_the_code_is_shown(town: Town):
    make_user(mobile="13911112222", email=None)
    admin = actor_for(town.with_role(RoleKind.ORGANISATION_ADMIN))
    _made, token = invitations.invite(organisation=town.enterprise, role=RoleKind.MEMBER, by=admin)

    def ask(number: str) -> tuple[Client, int]:
        client = Client()
        answer = client.post(f"/join/{token}", {"name": "李明", "address": number, "consent": "on"})
        return client, answer.status_code

    (client, first), (_other, second) = ask("13911112222"), ask("13911112223")
    text = Message.objects.get(address="13911112222").text
    code = "".join(sign for sign in text if sign.isdigit())[:6]
    page = client.post("/join/proof", {"code": code, "password": PASSWORD}).content.decode()
    assert (first, second, "这个手机号或邮箱已有账号，请先登录，再打开邀请链接。" in page) == (302, 302, True)


def test_a_letter_outlives_a_wrong_setting(monkeypatch: pytest.MonkeyPatch):
    letter = messages.write_letter(key="note:1", address="li@example.org", subject="通知", text="内容")
    assert letter
    with monkeypatch.context() as wrong:
        wrong.setenv("QUEQIAO_SMTP_URL", "nonsense")
        messages.deliver(letter)
    letter.refresh_from_db()
    assert (letter.state, "QUEQIAO_SMTP_URL" in letter.error) == ("waiting", True)
    messages.deliver_waiting(now=timezone.now() + datetime.timedelta(minutes=2))
    letter.refresh_from_db()
    assert letter.state == "sent"


def test_a_letter_that_nobody_took_up_is_found_after_a_minute():
    letter = messages.write_letter(key="note:1", address="li@example.org", subject="通知", text="内容")
    assert letter
    after = [look_for_waiting(letter.due_at + datetime.timedelta(seconds=n)) is not None for n in (30, 61)]
    assert after == [False, True]


def test_the_form_names_the_size_that_a_proof_may_have():
    assert "不超过 20 MB" in str(RegistrationForm().fields["proof"].help_text)
