"""What the workbench reads: the queue in its order, the candidates of a need, two beside each other."""

import datetime
import uuid
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from queqiao.accounts.actors import STRANGER, actor_for, system
from queqiao.accounts.choices import RoleKind
from queqiao.accounts.tests.factories import give, make_organisation, make_person, make_scope
from queqiao.matching.actions.deciding import accept_match, assign_broker, grade_match, reject_match
from queqiao.matching.actions.rounds import close_round
from queqiao.matching.models import Match, Round
from queqiao.matching.tests.desk import Desk
from queqiao.matching.tests.workshop import publish
from queqiao.matching.workbench import (
    Counts,
    bench,
    brokers_for,
    compare,
    counts_of,
    places_in_queue,
    queue,
    standing,
)
from queqiao.needs.models import Need
from queqiao.records.actions import advance
from queqiao.records.choices import Verb, Visibility
from queqiao.research.models import Achievement, Expert

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk() -> Desk:
    return Desk()


def titles(actor: Any, **where: Any) -> list[str]:
    return [need.title for need in queue(actor, **where)]


def waiting(desk: Desk, title: str, *levels: int, days: int = 0, **values: Any) -> Need:
    """Publish a need whose round began some days ago, with candidates of these levels."""
    need: Need = publish(Need, desk.enterprise, title=title, problem=title, **values)
    Round.objects.create(need=need, recorded_at=timezone.now() - datetime.timedelta(days=days))
    for rank, level in enumerate(levels, 1):
        Match.objects.create(
            need=need, kind="achievement", candidate_id=desk.offered[rank].pk, level=level, rank=rank, score=level / 10
        )
    return need


def test_the_most_urgent_needs_come_first(desk: Desk) -> None:
    Round.objects.all().delete()
    today = timezone.localdate()
    waiting(desk, "还没有候选")
    waiting(desk, "候选最好", 4, 2)
    waiting(desk, "候选较好，来得晚", 3, days=1)
    waiting(desk, "候选较好，等得久", 3, days=9)
    waiting(desk, "还早", 2, deadline=today + datetime.timedelta(days=200))
    waiting(desk, "下周到期", 1, deadline=today + datetime.timedelta(days=7))
    waiting(desk, "明天到期", deadline=today + datetime.timedelta(days=1))
    assert titles(desk.staff) == [
        "明天到期", "下周到期", "候选最好", "候选较好，等得久", "候选较好，来得晚", "还早", "还没有候选",
    ]  # fmt: skip


def test_the_queue_holds_published_needs_with_an_open_round_of_the_own_scopes(desk: Desk) -> None:
    assert set(titles(desk.staff)) == {need.title for need in desk.needs}
    close_round(desk.needs[0], note="没有", seen_revision=1, by=desk.staff)
    advance(desk.needs[1], Verb.WITHDRAW, by=desk.staff, reason="已经停产")
    publish(Need, make_organisation(), title="别处的", problem="别处的")
    Round.objects.create(need=Need.objects.get(title="别处的"))
    assert titles(desk.staff) == [desk.needs[2].title]
    assert titles(desk.staff, scope=desk.scope.pk) == [desk.needs[2].title]
    assert titles(desk.staff, scope=make_scope().pk) == []
    assert set(titles(system("test"))) == {desk.needs[2].title, "别处的"}
    elsewhere = make_person()
    give(elsewhere, RoleKind.STAFF, make_scope().operator)
    for actor in (STRANGER, actor_for(desk.owner), actor_for(desk.broker), actor_for(elsewhere)):
        assert titles(actor) == []


def test_a_broker_has_the_needs_of_his_matches_and_counts_only_these(desk: Desk) -> None:
    assign_broker(desk.best(), desk.broker, seen_revision=1, by=desk.staff)
    broker = actor_for(desk.broker)
    assert titles(broker) == [desk.need.title]
    assert counts_of([desk.need], broker)[desk.need.pk].open == 1
    assert counts_of([desk.need], desk.staff)[desk.need.pk].open == Match.objects.filter(need=desk.need).count() > 1


def test_the_counts_say_what_was_decided_and_how_good_the_best_open_one_is(desk: Desk) -> None:
    need = waiting(desk, "多种候选", 4, 3, 2, 1)
    empty = waiting(desk, "空的")
    first, second = Match.objects.filter(need=need).order_by("rank")[:2]
    accept_match(first, seen_revision=1, by=desk.staff)
    reject_match(second, reason_class="ip", seen_revision=1, by=desk.staff)
    grade_match(Match.objects.filter(need=need).order_by("rank")[2], 2, seen_revision=1, by=desk.staff)
    assert counts_of([need, empty], desk.staff) == {
        need.pk: Counts(open=1, graded=1, accepted=1, rejected=1, best=2),
        empty.pk: Counts(),
    }


def test_every_need_knows_its_neighbours_and_its_place(desk: Desk) -> None:
    numbers = list(queue(desk.staff).values_list("number", flat=True))
    needs = [Need.objects.get(number=number) for number in numbers]
    assert [places_in_queue(queue(desk.staff), need) for need in needs] == [
        (None, numbers[1], 1, 3),
        (numbers[0], numbers[2], 2, 3),
        (numbers[1], None, 3, 3),
    ]
    close_round(needs[1], note="没有", seen_revision=1, by=desk.staff)
    assert places_in_queue(queue(desk.staff), needs[1]) == (None, numbers[0], 0, 2)


def test_the_bench_shows_each_kind_in_its_order_with_who_judged(desk: Desk) -> None:
    expert = publish(Expert, desk.university, title="林清源", record="压铸铝合金气孔控制")
    Match.objects.create(need=desk.need, kind="expert", candidate_id=expert.pk, level=3, rank=1, score=0.9)
    grade_match(desk.best(), 4, seen_revision=1, by=desk.staff)
    shown = bench(desk.staff, desk.need)
    count = Match.objects.filter(need=desk.need, kind="achievement").count()
    assert shown.counts == {"achievement": count, "expert": 1, "lab": 0}
    assert [match.kind for match in shown.matches] == ["achievement"] * count + ["expert"]
    places = [standing(match) for match in shown.matches[:count]]
    assert places == sorted(places, reverse=True)
    assert shown.matches[0].graded_by == desk.first
    assert shown.round == desk.round()


def test_candidates_that_the_reader_may_not_see_are_absent(desk: Desk) -> None:
    elsewhere = make_organisation(kind="university")
    hidden = publish(Achievement, elsewhere, title="只给受邀者", visibility=Visibility.INVITED)
    Match.objects.create(need=desk.need, kind="achievement", candidate_id=hidden.pk, level=4, rank=1, score=0.9)
    gone = Match.objects.create(need=desk.need, kind="lab", candidate_id=uuid.uuid4(), level=4, rank=1, score=0.9)
    shown = {match.candidate_id for match in bench(desk.staff, desk.need).matches}
    assert shown
    assert not shown & {hidden.pk, gone.candidate_id}
    assert bench(STRANGER, desk.need).matches == bench(actor_for(desk.owner), desk.need).matches == ()
    assert counts_of([desk.need], desk.staff)[desk.need.pk].open == len(shown)


def test_two_candidates_of_one_need_are_compared_in_the_order_asked_for(desk: Desk) -> None:
    one, two = desk.best(0), desk.best(1)
    assert compare(desk.staff, two.pk, one.pk) == (two, one)
    assert compare(desk.staff, one.pk, one.pk) is None
    assert compare(desk.staff, one.pk, uuid.uuid4()) is None
    other = Match.objects.exclude(need=desk.need).filter(kind="achievement")[0]
    assert compare(desk.staff, one.pk, other.pk) is None
    assert compare(actor_for(desk.owner), one.pk, two.pk) is None


def test_only_the_staff_of_the_need_choose_a_broker(desk: Desk) -> None:
    assert list(brokers_for(desk.staff, desk.need)) == sorted(
        (desk.first, desk.second, desk.broker), key=lambda person: (person.name, person.pk)
    )
    assert list(brokers_for(actor_for(desk.broker), desk.need)) == []


def test_the_bench_asks_the_same_number_of_queries_for_1_3_and_20_candidates(desk: Desk) -> None:
    need = waiting(desk, "很多候选")
    actor, counts, there = desk.staff, [], 0
    for many in (1, 3, 20):
        candidates(desk, need, range(there, many))
        there = many
        with CaptureQueriesContext(connection) as captured:
            shown = bench(actor, need)
            assert {match.decided_by.name for match in shown.matches if match.decided_by} == {"周敏"}
        assert len(shown.matches) == many
        counts.append(len(captured))
    assert len(set(counts)) == 1, counts
    assert counts[0] <= 3


def test_the_queue_asks_the_same_number_of_queries_for_1_3_and_50_needs(desk: Desk) -> None:
    Round.objects.all().delete()
    actor, counts, there = desk.staff, [], 0
    for many in (1, 3, 50):
        last = [waiting(desk, f"需求{n}", 3, 2) for n in range(there, many)][-1]
        there = many
        with CaptureQueriesContext(connection) as captured:
            counted = counts_of(list(queue(actor)), actor)
            place = places_in_queue(queue(actor), last)
        assert len(counted) == place[3] == many
        counts.append(len(captured))
    assert len(set(counts)) == 1, counts


ACTS = {
    "grade": lambda match, by: grade_match(match, 4, seen_revision=1, by=by),
    "accept": lambda match, by: accept_match(match, seen_revision=1, by=by),
    "reject": lambda match, by: reject_match(match, reason_class="out_of_field", seen_revision=1, by=by),
}


@pytest.mark.parametrize("act", list(ACTS))
def test_a_judgement_asks_the_same_number_of_queries_for_3_and_20_candidates(desk: Desk, act: str) -> None:
    actor, counts = desk.staff, []
    for many in (3, 20):
        need = waiting(desk, f"很多候选{many}")
        Round.objects.filter(need=need).update(snapshot=desk.round().snapshot)
        candidates(desk, need, range(many))
        Match.objects.filter(need=need).update(decided_by=None)
        match = Match.objects.filter(need=need).order_by("rank")[0]
        with CaptureQueriesContext(connection) as captured:
            ACTS[act](match, actor)
        assert sum("feedback" in one.parts for one in Match.objects.filter(need=need)) == many - 1
        counts.append(len(captured))
    assert len(set(counts)) == 1, counts


def candidates(desk: Desk, need: Need, places: range) -> None:
    """Put achievements of one subject into a need's list, as if one member of the staff had judged them."""
    for rank in places:
        offered = publish(Achievement, desk.university, title=f"成果{rank}", description="压铸铝合金")
        Match.objects.create(
            need=need,
            kind="achievement",
            candidate_id=offered.pk,
            level=2,
            rank=rank,
            score=0.2,
            parts={"characters": 0.2},
            decided_by=desk.first,
            broker=desk.broker,
        )
