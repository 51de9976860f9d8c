"""The name of a quantity, and a period or base that stands in it or before the number."""

import re
from dataclasses import dataclass

_STOP = re.compile(r"[，。；、,;\n()（）:！？!?\s≥≤<>=~]")
_LATIN = re.compile(r"[A-Za-z]")
_JOINERS = re.compile(
    r"[\W_]*(?:或|和|及|与|以及|且|并|而|也|之?后|时|下|for|withstand|with|and|the|at|of|to|a|an|shall|deliver|has|have)*[\W_]*"
)
_LEAD = re.compile(
    r"(?:在(?=[A-Za-z])|[下时后处](?=\d)|\s*(?:the|an?|and|with|our|its?|we|you|they|needs?|wants?|has|have|of|for|in)\s)+",
    re.IGNORECASE,
)
_TRAIL = re.compile(r"(?:\s+(?:of|by|is|are|at|to|should|must|be|shall|deliver))+\s*$", re.IGNORECASE)
# What stands between a name and its value and belongs to neither.
_TAIL = re.compile(
    r"(?:[:\s]|分别|应当|应该|必须|需要|要求|能够|可以|仍然|仍能|依然|要做到|做到|达到了|(?<![响适反效供])应|须|(?<![供])需|(?<![主需])要|(?<![面热性功节动电势智产储赋潜])能|可|仍|为|是|在|均|都|只|也|将|"
    r"的|值为|可以|可望|有望|平均|一般|基本|预计|大致)+$"
)
# Verbs and particles after which a name begins. One letter words only where they rarely stand inside a name.
# Where a change begins: 由66%, 从现在的5kg.
_FROM = re.compile(r"(?:由|从)[^，。；]{1,16}$")
_HEAD = re.compile(
    r".*(?:使得|使其|使(?!用)|把|将|让|对于|(?<![相绝比])对(?!流|比|称|数|角|冲|焊|接|位)|其|该|且|并(?![发行网联])|而|并且|同时|要求|需要|希望|保证|确保|实现|满足|具有|具备|支持|后的|时的|的|"
    r"采用|通过|经过|所得|得到|产品|方案|现有|新型|整体|研制|研发|开发(?!区)|(?<!断)后(?!处理|续|端|坐)|时(?!间|延|效|长|速|刻)|下(?!限|降|料|游|潜|沉|垂|表|层|行)|处(?!理|置|方)|中(?!心|值|试|性|间|位|径)|还(?!原))(?=[^\W\d_])"
)
_RIVAL_FIRST = re.compile(r"(?:与|和|同|较|相比|比)[^，。；]{1,12}?(?:相比较?|比较?)(?!例|值|表)")
_RIVAL_LAST = re.compile(r"(?:比|较|与|同)(?!例|值|表面|重|热|容|强度)[^，。；]{1,10}$")
# 告警提前量：现状 90 s，目标 ≥15 min: the quantity stands before the colon, what is wanted of it after a word of aim.
_HEADED = re.compile(
    r"\s*(?:\(?\d{1,2}(?:[、)]|\.(?!\d))\s*)?(?P<head>[^:：，。；\n]{1,24}?)\s*[:：](?:[^:：。；\n]{0,40}[，,])?\s*"
    r"(?:目标|要求|期望|考核|指标)[值为是:：\s]*[^:：，。；\n\d]{0,8}(?:\d[^:：，。；\n]{0,6})?$"
)
_AIM = re.compile(
    r"(?:考核|技术)?(?:目标|要求|期望|指标)值?|希望|力争|争取|计划|拟|想|打算|准备|现在?想"
)  # names no quantity
_NO_HEAD = re.compile(r"(?:目标|要求|指标|任务|内容|需求|具体|如下|参数|期望|问题)$")
_PER_BEFORE = re.compile(
    r"(?:每(?:处理|蒸发|生产|加工|运输|输送|消耗|发|产)?(?:1|一)?|(?:处理|蒸发|生产|加工|冶炼)(?:1|一))(?P<count>百|千|万|\d+)?(?P<unit>分钟|小时|天|日|年|月|秒|周|班|克|千克|公斤|吨|亩|升|毫升|平方米|立方米|方|公里|米|件|台|瓶|次)"
    r"(?P<rest>[^，。；\d≥≤<>]{0,8})$"
)
_PER_NAME = re.compile(
    r"(?<![今去近全多每当几首逐万千百])"
    r"(?P<unit>日|天|年|月|小时|时|吨|亩|公斤|每方|每吨|每亩|每公斤|每小时|每天|每日|每年|每分钟|每件)"
    r"(?=处理|产|增重|耗|均|水|泥|布|电|钢|矿|煤|成本|用|加工|运行|污|废|排|消|纱|砖|材|方|原|料|油|糖|酒|浆|纸|气|垃圾|渣|输|发电|检|能)"
)
# 吨铝成本, 百公里油耗: what the cost or the consumption is counted by.
_PER_HEAD = re.compile(
    r"(?<![今去近全多每当几首逐万千])(?P<unit>百公里|吨|亩|公斤|平米|平方米|立方|方)"
    r"(?=[^\d]{0,4}(?:成本|费用|电耗|能耗|油耗|水耗|汽耗|气耗|药耗|消耗|耗电|耗水|用工|用水|用电|节约|增收))"
)
_PER_OUTPUT = re.compile(
    r"(?<![今去近全多每当几首逐万千百周生])(?P<unit>日|天|年|月|小时)(?![照历限])(?=[^\d]{0,5}(?:量|能力|产能|产出)$)"
)
_UNIT_OF = {
    "日": "d", "天": "d", "年": "a", "月": "mo", "小时": "h", "时": "h", "分钟": "min", "秒": "s", "周": "wk",
    "克": "g", "千克": "kg", "公斤": "kg", "吨": "t", "升": "L", "毫升": "mL", "方": "m3", "立方": "m3", "立方米": "m3",
    "亩": "mu", "平米": "m2", "平方米": "m2", "米": "m", "公里": "km", "百公里": "100km",
    "班": "", "件": "", "台": "", "瓶": "", "次": "",
}  # fmt: skip
_COUNTS = {"百": "100", "千": "1000", "万": "10000"}


@dataclass(frozen=True, slots=True)
class Name:
    """A quantity's name and place in the folded text; empty where there is none."""

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Per:
    """A period or base: what goes below the line of the unit, and where its writing begins if it joins the value."""

    unit: str
    start: int | None


def find_name(text: str, clause_start: int, phrase_start: int, *, relative: bool = False) -> Name:
    """Find the name that stands before a value phrase, within its clause.

    Of a ``relative`` value the rival is no part of the name: 用气量比老炉, 与原工艺相比能耗.
    """
    end = phrase_start
    while text[clause_start:end].endswith(("(", "（")):  # 耐压（8bar）
        end -= 1
    base = _FROM.search(text[clause_start:end])
    if base is not None:
        end = clause_start + base.start()
    tail = _TAIL.search(text[clause_start:end])
    if tail is not None:
        end = clause_start + tail.start()
    if text[end - 1 : end] in (")", "）"):
        opening = max(text.rfind("(", clause_start, end), text.rfind("（", clause_start, end))
        if opening >= clause_start:
            end = opening
    start = end
    while start > clause_start and not _ends_name(text, start - 1):
        start -= 1
    head = _HEAD.match(text[start:end])
    if head is not None and head.end() < end - start:
        start += head.end()
    start, end = _without_edges(text, start, end)
    if relative:
        start, end = _without_rival(text, start, end)
    if _JOINERS.fullmatch(text, start, end) or _AIM.fullmatch(text, start, end):
        return Name("", end, end)
    return Name(text[start:end], start, end)


def find_head(text: str, phrase_start: int) -> Name | None:
    """Find the quantity of an item of a list whose value follows a word of aim, or None where it is no such item."""
    floor = max(0, phrase_start - 80)
    begin = 1 + max(text.rfind(mark, floor, phrase_start) for mark in "；;。\n")
    found = _HEADED.match(text, begin or floor, phrase_start)
    if found is None or _NO_HEAD.search(found["head"]):
        return None
    return Name(found["head"], found.start("head"), found.end("head"))


def _without_rival(text: str, start: int, end: int) -> tuple[int, int]:
    leading = _RIVAL_FIRST.match(text, start, end)
    start = leading.end() if leading and leading.end() < end else start
    trailing = _RIVAL_LAST.search(text, start, end)
    return start, trailing.start() if trailing and trailing.start() > start else end


def _without_edges(text: str, start: int, end: int) -> tuple[int, int]:
    """Leave out what is left of a condition before a name (下0.5C容量), and English words that only lead to it."""
    lead = _LEAD.match(text, start, end)
    start = lead.end() if lead else start
    trail = _TRAIL.search(text, start, end)
    return start, trail.start() if trail else end


def _ends_name(text: str, index: int) -> bool:
    """A blank ends a name, unless it stands between two Latin words."""
    if text[index] == " ":
        return not (_LATIN.match(text[index - 1 : index]) and _LATIN.match(text[index + 1 : index + 2]))
    return bool(_STOP.match(text[index]))


def find_per(text: str, clause_start: int, phrase_start: int, name: str) -> Per | None:
    """Find 每小时 before the value, or 日处理量 and 吨水电耗 in the name."""
    before = _PER_BEFORE.search(text[clause_start:phrase_start])
    if before is not None:
        unit = _UNIT_OF[before["unit"]]
        counted = before["count"] or ""
        unit = f"{_COUNTS.get(counted, counted)}{unit}" if unit else ""
        joined = len(before["rest"]) <= 2
        return Per(unit, clause_start + before.start() if joined else None)
    inside = _PER_HEAD.search(name) or _PER_NAME.search(name) or _PER_OUTPUT.search(name)
    if inside is not None:
        return Per(_UNIT_OF[inside["unit"].removeprefix("每")], None)
    return None


_MEANINGS = (
    ("度", "deg", re.compile(r"电|能耗|耗能"), "kW.h"),
    ("度", "deg", re.compile(r"温(?!度计)|冷|热|沸点|熔点|凝点|滴点|闪点|露点"), "Cel"),
    ("分", "min", re.compile(r"评分|得分|打分|分值|满意度|评价"), "1"),
    ("", "1", re.compile(r"R[az]$"), "um"),
    ("周", "wk", re.compile(r"循环|疲劳|弯折|插拔"), "times"),
)


def meant_unit(unit: str, written: str, name: str) -> str:
    """Return what 度, 分 and 周 mean for a quantity: 吨水电耗3度 is kW·h, 循环4000周 is times."""
    for word, code, quantity, meant in _MEANINGS:
        if word in written and unit.split("/", 1)[0] == code and quantity.search(name):
            return unit.replace(code, meant, 1)
    return unit


def with_per(unit: str, per: Per | None) -> str:
    """Put a period or base below the line, unless something stands there already."""
    if per is None or not per.unit or "/" in unit or unit in ("%", "Cel", "K", "dB", "h", "min", "s", "d", "a"):
        return unit
    if unit == "times":
        unit = "1"
    return f"{unit}/{per.unit}"
