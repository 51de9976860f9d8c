"""Visits are counted once for each browser, record and day; the hall shows what many look at and what ends soon."""

import datetime
import logging
import sqlite3

import pytest
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from queqiao.accounts.actors import STRANGER
from queqiao.hall.actions import count_view
from queqiao.hall.models import ViewCount
from queqiao.hall.queries import ending_soon, popular
from queqiao.needs.models import Need
from queqiao.records.choices import Visibility
from queqiao.research.models import Achievement
from queqiao.web.tests.workshop import Town, draft, make_town, published


@pytest.fixture
def town(db) -> Town:
    return make_town()


def counted(record) -> int:
    return sum(ViewCount.objects.filter(record_id=record.pk).values_list("count", flat=True))


def test_a_visitor_counts_once_a_day_for_each_record_and_another_browser_again(town: Town):
    one, other = published(town), published(town)
    visitor = Client()
    for record in (one, other, one):
        visitor.get(f"/records/{record.number}")
    Client().get(f"/records/{one.number}")
    assert (counted(one), counted(other)) == (2, 1)


def test_the_owner_the_staff_robots_of_the_browser_and_questions_for_headers_do_not_count(town: Town):
    need = published(town)
    address = f"/records/{need.number}"
    town.editor.get(address)
    town.staff.get(address)
    Client().head(address)
    Client().get(address, headers={"Sec-Purpose": "prefetch;prerender"})
    Client().get(f"{address}/cover.png")
    town.editor.get(f"/records/{draft(town).number}")
    assert ViewCount.objects.count() == 0


def test_what_a_browser_says_it_has_seen_is_not_believed_when_it_was_made_up(town: Town):
    need, visitor = published(town), Client()
    visitor.cookies["seen"] = '["2026-11-26","00000000"]'
    assert visitor.get(f"/records/{need.number}").status_code == 200
    assert counted(need) == 1
    assert str(need.pk) not in visitor.cookies["seen"].value


def test_popular_goes_by_the_visits_of_the_last_days_and_through_the_list_rule(town: Town):
    today = timezone.localdate()
    often, seldom, hidden, stale = (
        published(town, Achievement, title=title, visibility=visibility)
        for title, visibility in (
            ("常看", "public"),
            ("少看", "public"),
            ("会员", Visibility.MEMBERS),
            ("旧", "public"),
        )
    )
    for record, visits, ago in ((often, 3, 29), (seldom, 1, 0), (hidden, 9, 0), (stale, 9, 30)):
        for _n in range(visits):
            count_view(record, today - datetime.timedelta(days=ago))
    assert [row.title for row in popular(STRANGER, Achievement, 5)] == ["常看", "少看"]
    assert [row.title for row in popular(town.editor.actor, Achievement, 2)] == ["会员", "常看"]


def test_what_ends_soon_is_shown_nearest_first_and_a_blind_record_keeps_the_day_that_is_not_in_its_form(town: Town):
    today = timezone.localdate()
    day = datetime.timedelta(days=1)
    published(town, title="三天后截止", deadline=today + 3 * day)
    published(town, title="明天到期", valid_until=today + day, deadline=today + 9 * day)
    published(town, title="很久以后", deadline=today + 31 * day)
    blind = {"visibility": Visibility.BLIND, "blind_title": "某难题"}
    published(town, title="匿名", valid_until=today + 2 * day, **blind)
    published(town, title="匿名有期", deadline=today + 5 * day, **blind)
    found = [((when - today).days, row.title) for when, row in ending_soon(STRANGER, Need, 9)]
    assert found == [(1, "明天到期"), (3, "三天后截止"), (5, "匿名有期")]
    assert [(when - today).days for when, _row in ending_soon(town.editor.actor, Need, 9)] == [1, 2, 3, 5]


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif("connection.vendor != 'sqlite'", reason="only there one writer keeps out all others")
def test_a_busy_database_costs_a_count_and_not_the_page(caplog, tmp_path):
    need = published(make_town())
    other = sqlite3.connect(connection.settings_dict["NAME"], uri=True)
    try:
        other.execute("BEGIN IMMEDIATE")
        with caplog.at_level(logging.WARNING, "queqiao.hall"):
            begun = timezone.now()
            answer = Client().get(f"/records/{need.number}")
            took = timezone.now() - begun
    finally:
        other.rollback()
        other.close()
    assert (answer.status_code, counted(need)) == (200, 0)
    assert "a visit was not counted" in caplog.text
    assert took < datetime.timedelta(seconds=3)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout")
        assert cursor.fetchone()[0] > 1_000  # others wait as long as before
