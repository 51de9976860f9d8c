"""Needs and candidates as the workbench shows them: texts with their evidence marked, indicators, score bars."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from queqiao.accounts.actors import Actor
from queqiao.core.i18n import _
from queqiao.engine.ranking.documents import Document, Span
from queqiao.engine.text.quantities import GapStatus
from queqiao.matching.choices import CandidateKind, Decision, ReasonClass
from queqiao.matching.documents import document_for, with_texts
from queqiao.matching.marking import Passage, mark_passages
from queqiao.matching.models import Match
from queqiao.matching.pool import SAME
from queqiao.matching.wording import level_name
from queqiao.matching.workbench import standing
from queqiao.records.models import CatalogueRecord, concrete_kinds
from queqiao.records.presenting import Face, faces, with_rows
from queqiao.records.queries import visible
from queqiao.web.bench_words import amount_of, part_name, reason, what_moved, why_not_higher

EXCERPT = 360  # characters of a candidate's text around its evidence
SENTENCE = 90  # characters on either side of a value that are shown with it
SILENT = 2  # indicators of which a candidate says nothing that stand in a row
BAR = 0.6  # a score that fills the bar; about the best there is
_PARTS = (
    "characters", "words", "record", "indicators", "field", "maturity", "region", "cooperation", "learned",
    "semantic", "feedback",
)  # fmt: skip
_STOPS = "。；;\n！？"
_SIGNS = {GapStatus.MET: "✓", GapStatus.NOT_MET: "✗", GapStatus.NOT_STATED: "…"}


@dataclass(frozen=True, slots=True)
class Indicator:
    """A required indicator beside what a candidate states; ``place`` is where the need's text asks for it, or ""."""

    place: str
    status: str
    sign: str
    name: str
    asked: str
    offered: str
    condition: str
    said: tuple[Passage, ...]  # the candidate's sentence, with the value marked


@dataclass(frozen=True, slots=True)
class Segment:
    """One part of a score; ``start`` and ``width`` are thousandths of the bar, 0 wide where it takes away."""

    part: str
    name: str
    value: str
    start: float
    width: float


@dataclass(frozen=True, slots=True)
class Row:
    """One candidate on the workbench."""

    match: Match
    place: int  # in the list as it stands now
    title: str
    url: str
    number: str
    organisation: str
    whole: bool
    facts: tuple[tuple[str, str], ...]
    level: str
    score: str
    indicators: tuple[Indicator, ...]
    reason: str
    why_not: str
    moved: str
    bar: tuple[Segment, ...]
    body: tuple[Passage, ...]
    note: str
    reason_label: str
    same: tuple[tuple[str, str], ...]  # number and address of what the same organisation has entered in the same words

    @property
    def shown(self) -> int:
        """How many indicators stand in the row; the others, about which nothing is said, wait behind one tag."""
        stated = sum(one.status != GapStatus.NOT_STATED for one in self.indicators)
        most = stated + SILENT
        return most if len(self.indicators) > most + 1 else len(self.indicators)

    @property
    def is_accepted(self) -> bool:
        """Whether the staff took it."""
        return self.match.state == Decision.ACCEPTED

    @property
    def is_rejected(self) -> bool:
        """Whether the staff put it aside."""
        return self.match.state == Decision.REJECTED


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of the need's text; ``place`` names an indicator that is asked for there, "" elsewhere."""

    text: str
    place: str


@dataclass(frozen=True, slots=True)
class Shown:
    """A record that stands for a candidate: what the reader sees of it, and its text where he sees all of it."""

    face: Face
    record: CatalogueRecord
    document: Document | None

    def read_for(self, match: Match) -> Document | None:
        """Return the text to which a match's evidence points; None where it is another by now."""
        return self.document if match.candidate_revision == self.record.revision else None


def shown_candidates(kind: str, ids: Iterable[uuid.UUID], actor: Actor) -> Mapping[uuid.UUID, Shown]:
    """Return the records of one kind that the actor may see, by id; the number of queries does not grow with them."""
    model: Any = concrete_kinds()[kind]
    rows = list(with_texts(with_rows(visible(model, actor).filter(pk__in=list(ids)))))
    found = {}
    for face, row in zip(faces(rows), rows, strict=True):
        text = document_for(row) if face.whole and kind != CandidateKind.EXPERT else None
        found[row.pk] = Shown(face, row, text)
    return found


def rows_of(matches: Sequence[Match], need: Document, revision: int, actor: Actor) -> list[Row]:
    """Return the rows of matches of one kind in their order, those whose candidate the reader may see."""
    if not matches:
        return []
    shown = shown_candidates(matches[0].kind, [match.candidate_id for match in matches], actor)
    there = [match for match in matches if match.candidate_id in shown]
    numbers = _numbers_of_same(there, actor)
    return [
        _row(match, place, shown[match.candidate_id], need if match.need_revision == revision else None, numbers)
        for place, match in enumerate(there, 1)
    ]


def _numbers_of_same(matches: Sequence[Match], actor: Actor) -> Mapping[str, str]:
    """Return the numbers of the visible records that stand behind candidates with the same text, by id."""
    ids = {pk for match in matches for pk in match.evidence.get(SAME, ())}
    model: Any = concrete_kinds()[matches[0].kind] if ids else None
    rows = visible(model, actor).filter(pk__in=ids).values_list("pk", "number") if ids else ()
    return {str(pk): number for pk, number in rows}


def _row(match: Match, place: int, shown: Shown, asked: Document | None, numbers: Mapping[str, str]) -> Row:
    face, record = shown.face, shown.record
    current = shown.read_for(match)
    gaps = match.evidence.get("gaps", ()) if face.whole else ()
    items = {one.number: one.title for one in getattr(record, "shown_work", ())}
    return Row(
        match=match,
        place=place,
        title=face.title,
        url=reverse("record", args=[face.number]),
        number=face.number,
        organisation=face.organisation,
        whole=face.whole,
        facts=_facts(face),
        level=level_name(match.level) if match.level else _("尚未评分"),
        score=f"{standing(match):.3f}" if match.score is not None and face.whole else "",
        indicators=tuple(indicator_of(gap, asked, current) for gap in sorted(gaps, key=_is_silent)),
        reason=_reason(match, items, whole=face.whole),
        why_not=why_not_higher(match) if face.whole else "",
        moved=what_moved(match),
        bar=_bar(match.parts) if face.whole else (),  # its parts tell of words that are hidden
        body=_body(match, current),
        note=match.note,
        reason_label=str(ReasonClass(match.reason_class).label) if match.reason_class else "",
        same=tuple(
            (numbers[pk], reverse("record", args=[numbers[pk]])) for pk in match.evidence.get(SAME, ()) if pk in numbers
        ),
    )


def _reason(match: Match, items: Mapping[str, str], *, whole: bool) -> str:
    if not whole:
        return _("对方匿名发布，依据只给能看到全文的人看。")
    if match.score is None:
        return _("人工添加，下次匹配时评分。")
    return reason(match, items)


def _facts(face: Face) -> tuple[tuple[str, str], ...]:
    told = (
        (_("成熟度"), f"TRL {face.get('trl')}" if face.get("trl", None) else ""),
        (_("职称"), face.get("academic_title")),
        (_("类别"), face.get("lab_kind")),
        (_("地区"), face.get("region") or ""),
    )
    return tuple((term, str(text)) for term, text in told if text)


def _is_silent(gap: Mapping[str, Any]) -> bool:
    return bool(gap["status"] == GapStatus.NOT_STATED)


def indicator_of(gap: Mapping[str, Any], need: Document | None, candidate: Document | None) -> Indicator:
    """Return an indicator that a match keeps, as its row shows it; a text that has changed since is None."""
    asked, offered = gap["need"], gap["offered"]
    status = GapStatus(gap["status"])
    return Indicator(
        place=place_key(asked["place"]) if need else "",
        status=status.value,
        sign=_SIGNS[status],
        name=asked["name"],
        asked=_written(asked, need),
        offered=_written(offered, candidate) if offered else "",
        condition=asked["condition"] or "",
        said=_sentence(offered["place"], candidate) if offered and candidate else (),
    )


def place_key(place: Sequence[Any]) -> str:
    """Name a place in the need's text, for use as an id: ``indicators-0-12``."""
    return "-".join(str(one) for one in place)


def _written(indicator: Mapping[str, Any], document: Document | None) -> str:
    """Return a value as its author wrote it, from the numbers where the text is another by now."""
    part, start, end = indicator["place"]
    text = document.parts.get(part, "")[start:end].strip() if document else ""
    return text or amount_of(indicator)


def _sentence(place: Sequence[Any], document: Document) -> tuple[Passage, ...]:
    """Return the sentence in which a value stands, with the value marked."""
    part, start, end = place
    text = document.parts.get(part, "")
    begins = max((text.rfind(stop, 0, start) for stop in _STOPS), default=-1) + 1
    ends = min((at for stop in _STOPS if (at := text.find(stop, end)) >= 0), default=len(text))
    begins, ends = max(begins, start - SENTENCE), min(ends, end + SENTENCE)
    pieces = (Passage(text[begins:start].lstrip(), ""), Passage(text[start:end], "asked"), Passage(text[end:ends], ""))
    return tuple(piece for piece in pieces if piece.text)


def _body(match: Match, candidate: Document | None) -> tuple[Passage, ...]:
    """Return what a candidate says, below its title, around the evidence."""
    if candidate is None:
        return ()
    terms = [Span(*place) for term in match.evidence.get("terms", ()) for place in term["candidate"]]
    values = [Span(*gap["offered"]["place"]) for gap in match.evidence.get("gaps", ()) if gap["offered"]]
    passages: list[Passage] = []
    for part, text in candidate.parts.items():
        if part not in ("title", "keywords"):
            passages += [Passage("\n", "")] if passages else []
            passages += mark_passages(part, text, {"term": terms, "asked": values}, excerpt=EXCERPT)
    return tuple(passages)


def _bar(parts: Mapping[str, float]) -> tuple[Segment, ...]:
    """Lay the parts of a score side by side; what takes away from it is named without a place in the bar."""
    found, position = [], 0.0
    for part in [name for name in _PARTS if parts.get(name)]:
        width = round(min(max(0.0, parts[part]) / BAR * 1000, 1000 - position), 1)
        found.append(Segment(part, part_name(part), f"{parts[part]:.3f}", round(position, 1), width))
        position += width
    return tuple(found)


def marked_need(need: Document, matches: Iterable[Match], revision: int) -> dict[str, tuple[Piece, ...]]:
    """Return the texts of a need by part, cut where its candidates were compared with an indicator."""
    places = {
        tuple(gap["need"]["place"])
        for match in matches
        if match.need_revision == revision
        for gap in match.evidence.get("gaps", ())
    }
    return {part: _cut(part, text, sorted(places)) for part, text in need.parts.items()}


def _cut(part: str, text: str, places: Sequence[tuple[Any, ...]]) -> tuple[Piece, ...]:
    pieces, position = [], 0
    for where, start, end in places:
        if where == part and start >= position and end <= len(text):
            pieces += [Piece(text[position:start], ""), Piece(text[start:end], place_key((part, start, end)))]
            position = end
    return tuple(piece for piece in (*pieces, Piece(text[position:], "")) if piece.text)
