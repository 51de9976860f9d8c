"""Why something was found: where the words that were asked for stand in what the reader may see."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from queqiao.engine.text.analyser import Token
from queqiao.search.asking import Wording
from queqiao.search.entries import analyser

BEFORE, BEHIND = 24, 76  # characters that are shown around the first word that was found
MOST_PLACES = 2
Passages = tuple[tuple[str, bool], ...]  # pieces of a text, and whether each was asked for


@dataclass(frozen=True, slots=True)
class Asked:
    """What a question is about: words, and characters where it has no word."""

    words: frozenset[str]
    characters: frozenset[str]


@dataclass(frozen=True, slots=True)
class Place:
    """A field in which something was found, and the text around it; ``cut`` says at which ends it goes on."""

    field: str
    passages: Passages
    cut: tuple[bool, bool]


def asked_by(wording: Wording) -> Asked:
    """Return what a question is about."""
    terms = [analyser().terms(text) for text in (wording.plain, *wording.phrases)]
    words = frozenset(word for one in terms for word in one.words)
    return Asked(words, frozenset(char for one in terms if not one.words for char in one.characters))


def mark(text: str, asked: Asked) -> Passages:
    """Cut a text at the borders of what was asked for."""
    marked = [False] * len(text)
    for token in _found(text, asked):
        marked[token.start : token.end] = [True] * (token.end - token.start)
    pieces: list[tuple[str, bool]] = []
    start = 0
    for end in range(1, len(text) + 1):
        if end == len(text) or marked[end] != marked[start]:
            pieces.append((text[start:end], marked[start]))
            start = end
    return tuple(pieces)


def places(texts: Mapping[str, str], asked: Asked, shown: str = "") -> tuple[Place, ...]:
    """Return where in the texts the words stand that ``shown`` (a title) does not have yet, two places at most.

    ``texts`` maps fields to what the reader sees of them, the most telling first.
    """
    missing = (asked.words | asked.characters) - {token.term for token in _found(shown, asked)}
    found: list[Place] = []
    for field, text in texts.items():
        if not missing or len(found) == MOST_PLACES:
            break
        new = [token for token in _found(text, asked) if token.term in missing]
        if new:
            missing -= {token.term for token in new}
            start, end = max(0, new[0].start - BEFORE), min(len(text), new[0].start + BEHIND)
            found.append(Place(field, mark(text[start:end], asked), (start > 0, end < len(text))))
    return tuple(found)


def _found(text: str, asked: Asked) -> Iterator[Token]:
    if asked.words:
        yield from (token for token in analyser().word_tokens(text) if token.term in asked.words)
    if asked.characters:
        yield from (token for token in analyser().character_tokens(text) if token.term in asked.characters)
