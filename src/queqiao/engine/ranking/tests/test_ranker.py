"""Whole lists against whole lists, in small worked examples."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from queqiao.engine.ranking import batch
from queqiao.engine.ranking.batch import expert_shortlists, read_corpus, score_pairs, shortlists
from queqiao.engine.ranking.documents import document_of
from queqiao.engine.ranking.structured import Agreement
from queqiao.engine.records import Achievement, Expert, ExpertItem, Need, Pair
from queqiao.engine.text.analyser import Analyser
from queqiao.engine.text.quantities import GapStatus

ANALYSER = Analyser()
CASTING = Need(
    "N1", "薄壁压铸件气孔控制", "真空压铸，气孔率不高于1.5%，抗拉强度不低于240MPa", region="重庆", maturity="中试"
)
FLUORIDE = Need("N2", "含氟废水深度除氟", "出水氟离子浓度小于1.5mg/L")
MENU = Need("N3", "食堂一周菜谱", "荤素搭配，价格便宜")
VACUUM = Achievement(
    "A1", "高真空压铸工艺", "铸件气孔率0.8%，抗拉强度265MPa", region="重庆市", maturity="产业化", field="新材料"
)
SEMISOLID = Achievement("A2", "半固态压铸", "铸件气孔率2%，小试阶段", maturity="小试")
ZIRCONIUM = Achievement("A3", "锆基吸附剂深度除氟", "出水氟离子浓度0.8mg/L")
TITANIUM = Achievement("A4", "钛合金焊接", "接头强度系数0.95")
ACHIEVEMENTS = (VACUUM, SEMISOLID, ZIRCONIUM, TITANIUM)


def match(needs=(CASTING, FLUORIDE, MENU), achievements=ACHIEVEMENTS, top=20):
    return list(shortlists(read_corpus(needs, achievements, analyser=ANALYSER), top=top))


def test_each_need_finds_its_achievement_and_the_menu_finds_nothing():
    lists = match()
    assert [one.need_id for one in lists] == ["N1", "N2", "N3"]
    assert [one.matches[0].candidate_id if one.matches else None for one in lists] == ["A1", "A3", None]


def test_ranks_run_from_one_and_scores_fall():
    for one in match():
        assert [found.rank for found in one.matches] == list(range(1, len(one.matches) + 1))
        scores = [found.score for found in one.matches]
        assert scores == sorted(scores, reverse=True)


def test_at_most_as_many_as_asked():
    assert [len(one.matches) for one in match(top=1)] == [1, 1, 0]


def test_a_match_says_which_indicators_are_met_and_what_both_records_state():
    best, second = match()[0].matches[:2]
    assert [gap.status for gap in best.evidence.gaps] == [GapStatus.MET, GapStatus.MET]
    assert [gap.status for gap in second.evidence.gaps] == [GapStatus.NOT_MET, GapStatus.NOT_STATED]
    assert best.evidence.agreements == {
        "field": Agreement.NOT_STATED,
        "maturity": Agreement.AGREES,
        "region": Agreement.AGREES,
        "cooperation": Agreement.NOT_STATED,
    }
    assert second.evidence.agreements["maturity"] is Agreement.DIFFERS


def test_the_score_is_the_sum_of_its_parts():
    for one in match():
        for found in one.matches:
            assert found.score == pytest.approx(max(0, sum(found.parts.values())), abs=1e-9)


def test_a_missed_indicator_keeps_a_candidate_below_level_four():
    same = Achievement("A9", CASTING.title, CASTING.description.replace("不高于1.5%", "3%"))
    (found,) = match(needs=(CASTING,), achievements=(same,))[0].matches
    assert found.score > 0.5
    assert found.level == 3


def test_of_like_texts_the_one_that_misses_nothing_comes_first():
    need = Need("N", "外墙涂料", "外墙弹性涂料开发，要求拉伸强度不低于2MPa，断裂伸长率不低于300%，耐沾污性不高于15%")
    misses = Achievement("A1", "外墙弹性涂料开发", "外墙弹性涂料，拉伸强度2.2MPa，断裂伸长率310%，耐沾污性20%")
    reaches = Achievement("A2", "外墙弹性涂料开发", "外墙用涂料，拉伸强度2.1MPa，断裂伸长率350%")
    (found,) = match((need,), (misses, reaches))
    assert [one.candidate_id for one in found.matches] == ["A2", "A1"]


def test_one_word_however_often_it_stands_is_never_a_strong_match():
    word, stuffed = Achievement("A5", "除氟", ""), Achievement("A6", "除氟", "除氟 " * 5000)
    best = match(needs=[FLUORIDE], achievements=[*ACHIEVEMENTS, word, stuffed])[0].matches
    brief = {one.candidate_id: (one.level, one.evidence.brief) for one in best}
    assert brief["A5"] == brief["A6"] == (2, True)
    assert brief["A3"] == (4, False)


def test_a_demand_that_is_said_twice_counts_once():
    once = Need("N", "除氟，出水氟离子浓度小于1.5mg/L", "要求噪声不大于60dB")
    twice = Need("N", "除氟，出水氟离子浓度小于1.5mg/L", "要求噪声不大于60dB，出水氟离子浓度小于1.5mg/L")
    for need in (once, twice):
        (found,) = match(needs=[need], achievements=[ZIRCONIUM])
        assert sorted(gap.status for gap in found.matches[0].evidence.gaps) == [GapStatus.MET, GapStatus.NOT_STATED]


def test_units_and_words_of_every_day_are_no_reason():
    need = Need("N", "两小时内自己测出含水率", "")
    offer = Achievement("A", "两小时内自己发酵的面包", "")
    ((pair,),) = score_pairs(read_corpus([need], [offer], analyser=ANALYSER), [Pair("N", "A")])
    assert (pair.level, pair.evidence.terms) == (1, ())


def test_what_a_need_tells_of_itself_is_asked_of_nobody():
    need = Need("N", "米线保鲜", "我们日产32吨米线，最远相距38公里。要求断条率不高于8%。", indicators="保质期 12 天")
    (found,) = match((need,), (Achievement("A", "米线保鲜", "米线断条率5%，日产50吨"),))
    (best,) = found.matches
    assert [(gap.need.name, gap.status) for gap in best.evidence.gaps] == [
        ("断条率", GapStatus.MET),
        ("保质期", GapStatus.NOT_STATED),
    ]


def test_spans_point_at_the_shared_word_on_both_sides():
    need, best = document_of(CASTING), match()[0].matches[0]
    candidate = document_of(VACUUM)
    for term in best.evidence.terms:
        for document, spans in ((need, term.need_spans), (candidate, term.candidate_spans)):
            assert spans
            assert {document.parts[span.part][span.start : span.end].lower() for span in spans} == {term.term}


def test_filler_words_are_never_a_reason_and_never_enough():
    need = Need("N", "新型材料关键技术研究与产业化")
    filler = Achievement("A", "一种新型系统关键技术研究及产业化应用")
    other = Achievement("B", "石墨烯电极")
    (one,) = match(needs=(need,), achievements=(filler, other))
    assert one.matches == ()
    assert one.nearest is not None
    assert one.nearest.candidate_id == "A"
    assert one.nearest.level == 1


def test_without_a_shared_term_agreement_on_the_region_makes_no_match():
    need, other = Need("N", "除氟", region="成都"), Achievement("A", "焊接", region="成都")
    (one,) = match(needs=(need,), achievements=(other,))
    assert (one.matches, one.nearest) == ((), None)


def test_equal_scores_are_ordered_by_id():
    twins = tuple(Achievement(code, "高真空压铸工艺") for code in ("B", "A", "C"))
    (one,) = match(needs=(CASTING,), achievements=twins)
    assert [found.candidate_id for found in one.matches] == ["A", "B", "C"]


def test_traditional_characters_find_simplified_ones():
    need = Need("N", "含氟廢水深度除氟技術")
    (one,) = match(needs=(need,))
    assert one.matches[0].candidate_id == "A3"


def test_given_pairs_are_scored_exactly_and_as_in_the_whole_list():
    corpus = read_corpus((CASTING, FLUORIDE, MENU), ACHIEVEMENTS, analyser=ANALYSER)
    pairs = [Pair("N3", "A4"), Pair("N1", "A2"), Pair("N1", "A1")]
    scored = [found for ranked in score_pairs(corpus, pairs) for found in ranked]
    assert [(found.need_id, found.candidate_id, found.rank) for found in scored] == [
        ("N1", "A1", 1), ("N1", "A2", 2), ("N3", "A4", 1),
    ]  # fmt: skip
    listed = {found.candidate_id: found for found in match()[0].matches}
    assert all(found.score == listed[found.candidate_id].score for found in scored[:2])


def test_retrieval_hands_over_everything_that_belongs_on_the_list(monkeypatch: pytest.MonkeyPatch):
    words = ("压铸", "除氟", "轴承", "电池", "焊接", "涂层", "传感器", "尾矿", "保鲜", "发酵", "隧道", "电解液")
    chance = random.Random(7)  # noqa: S311 -- a fixed sample, no secret
    many = tuple(Achievement(f"A{i:03}", "".join(chance.sample(words, 3))) for i in range(400))
    needs = tuple(Need(f"N{i}", "".join(chance.sample(words, 2))) for i in range(20))
    everything = match(needs=needs, achievements=many, top=5)
    monkeypatch.setattr(batch, "OVER_FETCH", 100)
    assert match(needs=needs, achievements=many, top=5) == everything


TEXTS = st.text("真空压铸铝合金气孔率除氟废水轴承故障预警 0.5%MPa，。", max_size=30)


@settings(deadline=None, max_examples=40)
@given(st.lists(TEXTS, min_size=1, max_size=4), st.lists(TEXTS, min_size=1, max_size=6), st.randoms())
def test_the_order_of_the_lists_changes_nothing(needs: list[str], offers: list[str], chance: random.Random):
    left = [Need(str(i), "", text) for i, text in enumerate(needs) if text.strip()]
    right = [Achievement(str(i), text or "钢") for i, text in enumerate(offers)]
    expected = match(needs=left, achievements=right)
    chance.shuffle(right)
    assert match(needs=left, achievements=right) == expected


EXPERTS = (Expert("E1", "甲", region="成都"), Expert("E2", "乙"), Expert("E3", "丙"))
RECORDS = (
    ExpertItem("P1", "E1", "含氟废水吸附", "锆基吸附剂去除水中氟离子", 2024),
    ExpertItem("P2", "E1", "工业废水处理综述", "", 2020),
    ExpertItem("P3", "E2", "真空压铸模具排气", "气孔", 2023),
    ExpertItem("P4", "E3", "方言词汇调查", "", 2001),
)


def test_experts_are_ranked_through_their_records_and_the_items_that_speak_are_named():
    corpus = read_corpus((FLUORIDE, CASTING, MENU), RECORDS, analyser=ANALYSER)
    lists = list(expert_shortlists(corpus, EXPERTS, RECORDS, top=3))
    assert [[found.expert_id for found in one.matches][:1] for one in lists] == [["E1"], ["E2"], []]
    best = lists[0].matches[0]
    assert [item.item.id for item in best.items] == ["P1", "P2"]
    assert "废水" in {term.term for term in best.items[0].terms}


def test_of_two_equal_records_the_recent_one_counts_more():
    items = (ExpertItem("P1", "E1", "含氟废水除氟", "", 2000), ExpertItem("P2", "E2", "含氟废水除氟", "", 2024))
    corpus = read_corpus((FLUORIDE,), items, analyser=ANALYSER)
    (one,) = expert_shortlists(corpus, EXPERTS[:2], items, top=2)
    assert [found.expert_id for found in one.matches] == ["E2", "E1"]
