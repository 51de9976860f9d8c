"""A few labelled texts teach the field of others; how sure the answer is can be believed; nothing odd breaks it."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy import sparse

from queqiao.engine.classification.calibration import Calibration, calibrate, calibration_error, trusted_from
from queqiao.engine.classification.classifier import (
    MOST_EXAMPLES,
    Classification,
    Example,
    classify,
    read_corpus,
)
from queqiao.engine.classification.disciplines import SHARES, describe
from queqiao.engine.classification.learners import SMOOTHING, bayes_scores, ridge_scores
from queqiao.engine.classification.likeness import Likeness
from queqiao.engine.classification.model import Guess
from queqiao.engine.classification.vectors import text_vectors
from queqiao.engine.text.analyser import Analyser

ANALYSER = Analyser()
EXAMPLES = [
    Example("水处理", "含氟废水深度除氟，出水氟离子浓度低"),
    Example("水处理", "膜生物反应器处理印染废水，减缓膜污染"),
    Example("水处理", "污泥厌氧消化与沼气回收，污水厂节能"),
    Example("水处理", "河道底泥原位修复，削减氨氮"),
    Example("铸造", "薄壁压铸件气孔控制，真空压铸模具排气"),
    Example("铸造", "铝合金轮毂低压铸造，减少缩松"),
    Example("铸造", "球墨铸铁件冒口设计与凝固模拟"),
    Example("铸造", "砂型铸造粘结剂再生，铸件表面光洁"),
    Example("育种", "水稻抗稻瘟病基因聚合与分子标记选育"),
    Example("育种", "玉米单倍体诱导系选育，缩短育种周期"),
    Example("育种", "小麦抗旱品种筛选与田间产量试验"),
    Example("育种", "油菜杂交种子纯度鉴定"),
]


def classified(texts: Sequence[str], examples: Sequence[Example] = EXAMPLES) -> Classification:
    return classify(read_corpus(examples, texts, analyser=ANALYSER))


def labels_of(texts: Sequence[str], examples: Sequence[Example] = EXAMPLES) -> list[str]:
    return [guess.label for guess in classified(texts, examples).guesses]


def test_texts_get_the_label_of_those_they_are_like() -> None:
    texts = ["电镀废水中铬的去除", "压铸模具温度场模拟", "大豆抗病品种选育"]
    assert labels_of(texts) == ["水处理", "铸造", "育种"]


def test_the_runner_up_is_another_label() -> None:
    found = classified(["压铸车间的废水处理"])
    assert {found.guesses[0].label, found.guesses[0].second} == {"水处理", "铸造"}


def test_width_case_and_script_make_no_difference() -> None:
    texts = ["壓鑄模具溫度場", "压铸模具温度场", "ＰＬＣ与废水", "plc与废水"]
    guesses = classified(texts).guesses
    assert (guesses[0], guesses[2]) == (guesses[1], guesses[3])


def test_the_name_of_a_label_is_an_example_of_it() -> None:
    examples = [Example("机械工程", "轴承滚道磨削"), Example("食品科学", "酸奶发酵"), Example("机械工程", "齿轮")]
    assert labels_of(["食品包装", "工程机械"], examples) == ["食品科学", "机械工程"]


def test_what_a_discipline_is_about_is_known_before_anybody_labelled_a_text() -> None:
    """The two examples share no word with the texts, nor do the names of the labels."""
    examples = [Example("冶金工程", "甲"), Example("纺织科学与工程", "乙"), Example("口腔医学", "丙")]
    texts = ["高炉炉渣的脱硫能力", "涤纶针织面料的透湿", "根管充填后的牙齿折断"]
    assert labels_of(texts, examples) == ["冶金工程", "纺织科学与工程", "口腔医学"]


def test_a_label_of_two_disciplines_is_described_by_the_words_of_both() -> None:
    both, chemistry, drugs = (set(" ".join(describe(label)[1:]).split()) for label in ("化学/药学", "化学", "药学"))
    assert both == chemistry | drugs
    assert describe("化学 和 药学")[1:] == describe("化学/药学")[1:]
    assert len(describe("药学")) == 1 + SHARES


def test_a_label_that_nobody_knows_is_described_by_its_name() -> None:
    assert describe("甲类") == ("甲类",)
    assert describe("") == ("",)
    assert describe("/、") == ("/、",)


def test_a_label_without_an_example_is_found_where_its_words_are_known() -> None:
    corpus = read_corpus(EXAMPLES, ["高炉炉渣脱硫与铁水预处理"], more_labels=["冶金工程", "甲类"], analyser=ANALYSER)
    assert corpus.labels == ("冶金工程", "水处理", "育种", "铸造")
    assert classify(corpus).guesses[0].label == "冶金工程"


def test_texts_without_a_label_teach_what_goes_together() -> None:
    """Neither of the two words stands in an example, but others of the texts name them beside words that do."""
    examples = [Example("1", "压铸"), Example("2", "选育")]
    company = ["压铸 熔炼 坩埚", "熔炼 坩埚", "选育 花粉 杂交", "花粉 杂交"]
    assert labels_of(["坩埚", "杂交", *company], examples)[:2] == ["1", "2"]


def test_the_order_of_the_examples_makes_no_difference() -> None:
    shuffled = [EXAMPLES[i] for i in np.random.default_rng(3).permutation(len(EXAMPLES))]
    texts = ["电镀废水中铬的去除", "压铸模具温度场模拟", ""]
    assert classified(texts, shuffled) == classified(texts)


def test_a_text_without_words_gets_the_commonest_label_and_its_share() -> None:
    examples = [*EXAMPLES, Example("铸造", "压铸机"), Example("铸造", "浇注")]
    for text in ("", "  \n", "🙂🎉", "\x00\x07", "。！——", "12345"):
        guess = classified([text, "废水"], examples).guesses[0]
        assert (guess.label, guess.confidence) == ("铸造", round(6 / 14, 4))


@pytest.mark.parametrize(
    "text",
    [
        "水",
        "废水" * 10_000,
        "wastewater treatment",
        "废水 wastewater 廢水 ごみ",
        "\x00废水\x07",
        "废水🙂",
        "a" * 20_000,
    ],
)
def test_odd_texts_get_an_answer(text: str) -> None:
    guess = classified([text]).guesses[0]
    assert guess.label in {"水处理", "铸造", "育种"}
    assert 0 <= guess.confidence <= 1


def test_two_right_answers_are_no_proof() -> None:
    guess = classified(["压铸模具的温度"], [Example("水务", "废水除氟"), Example("铸造", "压铸模具")]).guesses[0]
    assert (guess.label, guess.confidence) == ("铸造", 0.75)


def test_english_is_learned_like_chinese() -> None:
    examples = [
        Example("casting", "die casting of thin walls, porosity"), Example("casting", "sand moulds and risers"),
        Example("water", "removal of fluoride from waste water"), Example("water", "membrane fouling, sludge"),
    ]  # fmt: skip
    assert labels_of(["porosity of castings in a mould", "fluoride and sludge"], examples) == ["casting", "water"]


def test_one_example_of_a_label_is_enough() -> None:
    assert labels_of(["光伏组件的衰减"], [*EXAMPLES, Example("光伏", "钙钛矿光伏组件封装")]) == ["光伏"]


def test_no_texts_at_all_still_measure_the_examples() -> None:
    found = classified([])
    assert (found.guesses, found.suggestions) == ((), ())
    assert 0 <= found.accuracy <= 1


def test_examples_that_say_nothing_give_shares_only() -> None:
    found = classified(["废水"], [Example("1", ""), Example("1", "。"), Example("2", "")])
    assert found.guesses[0].label in {"1", "2"}


def test_fewer_than_two_labels_or_too_many_examples_are_refused() -> None:
    with pytest.raises(ValueError, match="two labels"):
        read_corpus([Example("1", "甲")], ["乙"], analyser=ANALYSER)
    with pytest.raises(ValueError, match="at most"):
        read_corpus([Example(str(i % 2), "甲") for i in range(MOST_EXAMPLES + 1)], [], analyser=ANALYSER)


def test_the_same_text_twice_does_not_make_the_measure_too_good() -> None:
    """Labels by chance: whoever finds a copy of a held-out text among the examples would know its label."""
    letters = 0x4E00 + np.random.default_rng(1).integers(0, 2000, (60, 30))
    texts = ["".join(map(chr, row)) for row in letters]
    examples = [Example(str(i % 3), text) for i, text in enumerate(texts)] * 2
    assert classified([], examples).accuracy < 0.6


def test_abstaining_leaves_a_suggestion_empty_and_the_guess_as_it_is() -> None:
    guesses = (Guess("甲", 0.9, "乙"), Guess("乙", 0.6, "甲"))
    assert Classification(guesses, 0.5, 0.1, trusted_from=0.7).suggestions == ("甲", "")
    assert Classification(guesses, 0.5, 0.1, trusted_from=float("inf")).suggestions == ("", "")


def test_suggestions_begin_where_four_in_five_are_right() -> None:
    confidences = np.array([0.9, 0.9, 0.8, 0.7, 0.6, 0.5, 0.5])
    right = np.array([True, True, True, False, True, True, False])
    assert trusted_from(confidences, right) == 0.8
    assert trusted_from(confidences, np.array([True] * 5 + [False] * 2)) == 0.6
    assert trusted_from(confidences[:2], right[:2]) == float("inf")  # two right answers prove nothing
    assert trusted_from(confidences, np.zeros(7, dtype=bool)) == float("inf")


def test_the_calibration_error_is_the_gap_between_sure_and_right() -> None:
    sure = np.array([0.75, 0.75, 0.75, 0.75, 1.0])
    assert calibration_error(sure, np.array([True, True, True, False, True])) == 0
    assert calibration_error(sure, np.array([False] * 5)) == pytest.approx(0.8)


def test_a_learner_that_is_right_two_times_in_three_is_believed_that_far() -> None:
    chance = np.random.default_rng(5)
    truth = chance.integers(0, 4, 3000)
    shown = np.where(chance.random(3000) < 2 / 3, truth, (truth + 1) % 4)
    scores = np.eye(4)[shown] - 0.25
    found = calibrate(scores, scores, np.ones(4), truth)
    assert found.confidences(found.chances(scores, scores, np.ones(4))) == pytest.approx(2 / 3, abs=0.03)


def test_the_order_of_labels_is_that_of_the_weighted_scores() -> None:
    scores = np.array([[1.0, 0.0]]), np.array([[0.0, 1.0]])
    chances = Calibration(2.0, 1.0, 0.0, 1.0, 0.0).chances(*scores, np.array([1.0, 0.0]))
    assert chances == pytest.approx(np.array([[1 / (1 + np.exp(-1)), 1 / (1 + np.exp(1))]]))


def test_labels_of_which_words_are_known_get_no_more_texts_than_held_out_ones_say() -> None:
    """The learners prefer the two labels that have words; the texts themselves are spread over all four."""
    chance = np.random.default_rng(7)
    truth = chance.integers(0, 4, 2000)
    worded = np.array([1.0, 1.0, 0.0, 0.0])
    scores = np.eye(4)[truth] * 0.2 + chance.normal(0, 0.2, (2000, 4)) + 0.2 * worded
    found = calibrate(scores, np.zeros_like(scores), worded, truth)
    guessed = found.chances(scores, np.zeros_like(scores), worded).argmax(axis=1)
    assert found.lead > 0
    assert worded[guessed].mean() == pytest.approx(worded[truth].mean(), abs=0.03)


def test_ridge_solves_its_equations() -> None:
    known = np.array([[1.0, 0.2, 0.1], [0.2, 1.0, 0.3], [0.1, 0.3, 1.0]])
    labels = np.array([0, 1, 1])
    wanted = np.eye(2)[labels] - 0.5
    expected = known @ np.linalg.inv(known + 0.3 * np.eye(3)) @ wanted
    assert ridge_scores(known, known, labels, 2) == pytest.approx(expected - expected.mean(axis=1, keepdims=True))


def test_bayes_is_the_formula_written_out() -> None:
    chance = np.random.default_rng(2)
    dense, texts = chance.random((6, 9)) * (chance.random((6, 9)) < 0.5), chance.random((4, 9))
    labels = np.array([0, 0, 1, 1, 2, 2])
    expected = np.empty((4, 3))
    for label in range(3):
        others = dense[labels != label].sum(axis=0) + SMOOTHING
        expected[:, label] = -texts @ np.log(others / others.sum())
    found = bayes_scores(sparse.csr_array(dense), sparse.csr_array(texts), labels, 3)
    assert found == pytest.approx(expected - expected.mean(axis=1, keepdims=True))


def test_likeness_is_the_formula_written_out() -> None:
    vectors = text_vectors([one.text for one in EXAMPLES], ANALYSER)
    centred = vectors.toarray() - vectors.toarray().mean(axis=0)
    unit = centred / np.linalg.norm(centred, axis=1, keepdims=True)
    first = unit @ unit.T
    profile = first / np.linalg.norm(first, axis=1, keepdims=True)
    expected = (first + profile @ profile.T) / 2
    found = Likeness(vectors, 8, np.arange(vectors.shape[0]))
    assert found.among_labelled == pytest.approx(expected[:8, :8])
    assert found.to_labelled(np.array([9, 11])) == pytest.approx(expected[[9, 11], :8])


def test_with_very_many_texts_some_stand_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("queqiao.engine.classification.likeness.MOST_ANCHORS", 9)
    assert labels_of(["电镀废水中铬的去除", "压铸模具温度场模拟", "大豆抗病品种选育"]) == ["水处理", "铸造", "育种"]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(st.tuples(st.sampled_from("甲乙丙"), st.text(max_size=12)), min_size=2, max_size=12),
    st.lists(st.text(max_size=12), max_size=4),
)
def test_whatever_stands_in_the_tables_every_text_gets_a_label(pairs: list[tuple[str, str]], texts: list[str]) -> None:
    examples = [Example(*pair) for pair in pairs]
    labels = {one.label for one in examples}
    if len(labels) < 2:
        return
    found = classified(texts, examples)
    assert len(found.guesses) == len(texts)
    for guess in found.guesses:
        assert {guess.label, guess.second} <= labels
        assert guess.label != guess.second
        assert 0 <= guess.confidence <= 1
