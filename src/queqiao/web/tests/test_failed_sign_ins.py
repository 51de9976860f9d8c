"""The auditor finds in the log who was tried at, in words, and what was typed nowhere."""

import pytest
from django.test import Client

from queqiao.accounts.choices import RoleKind
from queqiao.accounts.tests.factories import make_person, make_user
from queqiao.web.tests.workshop import somebody

pytestmark = pytest.mark.django_db


def test_the_auditor_reads_of_failed_sign_ins_in_words() -> None:
    make_user(make_person(name="被试的人"), email="known@example.org")
    browser = Client(REMOTE_ADDR="203.0.113.9")
    for address in ("known@example.org", "unknown@example.org"):
        sent = {"address": address, "password": "typed-in-vain"}
        assert browser.post("/sign-in", sent).status_code == 422
    auditor = somebody("审计", RoleKind.AUDIT_ADMIN)
    page = auditor.get("/audit/log", verb="sign_in_failed").content.decode()
    words = ("登录失败", "被试的人", "登录方式", "密码", "网络地址", "203.0.113.0/24", "网络")
    assert [word for word in words if word not in page] == []
    assert [word for word in ("unknown@", "typed-in-vain", "sign_in_failed</", "second_factor</") if word in page] == []
    assert "被试的人" not in auditor.get("/audit/log", verb="sign_in_failed", kind="network").content.decode()
    narrowed = auditor.get("/audit/log", person="被试的人").content.decode()
    assert ("登录失败" in narrowed, narrowed.count("<tr>")) == (True, 2)
    assert "登录失败</td>" not in auditor.get("/audit/log", person="别人").content.decode()
