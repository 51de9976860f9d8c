"""Whole lists against whole lists: from records to shortlists.

Retrieval finds the candidates whose texts are most alike, ranking orders them. Retrieval is asked for far more than are
shown, so that nothing the ranking would put on a list is missed.
"""

import sys
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from queqiao.engine.bulk.kernel import top_lists
from queqiao.engine.bulk.tables import Table
from queqiao.engine.progress import Progress, silent
from queqiao.engine.ranking.documents import Document, document_of
from queqiao.engine.ranking.experts import ExpertRanker, ExpertShortlist
from queqiao.engine.ranking.learned import Model
from queqiao.engine.ranking.lexical import Weights, need_weights
from queqiao.engine.ranking.ranker import AnalysedNeed, Match, Ranker, Shortlist
from queqiao.engine.ranking.semantic import SHARE
from queqiao.engine.ranking.snapshot import CorpusSnapshot, take_snapshot
from queqiao.engine.records import Achievement, Expert, ExpertItem, Need, Pair
from queqiao.engine.text.analyser import Analyser, Terms

OVER_FETCH = 2000  # candidates that retrieval hands over for each need, at the least
PORTION = 250  # of them that are read and weighed together
STRONGEST = 96  # terms of a need that an index is asked for
_FETCH_FACTOR = 20  # and at the least this many for each place on the list
_NEEDS_AT_ONCE = 1000  # that are looked for in one pass over the candidates

Meanings = tuple[NDArray[np.float32], NDArray[np.float32]]  # of needs and of candidates, a row for each text


@dataclass(frozen=True)
class Corpus:
    """Needs and candidates cut into terms, and the statistics over both."""

    analyser: Analyser
    needs: tuple[Document, ...]
    need_terms: tuple[Terms, ...]
    candidates: tuple[Document, ...]
    candidate_terms: tuple[Terms, ...]
    model: Model | None = None

    @cached_property
    def snapshot(self) -> CorpusSnapshot:
        """The statistics under which every pair of this corpus is scored."""
        return take_snapshot(self.analyser.version, self.need_terms, self.candidate_terms)

    @cached_property
    def ranker(self) -> Ranker:
        """The ranker over all candidates."""
        return Ranker(self.analyser, self.snapshot, self.candidates, self.candidate_terms, self.model)

    @cached_property
    def table(self) -> Table:
        """All candidates as one side of a bulk job."""
        return Table.of(self.ranker.matrix.side_by_side)

    @cached_property
    def rows(self) -> dict[str, int]:
        """The row of each candidate's id."""
        return {document.id: row for row, document in enumerate(self.candidates)}


def index_tokens(terms: Terms) -> tuple[str, ...]:
    """Return the tokens under which a text is found: its characters and its words, a Latin word once."""
    return terms.characters + tuple(word for word in terms.words if not word.isascii())


def read_corpus(
    needs: Sequence[Need],
    candidates: Sequence[Achievement | ExpertItem],
    *,
    analyser: Analyser,
    model: Model | None = None,
    progress: Progress = silent,
) -> Corpus:
    """Cut all texts into terms, to be scored by a model where there is one; ``progress`` counts texts."""
    need_documents = tuple(document_of(need) for need in needs)
    documents = tuple(document_of(candidate) for candidate in candidates)
    terms = []
    total = len(need_documents) + len(documents)
    for done, document in enumerate((*need_documents, *documents), 1):
        terms.append(_shared(analyser.terms(document.text)))
        progress(done, total)
    split = len(need_documents)
    return Corpus(analyser, need_documents, tuple(terms[:split]), documents, tuple(terms[split:]), model)


def _shared(terms: Terms) -> Terms:
    """Let equal terms of all texts be one object; as many they take four times the memory."""
    return Terms(tuple(map(sys.intern, terms.characters)), tuple(map(sys.intern, terms.words)))


def shortlists(corpus: Corpus, *, top: int, progress: Progress = silent) -> Iterator[Shortlist]:
    """Yield the shortlist of every need, in the order of the needs; EncoderError where the ranker's encoder fails."""
    done = 0
    for start in range(0, len(corpus.needs), _NEEDS_AT_ONCE):
        some = slice(start, start + _NEEDS_AT_ONCE)
        needs = [corpus.ranker.analyse(*one) for one in zip(corpus.needs[some], corpus.need_terms[some], strict=True)]
        for need, rows in zip(needs, _candidate_rows(corpus, needs, top), strict=True):
            yield corpus.ranker.shortlist(need, top=top, rows=rows)
            done += 1
            progress(done, len(corpus.needs))


def sides(corpus: Corpus, meanings: Meanings | None = None) -> tuple[Table, Table]:
    """Return needs and candidates as the sides of a bulk job, whose scores are the similarities of the ranking.

    With vectors of what the texts mean a score is ``(1 - α) · similarity + α · cosine``, the convex combination of
    ``semantic`` without its range for each need, for a bulk job sees no need by itself.
    """
    title = corpus.analyser.terms
    needs = zip(corpus.needs, corpus.need_terms, strict=True)
    weights = (need_weights(corpus.snapshot, terms, title(need.title)) for need, terms in needs)
    asked = corpus.ranker.matrix.needs_side_by_side(weights)
    if meanings is None:
        return Table.of(asked), corpus.table
    of_needs, of_candidates = meanings
    return Table.of(asked * (1 - SHARE), of_needs, vector_weight=SHARE), Table.of(
        corpus.ranker.matrix.side_by_side, of_candidates
    )


def score_pairs(corpus: Corpus, pairs: Iterable[Pair], *, progress: Progress = silent) -> Iterator[tuple[Match, ...]]:
    """Yield for every need that occurs in ``pairs`` exactly its pairs, ranked; KeyError for an unknown id.

    EncoderError where the ranker's encoder fails.
    """
    wanted: dict[str, list[int]] = defaultdict(list)
    for pair in pairs:
        wanted[pair.need_id].append(corpus.rows[pair.achievement_id])
    known = {need.id: index for index, need in enumerate(corpus.needs)}
    for done, need_id in enumerate(sorted(wanted, key=known.__getitem__), 1):
        index = known[need_id]
        need = corpus.ranker.analyse(corpus.needs[index], corpus.need_terms[index])
        yield corpus.ranker.rank(need, wanted[need_id])
        progress(done, len(wanted))


def expert_shortlists(
    corpus: Corpus,
    experts: Sequence[Expert],
    items: Sequence[ExpertItem],
    *,
    top: int,
    conflicts: Collection[tuple[str, str]] = (),
    progress: Progress = silent,
) -> Iterator[ExpertShortlist]:
    """Yield the experts of every need; ``items`` are the corpus' candidates.

    ``conflicts`` are the ids of needs and experts that must not meet; such an expert takes no place in the list.
    """
    barred: dict[str, set[str]] = {}
    for need_id, expert_id in conflicts:
        barred.setdefault(need_id, set()).add(expert_id)
    everybody = {expert.id for expert in experts}
    ranker = ExpertRanker(corpus.analyser, corpus.snapshot, experts, items, corpus.candidate_terms)
    for done, need in enumerate(corpus.needs, 1):
        among = everybody - barred[need.id] if need.id in barred else None
        yield ranker.shortlist(need, top=top, among=among)
        progress(done, len(corpus.needs))


def query_tokens(weights: Weights) -> tuple[str, ...]:
    """Return the tokens to look for in an index: a need's strongest terms, each as often as it outweighs the last.

    An index by BM25 counts a token as often as it is asked for, so that it orders much as the ranking does. The rest
    of a long need are words of nearly every text, which take most of the time and decide nothing.
    """
    whole: dict[str, float] = defaultdict(float)
    for name, block in weights.items():
        for term, weight in block.items():
            if name == "characters" or not term.isascii():  # a Latin word is a character too
                whole[term] += weight
    strongest = sorted(whole, key=lambda term: (-whole[term], term))[:STRONGEST]
    return tuple(term for term in strongest for _ in range(round(whole[term] / whole[strongest[-1]])))


def _candidate_rows(corpus: Corpus, needs: Sequence[AnalysedNeed], top: int) -> list[NDArray[np.int64] | None]:
    """Return for each need the candidates most alike, or None where those would be all of them."""
    fetch = max(OVER_FETCH, _FETCH_FACTOR * top)
    if len(corpus.candidates) <= fetch:
        return [None] * len(needs)
    asked = Table.of(corpus.ranker.matrix.needs_side_by_side(need.weights for need in needs))
    found = top_lists(asked, corpus.table, fetch)
    return [np.sort(rows) for rows in np.split(found.rows, found.starts[1:-1])]
