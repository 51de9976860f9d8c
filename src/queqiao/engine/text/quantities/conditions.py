"""Numbers that say under which condition another value holds."""

import re
import sys
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

_MARKER = re.compile(
    r"(?:[A-Z][A-Za-z]*\d)?[^，。；、\d≥≤<>]{0,10}?(?:条件下|环境下|工况下|状态下|压力下|温度下|范围内|噪声下|以后|之后|(?<![用耗])(?:时(?![间效延钟速刻]|长(?!度))|下(?![降限料游])|处(?![理置])|后(?![续处端延])))"
)
# 料液浓度120g/L左右时: a value with a comparison is a condition only where this follows at once.
_MARKER_AT_ONCE = re.compile(r"的?(?:时(?![间长延效速刻])|(?:条件|情况|环境|工况|温度|状态)下)")
_RANGE_INSIDE = re.compile(r"内(?=[^，。；、\s\d])")  # 5～45℃内称量误差…
_ON = re.compile(r"的[^，。；、\d≥≤<>]{1,8}?[上中](?=[^，。；])")  # 在转速900r/min的试件上检出率…
_WORDED = re.compile(
    r"(?:[^，。；、:：\d≥≤<>]{1,10}(?:状态|工况|环境|条件|情况|负载|负荷)下|[^，。；、:：\d]{1,8}[一两二三四五六七八九十][^，。；、:：\d]{1,8}后)$"
)
_LED_BY = re.compile(
    r"[^，。；、\d]{1,12}?(?=(?:在|(?<![低高大小少多优])于|从)[^，。；、]*$)"
)  # the thing itself before 在…
_TAKES = re.compile(r"(?:的)?(?:用时|耗时|时间|所需|需|只需|仅需)")  # what a change takes is measured over it
_CHANGE_FROM = re.compile(r"从[^，。；]{1,14}$")
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
TIMES = frozenset({"s", "min", "h", "d"})
_AT = re.compile(r"[A-Za-z%°\d)]\s(?:at|under|after)\s$")  # 25 MPa at -55 °F
# ≥400MPa（T6态）, 30 MPa at room temperature
_STATE_AFTER = re.compile(
    r"\s*\((?P<state>[A-Z]?\d{0,2}[^()，。；\d]{0,6}态|[纵横径轴经纬]向|[满空半]载|[常室高低]温|[^()\d]{1,10}(?:工况|条件|状态|环境|负载)下?)\)"
    r"|\s+(?:at|in|under)\s+(?P<at>(?:room|ambient|elevated|low|high)\s+(?:temperature|conditions))",
)
_JOINED_SETTING = re.compile(r"\s*(?:[×和/]|、[^，。；、\d≥≤<>]{0,8}?)\s*")  # 25℃、相对湿度60%条件下
_SETTING_UNITS = frozenset({"Cel", "d", "h", "min", "C", "times", "a", "mo", "s", "r/min", "Hz", "kHz", "MHz", "GHz",
                            "V", "MPa", "kPa", "m", "mm", "m/s", "nm", "mW", "K", "kV", "A", "um", "%"})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Phrase:
    """A value phrase in the folded text, as far as it is known when conditions are looked for."""

    start: int
    end: int
    unit: str
    compared: bool
    name_start: int  # where the name begins; the phrase's start where there is none


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
        if _is_time_within(text, clauses, phrases, index):
            setting[index] = Condition(phrase.start, phrase.end)
            continue
        condition = _condition_of(text, clauses, phrases, index)
        if condition is not None and (not phrase.compared or _is_setting_anyway(text, phrase)):
            setting[index] = condition
    for index in range(len(phrases) - 2, -1, -1):  # 750℃、90MPa条件下: what is joined to a condition is one
        joined = _JOINED_SETTING.fullmatch(text, phrases[index].end, phrases[index + 1].start)
        if joined and index + 1 in setting and not phrases[index].compared:
            setting[index] = Condition(phrases[index].start, setting[index + 1].end)
    setting = {index: _without_subject(text, condition) for index, condition in setting.items()}
    return set(setting), _governed(text, clauses, phrases, setting)


def _is_setting_anyway(text: str, phrase: Phrase) -> bool:
    """温度低于5℃时, 从30%升到95%耗时: what follows makes a condition of a value with a comparison."""
    return _MARKER_AT_ONCE.match(text, phrase.end) is not None or _ends_measured_change(text, phrase)


def _is_time_within(text: str, clauses: Sequence[tuple[int, int]], phrases: Sequence[Phrase], index: int) -> bool:
    """溶出度30分钟内≥85%, 60min内去除率≥95%: the time in which the value after it is reached."""
    phrase = phrases[index]
    following = phrases[index + 1] if index + 1 < len(phrases) else None
    if following is None or phrase.unit not in TIMES or text[phrase.end - 1] != "内" or not following.compared:
        return False
    if following.unit in TIMES or following.start >= _clause_of(clauses, phrase)[1]:
        return False
    return following.start == phrase.end or phrase.name_start == phrase.start


def _ends_measured_change(text: str, phrase: Phrase) -> bool:
    change = _CHANGE_FROM.search(text, max(0, phrase.start - 20), phrase.start)
    return change is not None and _TAKES.match(text, phrase.end) is not None


def _without_subject(text: str, condition: Condition) -> Condition:
    """传感器在-40℃下, 3、25℃下: the thing itself and the mark of a list are no part of the condition."""
    mark = re.match(r"(?:[:：\s]|\d(?:[、)]|\.(?!\d))\s?)+(?=[^\s:：])", text[condition.start : condition.end])
    start = condition.start + (mark.end() if mark else 0)
    subject = _LED_BY.match(text, start, condition.end)
    return Condition(subject.end() if subject else start, condition.end)


def _condition_of(
    text: str, clauses: Sequence[tuple[int, int]], phrases: Sequence[Phrase], index: int
) -> Condition | None:
    phrase = phrases[index]
    clause = _clause_of(clauses, phrase)
    if index and (said := _said_to_be(text, phrase, clause)) is not None:
        return said
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


def _said_to_be(text: str, phrase: Phrase, clause: tuple[int, int]) -> Condition | None:
    """200m@10%反射率, 25 MPa at -55 °F: a sign or a word says that it is the condition of what stands before it."""
    if text[phrase.start - 1 : phrase.start] == "@":
        tail = re.compile(r"[^，。；、\d]{0,8}").match(text, phrase.end, max(clause[1], phrase.end))
        return Condition(phrase.start, tail.end() if tail else phrase.end)
    at = not phrase.compared and _AT.search(text, max(clause[0], phrase.start - 9), phrase.start)
    return Condition(phrase.start, phrase.end) if at else None


def is_setting_range(text: str, end: int) -> bool:
    """5～45℃内称量误差…: 内 after a range makes it a setting where a quantity follows."""
    return _RANGE_INSIDE.match(text, end) is not None


def _clause_of(clauses: Sequence[tuple[int, int]], phrase: Phrase) -> tuple[int, int]:
    return clauses[max(0, bisect_right(clauses, (phrase.start, sys.maxsize)) - 1)]


def _before_value(text: str, phrase: Phrase, following: Phrase, clause: tuple[int, int]) -> Condition | None:
    """在65℃时溶解率…, 7d粘结强度…: a setting stands before the quantity that it governs."""
    before, between = text[clause[0] : phrase.start], text[phrase.end : following.start]
    marker = _MARKER.match(between) or _RANGE_INSIDE.match(between)
    if marker is None and before.startswith(("在", "于")):
        marker = _ON.match(between)
    between = re.sub(r"^、\s?\d+(?:\.\d+)?C(?=[^a-zA-Z])", "", between)  # -5℃、2C放电比率
    if marker is not None:
        skipped = max(before.rfind(":") + 1, len(before) - len(before.lstrip()))
        return Condition(clause[0] + skipped, phrase.end + marker.end())
    if not between.strip() and phrase.unit in ("d", "h", "Cel") and following.compared:  # 抗压强度28d达3MPa
        return Condition(phrase.start, phrase.end)
    if _JOINS.match(between) or len(between) < 2 or between.endswith("(") or phrase.unit not in _SETTING_UNITS:
        return None
    lead = _LEAD.search(before)
    unnamed = not _QUANTITY_HEAD.search(before) and phrase.unit in ("Cel", "d", "C", "h", "min", "mo", "a")
    if lead or unnamed or _TEST.search(before):
        return Condition(clause[0] + lead.start() if lead and lead[0] else phrase.start, phrase.end)
    return None


def _begins_change(text: str, phrase: Phrase) -> bool:
    """从30%升到95%耗时…: both ends of a change set the condition of what is measured over it."""
    changed_to = _SPAN_OF_CHANGE.search(text, max(0, phrase.start - 20), phrase.start)
    return changed_to is not None or _ends_measured_change(text, phrase)


def _before_next_clause(text: str, phrase: Phrase, following: Phrase, clause: tuple[int, int]) -> Condition | None:
    """反复折叠9000次后，回弹率…: a clause that ends in 后 or 时 sets the next one's condition."""
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
            if _governs(condition, phrase, clause) and not _is_of_another(text, condition, phrase)
        ]
        if near:
            whole = Condition(min(one.start for one in near), max(one.end for one in near))
            governed[index] = near[0] if ")" in text[whole.start : whole.end] else whole
        elif state := _STATE_AFTER.match(text, phrase.end):
            governed[index] = Condition(*state.span("state" if state["state"] else "at"))
        elif worded := _WORDED.search(text, clause[0], max(clause[0], phrase.name_start)):
            governed[index] = _without_subject(text, Condition(worded.start(), worded.end()))
    return governed


def _is_of_another(text: str, condition: Condition, phrase: Phrase) -> bool:
    """25 MPa at -55 °F and curing below 250 °F: what is said with "at" holds of what stands before it."""
    return phrase.start > condition.end and _AT.search(text, max(0, condition.start - 9), condition.start) is not None


def _governs(condition: Condition, phrase: Phrase, clause: tuple[int, int]) -> bool:
    here = condition.start >= clause[0] and condition.end <= clause[1]
    apart = condition.end <= phrase.start or condition.start >= phrase.end
    return apart and (here or condition.end == clause[0] - 1)
