"""What a person asks for, and what his line of words means."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from queqiao.engine.retrieval import TextQuery
from queqiao.search.entries import EVERYTHING, analyser, figures, query_tokens
from queqiao.search.numbers import as_number

LONGEST = 5_000  # characters that are read of a question
MANY = 12  # distinct words; who sends more has pasted a text, and looks for what is like it
MOST_TOKENS = 64
_MARKS = '"＂“”「」『』'
_PART = re.compile(
    r"(?P<no>(?<!\S)[-\uff0d\u2212\u2013](?=\S))?"
    rf"(?:[\"＂“「『](?P<phrase>[^{_MARKS}]*)[\"＂”」』]|(?P<word>[^\s{_MARKS}]+))"
)


class Sort(StrEnum):
    """In which order hits are shown."""

    RELEVANCE = "relevance"
    NEWEST = "newest"
    MATURE = "mature"
    EXPIRING = "expiring"


# Orders that say something of some kinds only.
_ORDERED_KINDS = {Sort.MATURE: frozenset({"achievement"}), Sort.EXPIRING: frozenset({"achievement", "need"})}


def orders(kinds: Iterable[str]) -> list[Sort]:
    """Return the orders that say something where only such kinds are looked for, or all kinds where none is named."""
    named = set(kinds)
    return [sort for sort in Sort if not named or sort not in _ORDERED_KINDS or named & _ORDERED_KINDS[sort]]


@dataclass(frozen=True, slots=True)
class Question:
    """What is looked for; ``chosen`` maps facets (names in ``facets.FACETS``) to the values chosen in them."""

    text: str = ""
    chosen: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    sort: Sort = Sort.RELEVANCE
    page: int = 1


@dataclass(frozen=True, slots=True)
class Wording:
    """A line of words taken apart: plain text, texts that must stand as they are, and those that must not stand.

    ``used`` is the line as far as it was read, ``is_cut`` says whether it goes on.
    """

    plain: str
    phrases: tuple[str, ...]
    without: tuple[str, ...]
    used: str = field(default="", compare=False)
    is_cut: bool = False

    @property
    def asks(self) -> bool:
        """Whether there is anything to look for."""
        return bool(query_tokens(self.plain) or _runs(self.phrases))

    @property
    def is_empty(self) -> bool:
        """Whether nothing is left to look for or to leave out."""
        return not (self.asks or _runs(self.without))

    def every(self) -> TextQuery | None:
        """Return the query for records that have every word; None for a pasted text, which no record has whole."""
        tokens = tuple(dict.fromkeys(query_tokens(self.plain)))
        return self._query(tokens, every=True) if len(tokens) <= MANY else None

    def some(self) -> TextQuery:
        """Return the query for records that have any of the words."""
        return self._query(tuple(dict.fromkeys(query_tokens(self.plain)))[:MOST_TOKENS], every=False)

    def all_but(self) -> TextQuery:
        """Return the query for all records without those that are not wanted."""
        return self._query((EVERYTHING,), every=True)

    def _query(self, tokens: tuple[str, ...], *, every: bool) -> TextQuery:
        return TextQuery(tokens, every and bool(tokens), _runs(self.phrases), _runs(self.without))


def read_wording(text: str) -> Wording:
    """Take a line apart: “quoted” texts, and words behind a minus that must not be there.

    A quotation mark that is never closed is no mark; punctuation says nothing.
    """
    plain, phrases, without = [], [], []
    used = text[: _end(text)]
    for part in _PART.finditer(used):
        phrase, word = part["phrase"], part["word"]
        if part["no"]:
            without.append(phrase if phrase is not None else word)
        elif phrase is not None:
            phrases.append(phrase)
        else:
            plain.append(word)
    return Wording(" ".join(plain), tuple(phrases), tuple(without), used, bool(text[len(used) :].strip()))


def _end(text: str) -> int:
    """Return where the part of a line ends that is looked for: behind its last word where it has very many."""
    if len(text) <= MOST_TOKENS:
        return len(text)
    terms: set[str] = set()
    for token in analyser().word_tokens(text[:LONGEST]):
        terms.add(token.term)
        if len(terms) == MOST_TOKENS:
            return token.end
    return LONGEST


def _runs(texts: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    """Return the tokens of each text as they follow each other in an entry."""
    return tuple(run for text in texts if (run := _run(text)))


def _run(text: str) -> tuple[str, ...]:
    number = as_number(text)
    if number:
        return (number.lower(),)
    terms = analyser().terms(text)
    return terms.words or terms.characters or figures(text)
