"""The activity log: added to, never changed, and found out where somebody changes it all the same."""

import datetime
import subprocess
import sys
import uuid
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.db.transaction import TransactionManagementError

from queqiao.core.actions import Change, next_number, record_activity
from queqiao.core.models import Activity, AppendOnlyError
from queqiao.core.queries import first_broken_link, history, state_after, state_as_of

PUMP, OTHER = uuid.UUID(int=1), uuid.UUID(int=2)


def day(number: int) -> datetime.datetime:
    return datetime.datetime(2026, 11, number, 9, 30, tzinfo=datetime.UTC)


def change(before: dict[str, object], after: dict[str, object], target: uuid.UUID = PUMP) -> Change:
    return Change("need", target, "edit", before, after)


@pytest.fixture
def story() -> None:
    record_activity(change({}, {"title": "水泵", "budget": 30}), by="person:a", now=day(1))
    record_activity(change({"title": "水泵", "budget": 30}, {"title": "水泵", "budget": 50}), by="person:b", now=day(5))
    record_activity(change({}, {"title": "阀门"}, OTHER), by="person:a", now=day(6))


@pytest.mark.django_db
@pytest.mark.usefixtures("story")
def test_only_what_differs_is_kept_with_who_and_when():
    last = history("need", PUMP).last()
    assert last is not None
    assert (last.actor, last.recorded_at, last.changes) == ("person:b", day(5), {"budget": [30, 50]})


@pytest.mark.django_db
@pytest.mark.usefixtures("story")
def test_a_record_is_rebuilt_as_it_was_known():
    assert state_as_of("need", PUMP, day(1) - datetime.timedelta(seconds=1)) is None
    assert state_as_of("need", PUMP, day(4)) == {"title": "水泵", "budget": 30}
    assert state_as_of("need", PUMP, day(5)) == {"title": "水泵", "budget": 50}


@pytest.mark.django_db
@pytest.mark.usefixtures("story")
def test_an_activity_is_never_changed_or_deleted():
    activity = Activity.objects.all()[0]
    for forbidden in (
        activity.save,
        activity.delete,
        Activity.objects.all().delete,
        lambda: Activity.objects.update(actor="person:x"),
    ):
        with pytest.raises(AppendOnlyError):
            forbidden()
    assert first_broken_link() is None


@pytest.mark.django_db
@pytest.mark.usefixtures("story")
@pytest.mark.parametrize(
    ("statement", "broken"),
    [
        ("UPDATE core_activity SET actor = 'person:x' WHERE id = {second}", "second"),
        ("DELETE FROM core_activity WHERE id = {first}", "second"),
        ("DELETE FROM core_activity WHERE id = {second}", "third"),
        ("DELETE FROM core_activity WHERE id = {third}", "end"),
    ],
)
def test_tampering_behind_our_back_is_found(statement: str, broken: str):
    ids = dict(zip(("first", "second", "third"), Activity.objects.values_list("pk", flat=True), strict=True))
    with connection.cursor() as cursor:
        cursor.execute(statement.format(**ids))
    assert first_broken_link() == {**ids, "end": 0}[broken]


@pytest.mark.django_db(transaction=True)
def test_outside_a_transaction_nothing_is_written():
    with pytest.raises(TransactionManagementError):
        record_activity(change({}, {"title": "水泵"}), by="person:a")
    assert Activity.objects.count() == 0


@pytest.mark.django_db
def test_numbers_count_up_by_prefix_and_year():
    assert [next_number("XQ", 2026), next_number("XQ", 2026), next_number("CG", 2026), next_number("XQ", 2027)] == [
        "XQ-2026-00001", "XQ-2026-00002", "CG-2026-00001", "XQ-2027-00001",
    ]  # fmt: skip


def write(monkeypatch: pytest.MonkeyPatch, clock: datetime.datetime, *states: dict[str, object]) -> None:
    """Let the clock show a time and record a change between two states of the pump."""
    monkeypatch.setattr("django.utils.timezone.now", lambda: clock)
    record_activity(change(*states), by="person:a")


HOUR = datetime.timedelta(hours=1)


@pytest.mark.django_db
def test_one_clock_far_ahead_does_not_hold_up_what_is_written_afterwards(monkeypatch: pytest.MonkeyPatch):
    write(monkeypatch, day(1), {}, {"title": "水泵"})
    write(monkeypatch, day(2).replace(year=2036), {"title": "水泵"}, {"title": "泵"})
    write(monkeypatch, day(2).replace(year=2036) + HOUR, {"title": "泵"}, {"title": "离心泵"})
    write(monkeypatch, day(3), {"title": "离心泵"}, {"title": "离心泵", "budget": 30})
    write(monkeypatch, day(3) + HOUR, {"budget": 30}, {"budget": 50})
    assert [one.recorded_at for one in history("need", PUMP)][3:] == [day(3), day(3) + HOUR]
    assert state_as_of("need", PUMP, day(2)) == {"title": "水泵"}
    assert state_as_of("need", PUMP, day(3)) == {"title": "离心泵", "budget": 30}
    assert state_as_of("need", PUMP, day(4)) == {"title": "离心泵", "budget": 50}
    assert state_as_of("need", PUMP, day(4).replace(year=2040)) == {"title": "离心泵", "budget": 50}
    assert first_broken_link() is None


@pytest.mark.django_db
def test_what_was_entered_while_the_clock_was_ahead_is_known_as_soon_as_it_is_right_again(
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr("django.utils.timezone.now", lambda: day(1))
    record_activity(change({}, {"title": "阀门"}, OTHER), by="person:a")
    write(monkeypatch, day(2).replace(year=2036), {}, {"title": "水泵"})
    assert state_as_of("need", PUMP, day(3)) is None
    monkeypatch.setattr("django.utils.timezone.now", lambda: day(3))
    record_activity(change({"title": "阀门"}, {"title": "球阀"}, OTHER), by="person:a")
    assert state_as_of("need", PUMP, day(3)) == {"title": "水泵"}


@pytest.mark.django_db
@pytest.mark.parametrize("back", [day(3) + HOUR, day(1).replace(year=1970)], ids=["some days", "to its beginning"])
def test_a_clock_that_falls_back_does_not_put_anything_into_the_past(
    monkeypatch: pytest.MonkeyPatch, back: datetime.datetime
):
    for number in range(1, 25):
        write(monkeypatch, day(1) + number * 6 * HOUR, {"budget": number - 1}, {"budget": number})
    write(monkeypatch, back, {"budget": 24}, {"budget": 99})
    assert history("need", PUMP).reverse()[0].recorded_at == day(7)
    assert state_as_of("need", PUMP, day(4)) == {"budget": 12}


@pytest.mark.django_db
def test_states_written_at_one_time_are_told_apart_by_their_activities():
    for budget in (30, 50):
        record_activity(change({"budget": budget - 1}, {"budget": budget}), by="person:a", now=day(1))
    assert [state_after("need", PUMP, one) for one in history("need", PUMP)] == [{"budget": 30}, {"budget": 50}]


WRITER = """
import django, uuid
django.setup()
from django.db import transaction
from queqiao.core.actions import Change, next_number, record_activity
for _ in range(40):
    with transaction.atomic():
        after = {"number": next_number("XQ", 2026)}
        record_activity(Change("need", uuid.uuid4(), "create", {}, after), by="system:test")
"""
READER = """
import django
django.setup()
from queqiao.core.models import Activity
from queqiao.core.queries import first_broken_link
numbers = [activity.changes["number"][1] for activity in Activity.objects.all()]
print(len(numbers), len(set(numbers)), first_broken_link())
"""


def test_two_processes_write_one_unbroken_chain(migrated_site: Mapping[str, str]):
    def finish(script: str) -> str:
        call = [sys.executable, "-c", script]
        return subprocess.run(call, env=migrated_site, stdout=subprocess.PIPE, text=True, timeout=60, check=True).stdout

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda _: finish(WRITER), range(2)))
    assert finish(READER).split() == ["80", "80", "None"]
