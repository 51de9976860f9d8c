"""One spelling for every side, with a way back to the characters that were written.

NFKC folds full-width forms, compatibility signs (``㎡``, ``①``) and ligatures; case is folded; traditional
characters become simplified ones, one for one, because matching must not depend on the script.
"""

import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from opencc import OpenCC

# Unified ideographs of the basic plane and extension A: what OpenCC's character table can change.
_HAN_BLOCKS = ((0x3400, 0x4DBF), (0x4E00, 0x9FFF))


@dataclass(frozen=True, slots=True)
class Normalised:
    """A normalised text and, for each of its characters, where it stands in ``original``.

    ``offsets`` has one entry more than ``text`` has characters; the last is ``len(original)``.
    """

    original: str
    text: str
    offsets: tuple[int, ...]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Turn ``[start, end)`` of ``text`` into the smallest ``[start, end)`` of ``original`` that covers it."""
        if start >= end:
            return self.offsets[start], self.offsets[start]
        first, last = self.offsets[start], self.offsets[end - 1]
        stop = next((self.offsets[i] for i in range(end, len(self.offsets)) if self.offsets[i] > last), last + 1)
        return first, stop


@lru_cache(maxsize=1)
def _to_simplified() -> dict[int, str]:
    """Map code points of traditional characters to simplified ones, one character for one."""
    letters = [chr(code) for low, high in _HAN_BLOCKS for code in range(low, high + 1)]
    folded = OpenCC("t2s").convert("\n".join(letters)).split("\n")
    return {ord(old): new for old, new in zip(letters, folded, strict=True) if old != new and len(new) == 1}


def normalise(text: str, *, fold_case: bool = True) -> Normalised:
    """Fold widths, compatibility forms, script and (unless told otherwise) case.

    Control characters become spaces, so they separate words and never vanish from the offsets.

    Example: ``normalise("５㎡ 電機").text == "5m2 电机"``.
    """
    table = _FOLDED[fold_case]
    folded = text.translate(table)
    if len(folded) == len(text):  # no sign becomes nothing, so each has become one
        return Normalised(text, folded, tuple(range(len(text) + 1)))
    offsets = [index for index, char in enumerate(text) for _ in table[ord(char)]]
    return Normalised(text, folded, (*offsets, len(text)))


class _Folding(dict[int, str]):
    """What each code point becomes, found out when it first occurs."""

    def __init__(self, *, fold_case: bool):
        self._fold_case = fold_case

    def __missing__(self, code: int) -> str:
        folded = _fold_character(chr(code))
        if self._fold_case:
            folded = folded.lower()
        simplified = _to_simplified()
        self[code] = folded = "".join(simplified.get(ord(piece), piece) for piece in folded)
        return folded


_FOLDED = {fold_case: _Folding(fold_case=fold_case) for fold_case in (False, True)}


def _fold_character(char: str) -> str:
    if unicodedata.category(char) in ("Cc", "Cf", "Cs", "Co", "Cn"):
        return "\n" if char == "\n" else " "
    return unicodedata.normalize("NFKC", char)
