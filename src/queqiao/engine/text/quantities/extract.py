"""Technical indicators from free text.

The steps: fold the text; read numbers, units, ranges and lists; find the comparison on either side; drop what is
no indicator; tell conditions from results; name what is left.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from math import isclose

from queqiao.engine.text.quantities.comparison import Word, better_direction, changes_object, word_after, word_before
from queqiao.engine.text.quantities.conditions import TIMES, Condition, Phrase, find_conditions, is_setting_range
from queqiao.engine.text.quantities.exclusions import is_base, is_excluded
from queqiao.engine.text.quantities.model import Comparison, Folded, Indicator
from queqiao.engine.text.quantities.naming import Name, Per, find_head, find_name, find_per, meant_unit, with_per
from queqiao.engine.text.quantities.units import convert
from queqiao.engine.text.quantities.values import Value, find_values

# A share of something that the text names between the comparison and the number: 不超过杆长的3%.
_BASE = re.compile(r"(?P<base>[^，。；、\d]{1,10})的$")
_IN_OTHER_WORDS = re.compile(r"\s*\((?:约为?|合|即|相当于|=|≈|about|or)?\s*", re.IGNORECASE)
_HOPED = re.compile(r"\s*[，,；;]\s*(?:现在?)?(?:希望|要求|目标|力争|争取|想|需要?|要|计划|拟)(?:能|要|是)?\s*")
_CLOSED = re.compile(r"\)[^，。；、()\d]*$")
_TIME_ONLY = re.compile(r"\s*\d+\s*(?:d|h|天|日|小时|个月)\s*")
_STILL = re.compile(r"(?:仍|依然)[然可能]?$")
ROUNDED = 0.05  # how far a value in brackets may be off by rounding
# Of these a share is a comparison with something else; of anything else it is a share of the thing's own rating.
_ANOTHER = re.compile(
    r"人工|手工|进口|国外|国产|传统|常规|普通|原[来有先]?|现[有行在]|目前|同类|同行|竞品|市售|行业|对照|上一代|未|旧"
)
# Quantities that people give without a unit.
_UNITLESS = re.compile(
    r"(?:pH值?|PH值?|系数|常数|因数|评分|得分|指数|可靠度|置信度|概率|密度|活度|比|比值|因子|折射率|mAP\S*|AUC|PUE|PDI|COP|EER|F1\S*|IoU|PSNR|SSIM|UPF值?|SPF值?|"
    r"值|并发\S*|用户数|像素|级数|倍率|模数|泊松比|聚合度|酸价|碘值|得率|信噪比|纵横比|长径比|圆度)$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class _Draft:
    """A value with its comparison words, name and period, before conditions are told from results."""

    start: int
    end: int
    value: Value
    clause: tuple[int, int]
    before: Word | None
    after: Word | None
    name: Name
    per: Per | None
    relative: bool
    condition: Condition | None = None  # where the head of its item sets one


def extract_indicators(text: str) -> tuple[Indicator, ...]:
    """Return the indicators of a text in order; no two overlap, and any text whatsoever is accepted."""
    folded = Folded.of(text)
    meant = [draft for draft in _drafts(folded) if _is_meant(folded, draft)]
    drafts = _without_heads(folded.text, _with_names_before(folded.text, _without_doubles(folded.text, meant)))
    phrases = [
        Phrase(
            draft.start,
            draft.end,
            draft.value.unit,
            bool(draft.before or draft.after),
            draft.name.start if draft.name.text else draft.start,
        )
        for draft in drafts
    ]
    settings, governed = find_conditions(folded.text, folded.clauses, phrases)
    found: list[Indicator] = []
    for index, draft in enumerate(drafts):
        if index not in settings:
            indicator = _indicator(folded, draft, draft.condition or governed.get(index))
            if not found or indicator.start >= found[-1].end:
                found.append(indicator)
    return tuple(found)


def _drafts(folded: Folded) -> list[_Draft]:
    drafts: list[_Draft] = []
    clause_index = 0
    clauses = folded.clauses
    taken = [0]  # where phrases end: a name cannot reach back over one
    for value in find_values(folded):
        while clause_index + 1 < len(clauses) and clauses[clause_index + 1][0] <= value.start:
            clause_index += 1
        clause = clauses[clause_index]
        draft = _draft(folded.text, value, clause, max(clause[0], _floor(folded.text, clause[0], value, taken)))
        drafts.append(draft)
        if _is_meant(folded, draft) and not is_base(folded.text, value):
            taken.append(draft.end)
    return _shared_comparisons(folded.text, _with_names_of_today(folded.text, drafts))


def _with_names_of_today(text: str, drafts: Sequence[_Draft]) -> list[_Draft]:
    """目前废品率5%左右，希望降到1%以内: what is hoped for is of the quantity that stands before it."""
    result = list(drafts)
    for index, (first, second) in enumerate(pairwise(drafts), 1):
        nameless = second.before and first.name.text and not second.name.text and first.clause != second.clause
        if nameless and first.value.unit == second.value.unit and _HOPED.fullmatch(text, first.end, second.start):
            result[index] = replace(second, name=first.name)
    return result


def _floor(text: str, clause_start: int, value: Value, taken: Sequence[int]) -> int:
    """Return where the last phrase ends that stands before the name: 冲击功(-40℃)≥27J has its name before another."""
    closed = _CLOSED.search(text, max(clause_start, value.start - 12), value.start)
    opening = text.rfind("(", clause_start, closed.start()) if closed else -1
    return next(end for end in reversed(taken) if opening < 0 or end <= opening)


def _draft(text: str, value: Value, clause: tuple[int, int], floor: int) -> _Draft:
    start, relative = value.start, False
    base = _base(text, clause[0], value)
    if base is not None:
        start, relative = base
    before = word_before(text, start)
    if before is not None and (before.position < clause[0] or (before.short and value.unit not in ("%", "1"))):
        before = None
    if before is not None:
        start = before.position
        relative = relative or before.relative
    relative = relative or (
        (before is None or before.comparison is Comparison.APPROX)
        and not value.unit.startswith("CNY")  # 每件增加成本2元 is a cost
        and changes_object(text, clause[0], start)
    )
    after = word_after(text, value.end)
    if after is not None and value.kind is Comparison.RANGE and is_setting_range(text, value.end):
        after = None
    head = find_head(text, start)
    name = head or find_name(text, floor, start, relative=relative)
    per = find_per(text, floor, start, name.text)
    if per is not None and per.start is not None:
        start = per.start
        if before is None and (outside := word_before(text, start)) is not None and outside.position >= clause[0]:
            before, start = outside, outside.position  # 不低于每秒50万条
        name = head or find_name(text, floor, start, relative=relative)
    return _Draft(start, after.position if after else value.end, value, clause, before, after, name, per, relative)


def _base(text: str, clause_start: int, value: Value) -> tuple[int, bool] | None:
    """不超过杆长的3%, 是铸铁的4倍: where the phrase begins, and whether it compares with something else."""
    found = _BASE.search(text, max(clause_start, value.start - 11), value.start)
    if found is None or value.unit not in ("%", "1"):
        return None
    another = text[value.start : value.end].endswith("倍") or bool(_ANOTHER.search(found["base"]))
    for start in range(found.end("base") - 1, found.start("base") - 1, -1):
        if word_before(text, start) is not None:
            return start, another
    return (value.start, True) if another else None


def _without_doubles(text: str, drafts: Sequence[_Draft]) -> list[_Draft]:
    """0.8 MPa (8 bar): the same value in another unit says nothing new."""
    return [
        draft
        for index, draft in enumerate(drafts)
        if not (index and _IN_OTHER_WORDS.fullmatch(text, drafts[index - 1].end, draft.start))
        or not _same_value(drafts[index - 1].value, draft.value)
    ]


def _with_names_before(text: str, drafts: Sequence[_Draft]) -> list[_Draft]:
    """Give values without a name the one before: 溶出度30分钟内≥85%; 抗菌率≥99%，洗涤50次后仍≥95%."""
    result = list(drafts)
    for index, (first, second) in enumerate(pairwise(drafts), 1):
        if second.name.text or not second.before:
            continue
        timed = first.value.unit in TIMES and second.value.unit not in TIMES and first.end == second.start
        still = [one for one in result[max(0, index - 2) : index] if one.value.unit == second.value.unit]
        if timed and first.name.text:
            result[index] = replace(second, name=first.name)
        elif still and (_STILL.search(text, second.clause[0], second.start) or _is_after_time(text, second)):
            result[index] = replace(second, name=still[-1].name)
    return result


def _is_after_time(text: str, draft: _Draft) -> bool:
    """抗折强度：3d≥4MPa，28d≥7MPa: nothing but a time stands before the value in its clause."""
    return _TIME_ONLY.fullmatch(text, draft.clause[0], draft.start) is not None


def _same_value(first: Value, second: Value) -> bool:
    if first.unit == second.unit:
        return False
    ends = [convert(end, second.unit, first.unit) for end in (second.low, second.high)]
    pairs = zip((first.low, first.high), ends, strict=True)
    return all(end is not None and isclose(own, end, rel_tol=ROUNDED) for own, end in pairs)


def _without_heads(text: str, drafts: Sequence[_Draft]) -> list[_Draft]:
    """冷藏12天断条率：现状 32%，目标 ≤8%: what stands in the head before the quantity is the condition."""
    result: list[_Draft] = []
    for draft in drafts:
        inside = len(result)
        while inside and result[inside - 1].start >= draft.name.start and draft.name.end < draft.clause[0]:
            inside -= 1
        within = [other for other in result[inside:] if other.end < draft.name.end]
        del result[inside : inside + len(within)]
        result.append(_under_condition(text, draft, within[-1].end) if within else draft)
    return result


def _under_condition(text: str, draft: _Draft, end: int) -> _Draft:
    """Cut a name at ``end``: what stands before is its condition."""
    name = text[end : draft.name.end].strip()
    place = Name(name, draft.name.end - len(name), draft.name.end)
    return replace(draft, name=place, condition=Condition(draft.name.start, end))


def _shared_comparisons(text: str, drafts: Sequence[_Draft]) -> list[_Draft]:
    """不低于75、40kN和6%, 不大于70mm×35mm: a comparison applies to all that are joined to its value."""
    result = list(drafts)
    for index in range(1, len(result)):
        first, second = result[index - 1], result[index]
        if not second.value.joined or second.before is not None:
            continue
        joined = text[first.end : second.start]
        if re.search(r"[×xX*/]", joined) or "分别" in text[first.clause[0] : first.start]:
            before = replace(first.before, position=second.start) if first.before else None
            result[index] = replace(second, before=before, name=first.name)
    return _listed_names(text, result)


def _listed_names(text: str, drafts: list[_Draft]) -> list[_Draft]:
    """刚度、承载力和转角分别不低于75、40kN和6%: each value has its own name."""
    for index, draft in enumerate(drafts):
        lead = text[draft.clause[0] : draft.start]
        if "分别" not in lead or (index and drafts[index - 1].clause == draft.clause):
            continue
        names = list(re.finditer(r"[^、和及与，]+", re.sub(r"(?:应|要|须)?分别.*$", "", lead)))
        group = [i for i in range(index, len(drafts)) if drafts[i].clause == draft.clause]
        if len(names) != len(group):
            continue
        for i, found in zip(group, names, strict=True):
            begin = draft.clause[0] + found.start()
            last = found[0].rsplit("的", 1)[-1]
            begin += len(found[0]) - len(last)
            drafts[i] = replace(drafts[i], name=Name(last, begin, begin + len(last)))
    return drafts


def _is_meant(folded: Folded, draft: _Draft) -> bool:
    """Whether a value is an indicator or a condition at all."""
    compared = draft.before is not None or draft.after is not None
    value = draft.value
    if value.bare and not compared and not _UNITLESS.search(draft.name.text):
        return False
    if value.bare and draft.relative:
        return False
    if value.bare and compared and not draft.name.text:
        return False
    return not is_excluded(folded, value, draft.clause, compared=compared)


def _indicator(folded: Folded, draft: _Draft, condition: Condition | None) -> Indicator:
    value = draft.value
    comparison, low, high = _bounds(draft)
    start, end = folded.span(draft.start, draft.end)
    name_start, name_end = _name_place(folded, draft.name)
    original = folded.normalised.original
    return Indicator(
        start=start,
        end=end,
        name=original[name_start:name_end] if name_start is not None else "",
        comparison=comparison,
        low=low,
        high=high,
        unit=with_per(meant_unit(value.unit, folded.text[value.start : value.end], draft.name.text), draft.per),
        relative=draft.relative,
        condition=_written(folded, condition),
        name_start=name_start,
        name_end=name_end,
    )


def _name_place(folded: Folded, name: Name) -> tuple[int, int] | tuple[None, None]:
    """Return where a name stands in the original, without the mark of a list (①效率)."""
    if not name.text:
        return None, None
    start, end = folded.span(name.start, name.end)
    original = folded.normalised.original
    start += not original[start].isascii() and original[start].isdigit()
    return (start, end) if start < end else (None, None)


def _written(folded: Folded, condition: Condition | None) -> str | None:
    if condition is None or condition.start >= condition.end:
        return None
    start, end = folded.span(condition.start, condition.end)
    return folded.normalised.original[start:end].strip() or None


def _bounds(draft: _Draft) -> tuple[Comparison, float | None, float | None]:
    value = draft.value
    if value.kind is Comparison.RANGE:
        return Comparison.RANGE, value.low, value.high
    comparison = _comparison(draft)
    if comparison in (Comparison.GE, Comparison.GT):
        return comparison, value.low, None
    if comparison in (Comparison.LE, Comparison.LT):
        return comparison, None, value.high
    return comparison, value.low, value.high


def _comparison(draft: _Draft) -> Comparison:
    """The word after the value is the closer one; a word before it that leaves the direction open asks the name."""
    if draft.after is not None and not (draft.before and draft.before.comparison in (Comparison.GT, Comparison.LT)):
        return draft.after.comparison or Comparison.EQ
    if draft.before is None:
        return Comparison.EQ
    if draft.before.comparison is None:
        if draft.relative:
            return Comparison.EQ
        return better_direction(draft.name.text, draft.value.unit, draft.value.high)
    return draft.before.comparison
