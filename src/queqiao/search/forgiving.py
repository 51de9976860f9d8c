"""Tokens by which what was typed with a small mistake is still found: by its sound, or but for one letter.

Most mistakes in Chinese are characters of the same sound, since people type by sound. Titles and keywords carry the
sounds of each two neighbouring characters, so that a wrong character does no harm however it would be segmented. Of a
Latin word they carry the word and every form that lacks one letter, by which two words one letter apart meet (the
symmetric deletion of SymSpell, Garbe 2012). Sounds are written as a Latin word, so that what was typed in pinyin and
never turned into characters meets them too.
"""

import re
from collections.abc import Iterator
from itertools import pairwise

from queqiao.engine.retrieval import TextQuery
from queqiao.engine.text.analyser import fold_plural
from queqiao.engine.text.normalise import normalise

HAN = re.compile(r"[\u3400-\u9fff]+")
LATIN = re.compile(r"[a-z][a-z0-9]{3,19}")
_MARK = "~"  # no analyser makes a token that begins so
_TWO_SOUNDS = range(4, 12)  # letters


def forgiving_tokens(text: str) -> tuple[str, ...]:
    """Return the tokens of a title or keyword."""
    folded = normalise(text).text
    forms = (form for run in LATIN.findall(folded) for form in letters(run))
    return _marked((*_pairs(folded), *forms))


def near_query(text: str) -> TextQuery | None:
    """Return what looks for titles that have something of the sound or the spelling of a text; None for neither."""
    folded = normalise(text).text
    words = LATIN.findall(folded)
    forms = (form for run in words for form in (*letters(run), *_pinyin(run)))
    tokens = _marked((*_pairs(folded), *forms))
    return TextQuery(tokens) if tokens else None


def sounds(run: str) -> list[str]:
    """Return the sound of each character of a run of Chinese."""
    from pypinyin import lazy_pinyin  # noqa: PLC0415 -- loads a dictionary that most requests never need

    return lazy_pinyin(run)


def letters(run: str) -> tuple[str, ...]:
    """Return a Latin word, in the singular, and every form of it that lacks one letter."""
    word = fold_plural(run)
    return (word, *(word[:i] + word[i + 1 :] for i in range(len(word))))


def _marked(forms: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_MARK + form for form in forms))


def _pairs(folded: str) -> Iterator[str]:
    for run in HAN.findall(folded):
        yield from (one + following for one, following in pairwise(sounds(run)))


def _pinyin(word: str) -> Iterator[str]:
    """Yield the parts of a Latin word that may be the sounds of two characters."""
    yield from (word[i : i + n] for n in _TWO_SOUNDS for i in range(len(word) - n + 1))
