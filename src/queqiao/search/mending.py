"""Mending a line that finds nothing as it was typed, by the words of the titles that come near to it."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import replace
from difflib import SequenceMatcher
from itertools import pairwise

from queqiao.accounts.actors import Actor
from queqiao.engine.retrieval import SearchEngine
from queqiao.engine.text.analyser import fold_plural
from queqiao.engine.text.normalise import normalise
from queqiao.search.asking import Wording
from queqiao.search.forgiving import HAN, LATIN, letters, near_query, sounds
from queqiao.search.queries import headings, readable

NEAR = 50  # hits whose titles lend their words


def mended(engine: SearchEngine, wording: Wording, actor: Actor) -> Wording | None:
    """Return what was probably meant, in words that the reader may read in titles; None where nothing else was.

    Quoted texts stand as they are, and a line that has them is not mended.
    """
    near = None if wording.phrases else near_query(wording.plain)
    if near is None:
        return None
    hits = engine.search(near, readable(actor), NEAR)
    plain = normalise(wording.plain).text
    meant = Vocabulary(headings((hit.id for hit in hits), actor)).mend(plain)
    return replace(wording, plain=meant) if meant != plain else None


class Vocabulary:
    """The words of some titles: pairs of characters by their sound, and Latin words by their forms."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._pairs: dict[str, Counter[str]] = defaultdict(Counter)
        self._words: Counter[str] = Counter()
        self._by_form: dict[str, set[str]] = defaultdict(set)
        self._runs: list[tuple[str, list[str]]] = []
        for text in texts:
            self._learn(normalise(text).text)

    def mend(self, plain: str) -> str:
        """Return a normalised text in which what the titles do not have stands as they have it."""
        return LATIN.sub(lambda one: self._word(one[0]), HAN.sub(lambda one: self._characters(one[0]), plain))

    def _learn(self, folded: str) -> None:
        for run in HAN.findall(folded):
            said = sounds(run)
            self._runs.append((run, said))
            for i in range(len(run) - 1):
                self._pairs[said[i] + said[i + 1]][run[i : i + 2]] += 1
        for word in map(fold_plural, LATIN.findall(folded)):
            self._words[word] += 1
            for form in letters(word):
                self._by_form[form].add(word)

    def _characters(self, run: str) -> str:
        """Replace pairs that no title has by pairs of the same sound; characters in a pair that is known stay."""
        said, chars = sounds(run), list(run)
        there = [self._pairs["".join(pair)] for pair in pairwise(said)]
        known = ["".join(pair) in pairs for pair, pairs in zip(pairwise(run), there, strict=True)]
        sure = [before or after for before, after in zip([False, *known], [*known, False], strict=True)]
        for i, pairs in enumerate(there):
            best = _nearest(pairs, "".join(chars[i : i + 2]), sure[i : i + 2])
            if best and not all(sure[i : i + 2]):
                chars[i : i + 2] = best
                sure[i] = sure[i + 1] = True
        return "".join(chars)

    def _word(self, run: str) -> str:
        word = fold_plural(run)
        if word in self._words:
            return run
        near = {one for form in letters(word) for one in self._by_form.get(form, ())}
        if near:
            return max(sorted(near), key=lambda one: (SequenceMatcher(None, word, one).ratio(), self._words[one]))
        spoken = Counter(text for run, said in self._runs for text in _said_as(word, run, said))
        return spoken.most_common(1)[0][0] if spoken else run


def _nearest(pairs: Counter[str], here: str, sure: list[bool]) -> str:
    """Return the pair that keeps most of the characters, all sure ones, and is the most frequent; "" for none."""
    fitting = [pair for pair in pairs if all(pair[n] == here[n] or not sure[n] for n in (0, 1))]
    return max(fitting, key=lambda pair: ((pair[0] == here[0]) + (pair[1] == here[1]), pairs[pair]), default="")


def _said_as(word: str, run: str, said: list[str]) -> Iterable[str]:
    """Yield the parts of a run, of two characters and more, whose sounds make the word."""
    for start in range(len(run)):
        for end in range(start + 2, len(run) + 1):
            if "".join(said[start:end]) == word:
                yield run[start:end]
