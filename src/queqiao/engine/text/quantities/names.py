"""Whether two names mean the same quantity."""

import re
from functools import lru_cache

from queqiao.engine.text.normalise import normalise

# Names of one quantity that share no characters, or not enough of them. The first of a line stands for all.
_SYNONYMS: tuple[tuple[str, ...], ...] = (
    ("噪声", "噪音", "声压级", "声级"), ("重量", "质量", "自重", "净重"), ("含水率", "水分", "含水量", "水份"),
    ("保质期", "货架期", "贮藏期", "保鲜期"), ("处理能力", "处理量", "处理规模", "日处理", "处理风量"),
    ("响应时间", "时延", "延迟", "延时", "反应时间"), ("准确率", "正确率", "识别率", "准确度"), ("检出率", "识别率"),
    ("去除率", "脱除率", "净化效率", "去除效率", "净化率"), ("误判率", "误报率", "误检率"), ("漏检率", "漏报率"),
    ("续航", "续航时间", "航时", "续航能力"), ("尺寸", "外形尺寸"), ("循环寿命", "循环次数"), ("使用寿命", "寿命"),
    ("收率", "得率", "产率", "提取率", "回收率"), ("耗时", "用时", "时间"), ("伸长率", "延伸率", "断后伸长率"),
    ("能耗", "电耗", "耗电量", "功耗"), ("克重", "定量", "面密度", "单位面积质量"), ("粘度", "黏度"),
    ("导热系数", "热导率"), ("防护等级", "防水等级"), ("合格率", "良品率", "成品率", "良率"), ("压力", "耐压", "水压"),
    ("成本", "费用", "运行成本", "运行费用"), ("厚度", "膜厚", "板厚"), ("速度", "车速", "线速度"), ("外径", "直径"),
    ("工作深度", "水深", "工作水深"), ("作业效率", "工作效率", "清洗效率"), ("品位", "含量"),
    ("分辨率", "分辨力"), ("周期", "时间", "时长"), ("测量精度", "精度", "误差", "偏差"),
)  # fmt: skip
_SYNONYM_OF = {name: line[0] for line in reversed(_SYNONYMS) for name in sorted(line, key=len)}
_SYNONYM = re.compile("|".join(sorted(map(re.escape, _SYNONYM_OF), key=lambda name: (-len(name), name))))
_EMPTY = re.compile(
    r"(?:单次|单件|单台|单位|平均|最大|最小|最高|最低|最终|整机|总|综合|年均|设计|额定|实测|典型|产品|成品|系统|设备|的|时|后|约|可|能|在|达|到|为|我|其)"
)


@lru_cache(maxsize=65536)
def name_similarity(first: str, second: str) -> float:
    """Return 1 for the same name, 0 for another quantity; 0.6 and more is taken for the same.

    Chinese names carry their head at the end (抗拉强度), so what two names share is counted from there; where both
    have something of their own before it, those parts must be alike too (抗拉强度 is not 抗压强度).
    """
    a, b = _core(first), _core(second)
    if not a or not b:
        return 0.0
    if a == b:
        return 1.0
    shared = _common_suffix(a, b)
    rest_a, rest_b = a[: len(a) - shared], b[: len(b) - shared]
    if shared >= 2 and (not rest_a or not rest_b):
        return 0.9
    overlap = _dice(rest_a, rest_b)
    if shared >= 2:
        return 0.45 + 0.45 * overlap
    whole = _dice(a, b)
    inside = a in b or b in a
    return max(0.65 if inside and min(len(a), len(b)) >= 3 else 0.0, 0.8 * whole)


def _core(name: str) -> str:
    folded = re.sub(r"[\s\W_]+", "", normalise(name).text)
    plain = _EMPTY.sub("", folded) or folded
    return _SYNONYM.sub(lambda match: _SYNONYM_OF[match[0]], plain)


def _common_suffix(a: str, b: str) -> int:
    count = 0
    while count < min(len(a), len(b)) and a[-1 - count] == b[-1 - count]:
        count += 1
    return count


def _dice(a: str, b: str) -> float:
    """Return the Dice coefficient of the character bigrams (of the characters, where one has a single one)."""
    n = 1 if min(len(a), len(b)) < 2 else 2
    left, right = ({text[i : i + n] for i in range(len(text) - n + 1)} for text in (a, b))
    return 2 * len(left & right) / (len(left) + len(right)) if left and right else 0.0
