"""A need's indicators beside what a candidate states: met, not met, or not stated.

Silence is never taken for consent: a value counts only where it is for the same quantity, in a unit that converts,
absolute beside absolute and relative beside relative, and under a condition that is not known to be another one.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache
from itertools import pairwise

from queqiao.engine.text.quantities.comparison import better_direction
from queqiao.engine.text.quantities.model import Comparison, Folded, Indicator
from queqiao.engine.text.quantities.names import (
    conditions_alike,
    full_name,
    is_peak,
    is_unnamed,
    name_similarity,
    plain_name,
)
from queqiao.engine.text.quantities.units import convert
from queqiao.engine.text.quantities.values import Value, find_values

SAME_QUANTITY = 0.6  # least similarity of two names that are taken for one quantity
# A range that a product must be able to cover, as against one that a result must lie in.
_CAPABILITY = re.compile(
    r"量程|范围|工作温度|使用温度|环境温度|耐受|适用|景深|线径|管径|壁厚|直径|频段|频率|波段|输入电压|电压|可调|调节|转速|测距|厚度范围|速度|range|temperature"
)
_TELLING_UNITS = frozenset({"IP", "pixel", "fps", "mu/h", "m2/h"})  # each measures one quantity only
_THROUGHPUT = re.compile(r"处理|产能|生产能力|规模")
# Of a range in which a product can be set the far end counts.
_SETTABLE = re.compile(r"速度|转速|车速|线速")
_WEAR = re.compile(r"循环|水洗|洗涤|老化|浸泡|盐雾|弯折|摩擦|磨损|冻融|搁置|存放|暴晒|次后|连续运行")
_RISE = re.compile(r"温升|温差|升温|降温|过热度|过冷度|温度差|temperature rise")  # differences of temperatures
_RUNNING, _CALENDAR = re.compile(r"(?:^|/)(?:h|min|s)$"), re.compile(r"(?:^|/)(?:a|mo)$")
ABOUT = 0.02  # 约92% says nothing of a bound of 92 %
_UP = (Comparison.GE, Comparison.GT)
_DOWN = (Comparison.LE, Comparison.LT)


class GapStatus(StrEnum):
    """What a candidate says about one required indicator."""

    MET = "met"
    NOT_MET = "not_met"
    NOT_STATED = "not_stated"


@dataclass(frozen=True, slots=True)
class Gap:
    """One required indicator beside what is offered.

    ``margin`` is how far inside (+) or outside (-) the bound the offered value lies, as a share of the bound; None
    where nothing comparable is stated or the requirement is a range.
    """

    need: Indicator
    offered: Indicator | None
    status: GapStatus
    margin: float | None


def compare_indicators(
    need: Sequence[Indicator], offered: Sequence[Indicator], *, related: bool = True
) -> tuple[Gap, ...]:
    """Return one gap for each of the need's indicators, in their order.

    Where the texts are not ``related``, a quantity without its own subject (时间, 误差, 收率) is that of another thing:
    only names that say of what they are can be the same then.
    """
    stated = _with_areas(offered)
    return tuple(_gap(indicator, stated, related) for indicator in need)


def _with_areas(offered: Sequence[Indicator]) -> Sequence[Indicator]:
    """400×400像素 is a picture of 160,000 as well."""
    areas = [
        replace(second, start=first.start, low=first.low * second.low, high=first.low * second.low)
        for first, second in pairwise(offered)
        if first.unit == second.unit == "pixel" and second.start - first.end <= 2 and first.low and second.low
    ]
    return [*areas, *offered]


def _gap(need: Indicator, offered: Sequence[Indicator], related: bool) -> Gap:
    comparable = [other for other in offered if _comparable(need, other)]
    unnamed = [other for other in comparable if is_unnamed(other.name)]
    only = unnamed[0] if len(unnamed) == 1 else None
    alike = [(_likeness(need, other, related, only=other is only), other) for other in comparable]
    found = [(_condition_fit(need, other), likeness, other) for likeness, other in alike if likeness >= SAME_QUANTITY]
    found.sort(key=lambda entry: (-entry[0], -entry[1], entry[2].start))
    if not found or found[0][0] == 0:
        return Gap(need, None, GapStatus.NOT_STATED, None)
    fitting = [other for fit, _, other in found if fit == found[0][0]]
    judged = [_judged(need, other) for other in _closest(need, fitting)]
    if len({gap.status for gap in judged}) > 1:  # it says both, and nothing tells which is its own
        return Gap(need, None, GapStatus.NOT_STATED, None)
    return judged[0]


def _closest(need: Indicator, fitting: Sequence[Indicator]) -> Sequence[Indicator]:
    """Return those under the very name that is asked for, or else all; of these the ones that state a bound."""
    if need.unit == "pixel":  # an area, and the sides that make it
        return fitting[:1]
    name = plain_name(need.name)
    named = [other for other in fitting if plain_name(other.name) == name] or fitting
    return [other for other in named if other.comparison in (*_UP, *_DOWN)] or named


def _judged(need: Indicator, other: Indicator) -> Gap:
    low, high = _in_unit(other.low, other, need), _in_unit(other.high, other, need)
    status, margin = _judge(need, other.comparison, low, high)
    if status is GapStatus.MET and other.comparison is Comparison.APPROX and margin is not None and margin < ABOUT:
        status = GapStatus.NOT_STATED
    if status is GapStatus.NOT_STATED:
        return Gap(need, None, status, None)
    return Gap(need, other, status, margin)


def _likeness(need: Indicator, other: Indicator, related: bool, *, only: bool) -> float:
    """How alike two quantities are, by name and by what their units say of them.

    ``only``: among the comparable ones the other is the only one that does not say what was measured.
    """
    if is_peak(other.name):
        return 0.0
    if need.relative or not related:
        return name_similarity(need.name, other.name, related=related)
    similarity = name_similarity(full_name(need.name, need.unit), full_name(other.name, other.unit))
    if not only:
        return similarity if other.name or not is_unnamed(other.name) else 0.0
    if need.unit in _TELLING_UNITS or (_THROUGHPUT.search(need.name) and "/" in need.unit):
        return max(similarity, SAME_QUANTITY)
    return similarity if other.name else 0.0


def _comparable(need: Indicator, other: Indicator) -> bool:
    return need.relative == other.relative and _units_agree(need.unit, other.unit)


@lru_cache(maxsize=4096)
def _units_agree(unit: str, other: str) -> bool:
    """Whether values convert; a year of 8,760 hours is no year of work."""
    if convert(1.0, other, unit) is None:
        return False
    ways = ((unit, other), (other, unit))
    return not any(_RUNNING.search(one) and _CALENDAR.search(two) for one, two in ways)


def _in_unit(value: float | None, other: Indicator, need: Indicator) -> float | None:
    if value is None:
        return None
    rises = bool(_RISE.search(need.name) or _RISE.search(other.name))
    return convert(value, other.unit, need.unit, difference=rises)


def _condition_fit(need: Indicator, other: Indicator) -> int:
    """Return 2 for the same condition, 1 where the need sets none, 0 for another one or one that is not stated."""
    asked, stated = need.condition or "", other.condition or ""
    if not asked:
        return 1 if stated else 2
    settings = _settings(asked)
    if not settings:
        return 2 if stated and conditions_alike(asked, stated) else 0
    worn = bool(_WEAR.search(asked) and _WEAR.search(stated))
    return 2 if all(any(_covers(one, two, worn=worn) for two in _settings(stated)) for one in settings) else 0


@lru_cache(maxsize=4096)
def _settings(condition: str) -> tuple[Value, ...]:
    return tuple(find_values(Folded.of(condition)))


def _covers(asked: Value, stated: Value, *, worn: bool) -> bool:
    """The same setting, a range that holds it, or a harder one: more cycles or hours of wear, deeper cold."""
    low, high = convert(asked.low, asked.unit, stated.unit), convert(asked.high, asked.unit, stated.unit)
    if low is None or high is None:
        return False
    tiny = 1e-9 * max(abs(stated.low), abs(stated.high))
    if stated.low - tiny <= low and high <= stated.high + tiny:
        return True
    if low != high or stated.low != stated.high:
        return False
    return (worn and stated.low >= low) or (asked.unit == stated.unit == "Cel" and stated.low <= low <= 0)


def _judge(
    need: Indicator, comparison: Comparison, low: float | None, high: float | None
) -> tuple[GapStatus, float | None]:
    if need.comparison is Comparison.RANGE:
        return _judge_range(need, low, high), None
    upward = need.comparison in _UP
    if need.comparison in (Comparison.EQ, Comparison.APPROX) and need.relative:
        upward = True  # 降低20%: by so much at least
    elif need.comparison in (Comparison.EQ, Comparison.APPROX):
        # A bare number asks for at least as much, unless less of the quantity is better.
        upward = better_direction(need.name, need.unit, need.low or 0.0) is Comparison.GE
    bound = need.low if upward else need.high
    settable = comparison is Comparison.RANGE and _SETTABLE.search(need.name)
    worst = (high if settable else low) if upward else high
    if bound is None or worst is None:
        return GapStatus.NOT_STATED, None
    inside = worst - bound if upward else bound - worst
    tiny = 1e-9 * max(abs(bound), abs(worst), 1e-300)
    strict = need.comparison in (Comparison.GT, Comparison.LT) and comparison not in (Comparison.GT, Comparison.LT)
    met = inside > tiny if strict else inside >= -tiny
    margin = round(inside / abs(bound), 6) + 0.0 if bound else None  # no -0.0
    return (GapStatus.MET if met else GapStatus.NOT_MET), margin


def _judge_range(need: Indicator, low: float | None, high: float | None) -> GapStatus:
    lowest, highest = need.low or 0.0, need.high or 0.0
    if lowest == -highest:  # a tolerance: the offered one must be no wider
        widest = max((abs(end) for end in (low, high) if end is not None), default=None)
        if widest is None:
            return GapStatus.NOT_STATED
        return GapStatus.MET if widest <= highest * (1 + 1e-9) else GapStatus.NOT_MET
    if low is None or high is None:
        return GapStatus.NOT_STATED
    if _CAPABILITY.search(need.name) and low < high:
        return GapStatus.MET if low <= lowest and high >= highest else GapStatus.NOT_MET
    return GapStatus.MET if low >= lowest and high <= highest else GapStatus.NOT_MET
