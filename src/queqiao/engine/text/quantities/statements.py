"""Which of the indicators in a candidate's text it reaches: what it hopes for, misses or tells of others is none."""

import re
from bisect import bisect_left

from queqiao.engine.text.normalise import Normalised, normalise
from queqiao.engine.text.quantities.demands import SENTENCE, after_last
from queqiao.engine.text.quantities.extract import extract_indicators
from queqiao.engine.text.quantities.model import Indicator

_MISSES = re.compile(
    r"(?:尚?未能?|没有?能?|难以?|不能|无法|不易|达不到|接近|逼近|趋近|距离?|差一点)(?:稳定|真正|完全|再|达到?)?$"
)
_HOPES = re.compile(
    r"预期|预计|预估|下一步|计划|规划|有望|力争|争取|将来|未来|远期|期望|理论|仿真|模拟(?![海体工环废胃油地烟人血盐日污])|计算值|设计值|设计目标|(?<!模)拟(?![合态人南])|"
    r"目标(?![检识跟追物探定函区距分图点产菌基蛋市用客成组化])"
)
_ALL_HOPED = re.compile(r"(?:预期|目标|计划|规划)[^,。;:]{0,6}:")
_OTHERS = re.compile(
    r"国外|国际上|进口|日本|德国|美国|竞品|同类|同行|市售|行业(?:平均|水平)|传统|常规|对照|[原旧](?:工艺|技术|方法|设备)|"
    r"(?:改[性造进]|处理|优化|实施|应用)前"
)
_AGAINST = re.compile(r"[比较于]|替代|取代|代替|超过|打破|不同|类似|媲美")
_CLAUSE = re.compile(r"[。;！？!?\n]|,(?!\d)")


def find_stated(text: str) -> tuple[Indicator, ...]:
    """Return the indicators of a candidate's text that it says it reaches, in order."""
    folded = normalise(text, fold_case=False)
    return tuple(one for one in extract_indicators(text) if _is_reached(folded, one))


def _is_reached(folded: Normalised, indicator: Indicator) -> bool:
    start = bisect_left(folded.offsets, indicator.start)
    clause = after_last(_CLAUSE, folded.text, start)
    if _MISSES.search(clause) or _HOPES.search(clause):
        return False
    if _ALL_HOPED.search(after_last(SENTENCE, folded.text, start)):
        return False
    return not _OTHERS.search(clause) or _AGAINST.search(clause) is not None
