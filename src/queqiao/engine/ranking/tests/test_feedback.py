"""What the staff said of some candidates moves the others: a little, in the right direction, and reproducibly."""

import time
from collections.abc import Mapping

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from queqiao.engine.ranking.feedback import AWAY, TOWARDS, Judged, feedback_parts
from queqiao.engine.ranking.snapshot import CorpusSnapshot, take_snapshot
from queqiao.engine.text.analyser import Analyser

TEXTS = {
    "真空压铸": "真空压铸铝合金气孔控制，模具排气，铸件气孔率低",
    "挤压铸造": "挤压压铸铝合金气孔控制，铸件气孔率低，组织致密",
    "气孔检测": "铸件气孔的工业CT无损检测与自动判废",
    "微弧氧化": "铝材表面微弧氧化陶瓷涂层，耐腐蚀",
    "阳极氧化": "铝材表面阳极氧化陶瓷涂层，耐腐蚀，可着色",
    "大豆饮料": "以大豆为原料酶解制备蛋白肽饮料",
}
ANALYSER = Analyser()
TERMS = {name: ANALYSER.terms(text) for name, text in TEXTS.items()}


@pytest.fixture(scope="module")
def snapshot() -> CorpusSnapshot:
    return take_snapshot(ANALYSER.version, [ANALYSER.terms("铝锭表面气孔率过高")], list(TERMS.values()))


def shortlist(grades: Mapping[str, int], similarity: float = 0.3) -> list[Judged]:
    return [Judged(name, terms, similarity, grades.get(name)) for name, terms in TERMS.items()]


def test_without_a_grade_nothing_changes(snapshot: CorpusSnapshot) -> None:
    assert feedback_parts(snapshot, shortlist({})) == dict.fromkeys(TEXTS, 0.0)
    assert feedback_parts(snapshot, []) == {}


def test_what_is_like_a_strong_one_rises_above_what_is_not(snapshot: CorpusSnapshot) -> None:
    parts = feedback_parts(snapshot, shortlist({"真空压铸": 4}))
    rising = sorted(TEXTS, key=lambda name: -parts[name])
    assert rising[0] == "挤压铸造"
    assert parts["挤压铸造"] > 0.03
    assert parts["大豆饮料"] < 0.005
    assert parts["真空压铸"] == 0.0


def test_what_is_like_an_unrelated_one_falls(snapshot: CorpusSnapshot) -> None:
    parts = feedback_parts(snapshot, shortlist({"微弧氧化": 1}))
    assert min(TEXTS, key=lambda name: parts[name]) == "阳极氧化"
    assert parts["阳极氧化"] < -0.01
    assert all(value <= 0 for value in parts.values())


def test_with_both_kinds_of_grades_each_candidate_goes_to_its_own_side(snapshot: CorpusSnapshot) -> None:
    parts = feedback_parts(snapshot, shortlist({"真空压铸": 3, "微弧氧化": 2}))
    assert parts["挤压铸造"] > parts["气孔检测"] > 0 > parts["阳极氧化"]


def test_the_same_text_as_a_strong_one_gains_the_most_there_is(snapshot: CorpusSnapshot) -> None:
    twin = [*shortlist({"真空压铸": 4}), Judged("同文", TERMS["真空压铸"], 0.3)]
    assert feedback_parts(snapshot, twin)["同文"] == pytest.approx(TOWARDS)
    against = [*shortlist({"真空压铸": 1}), Judged("同文", TERMS["真空压铸"], 0.3)]
    assert feedback_parts(snapshot, against)["同文"] == pytest.approx(-AWAY)


def test_it_never_outweighs_the_text_similarity_itself(snapshot: CorpusSnapshot) -> None:
    for grade in (1, 4):
        twin = [*shortlist({"真空压铸": grade}), Judged("同文", TERMS["真空压铸"], 0.02)]
        assert abs(feedback_parts(snapshot, twin)["同文"]) == 0.02
        none = [*shortlist({"真空压铸": grade}), Judged("同文", TERMS["真空压铸"], 0.0)]
        assert feedback_parts(snapshot, none)["同文"] == 0.0


def test_a_grade_that_does_not_exist_and_a_candidate_given_twice_are_refused(snapshot: CorpusSnapshot) -> None:
    with pytest.raises(ValueError, match="1 to 4"):
        feedback_parts(snapshot, shortlist({"真空压铸": 5}))
    with pytest.raises(ValueError, match="twice"):
        feedback_parts(snapshot, [*shortlist({}), *shortlist({})])


@settings(max_examples=60, deadline=None)
@given(grades=st.dictionaries(st.sampled_from(sorted(TEXTS)), st.integers(1, 4)), order=st.permutations(sorted(TEXTS)))
def test_it_is_bounded_leaves_the_graded_alone_and_no_order_of_the_input_matters(
    grades: dict[str, int], order: list[str]
) -> None:
    taken = take_snapshot(ANALYSER.version, [], list(TERMS.values()))
    rows = {one.id: one for one in shortlist(grades)}
    parts = feedback_parts(taken, [rows[name] for name in order])
    assert parts == feedback_parts(taken, list(rows.values()))
    assert all(-AWAY <= value <= TOWARDS for value in parts.values())
    assert all(parts[name] == 0.0 for name in grades)


def test_weighing_twenty_candidates_takes_no_longer_than_cutting_them_into_terms(snapshot: CorpusSnapshot) -> None:
    dice = np.random.default_rng(7)
    letters = sorted(set("".join(TEXTS.values())))
    texts = ["".join(dice.choice(letters, 600)) for _ in range(20)]
    cutting, weighing = [], []
    for _turn in range(20):
        began = time.perf_counter()
        rows = [Judged(str(i), ANALYSER.terms(text), 0.2, {0: 4, 1: 1}.get(i)) for i, text in enumerate(texts)]
        cut = time.perf_counter()
        feedback_parts(snapshot, rows)
        cutting.append(cut - began)
        weighing.append(time.perf_counter() - cut)
    assert np.median(weighing) < 2 * np.median(cutting)
