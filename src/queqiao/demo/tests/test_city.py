"""The demo city holds what it promises, and nothing in it is a pattern filled in."""

import datetime
import re
from collections import Counter

import pytest
from django.utils import timezone

from queqiao.accounts.models import Organisation, Scope, ScopeMembership
from queqiao.core.queries import first_broken_link
from queqiao.demo.content import deadline, money, table
from queqiao.demo.seed import PEOPLE, is_empty, keep_logins, seed
from queqiao.hall.models import ViewCount
from queqiao.needs.models import Need
from queqiao.records.choices import State, Visibility
from queqiao.research.models import Achievement, Expert, Lab

NOW = datetime.datetime(2026, 11, 25, 9, 30, tzinfo=datetime.UTC)
MONTH = datetime.timedelta(days=30)


@pytest.mark.django_db
def test_the_city_is_entered_whole_through_the_actions(tmp_path) -> None:
    assert is_empty()
    city = seed(now=NOW)
    assert not is_empty()
    assert Scope.objects.count() == 3
    assert Organisation.objects.count() >= 24
    assert set(ScopeMembership.objects.values_list("scope__code", flat=True)) == {"city", "zone", "alliance"}
    assert (Achievement.objects.count(), Need.objects.count(), Expert.objects.count()) == (300, 80, 60)
    assert Lab.objects.count() == 12
    assert Need.objects.values("fields__parent").distinct().count() == 10
    assert Organisation.objects.filter(state="merged").count() == 1
    assert Need.objects.filter(visibility=Visibility.BLIND, state=State.PUBLISHED).count() >= 5
    assert {State.DRAFT, State.SUBMITTED, State.RETURNED, State.PUBLISHED, State.EXPIRED} <= set(
        Need.objects.values_list("state", flat=True)
    )
    first = Need.objects.get(title=table("needs_")[0]["title"])
    assert first.recorded_at < NOW - datetime.timedelta(days=7)
    today = timezone.localdate(NOW)
    soon = Need.objects.filter(state=State.PUBLISHED, visibility=Visibility.PUBLIC, deadline__lte=today + MONTH)
    assert {(need.deadline - today).days for need in soon if need.deadline} >= {12, 19, 26}
    looked_at = ViewCount.objects.filter(kind=Achievement.KIND, day__gt=today - MONTH, day__lte=today)
    assert looked_at.values("record_id").distinct().count() >= 3
    assert first_broken_link() is None
    logins = keep_logins(city, tmp_path)
    assert len(logins.read_text(encoding="utf-8").splitlines()) == len(PEOPLE)
    assert logins.stat().st_mode & 0o777 == 0o600


def test_some_needs_are_met_by_nothing_and_others_name_what_fits() -> None:
    fits = Counter(bool(row["fits"]) for row in table("needs_"))
    assert fits[False] >= 10
    known = {row["key"] for row in table("achievements_")}
    assert {key for row in table("needs_") for key in re.split("[；;]", row["fits"]) if key} - known == set()


def test_no_sentence_frame_is_used_more_than_five_times() -> None:
    columns = {
        "achievements_": ("title", "result", "description", "advantages"),
        "needs_": ("title", "problem", "background"),
    }
    frames: Counter[str] = Counter()
    for name, fields in columns.items():
        for row in table(name):
            text = re.sub(r"\d+(?:\.\d+)?", "0", "。".join(row[field] for field in fields))
            sentences = [part.strip() for part in re.split(r"[。；！？\n]", text)]
            frames.update({f"{one[:4]}…{one[-4:]}" for one in sentences if len(one) >= 12})
    assert [frame for frame, times in frames.items() if times > 5] == []


def test_amounts_and_months_of_the_tables_are_read() -> None:
    assert money("100万~200万元") == (1_000_000, 2_000_000, "exact")
    assert money("面议") == (None, None, "exact")
    today = timezone.localdate(NOW)
    assert deadline("+12", today=today) == datetime.date(2026, 12, 7)
    assert deadline("2027-02", today=today) == datetime.date(2027, 2, 28)
    assert deadline("2026-12", today=today) == datetime.date(2026, 12, 31)
    assert deadline("2027-02", today=datetime.date(2027, 3, 1)) == datetime.date(2028, 2, 29)
