"""What a person asks for, and what his line of words means."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from queqiao.engine.retrieval import TextQuery
from queqiao.search.entries import analyser, query_tokens

LONGEST = 5_000  # characters that are read of a question
MANY = 12  # distinct words; who sends more has pasted a text, and looks for what is like it
MOST_TOKENS = 64
_MARKS = '"＂“”「」『』'
_PART = re.compile(
    r"(?P<no>(?<!\S)[-－](?=\S))?"
    rf"(?:[\"＂“「『](?P<phrase>[^{_MARKS}]*)[\"＂”」』]|(?P<word>[^\s{_MARKS}]+))"
)


class Sort(StrEnum):
    """In which order hits are shown."""

    RELEVANCE = "relevance"
    NEWEST = "newest"
    MATURE = "mature"
    EXPIRING = "expiring"


@dataclass(frozen=True, slots=True)
class Question:
    """What is looked for; ``chosen`` maps facets (names in ``facets.FACETS``) to the values chosen in them."""

    text: str = ""
    chosen: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    sort: Sort = Sort.RELEVANCE
    page: int = 1


@dataclass(frozen=True, slots=True)
class Wording:
    """A line of words taken apart: plain text, texts that must stand as they are, and those that must not stand."""

    plain: str
    phrases: tuple[str, ...]
    without: tuple[str, ...]

    @property
    def is_empty(self) -> bool:
        """Whether nothing is left to look for."""
        return not (query_tokens(self.plain) or _runs(self.phrases))

    def every(self) -> TextQuery | None:
        """Return the query for records that have every word; None for a pasted text, which no record has whole."""
        tokens = tuple(dict.fromkeys(query_tokens(self.plain)))
        return self._query(tokens, every=True) if len(tokens) <= MANY else None

    def some(self) -> TextQuery:
        """Return the query for records that have any of the words."""
        return self._query(tuple(dict.fromkeys(query_tokens(self.plain)))[:MOST_TOKENS], every=False)

    def _query(self, tokens: tuple[str, ...], *, every: bool) -> TextQuery:
        return TextQuery(tokens, every and bool(tokens), _runs(self.phrases), _runs(self.without))


def read_wording(text: str) -> Wording:
    """Take a line apart: “quoted” texts, and words behind a minus that must not be there.

    A quotation mark that is never closed is no mark; punctuation says nothing.
    """
    plain, phrases, without = [], [], []
    for part in _PART.finditer(text[:LONGEST]):
        phrase, word = part["phrase"], part["word"]
        if part["no"]:
            without.append(phrase if phrase is not None else word)
        elif phrase is not None:
            phrases.append(phrase)
        else:
            plain.append(word)
    return Wording(" ".join(plain), tuple(phrases), tuple(without))


def _runs(texts: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    """Return the tokens of each text as they follow each other in an entry."""
    terms = [analyser().terms(text) for text in texts]
    return tuple(run for one in terms if (run := (one.words or one.characters)))
