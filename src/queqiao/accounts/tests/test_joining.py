"""Joining: by an invitation that is used once, or by a registration that an operator looks at."""

import datetime
import re
from collections.abc import Callable

import pytest

from queqiao.accounts.actions import invitations, registrations, signing_in
from queqiao.accounts.actions.people import end_role, give_role
from queqiao.accounts.actors import Actor, actor_for, system
from queqiao.accounts.choices import GIVEN_BY_ORGANISATION, SITE_ROLES, RoleKind
from queqiao.accounts.models import (
    Affiliation,
    Consent,
    Invitation,
    Message,
    Organisation,
    Person,
    Registration,
    Role,
    Scope,
    ScopeMembership,
    User,
)
from queqiao.accounts.tests.factories import give, make_organisation, make_person, make_scope, make_user
from queqiao.core.errors import ForbiddenError, QueqiaoError
from queqiao.core.models import Activity
from queqiao.core.queries import first_broken_link, history, state_as_of

pytestmark = pytest.mark.django_db
USED = "这份邀请已经使用过；如果是您本人使用的，直接登录即可。"


class City:
    """A city and a district below it, each with an operator; an enterprise in the district with an administrator."""

    def __init__(self) -> None:
        self.city_operator, self.district_operator = (make_organisation(kind="association") for _ in range(2))
        self.city = make_scope(operator=self.city_operator)
        self.district = make_scope(operator=self.district_operator, parent=self.city)
        self.enterprise = make_organisation(name="晨光仪器")
        ScopeMembership.objects.create(scope=self.district, organisation=self.enterprise, recorded_by="system:test")
        self.admin = self._with(RoleKind.ORGANISATION_ADMIN, self.enterprise)
        self.member = self._with(RoleKind.MEMBER, self.enterprise)
        self.staff = self._with(RoleKind.STAFF, self.district_operator)
        self.operator = self._with(RoleKind.OPERATOR_ADMIN, self.district_operator)

    def _with(self, kind: RoleKind, organisation: Organisation) -> Actor:
        person = make_person()
        give(person, kind, organisation)
        return actor_for(person)

    def invite(self, **values: object) -> tuple[Invitation, str]:
        plain: dict[str, object] = {"organisation": self.enterprise, "role": RoleKind.EDITOR, "by": self.admin}
        return invitations.invite(**plain | values)  # type: ignore[arg-type]


@pytest.fixture
def city() -> City:
    return City()


def prove(address: str, purpose: str) -> None:
    signing_in.request_code(address=address, purpose=purpose, network="203.0.113.9")
    text = Message.objects.filter(address=address, key__startswith="code:").latest("recorded_at", "id").text
    code = re.findall(r"\d{6}", text)[0]
    signing_in.prove_address(address=address, purpose=purpose, code=code, network="203.0.113.9")


def join(token: str, address: str = "li@example.org") -> User:
    return invitations.accept_as_new(
        token=token, name="李明", title="工程师", address=address, password="", terms_version="1"
    )


def sentence(call: Callable[[], object]) -> str:
    with pytest.raises(QueqiaoError) as caught:
        call()
    return str(caught.value)


def test_an_invited_newcomer_gets_person_account_affiliation_role_and_consent(city: City):
    _invitation, token = city.invite(address="li@example.org")
    prove("li@example.org", "join")
    user = join(token)
    assert (user.email, user.mobile, user.has_usable_password()) == ("li@example.org", None, False)
    assert list(Affiliation.objects.values_list("person__name", "organisation__name", "title")) == [
        ("李明", "晨光仪器", "工程师")
    ]
    assert list(Role.objects.filter(person=user.person).values_list("kind", "organisation__name")) == [
        ("editor", "晨光仪器")
    ]
    assert list(Consent.objects.values_list("person__name", "document", "version")) == [("李明", "terms", "1")]
    assert actor_for(user.person).has(f"edit:{city.enterprise.pk}")


def test_the_letter_carries_the_link_and_the_token_stands_nowhere_else(city: City):
    _invitation, token = city.invite(address="li@example.org")
    assert Message.objects.get().link == f"/join/{token}"
    kept = [str(row) for model in (Invitation, Activity) for row in model.objects.values()]
    assert [text for text in kept if token in text] == []
    assert "li@example.org" not in str(list(Activity.objects.values()))


def test_a_replayed_invitation_says_that_it_was_used(city: City):
    _invitation, token = city.invite()
    first, second = make_user(), make_user()
    invitations.accept_invitation(token=token, person=first.person, by=actor_for(first.person))
    for user in (first, second):
        again = sentence(
            lambda user=user: invitations.accept_invitation(token=token, person=user.person, by=actor_for(user.person))
        )
        assert again == USED
    assert list(Role.objects.filter(kind="editor").values_list("person", flat=True)) == [first.person_id]


def test_an_invitation_to_an_address_is_not_for_another_person(city: City):
    _invitation, token = city.invite(address="13800000001")
    other = make_user(email="other@example.org")
    wrong = "这份邀请发给了另一个手机号或邮箱，请用收到邀请的那一个。"
    assert wrong == sentence(
        lambda: invitations.accept_invitation(token=token, person=other.person, by=actor_for(other.person))
    )
    prove("new@example.org", "join")
    assert sentence(lambda: join(token, "new@example.org")) == wrong
    assert sentence(lambda: join(token, "13800000001")) == "请先用验证码证明这个手机号或邮箱是您本人的。"
    prove("13800000001", "join")
    assert join(token, "13800000001").mobile == "13800000001"


def test_nobody_accepts_for_somebody_else(city: City):
    _invitation, token = city.invite()
    user = make_user()
    with pytest.raises(ForbiddenError):
        invitations.accept_invitation(token=token, person=user.person, by=city.member)


def test_old_withdrawn_and_unknown_invitations_say_what_is_wrong(city: City):
    invitation, token = city.invite()
    late = invitation.expires_at + datetime.timedelta(seconds=1)
    assert sentence(lambda: invitations.find_invitation(token=token, now=late)).startswith("这份邀请已过期")
    invitations.withdraw_invitation(invitation=invitation, by=city.admin)
    assert sentence(lambda: invitations.find_invitation(token=token)).startswith("这份邀请已被收回")
    assert sentence(lambda: invitations.find_invitation(token=token[1:])).startswith("邀请链接不完整或不存在")


def test_a_used_invitation_cannot_be_withdrawn(city: City):
    invitation, token = city.invite()
    user = make_user()
    invitations.accept_invitation(token=token, person=user.person, by=actor_for(user.person))
    assert "不能收回" in sentence(lambda: invitations.withdraw_invitation(invitation=invitation, by=city.admin))


def test_who_may_give_which_role(city: City):
    root = make_person()
    give(root, RoleKind.SYSTEM_ADMIN)
    people = {
        "admin": city.admin,
        "member": city.member,
        "staff": city.staff,
        "operator": city.operator,
        "system_admin": actor_for(root),
    }
    operators = frozenset({RoleKind.STAFF, RoleKind.BROKER, RoleKind.OPERATOR_ADMIN})
    may: dict[tuple[str, str], frozenset[RoleKind]] = {}
    for name, actor in people.items():
        for where, organisation in (
            ("enterprise", city.enterprise),
            ("operator", city.district_operator),
            ("site", None),
        ):
            given = set()
            for kind in RoleKind:
                try:
                    invitations.invite(organisation=organisation, role=kind, by=actor)
                except ForbiddenError:
                    continue
                given.add(kind)
            if given:
                may[name, where] = frozenset(given)
    assert may == {
        ("admin", "enterprise"): GIVEN_BY_ORGANISATION,
        ("staff", "enterprise"): GIVEN_BY_ORGANISATION,
        ("operator", "enterprise"): GIVEN_BY_ORGANISATION,
        ("operator", "operator"): GIVEN_BY_ORGANISATION | operators,
        ("system_admin", "site"): SITE_ROLES,
    }


def test_an_operator_gives_no_role_beyond_his_own_scopes(city: City):
    person = make_person()
    with pytest.raises(ForbiddenError):
        give_role(
            person=person, kind=RoleKind.STAFF, organisation=city.district_operator, scope=city.city, by=city.operator
        )
    give_role(
        person=person, kind=RoleKind.STAFF, organisation=city.district_operator, scope=city.district, by=city.operator
    )
    assert actor_for(person).ids("staff") == {city.district.pk}
    Scope.objects.filter(pk=city.city.pk).update(operator=city.district_operator)
    with pytest.raises(ForbiddenError):  # the role would hold in the city too, which he does not administer
        give_role(person=person, kind=RoleKind.STAFF, organisation=city.district_operator, by=city.operator)


def test_nobody_is_two_of_system_security_and_audit_administrator():
    person = make_person()
    give_role(person=person, kind=RoleKind.SYSTEM_ADMIN, by=system("test"))
    for kind in (RoleKind.SECURITY_ADMIN, RoleKind.AUDIT_ADMIN):
        said = sentence(lambda kind=kind: give_role(person=person, kind=kind, by=system("test")))
        assert said == "系统、安全、审计三种管理员不能由同一人担任。"
    end_role(role=Role.objects.get(), by=system("test"))
    give_role(person=person, kind=RoleKind.AUDIT_ADMIN, by=system("test"))
    assert actor_for(person).tokens >= {"audit_admin"}
    assert "system_admin" not in actor_for(person).tokens


def register(city: City, address: str = "13900000001", **organisation: object) -> User:
    prove(address, "register")
    return registrations.register(
        organisation={"name": "清源水务", "kind": "enterprise"} | organisation,
        applicant={"name": "王芳", "address": address},
        password="",
        scope_id=city.district.pk,
        proof={"path": "ab/cd", "name": "执照.pdf", "mime": "application/pdf"},
        terms_version="1",
    )


def test_a_registration_waits_until_staff_of_its_scope_let_it_in(city: City):
    user = register(city)
    organisation = Organisation.objects.get(name="清源水务")
    waiting = actor_for(user.person)
    assert (organisation.state, waiting.has(f"admin:{organisation.pk}"), waiting.has("member")) == (
        "pending",
        True,
        False,
    )
    with pytest.raises(ForbiddenError):
        registrations.approve(registration=Registration.objects.get(), by=city.admin)
    before = Activity.objects.latest("id").recorded_at
    registrations.approve(registration=Registration.objects.get(), by=city.staff)
    assert Organisation.objects.get(pk=organisation.pk).state == "active"
    assert actor_for(user.person).has("member", f"scope:{city.district.pk}")
    told = Message.objects.get(key__startswith="registration:")
    assert (told.address, told.subject) == ("13900000001", "加入申请已通过")
    states = [state_as_of("organisation", organisation.pk, moment) for moment in (before, told.recorded_at)]
    assert [state["state"] for state in states if state] == ["pending", "active"]


def test_a_refused_registration_tells_why_and_is_decided_once(city: City):
    user = register(city)
    registration = Registration.objects.get()
    assert sentence(lambda: registrations.refuse(registration=registration, reason=" ", by=city.staff)) == (
        "请写明未通过的原因。"
    )
    registrations.refuse(registration=registration, reason="证明材料看不清", by=city.staff)
    assert Message.objects.get(key__startswith="registration:").text.endswith("未通过：证明材料看不清")
    assert Organisation.objects.get(name="清源水务").state == "refused"
    assert actor_for(user.person).has(f"org:{registration.organisation_id}") is False
    assert "已由他人审核" in sentence(lambda: registrations.approve(registration=registration, by=city.staff))


def test_a_registration_without_a_proved_address_or_with_a_known_code_leaves_nothing(city: City):
    make_organisation(credit_code="91510100MA0000000X")
    before = (Organisation.objects.count(), Person.objects.count(), User.objects.count())
    with pytest.raises(QueqiaoError, match="已有机构使用"):
        register(city, credit_code="91510100MA0000000X")
    with pytest.raises(ForbiddenError):
        registrations.register(
            organisation={"name": "清源水务", "kind": "enterprise"},
            applicant={"name": "王芳", "address": "13900000002"},
            password="",
            scope_id=city.district.pk,
            proof={"path": "ab/cd", "name": "执照.pdf", "mime": "application/pdf"},
            terms_version="1",
        )
    assert (Organisation.objects.count(), Person.objects.count(), User.objects.count()) == before


def test_the_log_of_a_registration_names_nobody(city: City):
    user = register(city)
    text = str(list(Activity.objects.values("changes")))
    assert [word for word in ("王芳", "13900000001", "139****0001") if word in text] == []
    assert history("person", user.person_id).first().verb == "create"
    assert first_broken_link() is None
