"""Numbers that say under which condition another value holds."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

_MARKER = re.compile(
    r"[^，。；、\d≥≤<>]{0,10}?(?:条件下|环境下|工况下|状态下|压力下|温度下|范围内|噪声下|以后|之后|[下时后处](?!降|间|处理|效|续|延|钟))"
)
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
    start, end = next(
        clause for clause in clauses if clause[0] <= phrase.start < clause[1] or clause[0] == phrase.start
    )
    before, after = text[start : phrase.start], text[phrase.end : end]
    later = [other for other in phrases[index + 1 :] if other.start < end]
    bracket = _inside_brackets(text, phrase, start, end)
    if bracket is not None:
        others = any(start <= other.start < end and other is not phrase for other in phrases)
        return Condition(*bracket) if others else None
    if not later:
        return _before_next_clause(text, phrases, index, (start, end), before, after)
    between = text[phrase.end : later[0].start]
    marker = _MARKER.match(between)
    if marker is not None:
        return Condition(start + len(before) - len(before.lstrip()), phrase.end + marker.end())
    if before.endswith("从") or (index and text[phrases[index - 1].end : phrase.start] in ("充到", "升到", "降到") and
                                text[: phrases[index - 1].start].endswith("从")):  # fmt: skip
        return Condition(start, phrase.end)
    if _JOINS.match(between) or len(between) < 2 or phrase.unit not in _SETTING_UNITS:
        return None
    named = _QUANTITY_HEAD.search(before)
    if _LEAD.search(before) or _TEST.search(before) or (not named and phrase.unit in ("Cel", "d", "C", "h", "min", "mo", "a")):
        lead = _LEAD.search(before)
        return Condition(start + lead.start() if lead and lead[0] else phrase.start, phrase.end)
    return None


def _before_next_clause(
    text: str,
    phrases: Sequence[Phrase],
    index: int,
    clause: tuple[int, int],
    before: str,
    after: str,
) -> Condition | None:
    """1C充放电循环6000次后，容量保持率…: a clause that ends in 后 or 时 sets the next one's condition."""
    following = phrases[index + 1] if index + 1 < len(phrases) else None
    if following is None or text[clause[1] : clause[1] + 1] != "，" or "，" in text[clause[1] + 1 : following.start]:
        return None
    if _ENDS_CLAUSE.match(after) and not re.search(r"[以之]下$", after):
        return Condition(clause[0], clause[1])
    if not after and _TEST.search(before) and following.unit == "%":
        return Condition(clause[0], clause[1])
    return None


def _inside_brackets(text: str, phrase: Phrase, start: int, end: int) -> tuple[int, int] | None:
    opening = max(text.rfind("(", start, phrase.start), text.rfind("（", start, phrase.start))
    if opening < 0 or any(mark in text[opening : phrase.start] for mark in ")）"):
        return None
    closing = min(
        (i for i in (text.find(")", phrase.end, end), text.find("）", phrase.end, end)) if i >= 0), default=-1
    )
    return (opening + 1, closing) if closing >= 0 else None


def _governed(
    text: str, clauses: Sequence[tuple[int, int]], phrases: Sequence[Phrase], setting: dict[int, Condition]
) -> dict[int, Condition]:
    governed: dict[int, Condition] = {}
    for index, phrase in enumerate(phrases):
        if index in setting:
            continue
        clause = next((one for one in clauses if one[0] <= phrase.start < one[1]), (0, len(text)))
        near = [
            condition
            for other, condition in setting.items()
            if (condition.start >= clause[0] and condition.end <= clause[1]) or condition.end == clause[0] - 1
        ]
        near = [condition for condition in near if condition.end <= phrase.start or condition.start >= phrase.end]
        if near:
            governed[index] = Condition(min(one.start for one in near), max(one.end for one in near))
            if any(mark in text[governed[index].start : governed[index].end] for mark in ")）"):
                governed[index] = near[0]
    return governed
