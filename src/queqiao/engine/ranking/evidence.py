"""Why a pair was found: shared terms with their places, indicators, and what both records state."""

from collections.abc import Mapping
from dataclasses import dataclass

from queqiao.engine.ranking.documents import Document, Span
from queqiao.engine.ranking.lexical import Weights
from queqiao.engine.ranking.structured import Agreement
from queqiao.engine.text.analyser import Analyser, Token
from queqiao.engine.text.quantities import Gap

MOST_TERMS = 8  # reasons that a reader takes in at a glance
LEAST_CHARACTER = 0.02  # of the score: a single character below it is chance


@dataclass(frozen=True, slots=True)
class SharedTerm:
    """A term on both sides, its share of the score, and where it stands in either record."""

    term: str
    contribution: float
    need_spans: tuple[Span, ...]
    candidate_spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything a reader needs in order to agree or disagree with a match.

    ``expected`` is the grade, about 1 to 4, that the staff's own grades lead one to expect; None where no model that
    was learned from them says the level. ``brief`` says that the candidate's text is too short for a level above 2.
    """

    terms: tuple[SharedTerm, ...]
    gaps: tuple[Gap, ...]
    agreements: Mapping[str, Agreement]  # by point: field, maturity, region, cooperation
    expected: float | None = None
    brief: bool = False


@dataclass(frozen=True, slots=True)
class PlacedText:
    """The terms of a record's parts with their places, cut once and used for every pair."""

    words: Mapping[str, tuple[Span, ...]]
    characters: Mapping[str, tuple[Span, ...]]


def place_terms(analyser: Analyser, document: Document) -> PlacedText:
    """Find where each term of a record stands."""
    words = _collect(document, analyser.word_tokens(document.text))
    characters = _collect(document, analyser.character_tokens(document.text))
    return PlacedText(words, characters)


def shared_terms(
    need: PlacedText, candidate: PlacedText, weights: tuple[Weights, Weights], fillers: frozenset[str]
) -> tuple[SharedTerm, ...]:
    """Return at most eight shared words, the strongest first; filler words are never a reason.

    A word's contribution is its own part of the score and that of its characters. A word that stands only inside
    longer shared words says nothing new and is left out. Where no word is shared, the shared characters speak
    (铝 in 铝锭 and 铝材), those that stand in filler words excepted.
    """
    need_weights, candidate_weights = weights
    words = {
        word: _contribution(word, need_weights, candidate_weights)
        for word in need.words.keys() & candidate.words.keys()
        if word not in fillers
    }
    words = {word: value for word, value in words.items() if not _inside_longer(word, words)}
    if words:
        return _located(words, need.words, candidate.words)
    in_fillers = {char for filler in fillers for char in filler}
    characters = {
        char: need_weights["characters"][char] * candidate_weights["characters"][char]
        for char in need.characters.keys() & candidate.characters.keys()
        if char not in in_fillers
    }
    characters = {char: value for char, value in characters.items() if value >= LEAST_CHARACTER}
    return _located(characters, need.characters, candidate.characters)


def _contribution(word: str, need: Weights, candidate: Weights) -> float:
    own = need["words"][word] * candidate["words"][word]
    characters = {word} if word.isascii() else set(word)
    return own + sum(
        need["characters"].get(char, 0.0) * candidate["characters"].get(char, 0.0) for char in sorted(characters)
    )


def _inside_longer(word: str, words: Mapping[str, float]) -> bool:
    return any(word != other and word in other for other in words)


def _located(
    terms: Mapping[str, float], need: Mapping[str, tuple[Span, ...]], candidate: Mapping[str, tuple[Span, ...]]
) -> tuple[SharedTerm, ...]:
    strongest = sorted(terms, key=lambda term: (-round(terms[term], 9), term))[:MOST_TERMS]
    return tuple(SharedTerm(term, terms[term], need[term], candidate[term]) for term in strongest)


def _collect(document: Document, tokens: tuple[Token, ...]) -> dict[str, tuple[Span, ...]]:
    places: dict[str, list[Span]] = {}
    for token in tokens:
        places.setdefault(token.term, []).append(document.place(token.start, token.end))
    return {term: tuple(spans) for term, spans in places.items()}
