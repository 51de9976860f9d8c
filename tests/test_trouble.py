"""Trouble, caused for real: what a person then reads, what was kept, and that nothing was half-written."""

import re

import pytest
from django.db import connection
from django.db.utils import OperationalError

from queqiao.core.models import Activity
from queqiao.core.queries import first_broken_link
from queqiao.needs.models import Need
from queqiao.web.middleware import is_full
from queqiao.web.tests.workshop import as_sent, draft, make_town

TEXT = "叶轮进口边三个月汽蚀穿孔，更换一次停产两天。"


@pytest.fixture
def full_disk():
    """Leave the database no room to grow: a page limit on SQLite, a refusing trigger on PostgreSQL."""
    if connection.vendor == "sqlite":
        fill = "PRAGMA max_page_count = 1"  # SQLite makes it the present number of pages
        empty = "PRAGMA max_page_count = 1073741823"
    else:
        fill = (
            "CREATE FUNCTION no_room() RETURNS trigger AS $$ BEGIN RAISE EXCEPTION USING ERRCODE = '53100', "
            "MESSAGE = 'could not extend file: No space left on device'; END $$ LANGUAGE plpgsql;"
            "CREATE TRIGGER no_room BEFORE UPDATE ON needs_need FOR EACH ROW EXECUTE FUNCTION no_room()"
        )
        empty = "DROP TRIGGER IF EXISTS no_room ON needs_need; DROP FUNCTION IF EXISTS no_room()"

    def switch(on: bool) -> None:
        with connection.cursor() as cursor:
            cursor.execute(fill if on else empty)

    yield switch
    switch(False)


@pytest.mark.django_db(transaction=True)
def test_a_disk_that_is_full_during_a_save_loses_no_text_and_writes_no_half(full_disk) -> None:
    town = make_town()
    need = draft(town, problem="旧的说明" * 20)
    address = f"/records/{need.number}/edit"
    sent = as_sent(town.editor.get(address).content.decode()) | {"problem": TEXT * 800}
    before = Activity.objects.count()
    full_disk(True)
    answer = town.editor.post(address, **sent)
    full_disk(False)
    assert answer.status_code == 507
    page = answer.content.decode()
    assert "服务器的存储空间已满，刚才的内容没有保存；请先把填写的文字另存一份，并告知管理员。" in page
    assert TEXT * 800 in page
    need.refresh_from_db()
    assert (need.problem, need.revision, Activity.objects.count()) == ("旧的说明" * 20, 1, before)
    assert town.editor.post(address, **sent).status_code == 302
    assert Need.objects.get().problem == TEXT * 800
    assert first_broken_link() is None


def test_what_a_full_disk_says_is_understood_and_other_trouble_is_not_taken_for_it() -> None:
    assert is_full(OperationalError("database or disk is full"))
    assert is_full(OSError(28, "No space left on device"))
    assert not is_full(OperationalError("database is locked"))
    assert not is_full(ValueError("disk is full"))


@pytest.mark.django_db
def test_script_in_any_field_is_shown_as_text() -> None:
    town = make_town()
    evil = "<script>alert(1)</script><img src=x onerror=alert(2)>"
    need = draft(town, title=evil[:100], problem=evil, background=evil, indicators=evil, tried=evil)
    town.enterprise.name = evil
    town.enterprise.save()
    for address in (f"/records/{need.number}", f"/records/{need.number}/edit", f"/records/{need.number}/history"):
        for lead in ("", "/en", "/zh-hant"):
            page = town.editor.get(lead + address).content.decode()
            assert re.findall(r"<script>|<img src=x", page) == []


@pytest.mark.django_db
def test_an_error_of_our_own_shows_a_reference_and_no_trace(client, settings, caplog) -> None:
    settings.ROOT_URLCONF = "unruled"
    client.raise_request_exception = False
    answer = client.get("/broken")
    assert answer.status_code == 500
    page = answer.content.decode()
    reference = re.search(r"\b[0-9a-f]{8}\b", page)[0]
    assert reference in caplog.text
    assert "Traceback" not in page
    assert "secret of the trace" not in page
