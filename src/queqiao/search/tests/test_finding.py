"""What people type and what they get: words, phrases, exclusions, mistakes, choices, and a damaged index."""

import datetime
import shutil
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from queqiao.accounts.actors import STRANGER, Actor, system
from queqiao.accounts.tests.factories import make_organisation
from queqiao.needs.models import Need
from queqiao.records.actions import write_translation
from queqiao.records.choices import Visibility
from queqiao.records.models import CatalogueRecord
from queqiao.research.models import Achievement, Expert
from queqiao.search import index
from queqiao.search.actions.indexing import drain, rebuild
from queqiao.search.asking import LONGEST, Question, Sort, orders, read_wording
from queqiao.search.facets import understood
from queqiao.search.finding import Answer, How, find
from queqiao.search.remarks import remarks
from queqiao.search.tests.test_entries import published

BLANK = ("", "   ")
NONSENSE = ("。，、！？", "-", "--", "---", "“”", '"', '""', "%", "%_\\\\", "😀😀")
STRANGE = ("' OR 1=1 --", "<script>alert(1)</script>", "“", "-“", "－－电池")
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, settings: Any) -> Path:
    settings.DATA_DIR = str(tmp_path)
    return tmp_path


def settle() -> None:
    with index.turn() as engine:
        assert engine is not None
        rebuild(engine, lambda _done, _total: None)


def ask(text: str = "", actor: Actor = STRANGER, sort: Sort = Sort.RELEVANCE, page: int = 1, **chosen: Any) -> Answer:
    return find(Question(text, chosen, sort, page), actor)


def titles(answer: Answer) -> list[str]:
    return [getattr(row, "title", None) or str(row) for row in answer.rows]


@pytest.fixture
def hall() -> None:
    owner = make_organisation(name="川锦泵业")

    def show(model: type[CatalogueRecord], **values: Any) -> None:
        published(model, organisation=owner, **values)

    show(Achievement, title="固态电池电解质制备技术", result="离子电导率 1.2 mS/cm", trl=5, keywords=["锂电池"])
    show(Achievement, title="锂电池正极材料回收", result="回收率 98%", trl=8)
    show(Achievement, title="高温合金涡轮叶片铸造", result="合格率提高到 92%", trl=3)
    show(Achievement, title="Optical fibre sensor for tunnels", result="strain to 1 ppm", trl=7)
    show(Need, title="寻求固态电池封装工艺", problem="电解质与极片界面阻抗大")
    show(Expert, title="欧阳明远", record="从事电池材料研究")
    settle()


@pytest.mark.usefixtures("hall")
@pytest.mark.parametrize(
    ("text", "expected", "how"),
    [
        ("固态电池", ["固态电池电解质制备技术", "寻求固态电池封装工艺"], How.EVERY),
        ("固態電池", ["固态电池电解质制备技术", "寻求固态电池封装工艺"], How.EVERY),
        ("固态电池 电解质 离子", ["固态电池电解质制备技术"], How.EVERY),
        ("电池 -固态电池", ["欧阳明远", "锂电池正极材料回收"], How.EVERY),
        ("电池 －“固态电池”", ["欧阳明远", "锂电池正极材料回收"], How.EVERY),
        ("“固态电池封装”", ["寻求固态电池封装工艺"], How.EVERY),
        ("「固态电池封装」", ["寻求固态电池封装工艺"], How.EVERY),
        ("optical SENSORS", ["Optical fibre sensor for tunnels"], How.EVERY),
        ("欧阳明远", ["欧阳明远"], How.EVERY),
        ("川锦泵业 涡轮", ["高温合金涡轮叶片铸造"], How.EVERY),
        ("高温合金窝轮", ["高温合金涡轮叶片铸造"], How.FORGIVEN),
        ("锂店池 回收", ["锂电池正极材料回收"], How.FORGIVEN),
        ("optcal", ["Optical fibre sensor for tunnels"], How.FORGIVEN),
        ("涡轮叶片 隧道掘进", ["高温合金涡轮叶片铸造"], How.SOME),
        ("量子纠缠", [], How.SOME),
    ],
)
def test_what_is_typed_finds_what_is_meant(text: str, expected: list[str], how: How):
    answer = ask(text)
    assert (sorted(titles(answer)), answer.how) == (sorted(expected), how)
    assert answer.total == len(expected)


@pytest.mark.usefixtures("hall")
@pytest.mark.parametrize(
    "form", ["{0}", "“{0}”", "XQ-{1}-{2}", "xq-{1}-{2}", "XQ{1}{3:05}", "XQ{1}{2}", "ＸＱ－{1}－{2}", "xq–{1}—{2}",
             "封装XQ-{1}-{2}", "XQ−{1}−{3:05} 封装"],
)  # fmt: skip
def test_a_readable_number_however_it_is_typed_finds_its_record_and_is_a_full_hit(form: str):
    number = Need.objects.get().number
    _prefix, year, serial = number.split("-")
    answer = ask(form.format(number, year, int(serial), int(serial)))
    assert (titles(answer), answer.how, remarks(answer)) == (["寻求固态电池封装工艺"], How.EVERY, [])
    assert ask(f"固态电池 -{number}").total == 1


@pytest.mark.usefixtures("hall")
def test_without_an_index_a_number_is_found_too(folder: Path):
    number = Need.objects.get().number
    shutil.rmtree(folder / "index")
    assert titles(ask(number.lower())) == ["寻求固态电池封装工艺"]
    assert "固态电池电解质制备技术" not in titles(ask("-固态电池"))


@pytest.mark.usefixtures("hall")
@pytest.mark.parametrize("text", [*BLANK, *NONSENSE])
def test_what_has_no_word_shows_the_hall_and_says_so(text: str):
    answer = ask(text)
    assert (answer.how, answer.total) == (How.BROWSED, 7)
    said = [] if text in BLANK else [f"“{text}”里没有可以查找的词，下面列出的和不写搜索词时一样。"]
    assert remarks(answer) == said


@pytest.mark.usefixtures("hall")
@pytest.mark.parametrize("text", STRANGE)
def test_strange_lines_never_fail(text: str):
    assert ask(text).total in range(8)


@pytest.mark.usefixtures("hall")
@pytest.mark.parametrize("minus", "-－−–")
def test_who_says_only_what_he_does_not_want_gets_all_others(minus: str):
    answer = ask(f"{minus}电池")
    assert sorted(titles(answer)) == ["Optical fibre sensor for tunnels", "川锦泵业", "高温合金涡轮叶片铸造"]
    assert (answer.how, remarks(answer)) == (How.BROWSED, [])
    assert ask(f"{minus}电池", sort=Sort.NEWEST).total == 3


@pytest.mark.usefixtures("hall")
def test_figures_are_words_and_are_not_passed_over():
    serial = Need.objects.get().number.rpartition("-")[2]
    assert "寻求固态电池封装工艺" in titles(ask(serial))
    assert titles(ask("回收 98")) == ["锂电池正极材料回收"]
    assert titles(ask("1.2 mS")) == ["固态电池电解质制备技术"]
    assert (ask("13900001111").total, ask("回收 97").how, ask("“98”").total) == (0, How.SOME, 1)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("battey", "battery"), ("batterry", "battery"), ("baterry", "battery"), ("litium", "lithium"),
     ("lithum batteries", "lithium batteries"), ("除能电站", "储能电站"), ("除能店站", "储能电站"), ("chuneng", "储能"),
     ("chuneng 电站", "储能 电站")],
)  # fmt: skip
def test_what_was_mistyped_is_looked_for_as_it_was_meant_and_the_reader_is_told(typed: str, meant: str):
    made = published(Achievement, title="储能电芯告警", description="用于电站。", keywords=["电站"])
    write_translation(made, "title", "Early warning of lithium battery storage", language="en", by=system("test"))
    published(Achievement, title="轴承", description="A battery is not needed.")
    published(Achievement, title="智能点火")
    settle()
    answer = ask(typed)
    assert (answer.how, remarks(answer)) == (How.FORGIVEN, [f"没有找到“{typed}”，以下按“{meant}”查找。"])
    assert "储能电芯告警" in titles(answer)
    assert titles(answer) == titles(ask(meant))


def test_words_that_no_record_has_together_are_mended_too():
    published(Achievement, title="Lithium foil")
    published(Achievement, title="Battery pack")
    settle()
    answer = ask("litium battey")
    assert (sorted(titles(answer)), answer.how) == (["Battery pack", "Lithium foil"], How.SOME)
    assert remarks(answer)[0] == "没有找到“litium battey”，以下按“lithium battery”查找。"


@pytest.mark.usefixtures("hall")
def test_a_pasted_page_finds_what_is_like_it():
    page = "企业生产线上固态电池电解质界面阻抗偏大，循环寿命不足，希望寻求改进工艺。" * 300
    assert len(page) > LONGEST
    answer = ask(page)
    assert answer.how is How.SOME
    assert set(titles(answer)[:2]) == {"固态电池电解质制备技术", "寻求固态电池封装工艺"}


def test_a_mark_that_is_never_closed_is_no_mark():
    assert read_wording("固态“电池").plain == "固态 电池"
    assert read_wording("“固态电池” -“钠 离子” 电-池").without == ("钠 离子",)
    assert read_wording("“固态电池” 电-池") == read_wording(" “固态电池”  电-池 ")


@pytest.mark.usefixtures("hall")
def test_of_a_long_text_the_reader_is_told_how_far_it_was_used():
    letters = "".join(f"{one}电池" for one in map(chr, range(0x4E00, 0x4E00 + 2000)))
    answer = ask(letters)
    (said, *_some) = remarks(answer)
    assert said.startswith(f"查找的文字太长，只用了开头的 {len(answer.wording.used)} 个字，到“…")
    assert (len(answer.wording.used) <= LONGEST, answer.how) == (True, How.SOME)
    assert remarks(ask("固态电池 " * 10)) == []


@pytest.mark.usefixtures("hall")
def test_where_the_choices_leave_nothing_the_answer_says_what_the_words_alone_would_find():
    answer = ask("电池", kind=("expert",), maturity=("late",))
    assert (answer.total, answer.unchosen, answer.how) == (0, 4, How.EVERY)
    assert ask("量子纠缠", kind=("expert",)).unchosen == 0


def test_an_order_that_says_nothing_of_the_kinds_is_not_offered():
    assert orders([]) == [Sort.RELEVANCE, Sort.NEWEST, Sort.MATURE, Sort.EXPIRING]
    assert orders(["expert", "achievement"]) == orders([])
    assert orders(["need"]) == [Sort.RELEVANCE, Sort.NEWEST, Sort.EXPIRING]
    assert orders(["expert", "lab", "organisation"]) == [Sort.RELEVANCE, Sort.NEWEST]


def test_of_choices_only_what_there_is_counts():
    sent = {"kind": ["", "need", "foo", "need"], "since": ["7", "8"], "region": ["", "\x00", "x"], "colour": ["red"]}
    assert understood(sent) == {"kind": ("need",), "since": ("7",)}


@pytest.mark.usefixtures("hall")
def test_choices_narrow_and_say_what_else_could_be_chosen():
    answer = ask("电池", kind=("achievement",))
    assert sorted(titles(answer)) == ["固态电池电解质制备技术", "锂电池正极材料回收"]
    assert answer.counts["kind"] == {"achievement": 2, "expert": 1, "need": 1}
    assert answer.counts["maturity"] == {"late": 1, "middle": 1}
    assert titles(ask("电池", kind=("achievement",), maturity=("late",))) == ["锂电池正极材料回收"]
    assert ask("电池", kind=("expert",), maturity=("late",)).total == 0
    assert ask(since=("7",)).total == 7
    assert ask(since=("nonsense",)).total == 0


@pytest.mark.usefixtures("hall")
def test_mature_ones_first_and_an_organisation_has_an_entry_of_its_own():
    assert titles(ask(kind=("achievement",), sort=Sort.MATURE))[0] == "锂电池正极材料回收"
    assert titles(ask("川锦", kind=("organisation",))) == ["川锦泵业"]


def test_what_ends_soon_comes_first_when_asked_for():
    day = timezone.localdate()
    for days in (30, 3, 300):
        published(Need, title=f"还有 {days} 天", deadline=day + datetime.timedelta(days=days))
    published(Need, title="不限期")
    settle()
    assert titles(ask(kind=("need",), sort=Sort.EXPIRING)) == ["还有 3 天", "还有 30 天", "还有 300 天", "不限期"]


def test_pages_follow_each_other_without_a_gap_and_end_where_there_is_no_more():
    owner = make_organisation(name="川锦泵业")
    for i in range(30):
        published(Achievement, title=f"阀门 {i}", organisation=owner)
    settle()
    first, second, beyond = (ask("阀门", page=n) for n in (1, 2, 99))
    assert (first.pages, len(first.rows), len(second.rows)) == (2, 24, 6)
    assert len({*titles(first), *titles(second)}) == 30
    assert (titles(beyond), beyond.page) == (titles(second), 2)


def test_a_stranger_finds_a_blind_need_by_the_title_that_he_sees_and_by_no_other():
    published(Need, title="变速箱壳体气孔", blind_title="某零部件内部缺陷检测", visibility=Visibility.BLIND)
    settle()
    assert ask("内部缺陷").total == 1
    assert ask("变速箱").total == 0
    assert ask("变速箱体可").total == 0  # nor by the sound
    assert ask("“变速箱”").total == 0


@pytest.mark.usefixtures("hall")
@pytest.mark.parametrize("damage", ["deleted", "emptied", "scribbled"])
def test_given_the_index_is_gone_then_titles_are_searched_and_the_indexer_is_asked_for_a_new_one(
    folder: Path, damage: str
):
    lying = folder / "index" / "records.lance"
    if damage == "deleted":
        shutil.rmtree(folder / "index")
    else:
        for file in [one for one in lying.rglob("*") if one.is_file()]:
            file.write_bytes(b"" if damage == "emptied" else b"scribble")
    answer = ask("固态电池", kind=("achievement", "need"))
    assert (sorted(titles(answer)), answer.how) == (["固态电池电解质制备技术", "寻求固态电池封装工艺"], How.TITLES)
    assert (answer.total, answer.counts) == (None, {})
    assert (folder / "index.damaged").exists()
    settle()
    assert ask("固态电池").how is How.EVERY


@pytest.mark.usefixtures("hall")
def test_given_the_index_is_behind_then_nobody_sees_what_is_hidden_by_now(django_assert_max_num_queries: Any):
    need = Need.objects.get()
    Need.objects.filter(pk=need.pk).update(state="withdrawn")
    assert "寻求固态电池封装工艺" not in titles(ask("固态电池"))
    with index.turn() as engine:
        assert engine is not None
        index.prepare(engine)
        drain(engine)
    with django_assert_max_num_queries(40):
        ask("固态电池")
