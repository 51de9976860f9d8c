"""Which needs a new or changed candidate concerns: only those whose list it would enter."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import Any

from queqiao.engine.ranking.documents import Document
from queqiao.engine.ranking.experts import ExpertRanker
from queqiao.engine.ranking.levels import ABSTAIN_BELOW
from queqiao.engine.ranking.lexical import need_weights
from queqiao.engine.ranking.ranker import AGREEMENT_WEIGHTS, INDICATOR_WEIGHT, Ranker
from queqiao.engine.ranking.semantic import SHARE
from queqiao.matching.choices import CandidateKind
from queqiao.matching.documents import document_for, engine_expert, with_texts
from queqiao.matching.models import Match
from queqiao.matching.pool import TOPS, Pool, pieces
from queqiao.needs.models import Need
from queqiao.records.models import CatalogueRecord
from queqiao.search.entries import analyser

# What indicators and agreements can add to a similarity at the most.
REACH = INDICATOR_WEIGHT + sum(up for up, _down in AGREEMENT_WEIGHTS.values())


def touched_needs(kind: str, records: Sequence[CatalogueRecord], pool: Pool) -> set[uuid.UUID]:
    """Return the needs whose list candidates of one kind would enter; they are published and read by ``with_texts``.

    Raises IndexDamagedError where there are too many needs to compare without the index and it is not readable.
    """
    touched: set[uuid.UUID] = set()
    wanted: dict[uuid.UUID, set[str]] = {}
    for one in records:
        for need_id in chain.from_iterable(pool.finder.portions(one, Need.KIND)):
            wanted.setdefault(need_id, set()).add(one.number)
    weigh = _Weighing(kind, records, pool)
    for some in pieces(wanted):
        least = _thresholds(kind, some, moved=SHARE if pool.encoder is not None else 0.0)
        for need in with_texts(Need.objects.filter(pk__in=some).order_by()):
            if weigh.enters(document_for(need), wanted[need.pk], least[need.pk]):
                touched.add(need.pk)
    return touched


def _thresholds(kind: str, need_ids: Iterable[uuid.UUID], *, moved: float) -> Mapping[uuid.UUID, float]:
    """Return for each need the score from which on a candidate enters its list.

    ``moved`` is by how much of the best score an encoder lifts a candidate at the most.
    """
    scores: dict[uuid.UUID, list[float]] = {pk: [] for pk in need_ids}
    rows = Match.objects.filter(need__in=list(scores), kind=kind, listed=True).exclude(score=None)
    for need_id, score in rows.values_list("need_id", "score"):
        scores[need_id].append(float(score or 0))
    least: dict[uuid.UUID, float] = {}
    for need_id, there in scores.items():
        best = sorted(there, reverse=True)[: TOPS[kind]]
        # An empty list begins with a candidate that fits; a short one takes whatever shares anything.
        full = len(best) == TOPS[kind]
        least[need_id] = max(0.0, best[-1] - moved * best[0]) if full else (0.0 if best else ABSTAIN_BELOW)
    return least


class _Weighing:
    """Some candidates against one need after the other."""

    def __init__(self, kind: str, records: Sequence[Any], pool: Pool):
        self._pool, self._experts = pool, None
        if kind == CandidateKind.EXPERT:
            owners, items = zip(*(engine_expert(one) for one in records), strict=True)
            flat = [item for some in items for item in some]
            terms = [analyser().terms(f"{item.title}\n{item.text}".strip()) for item in flat]
            self._experts = ExpertRanker(analyser(), pool.statistics, owners, flat, terms)
        else:
            documents = [document_for(one) for one in records]
            terms = [analyser().terms(one.text) for one in documents]
            self._ranker = Ranker(analyser(), pool.statistics, documents, terms)

    def enters(self, need: Document, numbers: set[str], least: float) -> bool:
        """Whether any of the candidates of these numbers reaches a score for a need."""
        if self._experts is not None:
            return bool(self._experts.shortlist(need, top=1, among=numbers).matches)
        terms = analyser().terms(need.text)
        weights = need_weights(self._pool.statistics, terms, analyser().terms(need.title))
        likely = self._ranker.matrix.similarity(weights).total
        rows = [
            row
            for row, one in enumerate(self._ranker.candidates)
            if one.id in numbers and likely[row] > 0 and likely[row] + REACH >= least
        ]
        if not rows:
            return False
        return self._ranker.rank(self._ranker.analyse(need, terms), rows)[0].score >= max(least, 1e-6)
