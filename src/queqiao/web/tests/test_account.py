"""Signing in, joining, and one's own account, as people meet them in their browsers."""

import datetime
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyotp
import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from queqiao.accounts.actions import invitations, registrations, signing_in
from queqiao.accounts.actors import actor_for
from queqiao.accounts.choices import RoleKind
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
    SignIn,
    Substitution,
    User,
)
from queqiao.accounts.tests.factories import PASSWORD, give, make_organisation, make_person, make_scope, make_user

pytestmark = pytest.mark.django_db
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) MicroMessenger/8.0"
USED = "这份邀请已经使用过；如果是您本人使用的，直接登录即可。"


def words(response: Any) -> str:
    """What a page says: its text without the marks."""
    page = re.sub(r"<(script|svg)\b.*?</\1>", "", response.content.decode(), flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def newest_code(address: str) -> str:
    """The code in the newest letter that waits for an address."""
    letters = Message.objects.filter(address=address, state="waiting", key__startswith="code:")
    return re.findall(r"\d{6}", letters.latest("recorded_at", "id").text)[0]


def sign_in(user: User, **extra: Any) -> Client:
    """A browser in which a user has signed in by password."""
    client = Client(**extra)
    answer = client.post("/sign-in", {"address": user.mobile or user.email, "password": PASSWORD})
    assert answer.status_code == 302, words(answer)
    return client


@pytest.fixture
def user() -> User:
    return make_user(make_person(name="陈皇后"), email="chen@example.org")


@pytest.fixture
def staff() -> User:
    person = make_person(name="何以南")
    give(person, RoleKind.STAFF, make_scope().operator)
    return make_user(person)


# ---------- signing in


def test_a_person_signs_in_by_password_and_lands_on_his_day(user: User):
    answer = Client().post("/sign-in", {"address": " CHEN@example.org", "password": PASSWORD})
    assert (answer.status_code, answer["Location"]) == (302, "/my")


@pytest.mark.parametrize("language", ["", "/en", "/zh-hant"])
def test_after_signing_in_he_comes_to_the_page_that_he_wanted_in_his_language(user: User, language: str):
    client = Client()
    asked = client.get(f"{language}/my/records")
    assert asked["Location"] == f"{language}/sign-in?next={language}/my/records"
    page = client.get(asked["Location"]).content.decode()
    wanted = re.findall(r'name="next" value="([^"]*)"', page)
    assert wanted == [f"{language}/my/records"] * 2
    answer = client.post(f"{language}/sign-in", {"address": user.email, "password": PASSWORD, "next": wanted[0]})
    assert answer["Location"] == f"{language}/my/records"


@pytest.mark.parametrize(
    "wanted",
    [
        "https://evil.example/", "//evil.example/", "/\\evil.example/", "\\\\evil.example", "javascript:alert(1)",
        "//[", "/\t/evil.example", " //evil.example", "evil", "http:///evil.example",
    ],
)  # fmt: skip
def test_signing_in_never_leads_to_another_site(user: User, wanted: str):
    answer = Client().post("/sign-in", {"address": user.email, "password": PASSWORD, "next": wanted})
    assert (answer.status_code, answer["Location"]) == (302, "/my")


def test_the_wanted_page_keeps_its_whole_query_over_the_code(user: User):
    client = Client()
    sent = client.post("/sign-in/code", {"address": user.email, "next": "/needs?field=a&page=2"})
    assert sent["Location"] == "/sign-in/code?next=%2Fneeds%3Ffield%3Da%26page%3D2"
    page = client.get(sent["Location"]).content.decode()
    assert re.findall(r'name="next" value="([^"]*)"', page) == ["/needs?field=a&amp;page=2"]
    code = " ".join(newest_code("chen@example.org"))
    answer = client.post("/sign-in/code", {"code": code, "next": "/needs?field=a&page=2"})
    assert answer["Location"] == "/needs?field=a&page=2"
    assert client.get("/my/account").status_code == 200


def test_an_unknown_account_and_a_wrong_password_get_the_same_answer(user: User):
    wrong, unknown = (
        Client().post("/sign-in", {"address": address, "password": "nothing-like-it"})
        for address in (user.email, "nobody@example.org")
    )
    assert (wrong.status_code, unknown.status_code) == (422, 422)
    assert words(wrong) == words(unknown)
    assert "账号或密码不对，请核对后再试，也可以用验证码登录。" in words(wrong)
    assert PASSWORD not in wrong.content.decode()


def test_asking_for_a_code_tells_nobody_whether_there_is_an_account(user: User):
    pages = []
    for address in ("chen@example.org", "none@example.org"):
        client = Client()
        answer = client.post("/sign-in/code", {"address": address})
        pages.append((answer.status_code, answer["Location"], words(client.get("/sign-in/code")).replace(address, "…")))
    assert pages[0] == pages[1]
    assert list(Message.objects.values_list("address", flat=True)) == ["chen@example.org"]


def test_a_wrong_code_is_refused_and_the_right_one_counts_once(user: User):
    first, second = Client(), Client()
    first.post("/sign-in/code", {"address": user.email})
    code = newest_code("chen@example.org")
    wrong = first.post("/sign-in/code", {"code": "000000" if code != "000000" else "111111"})
    assert (wrong.status_code, "验证码不对或已失效，请核对，或重新获取。" in words(wrong)) == (422, True)
    letters = first.post("/sign-in/code", {"code": "abc"})
    assert (letters.status_code, "请填写 6 位数字。" in words(letters)) == (422, True)
    assert first.post("/sign-in/code", {"code": code})["Location"] == "/my"
    session = second.session
    session["code_address"] = "chen@example.org"
    session.save()
    assert second.post("/sign-in/code", {"code": code}).status_code == 422


def test_without_having_asked_the_code_page_leads_back_to_the_sign_in():
    assert Client().get("/sign-in/code")["Location"] == "/sign-in"


def test_who_tries_too_often_is_told_when_to_come_back(user: User):
    client = Client()
    tries = [client.post("/sign-in", {"address": user.email, "password": f"wrong {n}"}).status_code for n in range(8)]
    late = client.post("/sign-in", {"address": user.email, "password": PASSWORD})
    assert tries == [422] * 8
    assert (late.status_code, "请在 2 分钟后再试" in words(late), "尝试次数过多" in words(late)) == (429, True, True)
    assert 80 <= int(late["Retry-After"]) <= 90
    elsewhere = Client(REMOTE_ADDR="198.51.100.7")
    assert elsewhere.post("/sign-in", {"address": user.email, "password": PASSWORD}).status_code == 302


def test_signing_in_gives_the_session_a_new_key(user: User):
    client = Client()
    client.post("/sign-in/code", {"address": user.email})
    planted = client.cookies["sessionid"].value
    client.post("/sign-in/code", {"code": newest_code("chen@example.org")})
    assert client.cookies["sessionid"].value != planted
    attacker = Client()
    attacker.cookies["sessionid"] = planted
    assert attacker.get("/my/account").status_code == 302


def test_cookies_are_kept_from_scripts_and_from_other_sites(user: User, settings: Any):
    settings.SESSION_COOKIE_SECURE = True  # as on a site with https
    client = Client()
    answer = client.post("/sign-in", {"address": user.email, "password": PASSWORD})
    cookie = answer.cookies["sessionid"]
    assert (cookie["httponly"], cookie["samesite"], cookie["secure"], cookie["path"]) == (True, "Lax", True, "/")
    assert client.get("/my/account")["Cache-Control"] == "private, no-store"


def test_a_form_without_its_key_is_refused_with_advice(user: User):
    client = Client(enforce_csrf_checks=True)
    answer = client.post("/sign-in", {"address": user.email, "password": PASSWORD})
    assert answer.status_code == 403
    assert "请返回上一页，刷新后重新提交，填写的内容仍在页面上。" in words(answer)


def test_a_closed_user_is_out_at_the_next_page(user: User):
    client = sign_in(user)
    security = make_person()
    give(security, RoleKind.SECURITY_ADMIN)
    signing_in.close_user(user=user, closed=True, by=actor_for(security))
    assert client.get("/my/account")["Location"] == "/sign-in?next=/my/account"
    answer = Client().post("/sign-in", {"address": user.email, "password": PASSWORD})
    assert "账号或密码不对" in words(answer)


def test_signing_out_ends_the_session_by_post_only(user: User):
    client = sign_in(user)
    client.get("/sign-out")
    assert client.get("/my/account").status_code == 200
    key = client.cookies["sessionid"].value
    assert client.post("/sign-out")["Location"] == "/"
    client.cookies["sessionid"] = key
    assert client.get("/my/account").status_code == 302
    assert SignIn.objects.filter(ended_at=None).count() == 0


def test_an_idle_session_ends_and_keeps_nothing_private(user: User):
    client = sign_in(user)
    session = client.session
    session["private"] = "陈皇后的草稿"
    session["seen_at"] = (timezone.now() - datetime.timedelta(minutes=31)).isoformat()
    session.save()
    assert client.get("/my/account")["Location"] == "/sign-in?next=/my/account"
    assert dict(client.session) == {"ended_idle": True}
    page = words(client.get("/sign-in?next=/my/account"))
    assert ("30 分钟没有操作，已自动退出" in page, "陈皇后" in page) == (True, False)
    assert "已自动退出" not in words(client.get("/sign-in"))


# ---------- the second factor


def test_staff_must_set_up_a_second_factor_before_any_door_opens(staff: User):
    client = Client()
    answer = client.post("/sign-in", {"address": staff.email, "password": PASSWORD, "next": "/staff/review"})
    assert answer["Location"] == "/sign-in/second-factor?next=%2Fstaff%2Freview"
    assert client.get("/my/account")["Location"] == "/sign-in/second-factor?next=/my/account"
    before = client.cookies["sessionid"].value
    page = client.get(answer["Location"]).content.decode()
    secret = User.objects.get(pk=staff.pk).totp_secret
    assert ("data:image/svg+xml" in page, secret in page, "何以南" in page) == (True, True, False)
    assert client.get(answer["Location"]).content.decode().count(secret) == 1  # the same secret when looked at again
    wrong = client.post("/sign-in/second-factor", {"code": "000000", "next": "/staff/review"})
    assert (wrong.status_code, "动态码不对" in words(wrong)) == (422, True)
    right = client.post("/sign-in/second-factor", {"code": pyotp.TOTP(secret).now(), "next": "/staff/review"})
    assert (right["Location"], client.get("/staff/review").status_code) == ("/staff/review", 200)
    assert client.cookies["sessionid"].value != before
    assert [one.session_key for one in SignIn.objects.filter(ended_at=None)] == [client.session.session_key]


def test_with_a_second_factor_the_password_alone_opens_nothing(user: User):
    secret = pyotp.random_base32()
    User.objects.filter(pk=user.pk).update(totp_secret=secret, totp_confirmed_at=timezone.now())
    client = Client()
    asked = client.post("/sign-in", {"address": user.email, "password": PASSWORD})
    assert asked["Location"] == "/sign-in/second-factor"
    page = client.get("/sign-in/second-factor")
    assert (secret in page.content.decode(), "请输入验证器上显示的 6 位动态码" in words(page)) == (False, True)
    assert client.get("/my").status_code == 302
    code = pyotp.TOTP(secret).now()
    assert client.post("/sign-in/second-factor", {"code": code})["Location"] == "/my"
    assert client.get("/my").status_code == 200
    replay = Client()
    replay.post("/sign-in", {"address": user.email, "password": PASSWORD})
    again = replay.post("/sign-in/second-factor", {"code": code})
    assert (again.status_code, "动态码不对或已用过，请等下一个动态码。" in words(again)) == (422, True)


def test_a_member_switches_the_second_factor_on_from_his_account(user: User):
    client = sign_in(user)
    assert "/my/account/totp" in client.get("/my/account").content.decode()
    client.get("/my/account/totp")
    code = pyotp.TOTP(User.objects.get(pk=user.pk).totp_secret).now()
    assert client.post("/my/account/totp", {"code": code, "next": "/my/account"})["Location"] == "/my/account"
    page = words(client.get("/my/account"))
    assert ("两步验证已开启。" in page, "请联系安全管理员重置" in page) == (True, True)
    assert client.get("/my/account/totp")["Location"] == "/my/account"


# ---------- invitations


class House:
    """An enterprise, its administrator, and the invitations that he gives."""

    def __init__(self) -> None:
        self.enterprise = make_organisation(name="晨光仪器")
        self.admin = make_person(name="里程")
        give(self.admin, RoleKind.ORGANISATION_ADMIN, self.enterprise)

    def invite(self, **values: Any) -> tuple[Invitation, str]:
        plain = {"organisation": self.enterprise, "role": RoleKind.EDITOR, "by": actor_for(self.admin)}
        made, token = invitations.invite(**plain | values)
        return made, f"/join/{token}"


@pytest.fixture
def house() -> House:
    return House()


def join(address: str, link: str, name: str = "李明", **code: str) -> tuple[Client, Any]:
    """A stranger with a phone opens an invitation and goes through it to the end."""
    phone = Client(HTTP_USER_AGENT=PHONE)
    asked = phone.post(link, {"name": name, "address": address, "title": "工程师", "consent": "on"})
    if asked.status_code != 302:
        return phone, asked
    assert asked["Location"] == "/join/proof"
    return phone, phone.post("/join/proof", {"code": newest_code(address), **code})


@pytest.mark.parametrize(
    ("address", "password"),
    [("13900000001", ""), ("li@example.org", "四处 走走 看看 2026 年")],
    ids=["code", "password"],
)
def test_a_stranger_joins_on_his_phone(house: House, address: str, password: str):
    _invitation, link = house.invite(note="请一起维护")
    page = words(Client().get(link))
    for part in ("里程 邀请您加入", "晨光仪器", "角色 编辑", "请一起维护"):
        assert part in page
    phone, done = join(address, link, password=password)
    assert done["Location"] == "/my"
    assert "已加入，欢迎使用。" in words(phone.get("/my"))
    user = User.objects.get(person__name="李明")
    assert (user.mobile or user.email, user.has_usable_password()) == (address, bool(password))
    assert list(Role.objects.filter(person=user.person).values_list("kind", "organisation__name")) == [
        ("editor", "晨光仪器")
    ]
    assert list(Affiliation.objects.values_list("person__name", "title")) == [("李明", "工程师")]
    assert Consent.objects.get().version == "2026-11"
    assert "WeChat / iPhone" in words(phone.get("/my/account"))
    assert not {"joining", "proved"} & set(phone.session.keys())


def test_who_has_signed_in_joins_with_one_click(house: House, user: User):
    _invitation, link = house.invite()
    client = sign_in(user)
    page = words(client.get(link))
    assert ("您已用“ 陈皇后 ”的账号登录。" in page, "验证码" in page) == (True, False)
    assert client.post(link, {"join": "yes"})["Location"] == "/my"
    assert list(Role.objects.filter(person=user.person).values_list("kind", flat=True)) == ["editor"]


def test_who_has_an_account_is_led_to_the_sign_in_and_back(house: House, user: User):
    _invitation, link = house.invite()
    page = Client().get(link).content.decode()
    assert f'href="/sign-in?next={link.replace("/", "%2F")}"' in page
    phone = Client()
    asked = phone.post(link, {"name": "陈", "address": user.email, "consent": "on"})
    assert asked.status_code == 302  # whether there is an account is told to its owner alone
    shown = phone.post("/join/proof", {"code": newest_code(user.email)})
    assert "这个手机号或邮箱已有账号，请先登录，再打开邀请链接。" in words(shown)


def test_an_invitation_that_no_longer_holds_says_so_in_one_sentence(house: House, user: User):
    _used, used = house.invite()
    join("li@example.org", used)
    withdrawn, taken_back = house.invite()
    invitations.withdraw_invitation(invitation=withdrawn, by=actor_for(house.admin))
    old, expired = house.invite()
    Invitation.objects.filter(pk=old.pk).update(expires_at=timezone.now() - datetime.timedelta(minutes=1))
    told = {}
    for link in (used, taken_back, expired, "/join/unknown"):
        for who, client in (("stranger", Client()), ("member", sign_in(user))):
            answer = client.get(link)
            told[link, who] = (
                answer.status_code,
                re.findall(r"<h1>无法继续</h1>\s*<p>(.*?)</p>", answer.content.decode()),
            )
    sentences = {
        used: USED,
        taken_back: "这份邀请已被收回，请向邀请人重新索取。",
        expired: "这份邀请已过期，请向邀请人重新索取。",
        "/join/unknown": "邀请链接不完整或不存在，请向邀请人重新索取。",
    }
    assert told == {(link, who): (410, [sentences[link]]) for link, who in told}
    assert Role.objects.filter(kind="editor").count() == 1


def test_an_invitation_to_one_address_is_refused_to_another_person(house: House, user: User):
    _invitation, link = house.invite(address="13900000001")
    sentence = "这份邀请发给了另一个手机号或邮箱，请用收到邀请的那一个。"
    _phone, other = join("other@example.org", link)
    member = sign_in(user).post(link, {"join": "yes"})
    assert [(one.status_code, sentence in words(one)) for one in (other, member)] == [(422, True)] * 2
    assert 'value="13900000001"' in Client().get(link).content.decode()
    _phone, right = join("13900000001", link)
    assert right["Location"] == "/my"


def test_of_two_who_use_an_invitation_the_second_is_told_and_has_no_account(house: House):
    _invitation, link = house.invite()
    slow = Client()
    slow.post(link, {"name": "赵", "address": "zhao@example.org", "consent": "on"})
    join("li@example.org", link)
    answer = slow.post("/join/proof", {"code": newest_code("zhao@example.org")})
    assert (answer.status_code, USED in words(answer)) == (422, True)
    assert User.objects.filter(email="zhao@example.org").exists() is False


def test_without_consent_nobody_joins_and_what_he_wrote_stays(house: House):
    _invitation, link = house.invite()
    answer = Client().post(link, {"name": "李明", "address": "li@example.org"})
    assert (answer.status_code, 'value="李明"' in answer.content.decode()) == (422, True)
    assert Message.objects.count() == 0


def test_a_weak_password_is_refused_and_the_code_still_counts(house: House):
    _invitation, link = house.invite()
    phone, weak = join("li@example.org", link, password="1" * 12)
    assert (weak.status_code, User.objects.filter(email="li@example.org").exists()) == (422, False)
    done = phone.post("/join/proof", {"code": newest_code("li@example.org"), "password": ""})
    assert done["Location"] == "/my"


def test_the_proof_of_a_step_begun_elsewhere_says_what_to_do():
    answers = [Client().get(address) for address in ("/join/proof", "/register/proof")]
    assert [one.status_code for one in answers] == [404, 404]
    assert "请重新打开邀请链接。" in words(answers[0])
    assert "请重新填写机构申请。" in words(answers[1])


def test_a_newcomer_with_an_operators_role_sets_up_his_second_factor_first(house: House):
    scope = make_scope()
    boss = make_person()
    give(boss, RoleKind.OPERATOR_ADMIN, scope.operator)
    _made, link = house.invite(organisation=scope.operator, role=RoleKind.STAFF, by=actor_for(boss))
    _phone, done = join("li@example.org", link)
    assert done["Location"] == "/sign-in/second-factor"


# ---------- registrations


PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489"
    "0000000d49444154789c6360606060000000050001a5f645400000000049454e44ae426082"
)


@pytest.fixture
def files(tmp_path: Path, settings: Any) -> Path:
    settings.FILES_DIR = tmp_path / "files"
    return tmp_path / "files"


@pytest.fixture
def scope() -> Scope:
    return make_scope(name="临江市")


def application(asked: Scope, **values: Any) -> dict[str, Any]:
    return {
        "organisation_name": "青峦机械有限公司",
        "kind": "enterprise",
        "credit_code": "",
        "size": "small",
        "scope": str(asked.pk),
        "proof": SimpleUploadedFile("执照.png", PNG, "image/png"),
        "name": "林知夏",
        "address": "lin@example.org",
        "consent": "on",
    } | values


@pytest.mark.usefixtures("files")
def test_an_organisation_asks_to_be_let_in_drafts_meanwhile_and_is_approved(scope: Scope):
    client = Client()
    assert client.post("/register", application(scope))["Location"] == "/register/proof"
    assert Organisation.objects.filter(name="青峦机械有限公司").exists() is False  # only a proved address writes
    done = client.post("/register/proof", {"code": newest_code("lin@example.org"), "password": PASSWORD})
    assert done["Location"] == "/my"
    assert "申请已提交，审核结果会通知您；现在就可以起草需求。" in words(client.get("/my"))
    registration = Registration.objects.get()
    assert (registration.organisation.name, registration.organisation.state, registration.proof_mime) == (
        "青峦机械有限公司",
        "pending",
        "image/png",
    )
    assert client.get("/new/needs").status_code in {200, 302}
    staff = make_person()
    give(staff, RoleKind.STAFF, scope.operator)
    registrations.approve(registration=registration, by=actor_for(staff))
    letter = Message.objects.get(subject="加入申请已通过")
    assert (letter.address, letter.link) == ("lin@example.org", "/my")


@pytest.mark.usefixtures("files")
def test_a_registration_tells_only_the_owner_of_an_address_that_it_has_an_account(scope: Scope, user: User):
    client = Client()
    asked = client.post("/register", application(scope, address=user.email))
    assert asked["Location"] == "/register/proof"
    answer = client.post("/register/proof", {"code": newest_code("chen@example.org")})
    assert (answer.status_code, "这个手机号或邮箱已有账号" in words(answer)) == (422, True)
    assert Registration.objects.count() == 0


@pytest.mark.usefixtures("files")
def test_what_was_filled_in_is_there_again_on_the_way_back(scope: Scope):
    taken = "91350100M000100Y43"
    make_organisation(credit_code=taken)
    client = Client()
    client.post("/register", application(scope, credit_code=taken.lower()))
    refused = client.post("/register/proof", {"code": newest_code("lin@example.org")})
    assert (refused.status_code, Registration.objects.count()) == (422, 0)
    page = client.get("/register").content.decode()
    kept = [f'value="{taken}"', 'value="青峦机械有限公司"', 'value="lin@example.org"', "已上传“执照.png”"]
    assert [text for text in kept if text not in page] == []
    again = application(scope)
    del again["proof"]
    assert client.post("/register", again)["Location"] == "/register/proof"
    done = client.post("/register/proof", {"code": newest_code("lin@example.org")})
    assert (done["Location"], Registration.objects.get().proof_name) == ("/my", "执照.png")


@pytest.mark.usefixtures("files")
@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"proof": SimpleUploadedFile("执照.png", b"<html>", "image/png")}, "执照.png"),
        ({"proof": SimpleUploadedFile("执照.exe", b"MZ", "image/png")}, "执照.exe"),
        ({"proof": ""}, "证明材料"),
        ({"credit_code": "123"}, "请填写 18 位统一社会信用代码，或留空。"),
        ({"kind": ""}, "机构类型"),
        ({"scope": "00000000-0000-0000-0000-000000000000"}, "申请加入"),
    ],
    ids=["not a picture", "program", "no proof", "code", "kind", "scope"],
)
def test_a_registration_with_a_fault_is_refused_with_a_clear_sentence(
    scope: Scope, values: dict[str, Any], sentence: str
):
    answer = Client().post("/register", application(scope, **values))
    alert = re.findall(r'q-alert-no".*?</div></div>', answer.content.decode(), re.DOTALL)
    assert (answer.status_code, [sentence in one for one in alert]) == (422, [True])
    assert Message.objects.count() == 0


# ---------- one's own account


def profile(user: User, **values: Any) -> dict[str, Any]:
    person = Person.objects.get(pk=user.person_id)
    plain = {name: getattr(person, name) for name in ("name", "name_en", "mobile", "email", "revision")}
    return {"what": "profile"} | plain | values


def test_a_person_keeps_his_own_data(user: User):
    client = sign_in(user)
    assert (
        client.post("/my/account", profile(user, name_en="Chen", mobile="139 0000 0001"))["Location"] == "/my/account"
    )
    person = Person.objects.get(pk=user.person_id)
    assert (person.name_en, person.mobile, person.revision) == ("Chen", "13900000001", 2)
    assert User.objects.get(pk=user.pk).mobile is None  # what he signs in with stays


def test_the_second_of_two_editors_sees_what_changed_and_chooses(user: User):
    one, two = sign_in(user), sign_in(user)
    mine = profile(user, name_en="Mine")
    one.post("/my/account", profile(user, name_en="Theirs"))
    answer = two.post("/my/account", mine)
    page = words(answer)
    assert (answer.status_code, "您的资料刚在别处被修改过" in page) == (409, True)
    assert re.findall(r"英文名 (他人.*?) (您.*?) 要用", page) == [("他人刚保存的： Theirs", "您填写的： Mine")]
    revision = re.findall(r'name="revision" value="(\d+)"', answer.content.decode())
    assert Person.objects.get(pk=user.person_id).name_en == "Theirs"
    two.post("/my/account", mine | {"revision": revision[0]})
    assert Person.objects.get(pk=user.person_id).name_en == "Mine"


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"name": ""}, "必填"),
        ({"mobile": "12"}, "手机号应为 11 位数字"),
        ({"mobile": "a@example.org"}, "填错了位置"),
        ({"revision": "x"}, "个人资料"),
    ],
)
def test_faulty_data_are_not_kept(user: User, values: dict[str, Any], sentence: str):
    answer = sign_in(user).post("/my/account", profile(user, **values))
    assert (answer.status_code, sentence in words(answer)) == (422, True)
    assert Person.objects.get(pk=user.person_id).revision == 1


def test_a_new_password_ends_the_other_sessions_and_keeps_this_one(user: User):
    here, there = sign_in(user), sign_in(user)
    new = "另一句 很长的 口令 2026"
    wrong = here.post("/my/account", {"what": "password", "old": "not this", "new": new})
    assert (wrong.status_code, "现在的密码不对。" in words(wrong)) == (422, True)
    weak = here.post("/my/account", {"what": "password", "old": PASSWORD, "new": "password12"})
    assert weak.status_code == 422
    assert here.post("/my/account", {"what": "password", "old": PASSWORD, "new": new}).status_code == 302
    assert (here.get("/my/account").status_code, there.get("/my/account").status_code) == (200, 302)
    assert Client().post("/sign-in", {"address": user.email, "password": new}).status_code == 302


def test_who_joined_by_code_chooses_a_password_without_an_old_one(house: House):
    _invitation, link = house.invite()
    phone, _done = join("li@example.org", link)
    assert 'name="old"' not in phone.get("/my/account").content.decode()
    assert phone.post("/my/account", {"what": "password", "new": PASSWORD}).status_code == 302
    assert User.objects.get(email="li@example.org").check_password(PASSWORD)


def test_sessions_are_seen_and_ended_by_their_owner_only(user: User):
    here = sign_in(user)
    there = sign_in(user, HTTP_USER_AGENT=PHONE, REMOTE_ADDR="198.51.100.7")
    page = words(here.get("/my/account"))
    assert ("WeChat / iPhone" in page, "198.51.100.7" in page, "本机" in page) == (True, True, True)
    other = SignIn.objects.get(network="198.51.100.7")
    stranger = sign_in(make_user())
    stranger.post("/my/account", {"what": "session", "session": other.pk})
    assert there.get("/my/account").status_code == 200
    for nonsense in ("", "x", "9" * 40):
        assert here.post("/my/account", {"what": "session", "session": nonsense}).status_code == 302
    here.post("/my/account", {"what": "session", "session": other.pk})
    assert (here.get("/my/account").status_code, there.get("/my/account").status_code) == (200, 302)


def test_a_colleague_stands_in_while_one_is_away(user: User):
    colleague = make_user(make_person(name="里程"), mobile="13900000009", email=None)
    both = make_organisation()
    for person in (user.person, colleague.person):
        give(person, RoleKind.MEMBER, both)
    make_user(make_person(name="外人"), mobile="13900000007", email=None)
    client, today = sign_in(user), timezone.localdate()
    days = {"begins_on": today.isoformat(), "ends_on": (today + datetime.timedelta(days=7)).isoformat()}
    asked = {"what": "substitute", "substitute": "13900000009"} | days
    assert client.post("/my/account", asked).status_code == 302
    assert Substitution.objects.get().substitute == colleague.person
    assert "里程" in words(client.get("/my/account"))
    faults = {
        "没有找到可以代理您的同事": asked | {"substitute": "13900000008"},
        "代理人不能是自己。": asked | {"substitute": user.email},
        "结束日期早于开始日期。": asked | {"ends_on": "2020-01-01"},
        "结束日期已经过去。": asked | {"begins_on": "2020-01-01", "ends_on": "2020-01-02"},
    }
    said = {sentence: sentence in words(client.post("/my/account", data)) for sentence, data in faults.items()}
    assert said == dict.fromkeys(faults, True)
    stranger = words(client.post("/my/account", asked | {"substitute": "13900000007"}))
    assert ("没有找到可以代理您的同事" in stranger, "外人" in stranger) == (True, False)
    assert Substitution.objects.count() == 1


def test_who_leaves_writes_his_name_and_is_gone(house: House):
    _invitation, link = house.invite()
    phone, _done = join("li@example.org", link)
    assert "同意了 用户协议和个人信息保护说明 ，版本 2026-11。" in words(phone.get("/my/account"))
    wrong = phone.post("/my/account", {"what": "erase", "confirm": "李"})
    assert (wrong.status_code, "与账号上的姓名不一致，没有注销。" in words(wrong)) == (422, True)
    gone = phone.post("/my/account", {"what": "erase", "confirm": "李明"})
    assert gone["Location"] == "/"
    assert "账号已注销，您的个人信息已清除。" in words(phone.get("/"))
    assert phone.get("/my/account").status_code == 302
    assert list(Consent.objects.filter(withdrawn_at=None)) == []
    assert Person.objects.filter(name="李明").exists() is False
    assert "账号或密码不对" in words(Client().post("/sign-in", {"address": "li@example.org", "password": PASSWORD}))


def test_an_unknown_wish_is_not_found(user: User):
    assert sign_in(user).post("/my/account", {"what": "dance"}).status_code == 404


# ---------- names on pages


@pytest.mark.parametrize("address", ["/zh-hant/my/account", "/zh-hant/my"])
def test_traditional_pages_keep_names_as_they_are_written(user: User, address: str):
    page = words(sign_in(user).get(address))
    assert ("陈皇后" in page, "陳皇后" in page, "今日待辦" in page) == (True, False, True)


def test_a_traditional_invitation_keeps_the_names_of_people_and_organisations(house: House, user: User):
    _invitation, link = house.invite()
    stranger, member = words(Client().get(f"/zh-hant{link}")), words(sign_in(user).get(f"/zh-hant{link}"))
    assert ("里程" in stranger, "晨光仪器" in stranger, "接受邀請" in stranger) == (True, True, True)
    assert ("陈皇后" in member, "陳皇后" in member) == (True, False)


@pytest.mark.parametrize("language", ["", "/en", "/zh-hant"])
def test_script_in_a_name_is_text(house: House, language: str):
    name = '<script>alert("陈")</script>'
    Person.objects.filter(pk=house.admin.pk).update(name=name)
    Organisation.objects.filter(pk=house.enterprise.pk).update(name=name)
    _invitation, link = house.invite(note=name)
    phone, done = join("li@example.org", link, name=name)
    assert done.status_code == 302
    _again, second = house.invite(note=name)
    pages: list[Callable[[], Any]] = [
        lambda: Client().get(language + second),
        lambda: phone.get(language + second),
        lambda: phone.get(f"{language}/my/account"),
        lambda: phone.get(f"{language}/my"),
    ]
    assert [page().content.decode().count("<script>alert") for page in pages] == [0, 0, 0, 0]


def test_the_terms_name_their_version():
    assert "版本 2026-11" in words(Client().get("/terms"))
    assert str(settings.SITE["name"]) in words(Client().get("/terms"))
