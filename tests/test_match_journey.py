"""A match that reaches people: who owns what fits is told of a need, and when staff accept, so is who owns the need."""

import pytest
from django.test import Client

from queqiao.accounts.choices import RoleKind
from queqiao.accounts.models import Message, ScopeMembership
from queqiao.accounts.tests.factories import make_organisation
from queqiao.core.models import Outbox
from queqiao.matching.models import Match
from queqiao.matching.tests.workshop import publish, work
from queqiao.records.choices import Visibility
from queqiao.research.models import Achievement
from queqiao.web.tests.workshop import Somebody, make_town, somebody, submitted

pytestmark = pytest.mark.django_db


def browser_of(who: Somebody) -> Client:
    client = Client()
    client.force_login(who.person.users.get())
    return client


def letters_to(who: Somebody) -> list[str]:
    return list(Message.objects.filter(person=who.person).order_by("pk").values_list("text", flat=True))


def test_from_a_published_need_to_both_owners() -> None:
    town = make_town()
    university = make_organisation(name="锦城大学", kind="university")
    ScopeMembership.objects.create(scope=town.scope, organisation=university, recorded_by="system:test")
    professor = somebody("许青禾", RoleKind.EDITOR, university)
    offered = publish(
        Achievement, university, title="阀座表面碳化钨涂层",
        description="超音速喷涂碳化钨涂层，用于阀座密封面，结合强度 80 MPa，耐冲蚀。",
    )  # fmt: skip
    publish(Achievement, university, title="大豆蛋白肽饮料", description="酶解大豆制备蛋白肽饮料，口感好。")
    need = submitted(
        town, title="煤化工阀座冲蚀", problem="阀座密封面涂层三个月冲蚀穿透，要求结合强度不低于 70 MPa。",
        visibility=Visibility.BLIND, blind_title="某阀门部件的表面防护",
    )  # fmt: skip

    staff = browser_of(town.staff)
    page = staff.get(f"/records/{need.number}").content.decode()
    assert need.number in page
    staff.post(f"/records/{need.number}/step", {"verb": "publish", "revision": need.revision})
    need.refresh_from_db()
    assert need.state == "published"
    Outbox.objects.all().delete()  # the index has it
    work()

    (told,) = letters_to(professor)
    assert "某阀门部件的表面防护" in told
    for hidden in ("煤化工", "青峦机械"):
        assert hidden not in told
    assert "某阀门部件的表面防护" in browser_of(professor).get(f"/records/{offered.number}").content.decode()

    match = Match.objects.get(need=need, candidate_id=offered.pk)
    shown = staff.get(f"/staff/bench/{need.number}").content.decode()
    assert "阀座表面碳化钨涂层" in shown
    assert "大豆" not in shown
    before = len(letters_to(town.editor))
    staff.post(f"/staff/bench/{need.number}", {"do": "accept", "match": match.pk, "revision": match.revision})
    match.refresh_from_db()
    assert match.state == "accepted"
    assert "阀座表面碳化钨涂层" in letters_to(town.editor)[before]
    assert "阀座表面碳化钨涂层" in browser_of(town.editor).get(f"/records/{need.number}").content.decode()
    assert len(letters_to(professor)) >= 1
    work()
    assert len([text for text in letters_to(professor) if "某阀门部件" in text and text == told]) == 1
