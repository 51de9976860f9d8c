"""The one analyser: index, query, ranking and explanation all see a text through it.

Two kinds of terms come out of a text. *Words* are what the segmenter finds, long words also in their parts
(``复合材料`` gives 复合, 材料 and 复合材料). *Characters* are single Han characters and whole Latin words:
in Chinese technical text a character carries meaning of its own, and two authors who name the same thing
differently still share its characters (铝材, 铝合金).
"""

import hashlib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache

import rjieba

from queqiao.engine.text.normalise import normalise

# Raised whenever the same text would give other terms, because statistics of another analyser do not fit.
ANALYSER_VERSION = "1"

_HAN = "\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_RUNS = re.compile(rf"[{_HAN}]+|[^\W\d_{_HAN}][^\W_{_HAN}]*")
_HAN_CHARACTER = re.compile(rf"[{_HAN}]")
_LETTER = re.compile(r"[^\W\d_]")
_LATIN = re.compile(r"[a-z]+")


@dataclass(frozen=True, slots=True)
class Token:
    """A term and where it stands: ``original[start:end]`` is what the author wrote."""

    term: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Terms:
    """The terms of a text in reading order, repeated as often as they occur."""

    characters: tuple[str, ...]
    words: tuple[str, ...]


class Analyser:
    """Turns texts into terms; holds a segmenter with the operator's own domain words.

    ``domain_words`` are kept whole by the segmenter, as written (``相变储能板``); blank ones are ignored.
    """

    def __init__(self, domain_words: Iterable[str] = ()):
        self.domain_words = tuple(sorted({normalise(word).text.strip() for word in domain_words} - {""}))

    @cached_property
    def _segmenter(self) -> rjieba.Jieba:
        segmenter = rjieba.Jieba()
        for word in self.domain_words:
            segmenter.add_word(word, segmenter.suggest_freq(word), "n")
        return segmenter

    @property
    def version(self) -> str:
        """A name for exactly this behaviour: the analyser's version and the operator's words."""
        if not self.domain_words:
            return ANALYSER_VERSION
        digest = hashlib.sha256("\n".join(self.domain_words).encode()).hexdigest()
        return f"{ANALYSER_VERSION}+{digest[:8]}"

    def terms(self, text: str) -> Terms:
        """Return the characters and words of ``text``."""
        folded = normalise(text).text
        characters = [term for term, _, _ in _characters(folded)]
        words = [term for term, _, _ in self._words(folded)]
        return Terms(tuple(characters), tuple(words))

    def word_tokens(self, text: str) -> tuple[Token, ...]:
        """Return the words of ``text`` with their places; parts of long words overlap them."""
        return _placed(text, self._words)

    def character_tokens(self, text: str) -> tuple[Token, ...]:
        """Return the characters of ``text`` (Latin words whole) with their places."""
        return _placed(text, _characters)

    def _words(self, folded: str) -> list[tuple[str, int, int]]:
        return [
            (term, start, end)
            for word, start, end in self._segmenter.tokenize(folded, mode="search")
            if (term := _word_term(word))
        ]


def character_ngrams(text: str, low: int, high: int) -> tuple[str, ...]:
    """Return all n-grams of ``low`` to ``high`` Han characters, never across punctuation; Latin words stay whole.

    Example: ``character_ngrams("锂电池", 2, 3) == ("锂电", "电池", "锂电池")``.
    """
    grams: list[str] = []
    for run in _RUNS.findall(normalise(text).text):
        if not _HAN_CHARACTER.match(run):
            grams.append(fold_plural(run))
            continue
        grams.extend(run[i : i + n] for n in range(low, high + 1) for i in range(len(run) - n + 1))
    return tuple(grams)


def fold_plural(word: str) -> str:
    """Fold an English plural to its singular, the three rules of the S-stemmer (Harman 1991)."""
    if len(word) < 4 or not word.endswith("s") or not _LATIN.fullmatch(word):
        return word
    if word.endswith("ies") and word[-4] not in "ae":
        return word[:-3] + "y"
    if word.endswith("es") and word[-3] not in "aeo":
        return word[:-1]
    return word if word[-2] in "us" else word[:-1]


@lru_cache(maxsize=65536)
def _word_term(word: str) -> str:
    """Return the term of what the segmenter found, "" where it is no word."""
    return fold_plural(word) if len(word) > 1 and _LETTER.search(word) else ""


def _characters(folded: str) -> list[tuple[str, int, int]]:
    found: list[tuple[str, int, int]] = []
    for run in _RUNS.finditer(folded):
        if _HAN_CHARACTER.match(run[0]):
            found += [(char, at, at + 1) for at, char in enumerate(run[0], run.start())]
        else:
            found.append((fold_plural(run[0]), run.start(), run.end()))
    return found


def _placed(text: str, cut: Callable[[str], list[tuple[str, int, int]]]) -> tuple[Token, ...]:
    folded = normalise(text)
    return tuple(Token(term, *folded.span(start, end)) for term, start, end in cut(folded.text))
