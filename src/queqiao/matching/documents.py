"""Rows as the engine sees them, and the engine's results as plain data that rows can hold.

A record's id is its readable number. The texts are those that the command line reads of a table with the same
content: of a need the problem and its background, of an achievement what it is, what it is better at and where it
is used; so that the site and the command line give the same pair the same score.
"""

import json
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any, TypeVar

from django.db.models import Prefetch, QuerySet

from queqiao.core.i18n import language
from queqiao.engine.ranking.documents import Document, Span, document_of
from queqiao.engine.ranking.evidence import Evidence, SharedTerm
from queqiao.engine.ranking.experts import ExpertMatch
from queqiao.engine.ranking.ranker import agreement_part
from queqiao.engine.ranking.snapshot import BlockStatistics, CorpusSnapshot
from queqiao.engine.records import Achievement, Expert, ExpertItem, Need
from queqiao.engine.text.quantities import Gap, Indicator
from queqiao.records.choices import Cooperation, State, Visibility
from queqiao.records.models import CatalogueRecord
from queqiao.research import models as research
from queqiao.research.choices import Stage

R = TypeVar("R", bound=CatalogueRecord)
DESCRIPTIONS: Mapping[str, tuple[str, ...]] = {
    "need": ("problem", "background"),
    "achievement": ("result", "description", "advantages", "application"),
    "lab": ("description", "equipment"),
}


def with_texts(rows: QuerySet[R]) -> QuerySet[R]:
    """Fetch along with records what the engine compares; the number of queries does not grow with the rows."""
    found: Any = rows.select_related("region__parent__parent__parent__parent").prefetch_related("fields__parent")
    if rows.model is research.Expert:
        # Of a colleague's work only what everybody may read speaks for him.
        shown = research.Achievement.objects.filter(state=State.PUBLISHED, visibility=Visibility.PUBLIC)
        found = found.prefetch_related(Prefetch("achievements", shown.order_by("number"), to_attr="shown_work"))
    return found  # type: ignore[no-any-return]


def document_for(record: CatalogueRecord) -> Document:
    """Return a need, an achievement or a lab as the ranking compares it; ValueError for an expert."""
    return document_of(engine_record(record))


def engine_record(record: CatalogueRecord) -> Need | Achievement:
    """Return a need as a need, an achievement or a lab as something that is offered; ValueError for an expert."""
    if record.KIND not in DESCRIPTIONS:
        raise ValueError(f"a record of kind {record.KIND!r} is not one text")
    values: dict[str, str] = {
        "id": record.number,
        "title": record.title.strip(),
        "description": _joined(record, DESCRIPTIONS[record.KIND]),
        "indicators": str(getattr(record, "indicators", "")).strip(),
        "keywords": "、".join(str(word) for word in record.keywords),
        **_compared(record),
    }
    if record.KIND == "need":
        return Need(**values)
    return Achievement(**values, maturity=_maturity(record))


def engine_expert(expert: research.Expert) -> tuple[Expert, tuple[ExpertItem, ...]]:
    """Return an expert and what speaks for him: his record, and work that everybody may read; never his name."""
    owner = Expert(id=expert.number, title=expert.academic_title, **_compared(expert))
    fields = "、".join(str(node.name) for node in expert.fields.all())
    texts = (expert.record.strip(), fields)
    words = "、".join(str(word) for word in expert.keywords)
    own = ExpertItem(expert.number, expert.number, words, "\n".join(text for text in texts if text))
    work = [
        ExpertItem(one.number, expert.number, one.title.strip(), _joined(one, DESCRIPTIONS["achievement"]))
        for one in getattr(expert, "shown_work")  # noqa: B009 -- fetched by with_texts
    ]
    return owner, (own, *work)


def plain_evidence(evidence: Evidence, need: Document, candidate: Document) -> dict[str, Any]:
    """Return evidence as JSON: ``terms`` with the places on both sides, ``gaps`` and ``agreements``.

    Where a model says the level, ``expected`` is the grade from which it comes; ``brief`` is there where the candidate
    says too little. A place is ``[part, start, end]`` in
    a part of ``document_for``'s document. It is for those who see both sides whole.
    """
    plain: dict[str, Any] = {
        "terms": _plain_terms(evidence.terms),
        "gaps": [_plain_gap(gap, need, candidate) for gap in evidence.gaps],
        "agreements": {name: str(agreement) for name, agreement in evidence.agreements.items()},
    }
    plain |= {} if evidence.expected is None else {"expected": evidence.expected}
    return plain | ({"brief": True} if evidence.brief else {})


def plain_expert_evidence(match: ExpertMatch) -> dict[str, Any]:
    """Return an expert's evidence as JSON: the ``items`` that speak for him, each with its terms."""
    items = [
        {"id": one.item.id, "title": one.item.title, "score": one.score, "terms": _plain_terms(one.terms)}
        for one in match.items
    ]
    return {"items": items, "agreements": {name: str(agreement) for name, agreement in match.agreements.items()}}


def expert_parts(match: ExpertMatch) -> dict[str, float]:
    """Return what an expert's score is made of: his record, and what both sides state."""
    stated = {name: agreement_part(name, agreement) for name, agreement in match.agreements.items()}
    parts = {"record": round(match.score - sum(stated.values()), 6), **stated}
    return {name: value for name, value in parts.items() if value}


def pack(snapshot: CorpusSnapshot) -> bytes:
    """Return statistics as compressed JSON."""
    blocks = {name: [dict(block.document_frequency), block.mean_norm] for name, block in snapshot.blocks.items()}
    content = {"analyser": snapshot.analyser_version, "documents": snapshot.documents, "blocks": blocks}
    return zlib.compress(json.dumps(content, ensure_ascii=False).encode())


def unpack(data: bytes) -> CorpusSnapshot:
    """Return the statistics that ``pack`` wrote, exactly."""
    content = json.loads(zlib.decompress(data))
    blocks = {name: BlockStatistics(frequency, norm) for name, (frequency, norm) in content["blocks"].items()}
    return CorpusSnapshot(content["analyser"], content["documents"], blocks)


def _joined(record: Any, names: Iterable[str]) -> str:
    texts = (str(getattr(record, name)).strip() for name in names)
    return "\n".join(text for text in texts if text)


def _compared(record: CatalogueRecord) -> dict[str, str]:
    nodes = record.fields.all()
    names = dict.fromkeys(str(one.name) for node in nodes for one in (node.parent, node) if one is not None)
    with language("zh"):
        ways = [str(Cooperation(code).label) for code in record.cooperation if code in Cooperation.values]
    return {"field": "、".join(names), "region": _place(record), "cooperation": "、".join(ways)}


def _place(record: CatalogueRecord) -> str:
    names: list[str] = []
    here: Any = record.region
    while here is not None and here.kind != "country":
        names.append(str(here.name))
        here = here.parent
    return "".join(reversed(names))


def _maturity(record: Any) -> str:
    if record.KIND != "achievement":
        return ""
    if record.trl:
        return f"TRL {record.trl}"
    with language("zh"):
        return str(Stage(record.stage).label) if record.stage else ""


def _plain_terms(terms: Iterable[SharedTerm]) -> list[dict[str, Any]]:
    return [
        {
            "term": one.term,
            "contribution": round(one.contribution, 6),
            "need": [_plain_span(span) for span in one.need_spans],
            "candidate": [_plain_span(span) for span in one.candidate_spans],
        }
        for one in terms
    ]


def _plain_span(span: Span) -> list[str | int]:
    return [span.part, span.start, span.end]


def _plain_gap(gap: Gap, need: Document, candidate: Document) -> dict[str, Any]:
    return {
        "status": str(gap.status),
        "margin": gap.margin,
        "need": _plain_indicator(gap.need, need),
        "offered": _plain_indicator(gap.offered, candidate) if gap.offered else None,
    }


def _plain_indicator(indicator: Indicator, document: Document) -> dict[str, Any]:
    values = asdict(indicator) | {"comparison": str(indicator.comparison)}
    name = None
    if indicator.name_start is not None and indicator.name_end is not None:
        name = _plain_span(document.place(indicator.name_start, indicator.name_end))
    del values["start"], values["end"], values["name_start"], values["name_end"]
    return values | {"place": _plain_span(document.place(indicator.start, indicator.end)), "name_place": name}
