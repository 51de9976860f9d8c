"""What an indicator is, and the folded text in which it is looked for."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from itertools import pairwise

from queqiao.engine.text.normalise import Normalised, normalise

_BRACKETED = re.compile(r"\([^()。！？\n]{0,40}\)")  # （150℃，1h） is one thing
LONGEST_CLAUSE = 150  # characters; bounds the work on texts without punctuation


class Comparison(StrEnum):
    """How a value is meant."""

    GE = "ge"
    GT = "gt"
    LE = "le"
    LT = "lt"
    EQ = "eq"
    RANGE = "range"
    APPROX = "approx"


@dataclass(frozen=True, slots=True)
class Indicator:
    """A measurable requirement or result.

    ``text[start:end]`` is the value phrase: comparison words, numbers, unit and the verb of change that belongs to
    them. ``low`` and ``high`` are in ``unit``, None where open; ``eq`` and ``approx`` have both the same.
    ``relative`` marks a change against another product or the present state. ``condition`` holds the words under
    which the value applies. ``name_start`` and ``name_end`` are the name's place, None where it has none.
    """

    start: int
    end: int
    name: str
    comparison: Comparison
    low: float | None
    high: float | None
    unit: str
    relative: bool = False
    condition: str | None = None
    name_start: int | None = None
    name_end: int | None = None


@dataclass(frozen=True)
class Folded:
    """A text with widths and compatibility forms folded, one spelling of the signs, and the way back.

    Commas and stops stay Chinese where they were written so: ``420，550`` is two numbers, ``1,600`` is one.
    """

    normalised: Normalised
    text: str

    @classmethod
    def of(cls, text: str) -> "Folded":
        """Fold a text, keeping case, because units need it."""
        normalised = normalise(text, fold_case=False)
        letters = [
            original if (original := text[offset]) in "，；。！？、" else letter
            for letter, offset in zip(normalised.text, normalised.offsets, strict=False)
        ]
        return cls(normalised, "".join(_SIGNS.get(letter, letter) for letter in letters))

    def original(self, index: int) -> str:
        """Return the character that was written where ``text[index]`` stands."""
        return self.normalised.original[self.normalised.offsets[index]]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Turn a span of the folded text into one of the original."""
        return self.normalised.span(start, end)

    @cached_property
    def clauses(self) -> Sequence[tuple[int, int]]:
        """The spans between commas, stops and line breaks; longer ones than people write are cut into pieces."""
        inside = {i for found in _BRACKETED.finditer(self.text) for i in range(*found.span())}
        borders = [
            i for i, letter in enumerate(self.text) if (letter in "，；。！？\n;" or self._comma(i)) and i not in inside
        ]
        starts = [0, *(border + 1 for border in borders)]
        whole = zip(starts, [*borders, len(self.text)], strict=True)
        return [piece for start, end in whole for piece in _pieces(start, end)]

    def _comma(self, index: int) -> bool:
        """An ASCII comma or stop ends a clause unless a digit follows."""
        following = self.text[index + 1 : index + 2]
        return (
            self.text[index] in ",." and not following.isdigit() and not (following.isalpha() and following.isascii())
        )


def _pieces(start: int, end: int) -> list[tuple[int, int]]:
    cuts = [*range(start, max(end, start + 1), LONGEST_CLAUSE), end]
    return list(pairwise(cuts))


_SIGNS = {"～": "~", "∼": "~", "〜": "~", "－": "-", "−": "-", "–": "-", "—": "-", "‐": "-", "≧": "≥", "⩾": "≥",
          "≦": "≤", "⩽": "≤", "﹤": "<", "﹥": ">", "∶": ":", "²": "2", "³": "3", "µ": "μ", "㎜": "mm", "º": "°",
          "˚": "°", "∽": "~"}  # fmt: skip
