"""Numbers as people write them, in digits and in Chinese."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from queqiao.engine.text.quantities.model import Folded

# Thousands are set apart by commas or by blanks: 1,600 and 2 500; 30 300 after a letter (C30 300) are two numbers.
_THOUSANDS = r"\d{1,3}(?:,\d{3})+(?!\d)|(?<![\dA-Za-z.,])[1-9]\d{0,2}(?: \d{3})+(?![\d,])"
_DIGITS = rf"(?:{_THOUSANDS}|\d+)(?:\.\d+)?"
_POWER = re.compile(r"\s?[×xX*·]\s?10(?:\^?([-+]?\d{1,2}))")
_BARE_POWER = re.compile(r"\^?([-+]?\d{1,2})(?!\d)")
_EXPONENT = re.compile(r"[eE]([-+]?\d{1,2})(?![\dA-Za-z])")
_AFTER_POWER = re.compile(
    r"\s?(?:Ω|欧|Pa|帕|次|个(?!月)|CFU|cfu|IU|U/|S/|J|A(?![a-z])|/K|/℃|/°C|m2/s|cm2/s|mol|copies|cells|循环)"
)
_ARABIC = re.compile(_DIGITS)
_MULTIPLIERS = {"万亿": 1e12, "千亿": 1e11, "百亿": 1e10, "十亿": 1e9, "亿": 1e8, "千万": 1e7, "百万": 1e6,
                "十万": 1e5, "万": 1e4, "千": 1e3, "百": 1e2}  # fmt: skip
_MULTIPLIER = re.compile(
    r"\s?(万亿|千亿|百亿|十亿|亿|千万|百万|十万|万|千(?!瓦|克|米|伏|帕|牛|赫|卡|焦|安|欧)|百(?!帕))"
)
_CHINESE_DIGITS = {"零": 0, "一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9}
_CHINESE = "零一二两三四五六七八九十百千万"
_OF = re.compile(rf"(百万|十万|百|千|万|十|亿)分之([{_CHINESE}半]+(?:点[{_CHINESE}]+)?|{_DIGITS})")
_TENTHS = re.compile(r"([一二两三四五六七八九]|\d(?:\.\d)?)成([一二三四五六七八九](?![成至到~])|半)?")
_AND_HALF = re.compile(rf"(?:([{_CHINESE}]{{1,3}})|(?<!\d)(\d{{1,3}}))个半(?=小时|月|钟头)")  # 一个半小时
_HALF = re.compile(r"半(?=个?小时|年|个月|天|小时|分钟)|一半")
_COUNTED = (
    r"次|年(?!代|级)|个月|个?小时|分钟|秒|天|公里|公斤|千克|克|毫克|斤|吨|米|毫米|微米|纳米|厘米|平方米|立方米|毫升|升|亩|公顷|"
    r"倍|瓶|件|台|转|度|千瓦|千伏|兆瓦|瓦|伏|安|兆帕|千帕|帕|牛|元|个百分点|个循环|像素|赫兹|分贝|摄氏度"
)
# A single numeral is a number only beside a comparison: 不少于三年, 两小时以内; elsewhere it is 一次性, 两段式.
_PLAIN_CHINESE = re.compile(
    rf"(?:(?![十百千万]千)[{_CHINESE}]){{1,11}}[{_CHINESE}](?={_COUNTED})|[一两二三四五六七八九十](?=倍|个百分点)"
    rf"|(?<=[荷载重力])[一二两三四五六七八九十](?=吨|公斤|千克)|(?<=[于过到达至约])[一两二三四五六七八九十](?!次)(?={_COUNTED})"
    rf"|[一两二三四五六七八九十](?!次)(?=(?:{_COUNTED})(?:及?以上|以内|之内|及?以下|左右))"
)
_SEVERAL = re.compile(r"[一二两三四五六七八九]{2}")  # 两三个小时, 四五百吨
_FRACTION = re.compile(r"([二三四五六七八九十])分之([一二两三四五六七八九])")
_OF_UNIT = {
    "百万": ("[ppm]", 1.0),
    "十万": ("%", 0.001),
    "亿": ("[ppb]", 10.0),
    "百": ("%", 1.0),
    "千": ("permille", 1.0),
    "万": ("%", 0.01),
    "十": ("%", 10.0),
}


@dataclass(frozen=True, slots=True)
class Number:
    """A number in a folded text; ``unit`` is given where the writing itself says it (三成 is 30 %)."""

    start: int
    end: int
    value: float
    unit: str | None = None
    whole: bool = False  # written as bare digits, without a decimal point or a multiplier


def find_numbers(folded: Folded) -> Iterator[Number]:
    """Yield all numbers in order; none overlaps another."""
    found: list[Number] = [*_of(folded.text), *_tenths(folded.text), *_chinese(folded.text)]
    taken = {i for number in found for i in range(number.start, number.end)}
    found += [number for number in _arabic(folded) if number.start not in taken]
    yield from sorted(found, key=lambda number: number.start)


def _arabic(folded: Folded) -> Iterator[Number]:
    text, position = folded.text, 0
    while (match := _ARABIC.search(text, position)) is not None:
        start, end = match.span()
        position = end
        if not folded.original(start).isdecimal():  # ① is a mark of a list
            continue
        if text.startswith("10", start) and not folded.original(start + 2 if start + 2 < end else start).isascii():
            end = position = start + 2  # 10⁷: the digits after the ten are raised
        written = text[start:end]
        value, whole = float(re.sub("[, ]", "", written)), written.isdigit()
        bare_power = _BARE_POWER.match(text, end) if written == "10" else None
        if bare_power is not None and _is_power(folded, bare_power):
            value, end, whole = 10.0 ** int(bare_power[1]), bare_power.end(), False
        scaled = _POWER.match(text, end) or _EXPONENT.match(text, end)
        if scaled is not None and (
            scaled.re is _EXPONENT or _is_power(folded, scaled) or _was_raised(text, start, scaled)
        ):
            value, end, whole = value * 10.0 ** int(scaled[1]), scaled.end(), False
        multiplier = _MULTIPLIER.match(text, end)
        if multiplier is not None:
            value, end, whole = value * _MULTIPLIERS[multiplier[1]], multiplier.end(), False
        yield Number(start, end, _tidy(value), None, whole)
        position = end


def _is_power(folded: Folded, match: re.Match[str]) -> bool:
    """``×10^5`` and ``×10⁵`` are powers, ``12mm×105mm`` is not; a plain ``×105`` counts as one too rarely to trust."""
    position = match.start(1)
    return "^" in match[0] or not folded.original(position).isascii()


def _was_raised(text: str, start: int, match: re.Match[str]) -> bool:
    """1×106Ω, 1×10-9Pa: powers whose raising was lost on the way; 8×106mm is a size."""
    small = match[1].startswith("-") or len(text[start : match.start()].split(".", maxsplit=1)[0]) == 1
    return small and _AFTER_POWER.match(text, match.end()) is not None


def _of(text: str) -> Iterator[Number]:
    for match in _OF.finditer(text):
        unit, factor = _OF_UNIT[match[1]]
        value = float(re.sub("[, ]", "", match[2])) if match[2][0].isdigit() else chinese_value(match[2])
        yield Number(match.start(), match.end(), _tidy(value * factor), unit)
    for match in _FRACTION.finditer(text):
        value = chinese_value(match[2]) / chinese_value(match[1])
        if match[1] != "十":  # 十分之三 is 30 %, above
            yield Number(match.start(), match.end(), value, "1")


def _tenths(text: str) -> Iterator[Number]:
    for match in _TENTHS.finditer(text):
        following = text[match.end() : match.end() + 1]
        if following and following in "功本品套果分员立熟为交型像就长都绩":
            continue
        share = float(match[1]) if match[1][0].isdigit() else float(_CHINESE_DIGITS[match[1]])
        tenth = 5.0 if match[2] == "半" else float(_CHINESE_DIGITS.get(match[2] or "零", 0))
        yield Number(match.start(), match.end(), _tidy(10 * share + tenth), "%")


def _chinese(text: str) -> Iterator[Number]:
    longer = list(_AND_HALF.finditer(text))
    for match in longer:
        yield Number(match.start(), match.end(), (chinese_value(match[1]) if match[1] else float(match[2])) + 0.5)
    for match in _HALF.finditer(text):
        if text[match.start() - 1] == "个" and any(other.start() < match.start() < other.end() for other in longer):
            continue
        yield Number(
            match.start(), match.end(), 50.0 if match[0] == "一半" else 0.5, "%" if match[0] == "一半" else None
        )
    for match in _PLAIN_CHINESE.finditer(text):
        before = text[match.start() - 1 : match.start()]
        if before not in tuple("第之近数几多") and not _SEVERAL.search(match[0]):
            yield Number(match.start(), match.end(), _tidy(chinese_value(match[0])))


def chinese_value(text: str) -> float:
    """Return the value of Chinese numerals: 九十五 is 95, 两万 20,000, 三点五 3.5, 半 0.5."""
    if text == "半":
        return 0.5
    whole, _, decimals = text.partition("点")
    total = section = digit = 0
    for letter in whole:
        if letter in _CHINESE_DIGITS:
            digit = _CHINESE_DIGITS[letter]
        elif letter == "万":
            total, section, digit = (total + section + digit) * 10_000, 0, 0
        else:
            section += (digit or 1) * {"十": 10, "百": 100, "千": 1000}[letter]
            digit = 0
    fraction = sum(_CHINESE_DIGITS.get(letter, 0) * 10.0 ** -(i + 1) for i, letter in enumerate(decimals))
    return total + section + digit + fraction


def _tidy(value: float) -> float:
    """Undo the binary noise of a multiplication: 0.85 · 10,000 is 8,500."""
    return float(f"{value:.12g}")
