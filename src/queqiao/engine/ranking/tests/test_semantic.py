"""An encoder of texts moves the best candidates by what they mean; without one nothing changes."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from queqiao.engine.ranking.batch import read_corpus, score_pairs, shortlists
from queqiao.engine.ranking.ranker import MODEL_VERSION, REORDERED, SEMANTIC
from queqiao.engine.ranking.semantic import SHARE, EncoderError, semantic_parts
from queqiao.engine.records import Achievement, Need, Pair
from queqiao.engine.text.analyser import Analyser

ANALYSER = Analyser()
NEED = Need("N1", "电动汽车续航", "锂电池在低温下容量衰减，要求零下20℃容量保持率不低于80%")
OTHER = Need("N2", "食堂一周菜谱", "荤素搭配，价格便宜")
CANDIDATES = (
    Achievement("A1", "电动汽车续航测试台", "测试锂电池在低温下的容量衰减"),
    Achievement("A2", "锂电池耐寒电解液", "零下30℃电池容量保持率85%"),
    Achievement("A3", "电池回收", "废旧锂电池拆解回收"),
    Achievement("A4", "桥梁健康监测", "光纤传感器监测应变"),
)


class Meaning:
    """Gives each text the angle that a test says, in degrees from the direction of the need."""

    version = "meaning@00000000"

    def __init__(self, **angles: float):
        self.angles, self.asked = angles, 0

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        self.asked += 1
        titles = {one.title: one.id for one in (NEED, OTHER, *CANDIDATES)}
        angles = np.radians([self.angles.get(titles.get(text.split("\n")[0], ""), 0.0) for text in texts])
        return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)


def ranked(encoder=None, top=20, candidates=CANDIDATES):
    corpus = read_corpus((NEED, OTHER), candidates, analyser=ANALYSER)
    corpus.ranker.encoder = encoder
    return list(shortlists(corpus, top=top))


def order(lists):
    return [one.candidate_id for one in lists[0].matches]


def test_what_means_the_same_rises_and_what_means_something_else_sinks():
    plain = ranked()
    assert order(plain) == ["A1", "A2", "A3"]
    assert order(ranked(Meaning(A1=85, A2=5, A3=80))) == ["A2", "A1", "A3"]


def test_the_formula_worked_by_hand():
    # s' = 1, 0.5, 0 and v' = 0, 1, 0.5
    parts = semantic_parts(Fixed([0.0, 0.8, 0.4]), "需求", ["甲", "乙", "丙"], [0.5, 0.4, 0.3])
    assert parts == pytest.approx([SHARE * 0.2 * (0 - 1), SHARE * 0.2 * (1 - 0.5), SHARE * 0.2 * (0.5 - 0)])


class Fixed:
    """Gives the need the first direction, and candidates the cosines that a test says."""

    version = "fixed@00000000"

    def __init__(self, cosines: Sequence[float]):
        self.cosines = cosines

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        rows = [(1.0, 0.0), *((value, (1 - value * value) ** 0.5) for value in self.cosines)]
        assert len(rows) == len(texts)
        return np.array(rows, dtype=np.float32)


@settings(max_examples=60)
@given(st.lists(st.tuples(st.floats(0.01, 1.0).map(lambda s: round(s, 6)), st.floats(-1, 1)), min_size=1, max_size=12))
def test_the_order_is_that_of_the_combination_and_scores_keep_their_bounds(pairs):
    scores, cosines = [score for score, _ in pairs], [cosine for _, cosine in pairs]
    parts = semantic_parts(Fixed(cosines), "需求", ["文"] * len(pairs), scores)
    fused = [score + part for score, part in zip(scores, parts, strict=True)]
    assert min(fused) >= min(scores) - 1e-9
    assert max(fused) <= max(scores) + 1e-9
    if any(parts):
        cosines = [float(np.float32(value)) for value in cosines]

        def share(values, i):
            return (values[i] - min(values)) / (max(values) - min(values))

        told = [(1 - SHARE) * share(scores, i) + SHARE * share(cosines, i) for i in range(len(pairs))]
        span = max(scores) - min(scores)
        assert fused == pytest.approx([min(scores) + span * value for value in told], abs=1e-6)


def test_parts_add_up_and_levels_and_reasons_stay_those_of_the_words():
    plain = {match.candidate_id: match for match in ranked()[0].matches}
    moved = ranked(Meaning(A1=85, A2=5, A3=80))[0].matches
    assert any(SEMANTIC in match.parts for match in moved)
    for match in moved:
        assert match.score == pytest.approx(sum(match.parts.values()), abs=1e-9)
        before = plain[match.candidate_id]
        assert (match.level, match.evidence) == (before.level, before.evidence)
        assert {name: value for name, value in match.parts.items() if name != SEMANTIC} == dict(before.parts)


def test_an_encoder_that_sees_no_difference_changes_nothing():
    assert ranked(Meaning()) == ranked()


def test_what_fits_nothing_fits_nothing_with_an_encoder_either():
    lists = ranked(Meaning(A1=5))
    assert (lists[1].matches, ranked()[1].matches) == ((), ())
    assert "A4" not in order(lists)  # without a common word there is no match, whatever an encoder thinks


def test_only_the_best_hundred_are_moved_and_how_many_are_shown_changes_no_score():
    many = [Achievement(f"B{i:03}", "锂电池" + "配方" * (i % 7) + "工艺" * (i % 5), f"低温{i}") for i in range(130)]
    angles = {one.id: float(i % 90) for i, one in enumerate(many)}

    class Wide(Meaning):
        def encode(self, texts):
            assert len(texts) <= REORDERED + 1
            found = {one.title + "\n" + one.description: angles[one.id] for one in many}
            turned = np.radians([found.get(text, 0.0) for text in texts])
            return np.stack([np.cos(turned), np.sin(turned)], axis=1).astype(np.float32)

    all_of_them = ranked(Wide(), top=130, candidates=many)[0].matches
    assert {match.candidate_id for match in all_of_them[:100]} == {
        match.candidate_id for match in ranked(top=130, candidates=many)[0].matches[:100]
    }
    assert not any(SEMANTIC in match.parts for match in all_of_them[100:])
    assert all_of_them[:10] == ranked(Wide(), top=10, candidates=many)[0].matches


def test_given_pairs_are_combined_among_themselves_and_a_single_one_is_left_as_it_is():
    corpus = read_corpus((NEED,), CANDIDATES, analyser=ANALYSER)
    alone = next(score_pairs(corpus, [Pair("N1", "A2")]))
    corpus.ranker.encoder = Meaning(A1=85, A2=5, A3=80)
    assert next(score_pairs(corpus, [Pair("N1", "A2")])) == alone
    pairs = [Pair("N1", one.id) for one in CANDIDATES]
    (found,) = score_pairs(corpus, pairs)
    assert [match.candidate_id for match in found] == ["A2", "A1", "A3", "A4"]
    assert found[-1].score == 0


def test_the_version_says_that_an_encoder_took_part_and_which():
    corpus = read_corpus((NEED,), CANDIDATES, analyser=ANALYSER)
    assert corpus.ranker.version == MODEL_VERSION
    corpus.ranker.encoder = Meaning()
    assert corpus.ranker.version == f"{MODEL_VERSION}~meaning@00000000"


def test_a_failing_encoder_is_not_hidden_and_without_it_everything_is_as_before():
    class Broken(Meaning):
        def encode(self, texts):
            raise EncoderError

    corpus = read_corpus((NEED, OTHER), CANDIDATES, analyser=ANALYSER)
    plain = list(shortlists(corpus, top=20))
    corpus.ranker.encoder = Broken()
    with pytest.raises(EncoderError):
        list(shortlists(corpus, top=20))
    corpus.ranker.encoder = None
    assert list(shortlists(corpus, top=20)) == plain
