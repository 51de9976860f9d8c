"""What one run compares: candidates found for a record, cut into terms once, under one snapshot."""

import logging
import uuid
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from queqiao.engine.ranking.batch import OVER_FETCH, query_tokens
from queqiao.engine.ranking.documents import Document, document_of
from queqiao.engine.ranking.experts import ExpertMatch, ExpertRanker
from queqiao.engine.ranking.learned import Model
from queqiao.engine.ranking.ranker import MODEL_VERSION, AnalysedNeed, Match, Ranker
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

    def __init__(self) -> None:
        self._engine: SearchEngine | None = None

    def close(self) -> None:
        """Let go of the index."""
        if self._engine is not None:
            self._engine.close()

    def partners(self, record: CatalogueRecord, kind: str, text: Document | None = None) -> list[uuid.UUID]:
        """Return the records of a kind that a record is to be compared with.

        All while they can be held, which gives exactly the lists of the command line; else the 2,000 most alike.
        """
        rows = both_may_see(record, concrete_kinds()[kind]).values_list("pk", flat=True)
        found = list(rows[: MOST_HELD + 1])
        if len(found) <= MOST_HELD:
            return found
        hits = self._search(record, kind, text or _whole_text(record))
        return [pk for some in pieces(hits) for pk in rows.filter(pk__in=some)]

    def _search(self, record: CatalogueRecord, kind: str, text: Document) -> list[uuid.UUID]:
        self._engine = self._engine or index.open_to_read()
        tokens = query_tokens(analyser(), text, analyser().terms(text.text))
        others = Not(Eq("organisation", str(record.organisation_id)))
        shown = And((Eq("kind", kind), Eq("form", WHOLE), others))
        return [record_id(hit.id) for hit in self._engine.search(TextQuery(tokens), shown, OVER_FETCH)]


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
        self._forget_rankers()

    def _forget_rankers(self) -> None:
        for name in ("ranker", "expert_ranker", "by_number"):
            self.__dict__.pop(name, None)

    def leave_encoder(self) -> None:
        """Rank without the encoder from here on."""
        self._encoder = None
        self._forget_rankers()

    def take(self, ids: Collection[uuid.UUID]) -> None:
        """Read those that are not held yet; what is gone meanwhile is left out."""
        if len(self.rows.keys() | ids) > MOST_HELD:
            self._clear()
        missing = [pk for pk in ids if pk not in self.rows]
        for some in pieces(missing):
            for record in with_texts(records_by_id(self._kind, some)):
                self._add(record)
        if missing:
            self._forget_rankers()

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
        self.finder = Finder()
        self._shelves = {kind: _Shelf(kind, statistics, model, encoder) for kind in TOPS}
        self._plain = Ranker(analyser(), statistics, (), (), model, encoder=encoder)

    def version(self, kind: str) -> str:
        """Return which model and encoder score candidates of a kind; experts are always scored by the default."""
        return MODEL_VERSION if kind == CandidateKind.EXPERT else self._plain.version

    def hold(self, kind: str, ids: Collection[uuid.UUID]) -> None:
        """Read candidates before they are asked for."""
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
        document = document_for(need)
        analysed = self._plain.analyse(document)
        found: list[Scored] = []
        for kind in TOPS:
            ids = set(self.finder.partners(need, kind, document))
            wanted = kept.get(kind, ())
            further = set(both_may_see(need, concrete_kinds()[kind]).filter(pk__in=wanted).values_list("pk", flat=True))
            self._shelves[kind].take(ids | further)
            if ids or further:
                rank = self._experts if kind == CandidateKind.EXPERT else self._documents
                found += rank(kind, analysed, ids, further)
        return found

    def rank_pairs(self, need: Need, kind: str, ids: Collection[uuid.UUID]) -> list[Scored]:
        """Score exactly the given candidates of one kind, whether they fit or not; for those added by hand."""
        self._shelves[kind].take(ids)
        analysed = self._plain.analyse(document_for(need))
        rank = self._experts if kind == CandidateKind.EXPERT else self._documents
        return rank(kind, analysed, set(), set(ids))

    def _documents(self, kind: str, need: AnalysedNeed, ids: set[uuid.UUID], further: set[uuid.UUID]) -> list[Scored]:
        shelf = self._shelves[kind]
        listed: tuple[Match, ...] = ()
        same = shelf.one_of_each(ids, further)
        if same:
            chosen = np.array(sorted(same), dtype=np.intp)
            listed = shelf.ranker.shortlist(need, top=TOPS[kind], rows=chosen).matches
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

    def _experts(self, kind: str, need: AnalysedNeed, ids: set[uuid.UUID], further: set[uuid.UUID]) -> list[Scored]:
        shelf = self._shelves[kind]

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


def pieces(items: Collection[Any]) -> Iterator[list[Any]]:
    """Yield some hundreds of items at a time."""
    listed = list(items)
    for start in range(0, len(listed), AT_ONCE):
        yield listed[start : start + AT_ONCE]


def _whole_text(record: CatalogueRecord) -> Document:
    """Return the text by which a record is looked for; of an expert his own item."""
    found: Any = with_texts(records_by_id(record.KIND, [record.pk])).get()
    if record.KIND == CandidateKind.EXPERT:
        return document_of(engine_expert(found)[1][0])
    return document_for(found)
