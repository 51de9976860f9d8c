import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from queqiao.engine.ranking.lexical import SLOPE, TITLE_WEIGHT, CandidateMatrix, need_weights
from queqiao.engine.ranking.snapshot import BLOCKS, take_snapshot
from queqiao.engine.text.analyser import Analyser, Terms

ANALYSER = Analyser()
ALPHABET = "铝硅钛锂电池压铸除氟轴承钢 ，a"
texts = st.lists(st.text(ALPHABET, max_size=12), min_size=1, max_size=6)


def by_hand(need: Terms, title: Terms, candidate: Terms, corpus: list[Terms], candidates: list[Terms]) -> float:
    """The documented formula, written out for one pair without any of the code under test."""

    def weights(block: str, terms: Terms) -> dict[str, float]:
        words = getattr(terms, block)
        return {
            word: (1 + math.log(words.count(word)))
            * (math.log((1 + len(corpus)) / (1 + sum(word in getattr(other, block) for other in corpus))) + 1)
            for word in set(words)
        }

    def length(vector: dict[str, float]) -> float:
        return math.sqrt(sum(value * value for value in vector.values()))

    total = 0.0
    for block, share in BLOCKS.items():
        right = weights(block, candidate)
        pivot = sum(length(weights(block, other)) for other in candidates) / len(candidates)
        norm = (1 - SLOPE) * (pivot or 1.0) + SLOPE * length(right)
        for terms, text_weight in ((need, 1.0), (title, TITLE_WEIGHT)):
            left = weights(block, terms)
            dot = sum(left[word] * right[word] for word in left.keys() & right.keys())
            total += share * text_weight * (dot / (length(left) * norm) if dot else 0.0)
    return total / (sum(BLOCKS.values()) * (1 + TITLE_WEIGHT))


@settings(deadline=None)
@given(st.text(ALPHABET, max_size=20), st.text(ALPHABET, max_size=8), texts)
def test_the_score_is_the_documented_formula(text: str, title: str, others: list[str]):
    need, head = ANALYSER.terms(text), ANALYSER.terms(title)
    candidates = [ANALYSER.terms(other) for other in others]
    snapshot = take_snapshot(ANALYSER.version, [need], candidates)
    found = CandidateMatrix(snapshot, candidates).similarity(need_weights(snapshot, need, head)).total
    expected = [by_hand(need, head, candidate, [need, *candidates], candidates) for candidate in candidates]
    assert found == pytest.approx(expected, abs=1e-12)


@settings(deadline=None)
@given(st.text(ALPHABET, min_size=1, max_size=20), texts)
def test_a_pair_scores_the_same_bits_alone_as_beside_others(text: str, others: list[str]):
    need, candidates = ANALYSER.terms(text), [ANALYSER.terms(other) for other in others]
    snapshot = take_snapshot(ANALYSER.version, [need], candidates)
    weights = need_weights(snapshot, need, need)
    together = CandidateMatrix(snapshot, candidates).similarity(weights).total
    alone = [CandidateMatrix(snapshot, [candidate]).similarity(weights).total[0] for candidate in candidates]
    assert list(together) == alone
    assert list(CandidateMatrix(snapshot, candidates).similarity(weights, np.array([0])).total) == alone[:1]


def test_a_need_that_shares_no_term_scores_nothing():
    need, other = ANALYSER.terms("压铸"), ANALYSER.terms("轴承")
    snapshot = take_snapshot("1", [need], [other])
    assert list(CandidateMatrix(snapshot, [other]).similarity(need_weights(snapshot, need, need)).total) == [0.0]


def test_the_snapshot_does_not_depend_on_the_order_of_the_lists():
    first, second = ANALYSER.terms("真空压铸"), ANALYSER.terms("深度除氟")
    assert take_snapshot("1", [first], [first, second]).version == take_snapshot("1", [first], [second, first]).version


def test_the_snapshot_has_another_version_when_the_corpus_changes():
    first, second = ANALYSER.terms("真空压铸"), ANALYSER.terms("深度除氟")
    assert take_snapshot("1", [first], [first]).version != take_snapshot("1", [first], [second]).version


def test_a_snapshot_of_no_candidates_is_refused():
    with pytest.raises(ValueError, match="at least one candidate"):
        take_snapshot("1", [ANALYSER.terms("除氟")], [])
