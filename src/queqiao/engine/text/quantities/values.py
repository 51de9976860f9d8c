"""From numbers to values: signs, units, ranges, tolerances, ratios and lists."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from queqiao.engine.text.quantities.model import Comparison, Folded
from queqiao.engine.text.quantities.numbers import Number, find_numbers
from queqiao.engine.text.quantities.units import Unit, convert, recognise

_JOINT = re.compile(r"\s*(?:~{1,2}|-{3}|-|至|到|to )\s*(?:\+|零上)?(-|零下)?\s*")
_BELOW_ZERO = re.compile(r"零下$")
_INVERSE_AFTER = re.compile(r"\)\s?[×xX*]\s?10\^?(-?\d{1,2})(?=/)")
_PLUS_MINUS = re.compile(r"(?:±|正负)$")
_TOLERANCE = re.compile(r"\s*(?:±|正负)\s*")
_RATIO = re.compile(r"\s?:\s?")
_TIMES_JOINT = re.compile(r"\s*[×xX*]\s*")
_LIST_JOINT = re.compile(r"\s*(?:、|/|和|与|及|以及)\s*")
_LETTER_UNITS = re.compile(r"(HV|HRC|HRB|HRA|HBW|HBS|HB|IP)\s?$")
_BRACKETS = {"(": ")", "[": "]"}


@dataclass(frozen=True, slots=True)
class Value:
    """A value phrase without its comparison words, in the folded text.

    ``kind`` is EQ or RANGE; ``bare`` says that no unit was written; ``joined`` that the value before it in a list
    or a product of dimensions shares its comparison.
    """

    start: int
    end: int
    low: float
    high: float
    unit: str
    kind: Comparison = Comparison.EQ
    bare: bool = False
    whole: bool = False
    joined: bool = False


def find_values(folded: Folded) -> list[Value]:
    """Return the values of a text in order; a value without a unit is there too, marked ``bare``."""
    numbers = list(find_numbers(folded))
    values: list[Value] = []
    index = 0
    while index < len(numbers):
        value, used = _read(folded.text, numbers, index)
        values.append(value)
        index += used
    return _share_units(folded.text, values)


def _read(text: str, numbers: Sequence[Number], index: int) -> tuple[Value, int]:
    """Read the value that begins with ``numbers[index]``; return it and how many numbers it takes."""
    first = _simple(text, numbers[index])
    following = numbers[index + 1] if index + 1 < len(numbers) else None
    sign = _PLUS_MINUS.search(text, max(0, first.start - 2), first.start)
    if sign is not None:
        return replace(first, start=sign.start(), low=-first.high, kind=Comparison.RANGE), 1
    if following is None:
        return first, 1
    for read in (_tolerance, _range, _ratio, _fraction):
        value = read(text, first, following)
        if value is not None:
            return value, 2
    return first, 1


def _simple(text: str, number: Number) -> Value:
    sign = _sign(text, number.start)
    start = number.start - (sign < 0)
    below_zero = _BELOW_ZERO.search(text, max(0, start - 2), start) is not None
    if below_zero:
        sign, start = -1, start - 2
    if text[start - 1 : start] in ("φ", "Φ", "∅"):
        start -= 1
    if number.unit is not None:
        return Value(start, number.end, number.value, number.value, number.unit)
    unit, end = _unit_after(text, number.end)
    letters = _LETTER_UNITS.search(text[max(0, start - 4) : start])
    if unit is None and letters is not None:
        code = "HB" if letters[1].startswith("HB") else letters[1]
        return Value(start - len(letters[0]), number.end, number.value, number.value, code)
    if below_zero and unit is not None and unit.code == "deg":
        unit = replace(unit, code="Cel")
    value = sign * number.value * (unit.factor if unit else 1.0)
    return Value(start, end, value, value, unit.code if unit else "1", bare=unit is None, whole=number.whole)


def _unit_after(text: str, end: int) -> tuple[Unit | None, int]:
    for gap in (0, 1):
        if gap and text[end : end + 1] != " ":
            break
        unit = recognise(text, end + gap)
        if unit is not None:
            return unit, end + gap + unit.length
    return None, end


def _sign(text: str, start: int) -> int:
    """A hyphen is a minus unless it joins two things: after a digit, a letter or a bracket it does."""
    if text[start - 1 : start] != "-":
        return 1
    before = text[start - 2 : start - 1]
    return 1 if before and (before.isdigit() or (before.isascii() and before.isalpha()) or before in ")%°") else -1


def _tolerance(text: str, first: Value, following: Number) -> Value | None:
    """25±2μm, 1.6mm±0.16mm, (28±4)%."""
    joint = _TOLERANCE.match(text, first.end)
    if joint is None or joint.end() != following.start:
        return None
    second = _simple(text, following)
    start, end, unit = first.start, second.end, second
    closing = _BRACKETS.get(text[start - 1 : start])
    if second.bare and closing and text[end : end + 1] == closing:
        power = _INVERSE_AFTER.match(text, end)  # (3.2±0.1)×10⁻⁶/℃
        found, stop = _unit_after(text, power.end() if power else end + 1)
        if found is not None:
            scale = 10.0 ** int(power[1]) if power else 1.0
            start, end = start - 1, stop
            first = replace(first, low=first.low * scale)
            unit = second = replace(second, unit=found.code, high=second.high * scale, bare=False)
    if unit.bare and not first.bare:
        unit = first
    middle, spread = first.low, second.high
    if second.unit == "%" and not first.bare and first.unit != "%":  # 50Ω±5%: of the value itself
        unit, spread = first, first.low * second.high / 100
    return Value(
        start, end, _tidy(middle - spread), _tidy(middle + spread), unit.unit, Comparison.RANGE, bare=unit.bare
    )


def _range(text: str, first: Value, following: Number) -> Value | None:
    joint = _JOINT.match(text, first.end)
    if joint is None or joint.end() != following.start:
        return None
    second = _simple(text, replace(following, start=following.start))
    low, high = first.low, abs(second.high) * (-1 if joint[1] else 1)
    if low > high and joint[0].strip() == "--":  # 70--80: a dash of two strokes
        high = abs(high)
    unit = first if second.bare else second
    if not first.bare and not second.bare and first.unit != second.unit:
        converted = convert(low, first.unit, second.unit)  # 10s～24h
        if converted is None:
            return None
        low = _tidy(converted)
    if first.bare and not second.bare:
        low = low if _carries_multiplier(text, first) else low * _multiplier(text, second, following)
    if low >= high:
        return None
    return Value(first.start, second.end, low, high, unit.unit, Comparison.RANGE, bare=unit.bare, whole=first.whole)


def _multiplier(text: str, second: Value, following: Number) -> float:
    """In 1~3万次 the 万 belongs to both ends."""
    found = re.match(r"[\d.,]+\s?(万|亿|千(?!瓦|克|米|伏|帕))", text[following.start : following.end])
    return {"万": 1e4, "亿": 1e8, "千": 1e3}[found[1]] if found else 1.0


def _carries_multiplier(text: str, value: Value) -> bool:
    return not text[value.start : value.end].lstrip("-").replace(".", "").isdigit()


def _ratio(text: str, first: Value, following: Number) -> Value | None:
    """1:5 after a word such as 比; elsewhere a colon is a clock or a score."""
    joint = _RATIO.match(text, first.end)
    if (
        joint is None
        or joint.end() != following.start
        or not first.bare
        or "比" not in text[max(0, first.start - 8) : first.start]
    ):
        return None
    second = _simple(text, following)
    if not second.bare or not second.high:
        return None
    value = first.low / second.high
    return Value(first.start, second.end, value, value, "1", bare=False)


def _fraction(text: str, first: Value, following: Number) -> Value | None:
    """缩短1/3: a proper fraction of small whole numbers."""
    if not (first.bare and first.whole and text[first.end : following.start] == "/"):
        return None
    second = _simple(text, following)
    if not (second.bare and second.whole and 0 < first.low < second.high <= 10):
        return None
    value = first.low / second.high
    return Value(first.start, second.end, value, value, "1", bare=False)


def _share_units(text: str, values: Sequence[Value]) -> list[Value]:
    """420、550MPa: a value without a unit takes the one that follows; 12mm×10mm: both are one measure."""
    result = list(values)
    for index in range(len(result) - 2, -1, -1):
        value, after = result[index], result[index + 1]
        joint = _LIST_JOINT.match(text, value.end) or _TIMES_JOINT.match(text, value.end)
        if joint is None or joint.end() != after.start:
            continue
        dimensions = joint.re is _TIMES_JOINT
        if value.bare and not after.bare and (dimensions or value.whole or "." in text[value.start : value.end]):
            result[index] = replace(value, unit=after.unit, bare=False)
        if not result[index].bare and not after.bare:
            result[index + 1] = replace(result[index + 1], joined=True)
    return result


def _tidy(value: float) -> float:
    return float(f"{value:.12g}")
