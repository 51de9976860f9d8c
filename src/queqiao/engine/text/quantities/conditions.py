"""Numbers that say under which condition another value holds."""

import re
import sys
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

_MARKER = re.compile(
    r"[^，。；、\d≥≤<>]{0,10}?(?:条件下|环境下|工况下|状态下|压力下|温度下|范围内|噪声下|以后|之后|(?<![用耗])[下时后处](?!降|间|处理|效|续|延|钟))"
)
_SPAN_OF_CHANGE = re.compile(r"从[^，。；]{1,12}[充升降]到$")
_ENDS_CLAUSE = re.compile(r"[^，。；、\d≥≤<>]{0,18}?(?:条件下|环境下|工况下|以后|之后|[下时后])$")
_TEST = re.compile(
    r"(?:搁置|放置|静置|存放|贮存|储存|保温|老化|浸泡|浸水|循环|水洗|洗涤|暴晒|稀释|加速试验|连续运行|行程)$"
)
_LEAD = re.compile(r"(?:^|[，。；、:：\s])(?:在|于|当|经|经过|距|距离|离|每次|常温|室温|用|加热到|加热至)?$")
_QUANTITY_HEAD = re.compile(
    r"(?:[度率量力比数值期能长宽高径厚深压流强寿命限程距速段]|时间|精度|温度|功率|范围|周期|电压|电流|频率|寿命|尺寸|负载|误差)[为:：在达到]{0,2}$"
)
_JOINS = re.compile(r"\s*(?:、|和|及|与|且|并|，|；|/|或|×)")
_SETTING_UNITS = frozenset({"Cel", "d", "h", "min", "C", "times", "a", "mo", "s", "r/min", "Hz", "kHz", "MHz", "GHz",
                            "V", "MPa", "kPa", "m", "mm", "m/s", "nm", "mW", "K", "kV", "A", "um", "%"})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Phrase:
    """A value phrase in the folded text, as far as it is known when conditions are looked for."""

    start: int
    end: int
    unit: str
    compared: bool


@dataclass(frozen=True, slots=True)
class Condition:
    """A span of the folded text that is a condition, and where the values that it governs begin."""

    start: int
    end: int


def find_conditions(
    text: str, clauses: Sequence[tuple[int, int]], phrases: Sequence[Phrase]
) -> tuple[set[int], dict[int, Condition]]:
    """Return which phrases are conditions, and for each of the others the condition it stands under, by index."""
    setting: dict[int, Condition] = {}
    for index, phrase in enumerate(phrases):
        condition = _condition_of(text, clauses, phrases, index)
        if condition is not None and not phrase.compared:
            setting[index] = condition
    for index in range(len(phrases) - 2, -1, -1):  # 1100℃、137MPa条件下: what is joined to a condition is one
        joined = re.fullmatch(r"\s*[、×和]\s*", text[phrases[index].end : phrases[index + 1].start])
        if joined and index + 1 in setting and not phrases[index].compared:
            setting[index] = Condition(phrases[index].start, setting[index + 1].end)
    return set(setting), _governed(text, clauses, phrases, setting)


def _condition_of(
    text: str, clauses: Sequence[tuple[int, int]], phrases: Sequence[Phrase], index: int
) -> Condition | None:
    phrase = phrases[index]
    clause = _clause_of(clauses, phrase)
    bracket = _inside_brackets(text, phrase, clause)
    if bracket is not None:
        others = any(clause[0] <= other.start < clause[1] and other is not phrase for other in phrases)
        return Condition(*bracket) if others else None
    following = phrases[index + 1] if index + 1 < len(phrases) else None
    if following is None:
        return None
    if following.start >= clause[1]:
        return _before_next_clause(text, phrase, following, clause)
    if _begins_change(text, phrase):
        return Condition(clause[0], phrase.end)
    return _before_value(text, phrase, following, clause)


def _clause_of(clauses: Sequence[tuple[int, int]], phrase: Phrase) -> tuple[int, int]:
    return clauses[max(0, bisect_right(clauses, (phrase.start, sys.maxsize)) - 1)]


def _before_value(text: str, phrase: Phrase, following: Phrase, clause: tuple[int, int]) -> Condition | None:
    """在280℃时脱硝效率…, 28d抗压强度…: a setting stands before the quantity that it governs."""
    before, between = text[clause[0] : phrase.start], text[phrase.end : following.start]
    marker = _MARKER.match(between)
    if marker is not None:
        skipped = max(before.rfind(":") + 1, len(before) - len(before.lstrip()))
        return Condition(clause[0] + skipped, phrase.end + marker.end())
    if _JOINS.match(between) or len(between) < 2 or phrase.unit not in _SETTING_UNITS:
        return None
    lead = _LEAD.search(before)
    unnamed = not _QUANTITY_HEAD.search(before) and phrase.unit in ("Cel", "d", "C", "h", "min", "mo", "a")
    if lead or unnamed or _TEST.search(before):
        return Condition(clause[0] + lead.start() if lead and lead[0] else phrase.start, phrase.end)
    return None


def _begins_change(text: str, phrase: Phrase) -> bool:
    """从10%充到80%用时…: both ends of a change set the condition of what is measured over it."""
    return bool(_SPAN_OF_CHANGE.search(text, max(0, phrase.start - 20), phrase.start))


def _before_next_clause(text: str, phrase: Phrase, following: Phrase, clause: tuple[int, int]) -> Condition | None:
    """1C充放电循环6000次后，容量保持率…: a clause that ends in 后 or 时 sets the next one's condition."""
    before, after = text[clause[0] : phrase.start], text[phrase.end : clause[1]]
    if text[clause[1] : clause[1] + 1] != "，" or "，" in text[clause[1] + 1 : following.start]:
        return None
    if _ENDS_CLAUSE.match(after) and not re.search(r"[以之]下$", after):
        return Condition(*clause)
    if not after and _TEST.search(before) and following.unit == "%":
        return Condition(*clause)
    return None


def _inside_brackets(text: str, phrase: Phrase, clause: tuple[int, int]) -> tuple[int, int] | None:
    opening = text.rfind("(", clause[0], phrase.start)
    if opening < 0 or ")" in text[opening : phrase.start]:
        return None
    closing = text.find(")", phrase.end, clause[1])
    return (opening + 1, closing) if closing >= 0 else None


def _governed(
    text: str, clauses: Sequence[tuple[int, int]], phrases: Sequence[Phrase], setting: dict[int, Condition]
) -> dict[int, Condition]:
    """Find for each result the condition of its own clause, or the clause before that is one as a whole."""
    governed: dict[int, Condition] = {}
    for index, phrase in enumerate(phrases):
        if index in setting:
            continue
        clause = _clause_of(clauses, phrase)
        near = [
            condition
            for condition in (setting[other] for other in range(max(0, index - 8), index + 8) if other in setting)
            if _governs(condition, phrase, clause)
        ]
        if near:
            whole = Condition(min(one.start for one in near), max(one.end for one in near))
            governed[index] = near[0] if ")" in text[whole.start : whole.end] else whole
    return governed


def _governs(condition: Condition, phrase: Phrase, clause: tuple[int, int]) -> bool:
    here = condition.start >= clause[0] and condition.end <= clause[1]
    apart = condition.end <= phrase.start or condition.start >= phrase.end
    return apart and (here or condition.end == clause[0] - 1)
