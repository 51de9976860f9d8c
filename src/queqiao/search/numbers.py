"""Readable numbers of records and organisations, as people type them."""

import re
from functools import cache

from queqiao.engine.text.normalise import normalise
from queqiao.records.models import concrete_kinds

_ORGANISATIONS = "JG"
_DASH = "[-\u2010-\u2015\u2212]?"


def as_number(text: str) -> str:
    """Return the number that a text is, as it is written in full; "" where it is none.

    Forgiven are small letters, full widths, other dashes or none, and missing zeros.
    Example: ``as_number("cg2026300") == "CG-2026-00300"``.
    """
    found = _pattern().fullmatch(normalise(text).text.strip())
    return _written(found) if found else ""


def take_numbers(text: str) -> tuple[tuple[str, ...], str]:
    """Return the numbers that stand in a text, and the text without them."""
    folded = normalise(text).text
    numbers = tuple(_written(found) for found in _pattern().finditer(folded))
    return numbers, _pattern().sub(" ", folded) if numbers else text


@cache
def _pattern() -> re.Pattern[str]:
    prefixes = "|".join([*(model.PREFIX for model in concrete_kinds().values()), _ORGANISATIONS]).lower()
    return re.compile(rf"(?<![a-z0-9])({prefixes}){_DASH}(20\d\d){_DASH}(\d{{1,9}})(?![a-z0-9])")


def _written(found: re.Match[str]) -> str:
    prefix, year, serial = found.groups()
    return f"{prefix.upper()}-{year}-{int(serial):05}"
