"""What was learned can be put away and taken out again, and labels one text as a table of texts would be labelled."""

import io
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from queqiao.engine.classification.classifier import Example, classify, learn, read_corpus
from queqiao.engine.classification.learners import ridge_weights
from queqiao.engine.classification.likeness import Likeness
from queqiao.engine.classification.model import Model
from queqiao.engine.classification.tests.test_classifier import ANALYSER, EXAMPLES
from queqiao.engine.classification.vectors import read_texts

TEXTS = ["电镀废水中铬的去除", "压铸模具温度场模拟", "大豆抗病品种选育", "压铸车间的废水处理"]


def learned(examples: list[Example]) -> Model:
    return learn(read_corpus(examples, (), analyser=ANALYSER))


def trusting(model: Model) -> Model:
    """Make a model say what it thinks, however unsure."""
    return replace(model, measured=replace(model.measured, trusted_from=0.0))


def put_away(model: Model) -> Model:
    """Write a model to a file and read it again, as somebody does who does not trust files."""
    file = io.BytesIO()
    np.savez_compressed(file, **model.arrays())
    file.seek(0)
    with np.load(file, allow_pickle=False) as arrays:
        return Model.of_arrays(arrays)


def test_one_text_gets_the_labels_that_it_would_get_in_a_table() -> None:
    model = trusting(learned(EXAMPLES))
    for text in TEXTS:
        alone = classify(read_corpus(EXAMPLES, [text], analyser=ANALYSER)).guesses[0]
        found = model.suggest(text, ANALYSER)
        assert found is not None
        assert (found.label, found.second) == (alone.label, alone.second)
        assert found.confidence == pytest.approx(alone.confidence, abs=0.1)


def test_a_text_of_known_terms_is_as_like_as_in_its_corpus() -> None:
    texts = [one.text for one in EXAMPLES]
    vectors, vocabulary = read_texts(texts, ANALYSER)
    likeness = Likeness(vectors, 8, np.arange(len(texts)))
    weights = ridge_weights(likeness.among_labelled, np.arange(8) % 3, 3)
    there = likeness.to_labelled(np.array([3, 10])) @ weights
    for row, text in enumerate((texts[3], texts[10])):
        vector = vocabulary.vector(text, ANALYSER)
        assert vector.toarray() == pytest.approx(vectors[[(3, 10)[row]]].toarray())
        assert likeness.weighed(weights).of(vector)[0] == pytest.approx(there[row])


def test_what_is_read_from_a_file_says_the_same() -> None:
    model = learned(EXAMPLES)
    again = put_away(model)
    assert again.measured == model.measured
    assert [trusting(again).suggest(text, ANALYSER) for text in TEXTS] == [
        trusting(model).suggest(text, ANALYSER) for text in TEXTS
    ]


def test_a_model_abstains_where_it_is_not_sure_or_knows_no_term() -> None:
    model = trusting(learned(EXAMPLES))
    assert [model.suggest(text, ANALYSER) for text in ("", " 。", "qwertz")] == [None, None, None]
    wary = replace(model, measured=replace(model.measured, trusted_from=1.01))
    assert [wary.suggest(text, ANALYSER) for text in TEXTS] == [None] * 4


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(st.tuples(st.sampled_from("甲乙丙"), st.text(max_size=12)), min_size=2, max_size=10),
    st.text(max_size=12),
)
def test_whatever_was_learned_a_file_keeps_it_whole(pairs: list[tuple[str, str]], text: str) -> None:
    examples = [Example(*pair) for pair in pairs]
    if len({one.label for one in examples}) < 2:
        return
    model = trusting(learned(examples))
    found = model.suggest(text, ANALYSER)
    assert put_away(model).suggest(text, ANALYSER) == found
    if found is not None:
        assert found.label != found.second
        assert 0 <= found.confidence <= 1
