"""Who administers the site, and what the site refuses to take in, as administrators and visitors meet it."""

import io
from typing import Any

import pytest
from django.test import Client

from queqiao.accounts.choices import RoleKind
from queqiao.accounts.models import Role
from queqiao.accounts.tests.factories import give, make_person, make_user
from queqiao.web.tests.workshop import Somebody, somebody

pytestmark = pytest.mark.django_db
PAGE = "/system/administrators"
MEGABYTE = 1024 * 1024


@pytest.fixture
def system() -> Somebody:
    return somebody("沈系统", RoleKind.SYSTEM_ADMIN)


def administrators() -> list[tuple[str, str]]:
    rows = Role.objects.current().select_related("person")
    return sorted((str(role.kind), role.person.name) for role in rows)


def held(somebody_: Somebody) -> str:
    return str(Role.objects.current().get(person=somebody_.person).pk)


@pytest.mark.parametrize("typed", ["138 0013 8000", "qin@example.org"])
def test_the_system_administrator_appoints_somebody_by_the_address_of_his_account(system: Somebody, typed: str) -> None:
    make_user(make_person(name="秦审计"), mobile="13800138000", email="qin@example.org")
    answer = system.client.post(PAGE, {"what": "give", "kind": "audit_admin", "account": typed}, follow=True)
    page = answer.content.decode()
    assert administrators() == [("audit_admin", "秦审计"), ("system_admin", "沈系统")]
    assert ("已任命“秦审计”为审计管理员。" in page, page.count("秦审计")) == (True, 3)


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("秦审计", "这既不是手机号，也不是电子邮箱，请检查后重新填写。"),
        ("1380013", "手机号应为 11 位数字，以 13 至 19 开头；目前仅支持中国大陆手机号。"),
        ("nobody@example.org", "没有使用“nobody@example.org”的账号，请核对。"),
    ],
)
def test_whoever_has_no_such_account_is_not_appointed_and_the_form_keeps_its_text(
    system: Somebody, typed: str, sentence: str
) -> None:
    make_user(make_person(name="秦审计"), mobile="13800138000")
    answer = system.post(PAGE, what="give", kind="audit_admin", account=typed)
    page = answer.content.decode()
    assert (answer.status_code, sentence in page, f'value="{typed}"' in page) == (422, True, True)
    assert '<option value="audit_admin" selected>' in page
    assert administrators() == [("system_admin", "沈系统")]


def test_nobody_is_two_kinds_of_administrator_or_one_kind_twice(system: Somebody) -> None:
    make_user(give(make_person(name="秦审计"), RoleKind.AUDIT_ADMIN).person, mobile="13800138000")
    second = system.post(PAGE, what="give", kind="security_admin", account="13800138000")
    again = system.post(PAGE, what="give", kind="audit_admin", account="13800138000")
    assert (second.status_code, again.status_code) == (422, 422)
    assert "系统、安全、审计三种管理员不能由同一人担任。" in second.content.decode()
    assert "“秦审计”已经是审计管理员。" in again.content.decode()
    assert administrators() == [("audit_admin", "秦审计"), ("system_admin", "沈系统")]


def test_the_last_system_administrator_who_can_sign_in_stays(system: Somebody) -> None:
    closed = make_user(give(make_person(name="离职的"), RoleKind.SYSTEM_ADMIN).person)
    closed.is_active = False
    closed.save()
    answer = system.post(PAGE, what="end", id=held(system))
    assert answer.status_code == 422
    assert "“沈系统”是最后一位系统管理员，不能结束；请先任命另一位。" in answer.content.decode()
    assert administrators() == [("system_admin", "沈系统"), ("system_admin", "离职的")]


def test_a_system_administrator_leaves_once_there_is_another_one(system: Somebody) -> None:
    other = somebody("郑系统", RoleKind.SYSTEM_ADMIN)
    role = held(system)
    left = system.client.post(PAGE, {"what": "end", "id": role}, follow=True)
    assert (left.status_code, left.redirect_chain) == (200, [("/my", 302)])
    assert "“沈系统”不再担任系统管理员。" in left.content.decode()
    assert "这项任命已由他人结束。" in other.post(PAGE, what="end", id=role).content.decode()
    assert administrators() == [("system_admin", "郑系统")]


def test_only_the_system_administrator_finds_the_page_in_his_navigation(system: Somebody) -> None:
    security = somebody("安全", RoleKind.SECURITY_ADMIN)
    assert [PAGE in one.get("/my").content.decode() for one in (system, security)] == [True, False]
    assert security.post(PAGE, what="give", kind="system_admin", account="13800138000").status_code == 403
    assert system.post(PAGE, what="end", id="no id").status_code == 404


class Flood(io.RawIOBase):
    """A form with one file, made up while it is read."""

    HEAD = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.bin"\r\n\r\n'
    TAIL = b"\r\n--b--\r\n"

    def __init__(self, size: int):
        self.length = len(self.HEAD) + size + len(self.TAIL)
        self.given = 0

    def read(self, size: int = -1) -> bytes:
        left = self.length - self.given
        size = left if size < 0 else min(size, left)
        begin = self.given
        self.given += size
        body = bytearray(size)
        for place, part in ((0, self.HEAD), (self.length - len(self.TAIL), self.TAIL)):
            for i, sign in enumerate(part):
                if begin <= place + i < self.given:
                    body[place + i - begin] = sign
        return bytes(body)


def send(client: Client, flood: Flood, **environment: Any) -> Any:
    length = {"CONTENT_LENGTH": str(flood.length), "CONTENT_TYPE": "multipart/form-data; boundary=b"}
    return client.request(
        REQUEST_METHOD="POST", PATH_INFO="/sign-in", **{"wsgi.input": flood}, **length, **environment
    )  # fmt: skip


@pytest.mark.parametrize("strict", [False, True])
def test_a_form_of_60_megabytes_is_refused_in_one_sentence_without_being_read(strict: bool) -> None:
    browser, flood = Client(enforce_csrf_checks=strict), Flood(60 * MEGABYTE)
    browser.get("/sign-in")
    answer = send(browser, flood)
    page = answer.content.decode()
    assert (answer.status_code, flood.given) == (413, 0)
    assert ("上传的文件超过 25 MB，没有保存；请压缩后重试。" in page, "data-error-page" in page) == (True, True)


def test_a_form_of_20_megabytes_is_taken() -> None:
    flood = Flood(20 * MEGABYTE)
    assert send(Client(), flood).status_code != 413
    assert flood.given == flood.length


@pytest.mark.parametrize("address", ["/catalogue/needs?q=%00", "/en/catalogue/needs?q=a%00b", "/records/%00"])
def test_an_address_with_a_nul_is_answered_in_the_frame_of_the_site(address: str) -> None:
    answer = Client().get(address)
    assert (answer.status_code, "data-error-page" in answer.content.decode()) == (400, True)
    assert ('<html lang="en"' in answer.content.decode()) == address.startswith("/en/")
