"""Saved searches: kept once, told of what is new once, by the person's channel, as he may see it."""

import datetime
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from queqiao.accounts.actions.people import erase_person
from queqiao.accounts.actors import STRANGER, Actor, actor_for
from queqiao.accounts.models import Message, Person
from queqiao.accounts.tests.factories import make_person, make_user
from queqiao.core.errors import ForbiddenError, QueqiaoError
from queqiao.core.models import Outbox
from queqiao.needs.models import Need
from queqiao.records.choices import Visibility
from queqiao.records.models import CatalogueRecord
from queqiao.research.models import Achievement
from queqiao.search.actions.saving import LONGEST_TEXT, MOST, remove_search, save_search, set_telling, tell_new
from queqiao.search.asking import Question
from queqiao.search.models import SavedSearch
from queqiao.search.tests.test_entries import published
from queqiao.search.tests.test_finding import settle

pytestmark = pytest.mark.django_db
HOUR = datetime.timedelta(hours=1)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, settings: Any) -> None:
    settings.DATA_DIR = str(tmp_path)


@pytest.fixture
def reader() -> Actor:
    person = make_person(name="陈工", mobile="+8613900000001")
    make_user(person)
    return actor_for(person)


def come(model: type[CatalogueRecord], **values: Any) -> None:
    published(model, **values)
    settle()
    Outbox.objects.all().delete()


def tell(after: datetime.timedelta = HOUR) -> list[str]:
    before = set(Message.objects.values_list("pk", flat=True))
    tell_new(now=timezone.now() + after)
    return list(Message.objects.exclude(pk__in=before).values_list("text", flat=True))


def test_the_same_question_is_kept_once_and_nothing_is_no_question(reader: Actor):
    first = save_search(Question("固态电池", {"kind": ("achievement",)}), by=reader)
    again = save_search(Question(" 固态电池 ", {"kind": ("achievement",)}), by=reader)
    assert first == again
    for nothing in (Question(), Question("，。"), Question("-电池"), Question("", {"nonsense": ("x",)})):
        with pytest.raises(QueqiaoError, match="请先输入搜索词或选择条件"):
            save_search(nothing, by=reader)
    with pytest.raises(QueqiaoError, match="不超过"):
        save_search(Question("锂" * (LONGEST_TEXT + 1)), by=reader)
    with pytest.raises(ForbiddenError):
        save_search(Question("固态电池"), by=STRANGER)


def test_one_too_many_is_refused(reader: Actor):
    for i in range(MOST):
        save_search(Question(f"电池 {i}"), by=reader)
    with pytest.raises(QueqiaoError, match="最多保存"):
        save_search(Question("再来一条"), by=reader)


def test_what_is_new_is_told_once(reader: Actor):
    come(Achievement, title="固态电池隔膜")
    save_search(Question("固态電池"), by=reader)
    assert tell() == []  # what was there before is no news
    SavedSearch.objects.update(told_until=timezone.now())
    come(Achievement, title="固态电池电解质")
    come(Achievement, title="离心泵")
    assert tell() == ["您保存的搜索“固态電池”有 1 条新结果：\n固态电池电解质"]
    assert tell() == tell(2 * HOUR) == []
    letter = Message.objects.get()
    assert (letter.address, letter.subject) == ("+8613900000001", "“固态電池”有新结果")
    assert letter.link == f"/my/searches/{SavedSearch.objects.get().pk}"


def test_of_a_blind_need_he_is_told_the_title_that_he_may_see(reader: Actor):
    save_search(Question("缺陷"), by=reader)
    come(Need, title="变速箱壳体缺陷", blind_title="零部件内部缺陷", visibility=Visibility.BLIND)
    assert tell() == ["您保存的搜索“缺陷”有 1 条新结果：\n零部件内部缺陷"]


def test_near_misses_are_no_news_and_many_are_counted(reader: Actor):
    save_search(Question("固态电池 钠离子"), by=reader)
    save_search(Question("轴承"), by=reader)
    for i in range(7):
        published(Achievement, title=f"轴承 {i}")
    come(Achievement, title="固态电池")
    (text,) = tell()
    assert text.startswith("您保存的搜索“轴承”有 7 条新结果：")
    assert text.endswith("另有 2 条，请在网站上查看。")
    assert text.count("\n轴承") == 5


def test_a_search_that_asks_nonsense_keeps_nobody_from_his_letters(reader: Actor):
    save_search(Question("轴承", {"since": ("9" * 5000, "7")}), by=reader)
    SavedSearch.objects.create(person_id=reader.person_id, name="坏的", chosen={"since": ["9" * 5000]})
    come(Achievement, title="陶瓷轴承")
    assert len(tell()) == 1


def test_more_than_a_page_of_news_is_counted_whole(reader: Actor):
    save_search(Question("轴承"), by=reader)
    for i in range(30):
        published(Achievement, title=f"轴承 {i}")
    come(Achievement, title="最后来的轴承")
    (text,) = tell()
    assert text.splitlines()[:2] == ["您保存的搜索“轴承”有 31 条新结果：", "最后来的轴承"]


def test_while_the_index_is_behind_or_missing_he_is_told_later(reader: Actor, tmp_path: Path):
    save_search(Question("轴承"), by=reader)
    published(Achievement, title="陶瓷轴承")
    assert Outbox.objects.exists()
    assert tell() == []
    Outbox.objects.all().delete()
    assert tell() == []  # there is no index yet
    settle()
    assert len(tell()) == 1


def test_who_wants_no_letters_gets_none_and_later_only_what_came_later(reader: Actor):
    saved = save_search(Question("轴承"), by=reader)
    set_telling(saved, tells=False, by=reader)
    come(Achievement, title="陶瓷轴承")
    assert tell() == []
    set_telling(saved, tells=True, by=reader)
    assert tell() == []


def test_only_the_owner_changes_it_and_erasing_him_forgets_it(reader: Actor):
    saved = save_search(Question("轴承"), by=reader)
    for change in (lambda: set_telling(saved, tells=False, by=STRANGER), lambda: remove_search(saved, by=STRANGER)):
        with pytest.raises(ForbiddenError):
            change()
    erase_person(person=Person.objects.get(pk=reader.person_id), by=reader)
    assert not SavedSearch.objects.exists()


def test_on_the_page_a_search_is_saved_looked_at_and_removed(reader: Actor):
    come(Achievement, title="陶瓷轴承")
    client = Client()
    client.force_login(Person.objects.get(pk=reader.person_id).users.get())
    assert "保存搜索" in client.get("/search?q=轴承").content.decode()
    assert "保存搜索" not in Client().get("/search?q=轴承").content.decode()
    client.post("/my/searches", {"q": "轴承", "kind": "achievement"})
    saved = SavedSearch.objects.get()
    shown = client.get("/my/searches").content.decode()
    assert "科技成果" in shown
    assert client.get(f"/my/searches/{saved.pk}").headers["Location"].startswith("/search?q=")
    client.post(f"/my/searches/{saved.pk}", {"tells": "no"})
    assert not SavedSearch.objects.get().tells
    client.post(f"/my/searches/{saved.pk}", {"remove": "yes"})
    assert not SavedSearch.objects.exists()
