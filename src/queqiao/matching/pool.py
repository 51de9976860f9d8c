"""What one run compares: candidates found for a record, cut into terms once, under one snapshot."""

import logging
import uuid
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from queqiao.engine.ranking.batch import OVER_FETCH, PORTION, query_tokens
from queqiao.engine.ranking.documents import Document, document_of
from queqiao.engine.ranking.experts import ExpertMatch, ExpertRanker
from queqiao.engine.ranking.learned import Model
from queqiao.engine.ranking.lexical import Weights, need_weights
from queqiao.engine.ranking.ranker import MODEL_VERSION, AnalysedNeed, Ranker
from queqiao.engine.ranking.semantic import Encoder, EncoderError
from queqiao.engine.ranking.snapshot import CorpusSnapshot
from queqiao.engine.records import Expert, ExpertItem
from queqiao.engine.retrieval import And, Eq, Not, SearchEngine, TextQuery
from queqiao.engine.text.analyser import Terms
from queqiao.matching.choices import CandidateKind
from queqiao.matching.documents import (
    document_for,
    engine_expert,
    expert_parts,
    plain_evidence,
    plain_expert_evidence,
    with_texts,
)
from queqiao.matching.encoders.trouble import left_out
from queqiao.matching.queries import both_may_see, records_by_id
from queqiao.needs.models import Need
from queqiao.records.models import CatalogueRecord, concrete_kinds
from queqiao.search import index
from queqiao.search.entries import WHOLE, analyser, record_id

TOPS: Mapping[str, int] = {CandidateKind.ACHIEVEMENT: 20, CandidateKind.EXPERT: 10, CandidateKind.LAB: 10}
SAME = "same"  # in the evidence: candidates of the same organisation with the same text, which stand for one
AT_ONCE = 500  # records that are read together
MOST_HELD = 20_000  # records whose terms are kept in memory; beyond, only those of the need at hand
_log = logging.getLogger("queqiao.matching")


@dataclass(frozen=True, slots=True)
class Scored:
    """One candidate of a need as a row of ``Match`` keeps it."""

    kind: str
    candidate_id: uuid.UUID
    revision: int
    rank: int
    score: float
    level: int
    parts: Mapping[str, float]
    evidence: Mapping[str, Any]
    model_version: str


class Finder:
    """Finds for a record those with which it may be matched; the index is opened when there are too many to take all.

    Raises IndexDamagedError where it is then not readable.
    """

    def __init__(self, statistics: CorpusSnapshot) -> None:
        self._statistics = statistics
        self._engine: SearchEngine | None = None

    def close(self) -> None:
        """Let go of the index."""
        if self._engine is not None:
            self._engine.close()

    def portions(self, record: CatalogueRecord, kind: str, weights: Weights | None = None) -> list[list[uuid.UUID]]:
        """Return the records of a kind that a record is to be compared with, those together that are weighed together.

        All at once while they can be held, which gives exactly the lists of the command line; else the 2,000 most
        alike, the most alike first. Give the record's ``weights`` where they are known already.
        """
        rows = both_may_see(record, concrete_kinds()[kind]).values_list("pk", flat=True)
        found = list(rows[: MOST_HELD + 1])
        if len(found) <= MOST_HELD:
            return [found] if found else []
        hits = self._search(record, kind, weights or self._weights(record))
        seen = {pk for some in pieces(hits) for pk in rows.filter(pk__in=some)}
        return list(pieces([pk for pk in hits if pk in seen], PORTION))

    def _search(self, record: CatalogueRecord, kind: str, weights: Weights) -> list[uuid.UUID]:
        self._engine = self._engine or index.open_to_read()
        others = Not(Eq("organisation", str(record.organisation_id)))
        shown = And((Eq("kind", kind), Eq("form", WHOLE), others))
        return [record_id(hit.id) for hit in self._engine.search(TextQuery(query_tokens(weights)), shown, OVER_FETCH)]

    def _weights(self, record: CatalogueRecord) -> Weights:
        """Return the weights of the text by which a record is looked for; of an expert his own item."""
        found: Any = with_texts(records_by_id(record.KIND, [record.pk])).get()
        expert = record.KIND == CandidateKind.EXPERT
        text = document_of(engine_expert(found)[1][0]) if expert else document_for(found)
        return need_weights(self._statistics, analyser().terms(text.text), analyser().terms(text.title))


class _Shelf:
    """Records of one kind, read and cut into terms when they are first asked for."""

    def __init__(self, kind: str, statistics: CorpusSnapshot, model: Model | None, encoder: Encoder | None):
        self._kind, self._statistics, self._model, self._encoder = kind, statistics, model, encoder
        self._clear()

    def _clear(self) -> None:
        self.rows: dict[uuid.UUID, int] = {}
        self.ids: list[uuid.UUID] = []
        self.revisions: list[int] = []
        self.documents: list[Document] = []
        self.experts: list[Expert] = []
        self.items: list[ExpertItem] = []
        self.terms: list[Terms] = []
        self._said: list[tuple[uuid.UUID, str]] = []  # by which organisation, and what
        self._forget("ranker", "expert_ranker", "by_number")

    def _forget(self, *made: str) -> None:
        for name in made:
            self.__dict__.pop(name, None)

    def leave_encoder(self) -> None:
        """Rank without the encoder from here on."""
        self._encoder = None
        self._forget("ranker")

    def make_room(self, ids: Collection[uuid.UUID]) -> None:
        """Let go of what is held where too much would be held with those that are about to be taken."""
        if len(self.rows.keys() | ids) > MOST_HELD:
            self._clear()

    def take(self, ids: Collection[uuid.UUID]) -> None:
        """Read those that are not held yet; what is gone meanwhile is left out."""
        missing = [pk for pk in ids if pk not in self.rows]
        for some in pieces(missing):
            for record in with_texts(records_by_id(self._kind, some)):
                self._add(record)
        if missing:
            self._forget("expert_ranker", "by_number")  # the ranker of texts takes further ones

    def _add(self, record: Any) -> None:
        self.rows[record.pk] = len(self.ids)
        self.ids.append(record.pk)
        self.revisions.append(record.revision)
        if self._kind == CandidateKind.EXPERT:
            owner, items = engine_expert(record)
            self.experts.append(owner)
            self.items += items
            self.terms += [analyser().terms(document_of(item).text) for item in items]
        else:
            self.documents.append(document_for(record))
            self._said.append((record.organisation_id, self.documents[-1].text))
            self.terms.append(analyser().terms(self.documents[-1].text))

    def one_of_each(self, ids: Collection[uuid.UUID], kept: Collection[uuid.UUID]) -> dict[int, list[int]]:
        """Return a row for each text of an organisation, with the rows that say the same; those kept stand first."""
        groups: dict[tuple[uuid.UUID, str], list[int]] = {}
        for pk in sorted(ids, key=lambda pk: (pk not in kept, pk)):
            if pk in self.rows:
                groups.setdefault(self._said[self.rows[pk]], []).append(self.rows[pk])
        return {first: rest for first, *rest in groups.values()}

    def named(self, same: Sequence[int]) -> dict[str, list[str]]:
        """Return the records of some rows as evidence."""
        return {SAME: [str(self.ids[row]) for row in same]} if same else {}

    @cached_property
    def ranker(self) -> Ranker:
        return Ranker(analyser(), self._statistics, self.documents, self.terms, self._model, encoder=self._encoder)

    @cached_property
    def expert_ranker(self) -> ExpertRanker:
        return ExpertRanker(analyser(), self._statistics, self.experts, self.items, self.terms)

    @cached_property
    def by_number(self) -> dict[str, int]:
        held: Sequence[Document | Expert] = self.experts or self.documents
        return {one.id: row for row, one in enumerate(held)}


class Pool:
    """Everything that one run holds; scores are a pure function of the pair, the statistics and the model.

    An ``encoder`` orders the best of a need as well. Where it fails, it is left out from the need at hand on:
    ``failure`` says why.
    """

    def __init__(self, statistics: CorpusSnapshot, model: Model | None = None, encoder: Encoder | None = None):
        self.statistics, self.model, self.encoder = statistics, model, encoder
        self.failure: EncoderError | None = None
        self.finder = Finder(statistics)
        self._shelves = {kind: _Shelf(kind, statistics, model, encoder) for kind in TOPS}
        self._plain = Ranker(analyser(), statistics, (), (), model, encoder=encoder)

    def version(self, kind: str) -> str:
        """Return which model and encoder score candidates of a kind; experts are always scored by the default."""
        return MODEL_VERSION if kind == CandidateKind.EXPERT else self._plain.version

    def hold(self, kind: str, ids: Collection[uuid.UUID]) -> None:
        """Read candidates before they are asked for."""
        self._shelves[kind].make_room(ids)
        self._shelves[kind].take(ids)

    def forget(self, kind: str, ids: Collection[uuid.UUID]) -> None:
        """Let candidates be read anew, for they have changed."""
        if not self._shelves[kind].rows.keys().isdisjoint(ids):
            self._shelves[kind] = _Shelf(kind, self.statistics, self.model, self.encoder)

    def rank(self, need: Need, kept: Mapping[str, Collection[uuid.UUID]]) -> list[Scored]:
        """Return the candidates of a need, fetched by ``with_texts``: the best of each kind, then those to be kept."""
        try:
            return self._rank(need, kept)
        except EncoderError as error:
            self._leave_encoder(error)
            return self._rank(need, kept)

    def _leave_encoder(self, error: EncoderError) -> None:
        _log.warning("%s", left_out(error))
        self.failure, self.encoder, self._plain.encoder = error, None, None
        for shelf in self._shelves.values():
            shelf.leave_encoder()

    def _rank(self, need: Need, kept: Mapping[str, Collection[uuid.UUID]]) -> list[Scored]:
        analysed = self._plain.analyse(document_for(need))
        found: list[Scored] = []
        for kind in TOPS:
            portions = self.finder.portions(need, kind, analysed.weights)
            wanted = kept.get(kind, ())
            further = set(both_may_see(need, concrete_kinds()[kind]).filter(pk__in=wanted).values_list("pk", flat=True))
            if portions or further:
                found += self._ranked(kind, analysed, portions, further)
        return found

    def rank_pairs(self, need: Need, kind: str, ids: Collection[uuid.UUID]) -> list[Scored]:
        """Score exactly the given candidates of one kind, whether they fit or not; for those added by hand."""
        return self._ranked(kind, self._plain.analyse(document_for(need)), [], set(ids))

    def _ranked(
        self, kind: str, need: AnalysedNeed, portions: list[list[uuid.UUID]], further: set[uuid.UUID]
    ) -> list[Scored]:
        self._shelves[kind].make_room(further.union(*portions))
        self._shelves[kind].take(further)
        rank = self._experts if kind == CandidateKind.EXPERT else self._documents
        return rank(kind, need, portions, further)

    def _documents(
        self, kind: str, need: AnalysedNeed, portions: list[list[uuid.UUID]], further: set[uuid.UUID]
    ) -> list[Scored]:
        shelf = self._shelves[kind]
        same: dict[int, list[int]] = {}

        def read() -> Iterator[NDArray[np.intp]]:
            taken: set[uuid.UUID] = set()
            for portion in portions:
                shelf.take(portion)
                taken.update(portion)
                same.clear()
                same.update(shelf.one_of_each(taken, further))
                yield np.array(sorted(same), dtype=np.intp)

        listed = shelf.ranker.shortlist_found(need, read(), top=TOPS[kind]).matches
        there = {match.candidate_id for match in listed}
        rest = [shelf.rows[pk] for pk in further if pk in shelf.rows]
        rest = [row for row in rest if shelf.documents[row].id not in there]
        others = shelf.ranker.rank(need, rest) if rest else ()
        return [
            Scored(
                kind,
                shelf.ids[row],
                shelf.revisions[row],
                rank,
                match.score,
                match.level,
                match.parts,
                plain_evidence(match.evidence, need.document, shelf.documents[row]) | shelf.named(same.get(row, ())),
                self.version(kind),
            )
            for rank, match in enumerate((*listed, *others), 1)
            for row in [shelf.by_number[match.candidate_id]]
        ]

    def _experts(
        self, kind: str, need: AnalysedNeed, portions: list[list[uuid.UUID]], further: set[uuid.UUID]
    ) -> list[Scored]:
        shelf = self._shelves[kind]
        ids = {pk for portion in portions for pk in portion}
        shelf.take(ids)

        def best(among: set[uuid.UUID], top: int) -> tuple[ExpertMatch, ...]:
            numbers = {shelf.experts[shelf.rows[pk]].id for pk in among if pk in shelf.rows}
            if not numbers:
                return ()
            return shelf.expert_ranker.shortlist(need.document, top=top, among=numbers).matches

        listed = best(ids, TOPS[kind])
        there = {shelf.ids[shelf.by_number[match.expert_id]] for match in listed}
        others = best(further - there, len(further))
        return [
            Scored(
                kind,
                shelf.ids[row],
                shelf.revisions[row],
                rank,
                match.score,
                match.level,
                expert_parts(match),
                plain_expert_evidence(match),
                self.version(kind),
            )
            for rank, match in enumerate((*listed, *others), 1)
            for row in [shelf.by_number[match.expert_id]]
        ]


def pieces(items: Collection[Any], size: int = AT_ONCE) -> Iterator[list[Any]]:
    """Yield some hundreds of items at a time."""
    listed = list(items)
    for start in range(0, len(listed), size):
        yield listed[start : start + size]
