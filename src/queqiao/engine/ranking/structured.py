"""What the two records say beside their texts: field, maturity, region and ways of cooperation."""

import re
from enum import StrEnum
from functools import lru_cache

from queqiao.engine.text.normalise import normalise


class Agreement(StrEnum):
    """Whether both sides agree on one point."""

    AGREES = "agrees"
    DIFFERS = "differs"
    NOT_STATED = "not_stated"


KEPT = 4096  # short texts that recur in every comparison: what was read of them
_SEPARATORS = re.compile(r"[,;/|、。·\s]+|->|>")
_TRL = re.compile(r"(?:trl|技术成熟度|成熟度)?\s*([1-9])\s*级?")
# Technology readiness (GB/T 22900-2022) of the stages as people name them, the longest name first, because one
# contains another (小批量生产, 批量生产); of several stages named the latest counts.
_STAGES: tuple[tuple[str, int], ...] = (
    ("mass production", 9), ("production", 9), ("prototype", 6), ("concept", 2), ("pilot", 6),
    ("小批量生产", 8), ("小批量试产", 8), ("批量生产", 9), ("规模生产", 9), ("成熟应用", 9), ("基础研究", 1),
    ("小批量", 8), ("大批量", 9), ("产业化", 9), ("已应用", 9), ("试生产", 7), ("工程化", 6), ("实验室", 4),
    ("量产", 9), ("示范", 7), ("样机", 6), ("中试", 6), ("样品", 5), ("初样", 5), ("小试", 4), ("原理", 3),
    ("概念", 2), ("理论", 2), ("lab", 4),
)  # fmt: skip
_WAYS: tuple[tuple[str, str], ...] = (
    ("转让", "transfer"), ("transfer", "transfer"), ("许可", "licence"), ("licen", "licence"),
    ("入股", "equity"), ("股权", "equity"), ("equity", "equity"),
    ("联合开发", "joint"), ("合作开发", "joint"), ("共同开发", "joint"), ("合作研发", "joint"), ("联合研发", "joint"),
    ("产学研", "joint"), ("joint", "joint"), ("委托", "commission"), ("技术开发", "commission"),
    ("服务", "service"), ("service", "service"), ("咨询", "consulting"), ("consult", "consulting"),
    ("先用后付", "use_first"), ("先使用后付费", "use_first"),
)  # fmt: skip
_REGION_TAILS = re.compile(r"(特别行政区|维吾尔自治区|壮族自治区|回族自治区|自治区|自治州|地区|省|市|区|县|盟|州|旗)$")


def compare_fields(need: str, candidate: str) -> Agreement:
    """Agree where one of the need's fields is, or contains, or lies in, one of the candidate's."""
    asked, offered = _names(need), _names(candidate)
    if not asked or not offered:
        return Agreement.NOT_STATED
    same = any(a in b or b in a for a in asked for b in offered)
    return Agreement.AGREES if same else Agreement.DIFFERS


def compare_maturity(need: str, candidate: str) -> Agreement:
    """Agree where the candidate is at least as mature as the need asks."""
    asked, offered = maturity_level(need), maturity_level(candidate)
    if asked is None or offered is None:
        return Agreement.NOT_STATED
    return Agreement.AGREES if offered >= asked else Agreement.DIFFERS


def compare_regions(need: str, candidate: str) -> Agreement:
    """Agree where one place lies in the other as written: 四川省成都市 and 成都, but not 成都 and 重庆."""
    asked, offered = _region_names(need), _region_names(candidate)
    if not asked or not offered:
        return Agreement.NOT_STATED
    return Agreement.AGREES if asked[-1] in offered or offered[-1] in asked else Agreement.DIFFERS


def compare_cooperation(need: str, candidate: str) -> Agreement:
    """Agree where both sides name at least one way of working together in common."""
    asked, offered = cooperation_ways(need), cooperation_ways(candidate)
    if not asked or not offered:
        return Agreement.NOT_STATED
    return Agreement.AGREES if asked & offered else Agreement.DIFFERS


@lru_cache(maxsize=KEPT)
def maturity_level(text: str) -> int | None:
    """Return the technology readiness level 1 to 9 that ``text`` names, or None.

    Accepts ``TRL 7``, ``7级``, ``7`` and stages such as 小试, 中试, 样机, 小批量, 产业化.
    """
    folded = normalise(text).text.strip()
    number = _TRL.fullmatch(folded) or re.search(r"trl\s*([1-9])(?!\d)", folded)
    if number:
        return int(number[1])
    latest: int | None = None
    for word, level in _STAGES:
        if word in folded:
            folded = folded.replace(word, " ")
            latest = max(level, latest or level)
    return latest


@lru_cache(maxsize=KEPT)
def cooperation_ways(text: str) -> frozenset[str]:
    """Return the codes of the ways of cooperation that ``text`` names."""
    folded = normalise(text).text
    return frozenset(code for word, code in _WAYS if word in folded)


@lru_cache(maxsize=KEPT)
def _names(text: str) -> tuple[str, ...]:
    return tuple(name for name in _SEPARATORS.split(normalise(text).text) if name)


@lru_cache(maxsize=KEPT)
def _region_names(text: str) -> tuple[str, ...]:
    """Split 四川省成都市 into its places without their kind, the largest first."""
    pieces = re.findall(r".+?(?:省|自治区|自治州|市|区|县|旗|盟|$)", "".join(_names(text)))
    return tuple(name for name in (_REGION_TAILS.sub("", piece) or piece for piece in pieces) if name)
