"""Tokens by which what was typed with a small mistake is still found: by its sound, or but for one letter.

Most mistakes in Chinese are characters of the same sound, since people type by sound. Titles and keywords carry the
sounds of each two neighbouring characters, so that a wrong character does no harm however it would be segmented. Of a
Latin word they carry the word and every form that lacks one letter, by which two words one letter apart meet (the
symmetric deletion of SymSpell, Garbe 2012).
"""

import re
from collections.abc import Iterator
from itertools import pairwise

from queqiao.engine.retrieval import TextQuery
from queqiao.engine.text.analyser import fold_plural
from queqiao.engine.text.normalise import normalise

_HAN = re.compile(r"[\u3400-\u9fff]+")
_LATIN = re.compile(r"[a-z][a-z0-9]{3,19}")
_MARK = "~"  # no analyser makes a token that begins so


def forgiving_tokens(text: str) -> tuple[str, ...]:
    """Return the tokens of a title or keyword."""
    folded = normalise(text).text
    return tuple(dict.fromkeys((*_sounds(folded), *_letters(folded))))


def forgiving_query(text: str) -> TextQuery | None:
    """Return what looks for a text by all its sounds, or where it has no Chinese by its letters; None for neither."""
    folded = normalise(text).text
    sounds = tuple(dict.fromkeys(_sounds(folded)))
    if sounds:
        return TextQuery(sounds, every=True)
    letters = tuple(dict.fromkeys(_letters(folded)))
    return TextQuery(letters) if letters else None


def _sounds(folded: str) -> Iterator[str]:
    from pypinyin import lazy_pinyin  # noqa: PLC0415 -- loads a dictionary that most requests never need

    for run in _HAN.findall(folded):
        yield from (f"{_MARK}{one}-{following}" for one, following in pairwise(lazy_pinyin(run)))


def _letters(folded: str) -> Iterator[str]:
    for run in _LATIN.findall(folded):
        word = fold_plural(run)
        yield _MARK + word
        yield from (f"{_MARK}{word[:i]}{word[i + 1 :]}" for i in range(len(word)))
