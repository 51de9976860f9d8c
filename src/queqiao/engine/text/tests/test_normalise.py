from hypothesis import given
from hypothesis import strategies as st

from queqiao.engine.text.normalise import normalise


def test_widths_case_script_and_compatibility_signs_become_one_spelling():
    assert normalise("ＣＢＮ單晶 ５㎡").text == "cbn单晶 5m2"


def test_case_can_be_kept_because_units_need_it():
    assert normalise("ＭＰａ", fold_case=False).text == "MPa"


def test_a_sign_that_becomes_two_letters_points_back_to_the_one_that_was_written():
    folded = normalise("约５㎡大")
    assert folded.text == "约5m2大"
    assert folded.span(2, 4) == (2, 3)
    assert folded.span(2, 3) == (2, 3)


def test_control_characters_separate_and_are_never_lost_from_the_offsets():
    folded = normalise("高\x00强\u200b钢")
    assert folded.text == "高 强 钢"
    assert folded.span(4, 5) == (4, 5)


def test_line_breaks_stay():
    assert normalise("一\n二").text == "一\n二"


@given(st.text())
def test_every_span_of_the_folded_text_points_at_characters_of_the_original(text: str):
    folded = normalise(text)
    for index in range(len(folded.text)):
        start, end = folded.span(index, index + 1)
        assert 0 <= start < end <= len(text)


@given(st.text())
def test_folding_twice_changes_nothing_more(text: str):
    once = normalise(text).text
    assert normalise(once).text == once
