"""The desks of staff, administrators and auditors, as those who sit at them would tell it."""

import io
import re

import pytest
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from queqiao.accounts.actions.registrations import keep_proof
from queqiao.accounts.choices import RoleKind
from queqiao.accounts.models import Invitation, Message, Organisation, Registration, Role, ScopeMembership, SignIn
from queqiao.accounts.tests.factories import give, make_organisation, make_person, make_scope, make_user
from queqiao.core import runs
from queqiao.core.models import Activity
from queqiao.records.actions import advance, save_record
from queqiao.records.choices import State, Verb
from queqiao.records.queries import proposals
from queqiao.web.tests.workshop import Somebody, Town, make_town, published, somebody, submitted

pytestmark = pytest.mark.django_db
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360606060000000050001"
    "a5f645400000000049454e44ae426082"
)


@pytest.fixture
def town() -> Town:
    return make_town()


@pytest.fixture
def operator(town: Town) -> Somebody:
    return somebody("郑主任", RoleKind.OPERATOR_ADMIN, town.scope.operator)


def queries(django_connection, client: Client, address: str) -> int:
    with CaptureQueriesContext(django_connection) as asked:
        assert client.get(address).status_code == 200
    return len(asked)


def test_staff_return_a_need_with_a_reason_and_publish_another(town: Town) -> None:
    first, second = submitted(town, title="第一条"), submitted(town, title="第二条")
    page = town.staff.get("/staff/review").content.decode()
    assert page.index("第一条") < page.index("第二条")
    nothing = town.staff.post(f"/staff/review/{first.number}", what="return")
    assert nothing.status_code == 422
    answer = town.staff.post(f"/staff/review/{first.number}", what="return", kind="unclear", text="写明介质")
    assert answer.headers["Location"] == f"/staff/review/{second.number}"
    first.refresh_from_db()
    assert (first.state, first.reason) == (State.RETURNED, "难题或指标不清楚：写明介质")
    town.staff.post(f"/staff/review/{second.number}", what="publish")
    second.refresh_from_db()
    assert second.state == State.PUBLISHED


def test_staff_see_what_a_proposal_would_change_and_take_it(town: Town) -> None:
    need = published(town)
    save_record(need, {"problem": "改过的说明"}, base_revision=need.revision, by=town.editor.actor)
    page = town.staff.get(f"/staff/review/{need.number}").content.decode()
    assert "改过的说明" in page
    assert need.problem in page
    town.staff.post(f"/staff/review/{need.number}", what="accept", copy=str(proposals(need).get().pk))
    need.refresh_from_db()
    assert need.problem == "改过的说明"


def test_staff_do_not_publish_what_was_changed_after_they_had_opened_it(town: Town) -> None:
    need = submitted(town)
    address = f"/staff/review/{need.number}"
    seen = re.search(r'name="revision" value="(\d+)"', town.staff.get(address).content.decode())
    assert seen is not None
    save_record(need, {"problem": "改过的说明"}, base_revision=need.revision, by=town.staff.actor)
    answers = [town.staff.post(address, what=what, revision=seen[1], kind="unclear", text="写明介质")
               for what in ("publish", "return")]  # fmt: skip
    need.refresh_from_db()
    assert ([answer.status_code for answer in answers], need.state) == ([422, 422], State.SUBMITTED)
    page = answers[1].content.decode()
    assert ("又被修改过" in page, "改过的说明" in page, "写明介质" in page) == (True, True, True)
    now = re.search(r'name="revision" value="(\d+)"', page)
    assert now is not None
    town.staff.post(address, what="publish", revision=now[1])
    need.refresh_from_db()
    assert need.state == State.PUBLISHED


def test_staff_do_not_take_a_proposal_that_its_author_has_changed_meanwhile(town: Town) -> None:
    need = published(town)
    address = f"/staff/review/{need.number}"
    save_record(need, {"problem": "改过的说明"}, base_revision=need.revision, by=town.editor.actor)
    copy = str(proposals(need).get().pk)
    seen = re.search(r'name="saved" value="([^"]+)"', town.staff.get(address).content.decode())
    assert seen is not None
    save_record(need, {"problem": "又改过的说明"}, base_revision=need.revision, by=town.editor.actor)
    answer = town.staff.post(address, what="accept", copy=copy, saved=seen[1])
    assert (answer.status_code, "又改过的说明" in answer.content.decode()) == (422, True)
    now = re.search(r'name="saved" value="([^"]+)"', answer.content.decode())
    assert now is not None
    town.staff.post(address, what="accept", copy=copy, saved=now[1])
    need.refresh_from_db()
    assert need.problem == "又改过的说明"


def test_staff_of_another_scope_learn_nothing(town: Town) -> None:
    need = submitted(town)
    other = somebody("外地", RoleKind.STAFF, make_scope(name="外地").operator)
    addresses = (f"/staff/review/{need.number}", f"/admin/organisations/{town.enterprise.number}",
                 f"/admin/people/{town.editor.person.pk}")  # fmt: skip
    assert [other.get(address).status_code for address in addresses] == [404, 404, 404]
    assert need.title not in other.get("/staff/review").content.decode()


@pytest.mark.parametrize("address", ["/staff/review", "/admin/organisations", "/admin/people"])
def test_a_list_asks_the_database_as_often_for_many_rows_as_for_one(town: Town, address: str) -> None:
    from django.db import connection

    counts = []
    for more in (1, 2, 47):
        for i in range(more):
            submitted(town)
            made = make_organisation(name=f"机构 {len(counts)} {i}")
            ScopeMembership.objects.create(scope=town.scope, organisation=made, recorded_by="system:test")
            give(make_person(), RoleKind.MEMBER, made)
        town.staff.get(address)
        counts.append(queries(connection, town.staff.client, address))
    assert len(set(counts)) == 1, counts


def more_registrations(town: Town) -> None:
    made = make_organisation(state="pending")
    Registration.objects.create(organisation=made, scope=town.scope, applicant=make_person())


def more_letters(town: Town) -> None:
    Message.objects.create(key=str(Message.objects.count()), address="a@example.org", subject="信", text="信")


def more_sign_ins(town: Town) -> None:
    Client().force_login(make_user(make_person()))
    SignIn.objects.create(
        user=make_user(make_person()), session_key=str(SignIn.objects.count()), began_at=timezone.now(),
        seen_at=timezone.now(), network="127.0.0.1", agent="Firefox",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("role", "address", "more"),
    [
        (RoleKind.STAFF, "/staff/registrations", more_registrations),
        (RoleKind.AUDIT_ADMIN, "/audit/log", submitted),
        (RoleKind.SYSTEM_ADMIN, "/system/messages", more_letters),
        (RoleKind.SYSTEM_ADMIN, "/system/runs", lambda _town: runs.enqueue("messages.waiting", {}, by="system:test")),
        (RoleKind.SECURITY_ADMIN, "/security/sign-ins", more_sign_ins),
    ],
)
def test_the_other_desks_too_ask_as_often_for_fifty_rows_as_for_one(town: Town, role, address: str, more) -> None:
    from django.db import connection

    works = town.scope.operator if role is RoleKind.STAFF else None
    reader = somebody("看的人", role, works)
    counts = []
    for rows in (1, 2, 47):
        for _ in range(rows):
            more(town)
        reader.get(address)
        counts.append(queries(connection, reader.client, address))
    assert len(set(counts)) == 1, counts


def test_a_registration_is_decided_once_and_its_proof_is_for_who_decides(town: Town, tmp_path, settings) -> None:
    settings.FILES_DIR = tmp_path
    applicant = make_person(name="申请人", email="a@example.org")
    organisation = make_organisation(name="申请的机构", state="pending")
    give(applicant, RoleKind.ORGANISATION_ADMIN, organisation)
    proof = keep_proof(upload=io.BytesIO(PNG), name="执照.png")
    row = Registration.objects.create(
        organisation=organisation, scope=town.scope, applicant=applicant, proof_path=proof["path"],
        proof_name=proof["name"], proof_mime=proof["mime"],
    )  # fmt: skip
    answer = town.staff.get(f"/staff/registrations/{row.pk}/proof")
    assert b"".join(answer.streaming_content).startswith(b"\x89PNG")
    assert somebody("外人", RoleKind.STAFF, make_scope().operator).get(
        f"/staff/registrations/{row.pk}/proof"
    ).status_code == 404  # fmt: skip
    assert town.staff.post(f"/staff/registrations/{row.pk}", what="approve").status_code == 302
    organisation.refresh_from_db()
    assert organisation.state == "active"
    again = town.staff.post(f"/staff/registrations/{row.pk}", what="refuse", kind="other", text="晚了")
    assert "这份申请已由他人审核" in again.content.decode()
    assert [message.subject for message in Message.objects.filter(person=applicant)] == ["加入申请已通过"]


def test_the_link_of_an_invitation_is_shown_once_and_never_again(town: Town) -> None:
    address = f"/admin/organisations/{town.enterprise.number}"
    town.staff.post(address, what="invite", role="editor")
    link = re.search(r"/join/([\w-]+)", town.staff.get(address).content.decode())
    assert link is not None
    assert link[1] not in town.staff.get(address).content.decode()
    made = Invitation.objects.get()
    assert (made.role, link[1] in made.token_hash) == ("editor", False)
    town.staff.post(address, what="withdraw", id=str(made.pk))
    assert Client().get(link[0]).status_code == 410


def test_of_two_who_merge_the_same_organisation_the_second_learns_who_was_first(town: Town, operator: Somebody) -> None:
    target, third = make_organisation(name="甲公司"), make_organisation(name="乙公司")
    for one in (target, third):
        ScopeMembership.objects.create(scope=town.scope, organisation=one, recorded_by="system:test")
    address = f"/admin/organisations/{town.enterprise.number}/merge"
    second = somebody("后来的", RoleKind.OPERATOR_ADMIN, town.scope.operator)
    assert operator.post(address, what="merge", target=str(target.pk)).status_code == 302
    answer = second.client.post(address, {"what": "merge", "target": str(third.pk)}, follow=True)
    assert "郑主任" in answer.content.decode()
    town.enterprise.refresh_from_db()
    assert town.enterprise.merged_into == target
    assert Client().get(f"/organisations/{town.enterprise.number}").headers["Location"].endswith(target.number)


def test_a_contact_is_masked_until_it_is_revealed_and_the_reveal_is_on_record(town: Town) -> None:
    Organisation.objects.filter(pk=town.enterprise.pk).update(contact_mobile="13912345678")
    address = f"/admin/organisations/{town.enterprise.number}"
    page = town.staff.get(address).content.decode()
    assert ("13912345678" in page, "139****5678" in page) == (False, True)
    assert "13912345678" in town.staff.post(address, what="reveal").content.decode()
    last = Activity.objects.order_by("-id")[0]
    assert (last.verb, last.actor) == ("reveal", f"person:{town.staff.person.pk}")
    assert "13912345678" not in str(last.changes)


def test_an_organisations_own_administrator_keeps_its_people_and_gives_no_staff_roles(town: Town) -> None:
    admin = somebody("管理员", RoleKind.ORGANISATION_ADMIN, town.enterprise)
    colleague = make_person(name="同事")
    give(colleague, RoleKind.MEMBER, town.enterprise)
    page = admin.get("/my/organisation").content.decode()
    assert "同事" in page
    admin.post("/my/organisation", what="give", person=str(colleague.pk), kind="editor")
    admin.post("/my/organisation", what="give", person=str(colleague.pk), kind="staff")
    kinds = Role.objects.current().filter(person=colleague).values_list("kind", flat=True)
    assert sorted(kinds) == ["editor", "member"]


def test_erasing_wants_the_name_typed(town: Town, operator: Somebody) -> None:
    person = make_person(name="要走的人", mobile="13900001111")
    give(person, RoleKind.MEMBER, town.enterprise)
    address = f"/admin/people/{person.pk}"
    assert "没有注销" in operator.post(address, what="erase", name="别人", confirm="别人").content.decode()
    person.refresh_from_db()
    assert person.erased_at is None


def test_the_auditor_reads_the_log_checks_its_chain_and_can_do_nothing_else(town: Town) -> None:
    submitted(town)
    auditor = somebody("审计", RoleKind.AUDIT_ADMIN)
    page = auditor.get("/audit/log").content.decode()
    assert town.editor.person.name in page
    assert "日志完整" in auditor.client.post("/audit/log", {"what": "check"}, follow=True).content.decode()
    closed = ("/system/runs", "/security/sign-ins", "/staff/review", "/admin/organisations")
    assert [auditor.get(address).status_code for address in closed] == [403] * 4
    assert somebody("系统", RoleKind.SYSTEM_ADMIN).get("/audit/log").status_code == 403


def test_a_failed_run_shows_its_reference_and_runs_again(town: Town) -> None:
    system = somebody("系统", RoleKind.SYSTEM_ADMIN)
    run = runs.enqueue("messages.waiting", {}, by="system:test")
    type(run).objects.filter(pk=run.pk).update(state="failed", error="网关没有应答。", error_reference="ab12cd34")
    page = system.get(f"/system/runs/{run.pk}").content.decode()
    assert ("网关没有应答。" in page, "ab12cd34" in page) == (True, True)
    system.post(f"/system/runs/{run.pk}", what="rerun")
    assert type(run).objects.filter(rerun_of=run).count() == 1


def test_the_security_administrator_closes_an_account_but_not_his_own(town: Town) -> None:
    security = somebody("安全", RoleKind.SECURITY_ADMIN)
    user = make_user(make_person(name="被停的"))
    security.post("/security/sign-ins", what="close", id=str(user.pk))
    user.refresh_from_db()
    assert user.is_active is False
    own = security.person.users.get()
    security.post("/security/sign-ins", what="close", id=str(own.pk))
    own.refresh_from_db()
    assert own.is_active is True


def test_script_in_a_name_is_shown_as_text_on_every_desk(town: Town, operator: Somebody) -> None:
    evil = "<script>alert(1)</script>"
    Organisation.objects.filter(pk=town.enterprise.pk).update(name=evil)
    type(town.editor.person).objects.filter(pk=town.editor.person.pk).update(name=evil)
    submitted(town, title=evil)
    for address in (
        "/staff/review", "/admin/organisations", f"/admin/organisations/{town.enterprise.number}", "/admin/people",
        f"/admin/people/{town.editor.person.pk}",
    ):  # fmt: skip
        page = operator.get(address).content.decode()
        assert ("<script>alert" in page, "&lt;script&gt;alert" in page) == (False, True), address


def test_an_organisation_is_archived_once_nothing_of_it_is_open_and_comes_back(town: Town) -> None:
    need = published(town)
    address = f"/admin/organisations/{town.enterprise.number}"
    assert "还有 1 条登记在公开或待审" in town.staff.post(address, what="archive").content.decode()
    advance(need, Verb.WITHDRAW, by=town.staff.actor, reason="注销")
    town.staff.post(address, what="archive")
    assert Client().get(f"/organisations/{town.enterprise.number}").status_code == 404
    assert town.editor.get(f"/records/{need.number}/edit").status_code == 404
    town.staff.post(address, what="restore")
    assert Client().get(f"/organisations/{town.enterprise.number}").status_code == 200
    own = somebody("管理员", RoleKind.ORGANISATION_ADMIN, town.enterprise)
    assert own.post("/my/organisation", what="archive").status_code == 403


def test_the_group_of_the_staff_is_told_the_number_of_what_waits_and_no_more(town: Town, monkeypatch) -> None:
    monkeypatch.setenv("QUEQIAO_WECOM_WEBHOOK", "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=x")
    need = submitted(town, visibility="invited")
    letter = Message.objects.get(address="wecom")
    assert (letter.text, letter.link) == (f"技术需求 {need.number} 等待审核。", f"/staff/review/{need.number}")
    assert somebody("系统", RoleKind.SYSTEM_ADMIN).get("/system/messages").status_code == 200
