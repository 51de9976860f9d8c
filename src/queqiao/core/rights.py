"""Intellectual property as people write it: 发明专利 ZL202310123456.7（已授权）；软件著作权 2 项."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Self, TypeVar

from queqiao.core.i18n import _, lazy

T = TypeVar("T")


class RightKind(StrEnum):
    """What protects a result."""

    INVENTION = "invention"
    INTERNATIONAL = "international"  # an application under the Patent Cooperation Treaty
    UTILITY_MODEL = "utility_model"
    DESIGN = "design"
    SOFTWARE = "software"
    LAYOUT = "layout"
    PLANT_VARIETY = "plant_variety"
    NEW_DRUG = "new_drug"
    TRADEMARK = "trademark"
    STRAIN = "strain"  # deposited micro-organisms
    STANDARD = "standard"
    KNOW_HOW = "know_how"


class RightStatus(StrEnum):
    """How far the protection has come; "" where nobody said."""

    UNSAID = ""
    PENDING = "pending"
    GRANTED = "granted"
    LICENSED = "licensed"
    LAPSED = "lapsed"


KIND_LABELS: Mapping[RightKind, Any] = {
    RightKind.INVENTION: lazy("发明专利"),
    RightKind.INTERNATIONAL: lazy("国际专利申请"),
    RightKind.UTILITY_MODEL: lazy("实用新型专利"),
    RightKind.DESIGN: lazy("外观设计专利"),
    RightKind.SOFTWARE: lazy("软件著作权"),
    RightKind.LAYOUT: lazy("集成电路布图设计"),
    RightKind.PLANT_VARIETY: lazy("植物新品种权"),
    RightKind.NEW_DRUG: lazy("新药证书"),
    RightKind.TRADEMARK: lazy("商标"),
    RightKind.STRAIN: lazy("菌种保藏"),
    RightKind.STANDARD: lazy("标准"),
    RightKind.KNOW_HOW: lazy("技术秘密"),
}
STATUS_LABELS: Mapping[RightStatus, Any] = {
    RightStatus.PENDING: lazy("申请中"),
    RightStatus.GRANTED: lazy("已授权"),
    RightStatus.LICENSED: lazy("已许可"),
    RightStatus.LAPSED: lazy("已失效"),
}
# The longest word first: 外观设计 must not be read as 设计.
_KINDS: tuple[tuple[str, RightKind], ...] = (
    ("集成电路布图设计", RightKind.LAYOUT), ("集成电路布图", RightKind.LAYOUT), ("布图设计", RightKind.LAYOUT),
    ("植物新品种权", RightKind.PLANT_VARIETY), ("植物新品种", RightKind.PLANT_VARIETY),
    ("品种权", RightKind.PLANT_VARIETY),
    ("计算机软件著作权", RightKind.SOFTWARE), ("软件著作权", RightKind.SOFTWARE), ("软著", RightKind.SOFTWARE),
    ("实用新型专利", RightKind.UTILITY_MODEL), ("实用新型", RightKind.UTILITY_MODEL),
    ("外观设计专利", RightKind.DESIGN), ("外观设计", RightKind.DESIGN), ("外观专利", RightKind.DESIGN),
    ("国际专利申请", RightKind.INTERNATIONAL), ("国际专利", RightKind.INTERNATIONAL),
    ("pct申请", RightKind.INTERNATIONAL),
    ("国际发明专利", RightKind.INTERNATIONAL), ("发明专利", RightKind.INVENTION), ("发明", RightKind.INVENTION),
    ("专利", RightKind.INVENTION), ("新药证书", RightKind.NEW_DRUG), ("技术秘密", RightKind.KNOW_HOW),
    ("专有技术", RightKind.KNOW_HOW), ("注册商标", RightKind.TRADEMARK), ("商标", RightKind.TRADEMARK),
    ("菌种保藏", RightKind.STRAIN), ("菌株保藏", RightKind.STRAIN), ("国家标准", RightKind.STANDARD),
    ("行业标准", RightKind.STANDARD), ("地方标准", RightKind.STANDARD), ("团体标准", RightKind.STANDARD),
    ("企业标准", RightKind.STANDARD), ("标准", RightKind.STANDARD), ("地方规程", RightKind.STANDARD),
    ("规程", RightKind.STANDARD), ("设计导则", RightKind.STANDARD), ("导则", RightKind.STANDARD),
    ("pct application", RightKind.INTERNATIONAL), ("trademark", RightKind.TRADEMARK),
    ("deposited strain", RightKind.STRAIN), ("standard", RightKind.STANDARD),
    ("invention patent", RightKind.INVENTION),
    ("utility model", RightKind.UTILITY_MODEL), ("design patent", RightKind.DESIGN),
    ("software copyright", RightKind.SOFTWARE), ("layout design", RightKind.LAYOUT),
    ("plant variety", RightKind.PLANT_VARIETY), ("know-how", RightKind.KNOW_HOW), ("patent", RightKind.INVENTION),
)  # fmt: skip
_STATUSES: tuple[tuple[str, RightStatus], ...] = (
    ("已授权", RightStatus.GRANTED), ("授权", RightStatus.GRANTED), ("已登记", RightStatus.GRANTED),
    ("申请中", RightStatus.PENDING), ("已申请", RightStatus.PENDING), ("审查中", RightStatus.PENDING),
    ("在审", RightStatus.PENDING), ("实审", RightStatus.PENDING), ("公开", RightStatus.PENDING),
    ("已受理", RightStatus.PENDING), ("受理", RightStatus.PENDING), ("已许可", RightStatus.LICENSED),
    ("许可", RightStatus.LICENSED), ("已失效", RightStatus.LAPSED), ("失效", RightStatus.LAPSED),
    ("granted", RightStatus.GRANTED), ("pending", RightStatus.PENDING), ("licensed", RightStatus.LICENSED),
    ("lapsed", RightStatus.LAPSED),
)  # fmt: skip
_PARTS = re.compile(r"[；;，,、\n]+")
_COUNT = re.compile(r"(?<![A-Za-z0-9.])(\d{1,3})\s*(?:件|项|个|种|份|枚|株|部)")
_NUMBER = re.compile(r"(?:[A-Z]{2,3}\s?)?\d[\dA-Z./-]{4,}", re.IGNORECASE)
_STUMP = re.compile(r"(?:ZL\s?\d{1,7}|CN\d{1,6})(?![\dA-Z./-])", re.IGNORECASE)
_FILLING = re.compile(r"[\s()（）:：和及与第号共均等]+")


class StumpError(ValueError):
    """A number that is too short to be one; its one argument is the part in which it stands."""


@dataclass(frozen=True, slots=True)
class Right:
    """One right with its number, or so many of a kind; ``number`` is "" and ``count`` 0 where nobody said."""

    kind: RightKind
    number: str = ""
    count: int = 0
    status: RightStatus = RightStatus.UNSAID

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> Self:
        """Return the right that ``stored`` keeps."""
        return cls(RightKind(stored["kind"]), stored["number"], stored["count"], RightStatus(stored["status"]))

    def stored(self) -> dict[str, Any]:
        """Return the right as plain values."""
        return {"kind": self.kind.value, "number": self.number, "count": self.count, "status": self.status.value}

    def write(self) -> str:
        """Write the right in the reader's language; in Chinese ``parse_rights`` reads it again."""
        what = self.number or (_("{n} 项").format(n=self.count) if self.count else "")
        text = f"{KIND_LABELS[self.kind]} {what}".strip()
        return _("{right}（{status}）").format(right=text, status=STATUS_LABELS[self.status]) if self.status else text


def parse_rights(text: str) -> list[Right]:
    """Read rights, one to a line or separated by ；，、; a part without a kind is of the kind before it.

    Raises ValueError whose one argument is the part that cannot be read, StumpError where it is a number cut short.
    """
    found: list[Right] = []
    for part in (piece.strip() for piece in _PARTS.split(text)):
        if part:
            found.append(_right(part, found[-1].kind if found else None))
    return found


def write_rights(stored: Iterable[Mapping[str, Any]]) -> list[str]:
    """Write stored rights in the reader's language."""
    return [Right.of(one).write() for one in stored]


def _right(part: str, before: RightKind | None) -> Right:
    kind, rest = _taken(part, _KINDS)
    status, rest = _taken(rest, _STATUSES)
    counted = _COUNT.search(rest)
    count = int(counted[1]) if counted else 0
    if counted:
        rest = rest.replace(counted[0], " ", 1)
    numbered = _NUMBER.search(rest)
    if numbered:
        rest = rest.replace(numbered[0], " ", 1)
    if _STUMP.search(part):
        raise StumpError(part)
    known = kind or before
    if known is None or _FILLING.sub("", rest):
        raise ValueError(part)
    number = numbered[0].replace(" ", "").upper() if numbered else ""
    return Right(known, number, count, status or RightStatus.UNSAID)


def _taken(text: str, words: Iterable[tuple[str, T]]) -> tuple[T | None, str]:
    """Return what the first known word in a text means, and the text without it."""
    for word, meaning in words:
        at = text.lower().find(word)
        if at >= 0:
            return meaning, text[:at] + " " + text[at + len(word) :]
    return None, text
