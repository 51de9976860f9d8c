"""Comparison words before and after a value."""

import re
from dataclasses import dataclass

from queqiao.engine.text.quantities.model import Comparison

GE, GT, LE, LT, EQ, APPROX = (
    Comparison.GE, Comparison.GT, Comparison.LE, Comparison.LT, Comparison.EQ, Comparison.APPROX,
)  # fmt: skip

# The better direction decides what 达到 and 优于 mean: of these, less is better.
LOWER_IS_BETTER = re.compile(
    r"误差|偏差|公差|粗糙度|检出限|检测限|检测下限|定量限|下限|噪声|噪音|能耗|电耗|功耗|损耗|损失|泄漏|漏率|时延|延迟|延时|"
    r"响应时间|响应|孔隙率|气孔率|跳动|漂移|失重|残留|残余|含水率|误报|漏报|漏检|误检|误判|错误率|故障率|不良率|"
    r"摩擦系数|磨损|翘曲|收缩率|膨胀系数|浊度|COD|排放|电阻率|插损|纹波|波动|不平度|平面度|圆度|平行度|垂直度|同轴度|"
    r"重复性|不均匀|衰减|蠕变|成本|周期|耗时|用时|重量|厚度差|杂质|RMSE|PUE",
    re.IGNORECASE,
)
_PRECISION = re.compile(r"精度|分辨率|分辨力|准确度|灵敏度|稳定性|线性度|均匀性|一致性|不确定度")

_TO = r"(?:到|至|成|为)"
_CHANGE_UP = r"(?:提高|提升|增加|增大|增至|增强|增长|延长|扩大|上升|升高|升|增|提|加大|拓展)"
_CHANGE_DOWN = r"(?:降低|减少|减小|缩短|下降|压缩|压低|缩小|削减|减轻|减薄|降噪|降温|减重|缩减|控制|减|降|压|缩|砍)"
_MUST_NOT = r"(?:不得|不应|不能|不宜|不可|不允许|不会|应不|须不|需不|均不|都不|不再|不)"
# (pattern, comparison); None is decided by the direction of the quantity. Longer words stand first.
_AT_LEAST = (
    rf"(?:大于|高于|多于)或?等于|{_MUST_NOT}(?:[低小少短窄弱浅慢差薄轻]于|亚于|下于)|{_MUST_NOT}(?:低|小|少)到|"
    r"不早于|至少需要?|至少为|至少达到?|至少|最低为|最少|最小为|≥|>=|=>"
)
_AT_MOST = (
    rf"(?:小于|低于|少于)或?等于|{_MUST_NOT}(?:超过|超出|超|过|突破|逾|[高大多长宽重厚快深]于)|"
    r"不[迟晚]于|至多|最多为|最多|最高不过|≤|<=|=<"
)
_REACHES = (
    r"保持在|维持在|稳定在|保持|维持|稳定达到|可以达到|可达到|能达到|应达到|需达到|要达到|达到了|达到|可达|高达|达|至"
)
_BEFORE: tuple[tuple[str, Comparison | None], ...] = (
    (_AT_LEAST, GE),
    (_AT_MOST, LE),
    (r"大于|高于|超过|多于|长于|突破|超出|超(?!低|高|薄|细|小|大)|>", GT),
    (r"小于|低于|少于|短于|不到|不足|轻于|<", LT),
    (rf"{_CHANGE_UP}了?{_TO}了?", GE),
    (rf"{_CHANGE_DOWN}了?(?:{_TO}|在)了?", LE),
    (_REACHES, None),
    (r"优于|好于|better than\s", None),
    (r"大约为|大约|约为|约|近似为|近似|≈", APPROX),
    (r"(?:no less than|not less than|at least|a minimum of)\s", GE),
    (r"(?:no more than|not more than|at most|up to|not exceeding|not exceed|within|a maximum of)\s", LE),
    (r"(?:greater than|more than|higher than|longer than|above|over|exceeding|exceeds|exceed)\s", GT),
    (r"(?:less than|lower than|below|under|shorter than)\s", LT),
    (r"(?:about|approximately|around)\s", APPROX),
    (r"仅需要|仅需|仅为|只需要|只需|仅|最高可达|最大可达|=", EQ),
)
_BEFORE_PATTERNS = tuple((re.compile(rf"(?:{words})\s*$"), comparison) for words, comparison in _BEFORE)
_CHANGE = re.compile(
    r"(?:提高|提升|增加|增大|增强|增长|延长|扩大|上升|升高|加大|增产|提速|降低|减少|减小|缩短|下降|压缩|缩小|削减|减轻|减薄|节省|节约|"
    r"节[电能水油气材煤药肥汽]|省电|省油|省水|减重|降本|增效|减排|降噪|降温|升温|increased? by|reduced? by|"
    r"(?<=[比较])[^，。；\d比较]{1,10}(?P<than>(?<![降提减升增加缩拉])[高低多少快慢轻长短大小]出?)|(?<=再)[高低多少快慢轻长短大小]|(?P<short>[增减降升省]))了?\s?(?P<more>约|近|大约|至少|超过|不低于|不少于|≥|>|达到|达)?\s*$"
)
_AFTER: tuple[tuple[re.Pattern[str], Comparison], ...] = (
    (re.compile(r"\s*(?:\(含\))?(?:及其?以上|或以上|或更高|以上|及以上|\+)"), GE),
    (re.compile(r"\s*(?:及其?以下|或以下|或更低|以下|以内|之内|内(?!径|部|壁|外|层|腔|的|能|置|衬|存|胆|圈))"), LE),
    (re.compile(r"\s*(?:左右|上下)"), APPROX),
)


# 减少返工工时两成: the verb of change stands before its object.
_CHANGES_OBJECT = re.compile(
    r"(?:减少|降低|节约|节省|提高|提升|增加|缩短|削减)了?(?![率量值幅后比机式高速度力角到至为])(?:工时|用时|[^，。；、\d的后时到至为达在使且并和可]){1,8}$"
)


@dataclass(frozen=True, slots=True)
class Word:
    """A comparison word: where it begins or ends, what it means, and whether it is a verb of change by an amount."""

    position: int
    comparison: Comparison | None
    relative: bool = False
    short: bool = False  # a verb of one character: 压降0.2V is no change, 降20% is one


def word_before(text: str, start: int) -> Word | None:
    """Find the comparison that ends where a value begins; ``comparison`` None leaves it to the quantity."""
    window = text[max(0, start - 16) : start]
    offset = start - len(window)
    change = _CHANGE.search(window)
    if change is not None:
        more = {None: None, "约": APPROX, "近": APPROX, "大约": APPROX, "超过": GT, ">": GT}.get(change["more"], GE)
        begin = change.start("than") if change["than"] else change.start()  # 比原工艺高5%: the other is outside
        return Word(offset + begin, more, relative=True, short=change["short"] is not None)
    for pattern, comparison in _BEFORE_PATTERNS:
        match = pattern.search(window)
        if match is not None:
            return Word(_with_aim(window, offset, match.start()), comparison)
    return None


def changes_object(text: str, clause_start: int, start: int) -> bool:
    """Whether a verb of change with its object leads to the value that begins at ``start``."""
    return _CHANGES_OBJECT.search(text, max(clause_start, start - 14), start) is not None


def _with_aim(window: str, offset: int, start: int) -> int:
    """控制在不超过, 降到不高于: the aim before the comparison belongs to the phrase."""
    aim = re.search(rf"(?:(?:{_CHANGE_UP}|{_CHANGE_DOWN}){_TO}|控制在|保持在|达到)$", window[:start])
    return offset + (aim.start() if aim else start)


def word_after(text: str, end: int) -> Word | None:
    """Find the comparison that begins where a value ends."""
    for pattern, comparison in _AFTER:
        match = pattern.match(text, end)
        if match is not None:
            return Word(match.end(), comparison)
    return None


def better_direction(name: str, unit: str, value: float) -> Comparison:
    """Return what 达到 and 优于 mean for a quantity: le where less is better, else ge.

    A precision in per cent near 100 is a share of right answers, any other precision is an error.
    """
    if _PRECISION.search(name):
        return GE if unit in ("%", "1", "pixel", "times") and value > 50 else LE
    return LE if LOWER_IS_BETTER.search(name) else GE
