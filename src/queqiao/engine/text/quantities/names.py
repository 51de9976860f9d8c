"""Whether two names mean the same quantity."""

import re
from functools import lru_cache

from queqiao.engine.text.normalise import normalise
from queqiao.engine.text.quantities.units import same_dimension

# Names of one quantity that share no characters, or not enough of them. The first of a line stands for all.
_SYNONYMS: tuple[tuple[str, ...], ...] = (
    ("噪声", "噪音", "声压级", "声级"), ("重量", "质量", "自重", "净重"), ("含水率", "水分", "含水量", "水份"),
    ("保质期", "货架期", "贮藏期", "保鲜期"), ("处理能力", "处理量", "处理规模", "日处理", "处理风量"),
    ("响应时间", "时延", "延迟", "延时", "反应时间", "响应"), ("准确率", "正确率", "识别率", "准确度"),
    ("检出率", "识别率"), ("去除率", "脱除率", "净化效率", "去除效率", "净化率"), ("误判率", "误报率", "误检率"),
    ("漏检率", "漏报率"), ("续航", "续航时间", "航时", "续航能力"), ("尺寸", "外形尺寸"), ("循环寿命", "循环次数"),
    ("使用寿命", "寿命"), ("收率", "得率", "产率", "提取率", "回收率"), ("时间", "耗时", "用时", "周期", "时长"),
    ("伸长率", "延伸率", "断后伸长率"), ("能耗", "电耗", "耗电量", "功耗"), ("粘度", "黏度"),
    ("克重", "定量", "面密度", "单位面积质量"), ("导热系数", "热导率"), ("防护等级", "防水等级"),
    ("合格率", "良品率", "成品率", "良率"), ("压力", "耐压", "水压"), ("成本", "费用", "运行成本", "运行费用"),
    ("厚度", "膜厚", "板厚"), ("速度", "车速", "线速度"), ("外径", "直径"), ("品位", "含量"),
    ("工作深度", "水深", "工作水深", "作业水深"), ("作业效率", "工作效率", "清洗效率"), ("分辨率", "分辨力"),
    ("测量精度", "检测精度", "测量误差", "检测误差", "精度", "误差", "偏差"),
    ("检出限", "检测限", "检测下限", "检出下限", "最低检出限"),
    ("平均无故障时间", "mtbf", "平均无故障工作时间", "平均故障间隔时间"), ("ph", "ph值", "酸碱度"),
    ("抗压强度", "压缩强度"), ("抗拉强度", "拉伸强度"), ("抗弯强度", "弯曲强度", "抗折强度"), ("抗剪强度", "剪切强度"),
    ("使用温度", "耐温", "耐高温", "耐热温度", "耐受温度"),
)  # fmt: skip
_SYNONYM_OF = {name: line[0] for line in reversed(_SYNONYMS) for name in sorted(line, key=len)}
_HEADS_ALONE = frozenset(_SYNONYM_OF.values())
_SYNONYM = re.compile("|".join(sorted(map(re.escape, _SYNONYM_OF), key=lambda name: (-len(name), name))))
_EMPTY = re.compile(
    r"(?:单次|单件|单台|单套|单枚|单根|单体|单位|平均|最大|最小|最高|最低|最终|整机|整枚|整套|总(?![氮磷铬砷汞铅镉铁锰铜锌镍硬碱酸烃酚糖黄皂有悬])|综合|年均|设计|额定|实测|典型|"
    r"产品|成品|系统|设备|装置|的|(?<![耗用延工])时(?![间延效长速刻])|后(?![处续端])|约|可(?![靠见逆燃])|(?<![电热动势性功储节智效])能(?![耗量效力级见源])|在(?!线)|达(?!标)|到|为|我|其)"
)
# What a name is called by that stops before its quantity: 整机12kg, 单次标定8秒, 倾斜12°.
_HEADS: tuple[tuple[str, str], ...] = (
    ("s", "时间"), ("kg", "重量"), ("L", "容量"), ("IP", "防护等级"), ("pixel", "分辨率"),
    ("deg", "角度"), ("m/s", "速度"), ("mm", "尺寸"), ("kW", "功率"), ("t/d", "处理能力"), ("m3/d", "处理能力"),
    ("mu/h", "作业效率"), ("fps", "帧率"), ("1/h", "产能"), ("times", "寿命"),
)  # fmt: skip
_QUANTITY = re.compile(
    r"(?:[率度值速温压流频距径长宽高厚深重力矩比性期限耗损数能级积幅差角阻容熵焓荷载功]|(?<!测)量|时间|时长|周期|寿命|续航|航时|功率|系数|成本|"
    r"费用|噪声|噪音|规模|范围|尺寸|效率|周期|品位|浓度|景深|量程|行程|比例|负载|老化|耗时|用时|收缩|增长|波动|次数|[A-Za-z0-9])$"
)
# Quantities that one thing has one of, so that what stands before them is only whose it is.
_SELF_STANDING = re.compile(
    r"(?:能量密度|功率密度|压实密度|重复性|菌落总数|防护等级|无故障时间|循环寿命|使用寿命|疲劳寿命|抗拉强度|屈服强度|伸长率|"
    r"导热系数|击穿强度|噪声|克重|视场角|帧率|景深|爬坡角度|焊接速度|保质期|续航|作业效率|克重|检测时间|生成时间|响应时间)$"
)
# Heads that are no quantity yet: 强度 says nothing of 抗拉强度.
_VAGUE = frozenset({"强度", "模量", "系数", "含量", "比例", "指数"})
# Words that narrow a quantity: 待机功耗 says nothing of 功耗.
_NARROWED = re.compile(
    r"待机|休眠|静态|空载|怠速|面内|面外|径向|轴向|横向|纵向|瞬时|瞬态|(?<!峰)峰值|短时|理论|局部|首次|初始|湿态|干态|入口|出口|单程|残余|标称|爆破|破坏|极限|试验|启动|不良|不合格|未[达通合]|重复(?=定位|精度|测量)"
)
_EXTENTS = tuple(
    re.compile(words)
    for words in (r"最[大高快长多]|峰值", r"最[小低短少]", r"平均|均值", r"额定|标称", r"稳定|持续|连续")
)
_CODES = re.compile(r"[a-z]*\d+[a-z]*")  # T6态 is not T4态
_WORKS = re.compile(r"(?:工作|使用|运行|存储|贮存|适用|耐热|环境|条件)$")
_SUPERLATIVE = re.compile(r"(?:最快|最高|最大|最多|峰值|可|可达|达|能)*")
# Words that make two quantities of one: 进水温度 is not 出水温度.
_OPPOSITES = tuple(
    frozenset(pair)
    for pair in (
        "进出", "上下", "正负", "横纵", "轴径", "经纬", "充放", "常高", "常低", "高低", "冷热", "静动", "拉压", "内外",
        "长短", "干湿", "前后", "左右", "大小", "顶底", "室高", "室低", "满轻", "满空", "满半", "误漏",
    )
)  # fmt: skip


@lru_cache(maxsize=4096)
def full_name(name: str, unit: str) -> str:
    """Return a name with its quantity: what 整机 (12 kg) leaves unsaid is in the unit, 整机重量."""
    plain = re.sub(r"\s+", "", name)
    if _QUANTITY.search(plain) and not is_unnamed(plain):
        return f"{plain}度" if plain.endswith(("宽", "长", "厚")) else plain
    if unit == "Cel" and _WORKS.search(plain):  # a temperature that names only where it was measured is no quantity
        return f"{plain.removesuffix('条件')}温度"
    head = next((head for measured, head in _HEADS if same_dimension(unit, measured)), "")
    return plain if head and plain.endswith(head) else plain + head


def is_unnamed(name: str) -> bool:
    """Whether a name says whose the value is, and not what is measured."""
    return not _QUANTITY.search(re.sub(r"\s+", "", name))


def is_peak(name: str) -> bool:
    """Whether a name says nothing but that the value is the most there is: 最快, 最高可."""
    return bool(name) and _SUPERLATIVE.fullmatch(re.sub(r"\s+", "", name)) is not None


@lru_cache(maxsize=65536)
def name_similarity(first: str, second: str, *, related: bool = True) -> float:
    """Return 1 for the same name, 0 for another quantity; 0.6 and more is taken for the same.

    Chinese names carry their head at the end (抗拉强度), so what two names share is counted from there; where both
    have something of their own before it, those parts must be alike too (抗拉强度 is not 抗压强度), unless the head
    is a quantity that a thing has one of (电芯能量密度, 单体能量密度). Of things that are not ``related`` a head says
    nothing (收率 is not 蛋白提取率 then).
    """
    a, b = _core(first), _core(second)
    extents, others = _extents(first), _extents(second)
    if extents and others and not extents & others:
        return 0.0
    if not a or not b or set(_NARROWED.findall(first)) != set(_NARROWED.findall(second)) or _opposed(first, second):
        return 0.0
    if not related and (a in _HEADS_ALONE or b in _HEADS_ALONE):
        return 0.0
    if a == b:
        return 1.0
    shared = _common_suffix(a, b)
    return _by_head(a, b, shared, related) if shared >= 2 else _by_parts(a, b)


def _by_head(a: str, b: str, shared: int, related: bool) -> float:
    """Names with one head: alike where one is the head alone, or where what stands before it is alike."""
    rest_a, rest_b = a[: len(a) - shared], b[: len(b) - shared]
    if not rest_a or not rest_b:
        return 0.5 if a[len(a) - shared :] in _VAGUE or not related else 0.9
    if _CODES.findall(rest_a) != _CODES.findall(rest_b):
        return 0.0
    similarity = 0.45 + 0.45 * _dice(rest_a, rest_b)
    if related and shared >= 3 and _SELF_STANDING.search(a[len(a) - shared :]) and not _opposed(rest_a, rest_b):
        return max(0.7, similarity)
    return similarity


def _by_parts(a: str, b: str) -> float:
    inside = (a in b or b in a) and min(len(a), len(b)) >= 3
    return max(0.65 if inside else 0.0, 0.8 * _dice(a, b))


def _extents(name: str) -> frozenset[int]:
    """Return which of the greatest, the least, the mean and the rated value a name means."""
    return frozenset(i for i, words in enumerate(_EXTENTS) if words.search(name))


def plain_name(name: str) -> str:
    """Return a name without blanks and signs, of one width and case."""
    return re.sub(r"[\s\W_]+", "", normalise(name).text)


def _opposed(one: str, other: str) -> bool:
    return any(
        len(pair & set(one)) == 1 and len(pair & set(other)) == 1 and pair & set(one) != pair & set(other)
        for pair in _OPPOSITES
    )


@lru_cache(maxsize=65536)
def _core(name: str) -> str:
    folded = plain_name(name)
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


def conditions_alike(asked: str, stated: str) -> bool:
    """Whether two conditions in words are the same: 运动状态下 is not 静息状态下."""
    plain = [
        re.sub(r"(?:状态|工况|环境|条件|情况)下|[在于下时后的\s]", "", normalise(text).text) for text in (asked, stated)
    ]
    return _dice(*plain) >= 0.4
