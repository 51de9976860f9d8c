"""Periodic work: when it is due, once, and by one process at a time."""

import datetime
from collections.abc import Iterator

import pytest
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from queqiao.core import runs, ticks
from queqiao.core.leases import hold, release
from queqiao.core.models import Run

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def only_ours() -> Iterator[None]:
    """Let a test register work of its own, and nothing else is due."""
    ticks.load_rooms()
    kept = dict(ticks._entries)
    ticks._entries.clear()
    yield
    ticks._entries.clear()
    ticks._entries.update(kept)


def at(second: int) -> datetime.datetime:
    return datetime.datetime(2026, 11, 25, 9, 0, tzinfo=datetime.UTC) + datetime.timedelta(seconds=second)


def test_work_is_done_when_it_is_due_and_not_before():
    times: list[datetime.datetime] = []
    ticks.every(60, "remind")(times.append)
    assert [ticks.run_due(at(second)) for second in (0, 5, 59, 60, 61, 300)] == [
        ["remind"], [], [], ["remind"], [], ["remind"],
    ]  # fmt: skip
    assert times == [at(0), at(60), at(300)]


def test_a_clock_put_back_does_not_keep_work_waiting():
    ticks.every(60, "remind")(lambda _now: None)
    assert [ticks.run_due(at(86_400)), ticks.run_due(at(0)), ticks.run_due(at(5))] == [["remind"], ["remind"], []]


def test_one_that_fails_does_not_keep_the_others_from_their_work(caplog: pytest.LogCaptureFixture):
    done: list[str] = []
    ticks.every(60, "broken")(lambda _now: 1 / 0)
    ticks.every(60, "sound")(lambda _now: done.append("sound"))
    assert ticks.run_due(at(0)) == ["broken", "sound"]
    assert done == ["sound"]
    assert "periodic work broken failed" in caplog.text


def test_two_pieces_of_work_never_share_a_name():
    ticks.every(60, "remind")(lambda _now: None)
    with pytest.raises(ValueError, match="remind"):
        ticks.every(60, "remind")(lambda _now: None)


def test_a_lease_has_one_holder_until_that_is_silent_for_half_a_minute():
    steps = [("a", 0), ("b", 0), ("a", 20), ("b", 49), ("b", 51), ("a", 52)]
    assert [hold("tick", holder, at(second)) for holder, second in steps] == [True, False, True, False, True, False]


def test_a_lease_given_back_is_free_at_once():
    hold("tick", "a", at(0))
    release("tick", "b")
    assert not hold("tick", "b", at(1))
    release("tick", "a")
    assert hold("tick", "b", at(1))


def test_a_lease_from_the_future_holds_nobody_up():
    hold("tick", "a", at(86_400))
    assert hold("tick", "b", at(0))


def test_what_left_the_queue_a_day_ago_is_forgotten_there_and_its_run_stays():
    runs.job("test.clear")(lambda _context: None)
    try:
        run = runs.enqueue("test.clear", {}, by="system:test")
    finally:
        del runs._jobs["test.clear"]
    DBTaskResult.objects.get(id=run.task_id).claim("test")
    ticks.clear_queue(timezone.now())
    assert DBTaskResult.objects.count() == 1
    ticks.clear_queue(timezone.now() + datetime.timedelta(days=1, minutes=1))
    assert (DBTaskResult.objects.count(), Run.objects.count()) == (0, 1)
