"""Versioned statistics of a corpus: with them, the score of a pair depends on nothing but the pair."""

import hashlib
import json
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property

from queqiao.engine.text.analyser import Terms

# The two kinds of evidence, and how much a cosine over each of them counts. On real judged needs single
# characters order better than words (see docs/why/ranking.md); words make the reasons readable.
BLOCKS: Mapping[str, float] = {"characters": 1.0, "words": 0.5}


@dataclass(frozen=True, slots=True)
class BlockStatistics:
    """What one kind of terms looks like over the corpus.

    ``document_frequency`` counts the documents that contain a term; ``mean_norm`` is the mean Euclidean length of
    the candidates' weighted term vectors, the pivot of the length normalisation.
    """

    document_frequency: Mapping[str, int]
    mean_norm: float


@dataclass(frozen=True)
class CorpusSnapshot:
    """Statistics over ``documents`` texts of both sides, taken by one version of the analyser."""

    analyser_version: str
    documents: int
    blocks: Mapping[str, BlockStatistics]

    @cached_property
    def version(self) -> str:
        """Twelve hexadecimal digits that change whenever any statistic changes."""
        blocks = {name: asdict(block) for name, block in self.blocks.items()}
        content = {"analyser": self.analyser_version, "documents": self.documents, "blocks": blocks}
        text = json.dumps(content, ensure_ascii=False, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:12]

    def idf_of(self, document_frequency: int) -> float:
        """Return the smoothed inverse document frequency, ``ln((1 + N) / (1 + df)) + 1`` (Spärck Jones 1972)."""
        return math.log((1 + self.documents) / (1 + document_frequency)) + 1

    @cached_property
    def known_idf(self) -> dict[str, dict[str, float]]:
        """Return the inverse document frequency of every term of each block that occurs at all."""
        return {
            name: {term: self.idf_of(df) for term, df in block.document_frequency.items()}
            for name, block in self.blocks.items()
        }


def take_snapshot(analyser_version: str, needs: Sequence[Terms], candidates: Sequence[Terms]) -> CorpusSnapshot:
    """Count both sides' terms; the order of the documents does not matter.

    Raises ValueError where there is no candidate, for then there is nothing to rank.
    """
    if not candidates:
        raise ValueError("a snapshot needs at least one candidate")
    documents = len(needs) + len(candidates)
    blocks: dict[str, BlockStatistics] = {}
    for name in BLOCKS:
        frequency = _document_frequency(name, (*needs, *candidates))
        counted = CorpusSnapshot(analyser_version, documents, {name: BlockStatistics(frequency, 1.0)})
        lengths = sorted(vector_norm(term_weights(counted, name, getattr(terms, name))) for terms in candidates)
        blocks[name] = BlockStatistics(frequency, math.fsum(lengths) / len(lengths))
    return CorpusSnapshot(analyser_version, documents, blocks)


def term_weights(snapshot: CorpusSnapshot, block: str, terms: Sequence[str]) -> dict[str, float]:
    """Return ``(1 + ln tf) * idf`` for each distinct term, in the terms' own order (Salton & Buckley 1988)."""
    idf, unknown = snapshot.known_idf[block], snapshot.idf_of(0)
    return {term: frequency_weight(tf) * idf.get(term, unknown) for term, tf in sorted(Counter(terms).items())}


def frequency_weight(tf: int) -> float:
    """Return how much a term counts that a text says ``tf`` times, once or more."""
    return 1 + math.log(tf)


def vector_norm(weights: Mapping[str, float]) -> float:
    """Return the Euclidean length, summed exactly so that the order of the terms does not matter."""
    return math.sqrt(math.fsum(weight * weight for weight in weights.values()))


def _document_frequency(block: str, documents: Iterable[Terms]) -> dict[str, int]:
    counts: Counter[str] = Counter()
    for terms in documents:
        counts.update(set(getattr(terms, block)))
    return dict(sorted(counts.items()))
