"""What must hold although somebody is slow, has left, or knows a way around."""

import io

import pytest
from django.test import Client

from queqiao.accounts.actions.erasing import erase_person
from queqiao.accounts.actions.people import end_role
from queqiao.accounts.actors import system
from queqiao.accounts.choices import RoleKind
from queqiao.accounts.models import Role
from queqiao.accounts.tests.factories import PASSWORD, give, make_organisation, make_person, make_user
from queqiao.core.errors import QueqiaoError
from queqiao.core.models import Activity, Translation
from queqiao.needs.models import Need
from queqiao.records.actions import (
    accept_proposal,
    add_attachment,
    advance,
    grant,
    place_in_scopes,
    save_record,
    write_translation,
)
from queqiao.records.choices import Verb, Visibility
from queqiao.records.queries import proposals
from queqiao.research.models import Achievement, Expert
from queqiao.web.tests.workshop import Town, draft, make_town, published, somebody, submitted

pytestmark = pytest.mark.django_db


@pytest.fixture
def town() -> Town:
    return make_town()


def test_who_invites_on_an_old_page_does_not_bring_a_withdrawn_need_back(town: Town) -> None:
    need = published(town)
    seen_before = Need.objects.get(pk=need.pk)
    advance(need, Verb.WITHDRAW, by=town.staff.actor, reason="核对")
    grant(seen_before, make_organisation(), by=town.editor.actor)
    assert Client().get(f"/records/{need.number}").status_code == 404


def test_who_has_left_sees_nothing_of_what_he_wrote_there(town: Town) -> None:
    need = published(town, visibility=Visibility.INVITED)
    assert town.editor.get(f"/records/{need.number}").status_code == 200
    end_role(role=Role.objects.get(person=town.editor.person), by=system("test"))
    assert [town.editor.get(f"/records/{need.number}{page}").status_code for page in ("", "/edit")] == [404, 404]


def test_who_becomes_staff_while_signed_in_shows_the_second_factor_first(town: Town) -> None:
    user = make_user(town.editor.person)
    client = Client()
    client.post("/sign-in", {"address": user.email, "password": PASSWORD})
    assert client.get("/my").status_code == 200
    give(town.editor.person, RoleKind.STAFF, town.scope.operator)
    assert client.get("/staff/review").headers["Location"].startswith("/sign-in/second-factor")


def test_a_colleague_whose_own_page_is_not_open_is_not_named_on_an_achievement(town: Town) -> None:
    hidden = draft(town, Expert, title="未公开的人")
    made = published(town, Achievement, team=[hidden.pk])
    assert "未公开的人" not in Client().get(f"/records/{made.number}").content.decode()
    shown = published(town, Expert, title="公开的人")
    other = published(town, Achievement, team=[shown.pk])
    assert "公开的人" in Client().get(f"/records/{other.number}").content.decode()


def test_english_of_a_published_need_is_shown_when_the_staff_agree(town: Town) -> None:
    need = published(town)
    write_translation(need, "title", "Coating peels off", language="en", by=town.editor.actor)
    assert "Coating peels off" not in Client().get(f"/en/records/{need.number}").content.decode()
    accept_proposal(proposals(need).get(), by=town.staff.actor)
    assert "Coating peels off" in Client().get(f"/en/records/{need.number}").content.decode()


def test_an_owner_adds_no_file_to_what_is_published(town: Town) -> None:
    need = published(town)
    with pytest.raises(QueqiaoError, match="不能直接添加附件"):
        add_attachment(need, io.BytesIO("说明".encode()), "a.txt", by=town.editor.actor)


def test_a_blind_need_that_names_its_owner_is_not_submitted(town: Town) -> None:
    made = draft(town, visibility=Visibility.BLIND, blind_title=f"{town.enterprise.name}的密封难题")
    with pytest.raises(QueqiaoError, match="出现了单位名称“青峦机械有限公司”"):
        advance(made, Verb.SUBMIT, by=town.editor.actor)


def test_a_file_of_a_blind_need_has_no_name_for_strangers(town: Town) -> None:
    made = published(town, visibility=Visibility.BLIND, blind_title="密封难题")
    file = add_attachment(
        made, io.BytesIO("说明".encode()), "青峦机械图纸.txt", by=town.staff.actor, in_blind_form=True
    )
    page = Client().get(f"/records/{made.number}").content.decode()
    answer = Client().get(f"/attachments/{file.pk}")
    assert b"".join(answer.streaming_content) == "说明".encode()
    assert ("青峦" in page, "%E9%9D%92" in answer.headers["Content-Disposition"]) == (False, False)


def test_staff_publish_what_they_saw_and_not_what_came_after(town: Town) -> None:
    need = submitted(town)
    seen = need.revision
    save_record(need, {"problem": "换过的内容"}, base_revision=seen, by=town.staff.actor)
    with pytest.raises(QueqiaoError, match="本次未作处理"):
        advance(need, Verb.PUBLISH, by=town.staff.actor, base_revision=seen)


def test_a_submitted_need_stays_in_a_scope_of_its_owner(town: Town) -> None:
    need = published(town)
    with pytest.raises(QueqiaoError, match="至少要留在一个范围里"):
        place_in_scopes(need, [], by=town.editor.actor)


def test_an_erased_researchers_page_tells_nothing_any_more(town: Town) -> None:
    researcher = somebody("沈若水", RoleKind.RESEARCHER, town.enterprise)
    made = draft(town, Expert, by=researcher, title="沈若水", record="热喷涂研究二十年")
    assert made.person == researcher.person
    write_translation(made, "title", "Shen Ruoshui", language="en", by=researcher.actor)
    add_attachment(made, io.BytesIO("简历".encode()), "沈若水简历.txt", by=researcher.actor)
    erase_person(person=researcher.person, by=researcher.actor)
    made.refresh_from_db()
    assert (made.title, made.record, Translation.objects.filter(target_id=made.pk).count()) == ("已注销用户", "", 0)
    log = str(list(Activity.objects.values_list("changes", flat=True)))
    assert [word for word in ("沈若水", "Shen Ruoshui", "热喷涂") if word in log] == []


def test_a_merge_stands_in_the_history_of_the_records_that_changed_hands(town: Town) -> None:
    from django.utils import timezone

    from queqiao.accounts.actions.merging import merge_organisations
    from queqiao.core.queries import state_as_of

    need, target = published(town), make_organisation(name="并入的公司")
    merge_organisations(source=town.enterprise, target=target, by=system("test"))
    known = state_as_of("need", need.pk, timezone.now())
    assert known is not None
    assert known["organisation"] == str(target.pk)


def test_a_person_of_the_name_alone_is_not_invited(town: Town) -> None:
    need = published(town)
    make_person(name="同名的人")
    town.editor.post(f"/records/{need.number}/sharing", party="同名的人")
    assert "同名的人" not in town.editor.get(f"/records/{need.number}/sharing").content.decode().split("受邀者")[-1]
