"""What the workbench says of a match, in the reader's language, made of the evidence that its row keeps."""

from collections.abc import Mapping, Sequence
from typing import Any

from queqiao.core.i18n import _
from queqiao.engine.ranking.structured import Agreement
from queqiao.engine.text.quantities import GapStatus
from queqiao.matching.choices import Cause
from queqiao.matching.models import Match
from queqiao.matching.wording import expected_grade, only_partly_alike, point_name, too_brief

SHOWN_TERMS = 5
OBSTACLES = ("maturity", "cooperation")  # a difference here stands in the way; another field or region does not
_SIGNS = {"ge": "≥", "gt": ">", "le": "≤", "lt": "<", "approx": "≈"}
_UNITS = {"Cel": "℃", "[degF]": "℉", "%": "%", "um": "μm", "Ohm": "Ω"}


def part_name(part: str) -> str:
    """Return the name of a part of the score."""
    return point_name(part)


def reason(match: Match, titles: Mapping[str, str]) -> str:
    """Say in one sentence why a candidate was found; ``titles`` are of the work that speaks for an expert."""
    said = []
    if "items" in match.evidence:
        said += _speaking(match.evidence["items"], titles)
    elif terms := _shown(match.evidence.get("terms", ())):
        said.append(_("共同用词：{words}").format(words=terms))
    if (expected := match.evidence.get("expected")) is not None:
        said.append(expected_grade(expected))
    said += _agreements(match.evidence.get("agreements", {}))
    if not said:
        return _("没有实质性的共同用词。")
    return _sentence(_("；").join(said))


def _sentence(reasons: str) -> str:
    return _("{reasons}。").format(reasons=reasons[:1].upper() + reasons[1:])


def _speaking(items: Sequence[Mapping[str, Any]], titles: Mapping[str, str]) -> list[str]:
    said = []
    for item in items:
        if words := _shown(item["terms"]):
            named = titles.get(item["id"])
            said.append(
                (_("《{title}》：{words}") if named else _("研究经历：{words}")).format(title=named, words=words)
            )
    return said


def _shown(terms: Sequence[Mapping[str, Any]]) -> str:
    return _("、").join(one["term"] for one in terms[:SHOWN_TERMS])


def _agreements(agreements: Mapping[str, str]) -> list[str]:
    agreed = [point_name(point) for point, value in agreements.items() if value == Agreement.AGREES]
    differing = [point for point, value in agreements.items() if value == Agreement.DIFFERS and point in OBSTACLES]
    said = [_("{points}一致").format(points=_("、").join(agreed))] if agreed else []
    return said + [_obstacle(point) for point in differing]


def _obstacle(point: str) -> str:
    return _("成熟度不够") if point == "maturity" else _("合作方式不一致")


def why_not_higher(match: Match) -> str:
    """Say in one sentence what keeps a match from the highest level; "" where it is there or was not scored."""
    if match.level in (4, None):
        return ""
    gaps, terms = match.evidence.get("gaps", ()), _all_terms(match)
    missed, silent = (sum(gap["status"] == one for gap in gaps) for one in (GapStatus.NOT_MET, GapStatus.NOT_STATED))
    found = [too_brief()] if match.evidence.get("brief") else [] if missed else [only_partly_alike()]
    if missed:
        found.append(_("{count} 项指标未达到").format(count=missed))
    if silent:
        found.append(_("{count} 项指标对方未说明").format(count=silent))
    if not terms:
        found.append(_("没有实质性的共同用词"))
    elif len(terms) <= 2:
        found.append(_("共同用词少"))
    agreements = match.evidence.get("agreements", {})
    found += [_obstacle(point) for point in OBSTACLES if agreements.get(point) == Agreement.DIFFERS]
    return _sentence(_("、").join(found))


def _all_terms(match: Match) -> set[str]:
    items = match.evidence.get("items", [match.evidence])
    return {one["term"] for item in items for one in item.get("terms", ())}


def what_moved(match: Match) -> str:
    """Say in one sentence how a match's place changed at the last ranking and why; "" where it did not."""
    before = match.before
    if not before or not match.causes:
        return ""
    why = _("、").join(str(Cause(cause).label) for cause in match.causes if cause in Cause.values)
    if not match.listed:
        return _("已不在名单（{why}）。").format(why=why)
    old, new = before.get("rank"), match.rank
    if not before.get("listed") or old is None or new is None:
        return _("上次不在名单（{why}）。").format(why=why)
    if new != old:
        sentence = (
            _("上次第 {old} 位，上升 {n} 位（{why}）。") if new < old else _("上次第 {old} 位，下降 {n} 位（{why}）。")
        )
        return sentence.format(old=old, n=abs(new - old), why=why)
    was = before.get("score")
    if was is None or match.score is None or was == match.score:
        return ""
    return _("位次未变，得分由 {old} 变为 {new}（{why}）。").format(old=f"{was:.3f}", new=f"{match.score:.3f}", why=why)


def amount_of(indicator: Mapping[str, Any]) -> str:
    """Write an indicator's value from its numbers: for texts that have changed since it was read in them."""
    low, high = indicator["low"], indicator["high"]
    unit = _UNITS.get(indicator["unit"], indicator["unit"])
    sign = _SIGNS.get(indicator["comparison"], "")
    if low is not None and high is not None and low != high:
        return f"{low:g}~{high:g} {unit}".strip()
    value = low if low is not None else high
    return f"{sign}{value:g} {unit}".strip() if value is not None else ""
