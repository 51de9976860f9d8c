"""The report: one page that explains every match, readable without a server, a script or a network.

Both languages are in the page; a switch without a script shows one of them. Texts of the records stay as written.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from queqiao import __version__
from queqiao.core.i18n import LANGUAGES, _, current_language, language
from queqiao.engine.ranking.batch import Corpus
from queqiao.engine.ranking.documents import Document, Span
from queqiao.engine.ranking.ranker import LEARNED, SEMANTIC, Match, Shortlist
from queqiao.engine.ranking.snapshot import BLOCKS
from queqiao.engine.records import Achievement, Need
from queqiao.engine.text.quantities import Gap, GapStatus
from queqiao.matching import wording
from queqiao.matching.marking import Passage, mark_passages

_TEMPLATES = Path(__file__).with_name("templates")
_HTML_LANG = {"zh": "zh-Hans", "en": "en"}
_EXCERPT = 420  # characters of a candidate's description around its evidence


@dataclass(frozen=True, slots=True)
class GapRow:
    """One line of a gap table, with both sides' own words."""

    name: str
    asked: str
    offered: str
    condition: str
    status: GapStatus


@dataclass(frozen=True, slots=True)
class CandidateView:
    """A candidate as the page shows it."""

    match: Match
    record: Achievement
    title: tuple[Passage, ...]
    body: tuple[Passage, ...]
    gaps: tuple[GapRow, ...]
    bar: tuple[tuple[str, float, float], ...]  # part of the score, where its bar begins, how wide it is: percent
    reasons: Markup
    why_not_higher: Markup


@dataclass(frozen=True, slots=True)
class NeedView:
    """A need and its candidates as the page shows them."""

    number: int
    record: Need
    title: tuple[Passage, ...]
    body: tuple[Passage, ...]
    related: tuple[CandidateView, ...]
    others: tuple[CandidateView, ...]  # level 1: named in one line each
    nearest: CandidateView | None

    @property
    def first(self) -> CandidateView | None:
        """The best candidate, or None where nothing fits."""
        return next(iter((*self.related, *self.others)), None)


def render_report(
    corpus: Corpus, needs: Sequence[Need], achievements: Sequence[Achievement], lists: Sequence[Shortlist]
) -> str:
    """Return the page as HTML; ``lists`` belong to ``needs`` in the same order."""
    records = {achievement.id: achievement for achievement in achievements}
    show = partial(_candidate_view, corpus, records)
    views = [
        _need_view(number, record, corpus.needs[number - 1], shortlist, show)
        for number, (record, shortlist) in enumerate(zip(needs, lists, strict=True), 1)
    ]
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("report.html").render(
        both=both,
        level_name=lambda level: _both(partial(wording.level_name, level)),
        point_name=lambda point: _both(partial(wording.point_name, point)),
        status_name=lambda status: _both(partial(wording.status_name, status)),
        html_lang=_HTML_LANG[current_language()],
        english=current_language() == "en",
        style=Markup((_TEMPLATES / "report.css").read_text(encoding="utf-8")),  # noqa: S704 -- our own file
        needs=views,
        fitting=[view for view in views if view.first],
        unfitting=[view for view in views if not view.first],
        achievements=len(achievements),
        version=__version__,
        snapshot=corpus.snapshot.version,
    )


def both(message: str, **values: object) -> Markup:
    """Return a Chinese sentence and its English, each in an element of its own language."""
    return _both(lambda: escape(_(message)).format(**values))


def _both(say: Callable[[], str]) -> Markup:
    spans = []
    for code in LANGUAGES:
        with language(code):
            spans.append(Markup('<span lang="{}">{}</span>').format(_HTML_LANG[code], say()))
    return Markup("").join(spans)


def _need_view(
    number: int,
    record: Need,
    document: Document,
    shortlist: Shortlist,
    show: Callable[[Document, Match], CandidateView],
) -> NeedView:
    views = [show(document, match) for match in shortlist.matches]
    related = tuple(view for view in views if view.match.level > 1)
    spans = [span for match in shortlist.matches[:5] for term in match.evidence.terms for span in term.need_spans]
    first = shortlist.matches[0] if shortlist.matches else shortlist.nearest
    asked = [document.place(gap.need.start, gap.need.end) for gap in first.evidence.gaps] if first else []
    marks = {"term": spans, "asked": asked}
    return NeedView(
        number,
        record,
        mark_passages("title", document.parts.get("title", ""), marks),
        _body(document, marks),
        related,
        tuple(view for view in views if view.match.level == 1),
        show(document, shortlist.nearest) if shortlist.nearest else None,
    )


def _candidate_view(corpus: Corpus, records: Mapping[str, Achievement], need: Document, match: Match) -> CandidateView:
    document = corpus.candidates[corpus.rows[match.candidate_id]]
    offered = [gap.offered for gap in match.evidence.gaps if gap.offered is not None]
    marks = {
        "term": [span for term in match.evidence.terms for span in term.candidate_spans],
        "asked": [document.place(indicator.start, indicator.end) for indicator in offered],
    }
    return CandidateView(
        match,
        records[match.candidate_id],
        mark_passages("title", document.title, marks),
        _body(document, marks, excerpt=_EXCERPT),
        tuple(_gap_row(gap, need, document) for gap in match.evidence.gaps),
        _bar(match),
        _both(partial(wording.reasons, match, need, document)),
        _both(partial(wording.why_not_higher, match)) if match.level < 4 else Markup(""),
    )


def _body(document: Document, marks: Mapping[str, Sequence[Span]], excerpt: int | None = None) -> tuple[Passage, ...]:
    """Return the parts below the title, one after the other, marked."""
    passages: list[Passage] = []
    for part, text in document.parts.items():
        if part != "title":
            passages += [Passage("\n", "")] if passages else []
            passages += mark_passages(part, text, marks, excerpt=excerpt)
    return tuple(passages)


def _gap_row(gap: Gap, need: Document, candidate: Document) -> GapRow:
    offered = candidate.text[gap.offered.start : gap.offered.end] if gap.offered else ""
    asked = need.text[gap.need.start : gap.need.end]
    return GapRow(gap.need.name, asked, offered, gap.need.condition or "", gap.status)


def _bar(match: Match) -> tuple[tuple[str, float, float], ...]:
    """Lay the positive parts of the score side by side; 100 % is a score of 0.6, about the best there is."""
    pieces, position = [], 0.0
    for name in (*BLOCKS, "indicators", "field", "maturity", "region", "cooperation", LEARNED, SEMANTIC):
        width = min(max(0.0, match.parts.get(name, 0.0)) / 0.6 * 100, 100 - position)
        if width > 0:
            pieces.append((name, round(position, 2), round(width, 2)))
            position += width
    return tuple(pieces)
