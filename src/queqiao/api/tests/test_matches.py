"""Matches over the API: the staff see all and why, an owner what was accepted, a stranger nothing."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from queqiao.accounts.actions.tokens import create_token
from queqiao.accounts.actors import actor_for
from queqiao.accounts.choices import RoleKind, TokenScope
from queqiao.accounts.models import ScopeMembership
from queqiao.accounts.tests.factories import make_organisation, make_user
from queqiao.matching.models import Match
from queqiao.records.choices import Visibility
from queqiao.research.models import Achievement
from queqiao.web.tests.workshop import Town, make_town, published, somebody

pytestmark = pytest.mark.django_db


def asked(person: Any, need: str, status: int = 200, query: str = "") -> Any:
    _made, secret = create_token(
        person=person, name="核对", scopes=[TokenScope.READ_MATCHES], second_factor=True, by=actor_for(person)
    )
    answer = Client(headers={"Authorization": f"Bearer {secret}"}).get(f"/api/v1/matches?need={need}{query}")
    assert answer.status_code == status, answer.content.decode()
    return answer.json()


@pytest.fixture
def towns() -> tuple[Town, Town]:
    """The town of a need, and that of the candidates: another organisation in the same scope."""
    town = make_town()
    lab = make_organisation(name="西部材料研究所", kind="institute")
    ScopeMembership.objects.create(scope=town.scope, organisation=lab, recorded_by="system:test")
    editor = somebody("许青禾", RoleKind.EDITOR, lab)
    return town, Town(town.scope, lab, editor, town.staff, town.node)


def pair(need: Any, candidate: Any, **values: Any) -> Match:
    plain = {"kind": "achievement", "rank": 1, "score": 0.8, "level": 4, "note": "设备匹配"}
    return Match.objects.create(need=need, candidate_id=candidate.pk, **plain | values)


def test_the_staff_see_every_match_and_how_it_was_judged(towns) -> None:
    here, there = towns
    need = published(here)
    first = pair(need, published(there, Achievement, title="甲"), grade=4)
    second = pair(need, published(there, Achievement, title="乙"), rank=2, state="rejected", reason_class="price")
    told = asked(here.staff.person, need.number)["matches"]
    assert [(one["id"], one["candidate"]["title"], one["judgement"]["rank"]) for one in told] == [
        (str(first.pk), "甲", 1), (str(second.pk), "乙", 2),
    ]  # fmt: skip
    assert (told[0]["judgement"]["grade"], told[1]["judgement"]["reason_class"]) == (4, "price")


def test_the_owner_of_a_need_sees_accepted_ones_without_the_weighing(towns) -> None:
    here, there = towns
    need = published(here)
    pair(need, published(there, Achievement, title="甲"))
    pair(need, published(there, Achievement, title="乙"), rank=2, state="accepted")
    told = asked(here.editor.person, need.number)["matches"]
    assert [(one["candidate"]["title"], one["state"], one["judgement"]) for one in told] == [("乙", "accepted", None)]


def test_a_blind_candidate_stays_blind_for_the_owner_of_the_need(towns) -> None:
    here, there = towns
    need = published(here)
    hidden = published(there, Achievement, title="保密的名称", visibility=Visibility.BLIND, blind_title="匿名成果")
    pair(need, hidden, state="accepted")
    candidate = asked(here.editor.person, need.number)["matches"][0]["candidate"]
    assert (candidate["title"], candidate["whole"]) == ("匿名成果", False)
    assert "西部材料研究所" not in candidate["organisation"]


def test_a_stranger_sees_no_match_and_learns_of_no_hidden_need(towns) -> None:
    here, there = towns
    stranger = make_user().person
    need, private = published(here), published(here, visibility=Visibility.INVITED)
    pair(need, published(there, Achievement), state="accepted")
    assert asked(stranger, need.number)["matches"] == []
    assert set(asked(stranger, private.number, 404)) == {"error", "reference"}
    asked(stranger, "XQ-2026-99999", 404)


def test_the_list_comes_in_pages_and_asks_the_same_number_of_times(towns) -> None:
    here, there = towns
    need = published(here)
    counts = []
    for n in (1, 26):
        for rank in range(n):
            pair(need, published(there, Achievement, title=f"成果{n}-{rank}"), rank=n + rank)
        with CaptureQueriesContext(connection) as seen:
            first = asked(here.staff.person, need.number)
        counts.append(len(seen))
    assert (len(first["matches"]), first["more"], counts[0]) == (24, True, counts[1])
    assert len(asked(here.staff.person, need.number, query="&page=2")["matches"]) == 3


def told_to(person: Any, match: Match, status: int = 200, **act: Any) -> Any:
    _made, secret = create_token(
        person=person, name="处理", scopes=[TokenScope.DECIDE_MATCHES], second_factor=True, by=actor_for(person)
    )
    client = Client(headers={"Authorization": f"Bearer {secret}"})
    answer = client.patch(f"/api/v1/matches/{match.pk}", act, content_type="application/json")
    assert answer.status_code == status, answer.content.decode()
    return answer.json()


def test_the_staff_judge_a_match_over_the_api_and_who_saw_an_older_one_changes_nothing(towns) -> None:
    here, there = towns
    need = published(here)
    match = pair(need, published(there, Achievement, title="甲"))
    graded = told_to(here.staff.person, match, verb="grade", grade=3, revision=1)
    assert (graded["judgement"]["grade"], graded["judgement"]["revision"]) == (3, 2)
    late = told_to(here.staff.person, match, 409, verb="reject", reason_class="price", revision=1)
    assert "没有保存" in late["error"]
    accepted = told_to(here.staff.person, match, verb="accept", revision=2)
    assert (accepted["state"], Match.objects.get().state) == ("accepted", "accepted")
    undone = told_to(here.staff.person, match, verb="undo", revision=3)
    assert undone["state"] == "open"
    assert told_to(here.staff.person, match, 400, verb="reject", revision=4)["error"] == "请选择排除的原因。"
    told_to(here.staff.person, match, 422, verb="grade", grade=9, revision=4)
    told_to(here.staff.person, match, 422, verb="burn", revision=4)


def test_an_owner_may_look_and_not_judge_and_a_stranger_learns_nothing(towns) -> None:
    here, there = towns
    match = pair(published(here), published(there, Achievement, title="甲"), state="accepted")
    told_to(here.editor.person, match, 403, verb="reject", reason_class="price", revision=1)
    told_to(make_user().person, match, 404, verb="accept", revision=1)
    assert Match.objects.get().state == "accepted"
