"""The search page: hits with why, choices with counts, addresses that hold everything, and pages without an index."""

from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client

from queqiao.accounts.tests.factories import make_organisation
from queqiao.needs.models import Need
from queqiao.records.choices import Visibility
from queqiao.research.models import Achievement, Expert, Lab
from queqiao.search.tests.test_entries import published
from queqiao.search.tests.test_finding import settle
from queqiao.taxonomy.actions import load_own_fields
from queqiao.taxonomy.models import Node

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, settings: Any) -> Path:
    settings.DATA_DIR = str(tmp_path)
    return tmp_path


def page(address: str) -> str:
    answer = Client().get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def show(many: int, model: Any = Achievement, **values: Any) -> None:
    owner = make_organisation(name="川锦泵业")
    for i in range(many):
        published(model, organisation=owner, title=f"{values.pop('title', '阀门')} {i}", **values)


def test_a_hit_says_where_the_words_stand_that_its_title_does_not_have():
    published(Achievement, title="固态电池", result="离子电导率 1.2 mS/cm", description="适用于寒区储能电站。" * 9)
    settle()
    shown = page("/search?q=固态电池+储能")
    assert "<mark>固态电池</mark>" in shown
    assert "<b>详细说明</b>适用于寒区<mark>储能</mark>电站" in shown


def test_of_a_blind_need_the_reason_shows_nothing_hidden():
    published(
        Need, title="变速箱壳体气孔", blind_title="零部件内部缺陷", problem="压铸件泄漏", visibility=Visibility.BLIND
    )
    settle()
    shown = page("/search?q=缺陷")
    assert "零部件内部<mark>缺陷</mark>" in shown
    for hidden in ("变速箱", "泄漏", "川锦泵业"):
        assert hidden not in shown


def test_what_was_chosen_stands_as_chips_and_leads_back():
    load_own_fields()
    field = Node.objects.get(code="energy")
    published(Achievement, title="储能阀门", trl=8, fields=[field.pk])
    published(Achievement, title="阀门", trl=2)
    settle()
    shown = page("/search?q=阀门&maturity=late&field=energy")
    assert "共 1 条" in shown
    assert "移除条件：工程化与应用 7–9" in shown
    assert 'href="?q=%E9%98%80%E9%97%A8&amp;field=energy"' in shown
    assert 'name="maturity" value="late"' in shown  # a new search keeps the choices


@pytest.mark.parametrize("address", ["/search", "/search?q=阀门", "/catalogue/achievements", "/en/search?q=阀门"])
def test_a_page_of_hits_costs_the_same_number_of_queries_for_one_and_for_many(
    address: str, django_assert_num_queries: Any, django_assert_max_num_queries: Any
):
    show(1)
    settle()
    with django_assert_max_num_queries(40) as first:
        page(address)
    show(23)
    settle()
    with django_assert_num_queries(len(first)):
        page(address)


@pytest.mark.parametrize(
    "address",
    [
        "/search?q=" + "锂" * 5000, "/search?q=%22", "/search?q=%F0%9F%98%80", "/search?q=<script>alert(1)</script>",
        "/search?page=-1", "/search?page=99999999", "/search?sort=x&kind=x&since=x", "/search?kind=a&kind=b",
        "/catalogue/needs?q='+OR+1=1--&region=x",
    ],
)  # fmt: skip
def test_strange_addresses_are_answered_calmly(address: str):
    show(1)
    settle()
    assert "<script>alert" not in page(address)


def test_without_an_index_lists_and_titles_are_still_there_and_the_page_says_so():
    show(3)
    for address in ("/search?q=阀门", "/catalogue/achievements"):
        shown = page(address)
        assert "检索索引正在更新，这几分钟只按标题查找" in shown
        assert "阀门 2" in shown.replace("<mark>", "").replace("</mark>", "")


@pytest.mark.parametrize(
    "empty", ["kind=", "kind=&field=&region=&sort=&page=", "kind=bogus", "kind=&kind=bogus&since=x"]
)
def test_what_is_not_chosen_or_not_known_is_no_choice(empty: str):
    show(2)
    settle()
    shown = page(f"/search?{empty}&q=阀门")
    assert "共 2 条" in shown
    assert "bogus" not in shown.partition("q-page-head")[2].partition("</main>")[0]


def test_a_pasted_report_is_answered_by_our_own_page_which_says_how_far_it_was_used():
    show(1)
    settle()
    report = "阀门" + "".join(chr(0x4E00 + i) for i in range(5000))
    shown = page(f"/search?q={report}")
    assert "查找的文字太长，只用了开头的" in shown
    assert quote(report[-1]) not in shown.partition("q-split")[2].partition("</main>")[0]  # nor do links carry the rest


@pytest.mark.parametrize(
    ("address", "offered"),
    [("/search?q=阀门", {"成熟度", "即将截止"}), ("/search?q=阀门&kind=need", {"即将截止"}),
     ("/search?q=阀门&kind=expert&kind=organisation", set()), ("/catalogue/labs", set()),
     ("/catalogue/achievements", {"成熟度", "即将截止"}), ("/search?q=阀门&kind=expert&sort=mature", set())],
)  # fmt: skip
def test_only_orders_that_say_something_are_offered(address: str, offered: set[str]):
    for model in (Achievement, Need, Expert, Lab):
        show(1, model)
    settle()
    sorts = page(address).partition("q-sorts")[2].partition("</nav>")[0]
    assert "最新发布" in sorts
    assert {one for one in ("成熟度", "即将截止") if one in sorts} == offered


def test_where_the_choices_leave_nothing_one_click_drops_them_and_keeps_the_words():
    show(2)
    settle()
    shown = page("/search?q=阀门&kind=expert&maturity=late")
    assert "去掉筛选条件，查看 2 条" in shown
    assert 'href="/search?q=%E9%98%80%E9%97%A8"' in shown
    assert "查看 2 条" not in page("/search?q=量子纠缠&kind=expert")


def test_signs_alone_are_no_question_and_the_page_says_so():
    show(2)
    settle()
    assert "“？！”里没有可以查找的词" in page("/search?q=？！")
    assert "没有找到“-阀门”" not in page("/search?q=-阀门")


def test_nothing_found_says_what_was_asked_and_what_to_do():
    show(1)
    settle()
    shown = page("/search?q=量子纠缠&kind=need")
    assert "没有找到“量子纠缠”" in shown
    assert "可以去掉一个条件" in shown
