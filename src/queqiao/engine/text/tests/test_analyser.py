import pytest
from hypothesis import given
from hypothesis import strategies as st

from queqiao.engine.text.analyser import Analyser, character_ngrams, fold_plural
from queqiao.engine.text.fillers import COMMON_FILLERS, learn_fillers


@pytest.fixture(scope="module")
def analyser() -> Analyser:
    return Analyser()


def test_a_long_word_is_found_by_its_parts_too(analyser: Analyser):
    assert analyser.terms("复合材料").words == ("复合", "材料", "复合材料")


def test_characters_are_single_and_latin_words_whole(analyser: Analyser):
    assert analyser.terms("CBN单晶").characters == ("cbn", "单", "晶")


def test_traditional_and_simplified_text_give_the_same_terms(analyser: Analyser):
    assert analyser.terms("複合材料與電機") == analyser.terms("复合材料与电机")


def test_full_width_and_half_width_text_give_the_same_terms(analyser: Analyser):
    assert analyser.terms("ＧＣｒ１５轴承钢") == analyser.terms("GCr15轴承钢")


def test_numbers_alone_are_no_words(analyser: Analyser):
    assert analyser.terms("2018 年 1000 万元").words == ("万元",)


def test_english_plurals_meet_their_singulars(analyser: Analyser):
    assert analyser.terms("flexible batteries") == analyser.terms("flexible battery")
    assert [fold_plural(word) for word in ("sensors", "glass", "gas", "analysis", "tres")] == [
        "sensor", "glass", "gas", "analysi", "tre",
    ]  # fmt: skip


def test_words_of_the_operator_are_kept_whole_and_give_the_analyser_another_version():
    plain, own = Analyser(), Analyser(["相变储能板", " "])
    assert "相变储能板" not in plain.terms("相变储能板").words
    assert "相变储能板" in own.terms("相變儲能板").words
    assert (plain.version, own.version == Analyser(["相变储能板"]).version) == ("1", True)
    assert own.version != plain.version


def test_tokens_stand_where_the_author_wrote_them(analyser: Analyser):
    text = "５㎡的ＣＢＮ複合材料"
    found = {token.term: text[token.start : token.end] for token in analyser.word_tokens(text)}
    assert found["cbn"] == "ＣＢＮ"
    assert found["复合材料"] == "複合材料"


def test_ngrams_never_cross_punctuation():
    assert character_ngrams("锂电池，硅", 2, 3) == ("锂电", "电池", "锂电池")


@given(text=st.text())
def test_any_text_can_be_cut_and_every_token_is_inside_it(analyser: Analyser, text: str):
    for token in (*analyser.word_tokens(text), *analyser.character_tokens(text)):
        assert 0 <= token.start < token.end <= len(text)
    assert tuple(token.term for token in analyser.character_tokens(text)) == analyser.terms(text).characters


def test_empty_and_one_word_texts(analyser: Analyser):
    assert (analyser.terms("").words, analyser.terms("").characters) == ((), ())
    assert analyser.terms("钢").characters == ("钢",)


def test_fillers_are_learned_from_a_broad_corpus_and_only_there():
    frequency = {"技术": 400, "石墨烯": 9, "示踪": 51}
    assert learn_fillers(frequency, 499) == COMMON_FILLERS
    assert learn_fillers(frequency, 1000) == COMMON_FILLERS | {"技术", "示踪"}
