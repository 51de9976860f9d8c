"""Which of the indicators in a need are demands: what it tells of its own plant, product or trouble is none.

Better no demand than a wrong one: a value counts where something is compared or a word of requiring stands before
it in its sentence, and where no word of circumstance (现有, 夏天, 我们有) comes between the two.
"""

import re
from bisect import bisect_left
from collections.abc import Sequence
from typing import Any

from queqiao.engine.text.normalise import Normalised, normalise
from queqiao.engine.text.quantities.extract import extract_indicators
from queqiao.engine.text.quantities.model import Comparison, Indicator
from queqiao.engine.text.quantities.names import is_unnamed, name_similarity

_REQUIRES = re.compile(
    r"要求|需求|需要|须|(?<![反响适供效相对])应(?![用变力对急])|希望|想要?|期望|期待|指标|目标|力争|争取|拟(?!合)|寻求|寻找|征集|求(?![解和取])|攻关|请|帮助|解决|优化|改进|引进|换成|替代|"
    r"研制|研发|开发|实现|确保|保证|做到|达到|满足|具备|支持|不[低高小大少多超能得可应短长]|不允许|至少|最好|务必|(?<![主紧])要(?![么是素点害命])|"
    r"需(?=[^，。；]{0,6}\d)|能(?=[^，。；]{0,4}(?:在|带|承受|耐|处理|出))|shall|must|should|need|require|target",
    re.IGNORECASE,
)
# What is, was or happens by itself. 要求 of others (客户要求, 园区要求) is a demand that is passed on.
_IS_SO = re.compile(
    r"现状|(?<![比较与同])(?:现有|现用|现在|目前|当前|原[来有先工])|如今|以[前往]|过去|去年|前年|今年|上半年|平时|夏[天季]|冬[天季]|早班|夜里|白天|春节|"
    r"(?<![非正])常(?![温压规用数])|经常|往往|通常|一般|有时|偶尔|可能|听说|据说|预计|计划|规划|"
    r"(?:我们|我司|我厂|公司|本厂|企业|厂里|集团|车间)[^，。；要需求望想拟]{0,8}(?:有|用|产|做|生产|给|供|在|是|采购|试)|"
    r"[手家]里有|已[经有建在积运]|可提供|可开放|可腾出|试过|试了|试着|用过|做过|换过|买过|掺过|装过|跑过|测过|只做到|掉到|跌|涨|"
    r"从[^，。；]{1,10}(?:掉|升|涨|降|冲)到|才能|只能(?![耗量源])|只有|只剩|仅有|剩下|花了|多花|少产|多占|年产|日产|月产|班产|年用|日用|年出|年富余|"
    r"年[规计]划|每[天日月年班批次套个]|一(?:年|个月|天|批|班)(?![内以之])|两台|几台|另一边|隔壁|"
    r"相距|距(?=[^，。；\d离]{1,8}$)|占地|厂房|仓库|场地|立体库|车间净|线体|(?:[柜室箱仓棚洞炉罐]内|[廊库厂]里|本底)(?=[^，。；]{0,4}$)|来料|进线|"
    r"先(?:给|做|用|跑|装|试|在|期)|第[一二三四五六七八九十\d]+[年月天批次台座条]|厂家说|供应商|报价?的|那家|号称|"
    r"出口占|占(?=全|药|集|总|年|[^，。；]{0,6}(?:[七八九一二三四五六]成|一半))|共(?=[^，。；]{0,3}\d)|总共|合计|尚余|扩产后|将(?=[增升达])|累计|积累|"
    r"不到(?=[^，。；]{0,8}就)|坏了|返修|退货|索赔|报警已|失控"
)
# What happens at a value is no wish for it: 降到30%时鱼就挑食, 提到90m/min以上就丢帧.
_HAPPENS = re.compile(
    r"\s*(?:的时候|时(?![间长延效速刻内])|之?后?(?:[就才即](?![可能够行好])|便(?![于捷携]))|后(?=[^，。；]{1,12}(?:就|才|会|出现|上升|下降))|不敢|必须转|鼓包|的机器|[^，。；]{0,2}出头)"
)
SENTENCE = re.compile(r"[。！？!?\n]")
FARTHEST = 300  # characters from a value at which a word of its sentence still says how it is meant
_POINTS = ("comparison", "low", "high", "unit", "relative", "condition")
SAME_NAME = 0.9  # from which on two names stand for one demand, where the values are the same
_STATES = (Comparison.GE, Comparison.GT, Comparison.LE, Comparison.LT)
_MILD = re.compile(r"[小大低高少优]于")
_BOUNDS = re.compile(rf"[≥≤<>±≧≦＜＞]|不[低高小大少多超得能应]|至少|至多|控制在|{_MILD.pattern}")
_LIST = re.compile(
    r"(?:要求|需求|需要|指标|目标|达到|做到|希望|求助|具体|如下|征集|寻求|寻找|想|研制|开发|拟)[^，。；:：]{0,12}[:：]"
)
_MEASURED = re.compile(r"最[大小高低短长多少]|额定|设计|单[台件套位]")


def find_demands(text: str, listed: tuple[int, int] = (0, 0)) -> tuple[Indicator, ...]:
    """Return the indicators of a need's text that it demands, in order.

    ``text[listed[0]:listed[1]]`` is a list of indicators by its heading: a bare value there is a demand too.
    """
    folded = normalise(text, fold_case=False)
    first, last = listed
    return tuple(
        indicator
        for indicator in extract_indicators(text)
        if first <= indicator.start < last or _is_demand(folded, indicator)
    )


def without_repeats(demands: Sequence[Indicator]) -> tuple[Indicator, ...]:
    """Return demands without those that are said again further below, as what a title says is in the description."""
    once: list[Indicator] = []
    by_value: dict[tuple[Any, ...], list[Indicator]] = {}
    for demand in reversed(demands):
        same = by_value.setdefault(tuple(getattr(demand, point) for point in _POINTS), [])
        if not any(not demand.name or name_similarity(other.name, demand.name) >= SAME_NAME for other in same):
            same.append(demand)
            once.append(demand)
    return tuple(reversed(once))


def after_last(border: re.Pattern[str], text: str, end: int) -> str:
    """Return what stands between the last border before ``end`` and ``end``, FARTHEST characters at the most."""
    floor = max(0, end - FARTHEST)
    begin = max((found.end() for found in border.finditer(text, floor, end)), default=floor)
    return text[begin:end]


def _is_demand(folded: Normalised, indicator: Indicator) -> bool:
    start, end = (bisect_left(folded.offsets, place) for place in (indicator.start, indicator.end))
    before = after_last(SENTENCE, folded.text, start)
    if _HAPPENS.match(folded.text, end):
        return False
    required, so = _last(_REQUIRES, before), _last(_IS_SO, before)
    if so > required and not before[so:].strip("，、 "):
        return False
    written = folded.text[start:end]
    named = bool(_MEASURED.match(indicator.name)) or bool(indicator.name and not is_unnamed(indicator.name))
    if _BOUNDS.match(written) and (so < 0 or not _MILD.match(written)):
        return bool(indicator.name) or not _MILD.match(written)
    if indicator.comparison in _STATES or indicator.relative:
        return required > so or (named and required == so)
    if required < 0 and so < 0 and named:
        return _only_specifies(before + folded.text[start : _sentence_end(folded.text, end)])
    listed = _LIST.search(before)
    return required > so and (named or bool(listed and listed.end() > so and indicator.name))


def _only_specifies(sentence: str) -> bool:
    """日处理量5万吨，出水COD≤50mg/L: beside a bound and without a word of circumstance bare values are demands too."""
    required = any(not found[0].startswith(("不", "至少")) for found in _REQUIRES.finditer(sentence))
    return bool(_BOUNDS.search(sentence)) and not required and not _IS_SO.search(sentence)


def _sentence_end(text: str, start: int) -> int:
    found = SENTENCE.search(text, start, start + FARTHEST)
    return found.start() if found else start + FARTHEST


def _last(pattern: re.Pattern[str], text: str) -> int:
    """Return where the last match ends, -1 without one."""
    return max((found.end() for found in pattern.finditer(text)), default=-1)
