"""A match in words, in the reader's language: why it was found and why it is no better."""

from collections.abc import Sequence

from queqiao.core.i18n import _
from queqiao.engine.ranking.documents import Document
from queqiao.engine.ranking.evidence import SharedTerm
from queqiao.engine.ranking.experts import ExpertMatch
from queqiao.engine.ranking.ranker import Match
from queqiao.engine.ranking.structured import Agreement
from queqiao.engine.text.quantities import Gap, GapStatus

_SHOWN_TERMS = 5
_OBSTACLES = ("maturity", "cooperation")  # a difference here stands in the way; another field or region does not


def level_name(level: int) -> str:
    """Return the name of a level: 4 强 strong to 1 无关 unrelated."""
    return {4: _("强相关"), 3: _("较强相关"), 2: _("弱相关"), 1: _("无关")}[level]


def status_name(status: GapStatus) -> str:
    """Return the name of a gap's status."""
    return {GapStatus.MET: _("达到"), GapStatus.NOT_MET: _("未达到"), GapStatus.NOT_STATED: _("未说明")}[status]


def point_name(point: str) -> str:
    """Return the name of a comparable point or a part of the score, as it stands inside a sentence."""
    names = {
        "characters": _("用字"),
        "words": _("用词"),
        "indicators": _("指标"),
        "field": _("领域"),
        "maturity": _("成熟度"),
        "region": _("地区"),
        "cooperation": _("合作方式"),
        "record": _("研究经历"),
        "learned": _("评级学习"),
        "semantic": _("语义"),
        "feedback": _("评级反馈"),
    }
    return names[point].lower()


def reasons(match: Match, need: Document, candidate: Document) -> str:
    """Say in one line why this candidate was found for this need."""
    said = [_shared_words(match.evidence.terms)]
    if match.evidence.expected is not None:
        said.append(expected_grade(match.evidence.expected))
    if match.evidence.gaps:
        said.append(_indicators(match.evidence.gaps, need, candidate))
    said += [
        _agreement(point, agreement, need, candidate)
        for point, agreement in match.evidence.agreements.items()
        if agreement is Agreement.AGREES or (agreement is Agreement.DIFFERS and point in _OBSTACLES)
    ]
    return _("；").join(said)


def expected_grade(expected: float) -> str:
    """Say which grade the staff's grades of pairs like this one lead one to expect."""
    return _("由评过的同类推算约 {grade:.1f} 级").format(grade=expected)


def too_brief() -> str:
    """Say that a candidate's text is too short, or too often the same, to tell more."""
    return _("成果文字太少，或只是反复写同样的话")


def why_not_higher(match: Match) -> str:
    """Say what keeps a match from level 4, or "" where it is there."""
    if match.level == 4:
        return ""
    missed = [gap for gap in match.evidence.gaps if gap.status is GapStatus.NOT_MET]
    obstacles = [too_brief()] if match.evidence.brief else [] if missed else [only_partly_alike()]
    silent = [gap for gap in match.evidence.gaps if gap.status is GapStatus.NOT_STATED]
    if missed:
        obstacles.append(_("{count} 项指标未达到").format(count=len(missed)))
    if silent:
        obstacles.append(_("{count} 项指标成果未说明").format(count=len(silent)))
    if not match.evidence.terms:
        obstacles.append(_("没有实质性的共同用词"))
    elif len(match.evidence.terms) <= 2:
        obstacles.append(_("共同用词少"))
    differs = [point for point in _OBSTACLES if match.evidence.agreements[point] is Agreement.DIFFERS]
    obstacles += [_("成熟度不够") if point == "maturity" else _("合作方式不一致") for point in differs]
    return _("、").join(obstacles)


def only_partly_alike() -> str:
    """Say that the texts are less alike than the highest level asks for."""
    return _("文字只是部分相近")


def expert_reasons(match: ExpertMatch) -> str:
    """Say in one line which items speak for an expert, and through which words."""
    said = []
    for item in match.items:
        words = _("、").join(term.term for term in item.terms[:_SHOWN_TERMS])
        if words:
            year = _("（{year}）").format(year=item.item.year) if item.item.year else ""
            said.append(_("《{title}》{year}：{words}").format(title=item.item.title, year=year, words=words))
    points = [point for point, value in match.agreements.items() if value is Agreement.AGREES]
    said += [_("{point}一致").format(point=point_name(point)) for point in points]
    return _("；").join(said) or _("没有实质性的共同用词")


def _shared_words(terms: Sequence[SharedTerm]) -> str:
    if not terms:
        return _("没有实质性的共同用词")
    return _("共同用词：{words}").format(words=_("、").join(term.term for term in terms[:_SHOWN_TERMS]))


def _indicators(gaps: Sequence[Gap], need: Document, candidate: Document) -> str:
    counts = [
        _("{count} 项{status}").format(count=sum(gap.status is status for gap in gaps), status=status_name(status))
        for status in GapStatus
        if any(gap.status is status for gap in gaps)
    ]
    text = _("指标 {counts}").format(counts=_("、").join(counts))
    missed = [gap_sentence(gap, need, candidate) for gap in gaps if gap.status is GapStatus.NOT_MET]
    return text + (_("（{missed}）").format(missed=_("、").join(missed)) if missed else "")


def gap_sentence(gap: Gap, need: Document, candidate: Document) -> str:
    """Say what was asked and what is offered, both as their authors wrote it."""
    asked = need.text[gap.need.start : gap.need.end]
    if gap.offered is None:
        return _("{name}要求{asked}").format(name=gap.need.name, asked=asked)
    offered = candidate.text[gap.offered.start : gap.offered.end]
    return _("{name}要求{asked}，成果{offered}").format(name=gap.need.name, asked=asked, offered=offered)


def _agreement(point: str, agreement: Agreement, need: Document, candidate: Document) -> str:
    agrees = agreement is Agreement.AGREES
    if point == "maturity":
        sentence = _("成熟度够（{offered}）") if agrees else _("成熟度不够（要求{asked}，现为{offered}）")
    else:
        sentence = _("{point}一致（{offered}）") if agrees else _("{point}不一致（{asked}／{offered}）")
    return sentence.format(point=point_name(point), asked=need.stated[point], offered=candidate.stated[point])
