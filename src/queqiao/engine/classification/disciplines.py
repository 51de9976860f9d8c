"""Words of the disciplines and of the fields of industry: what is known of a label before anybody labelled a text.

The list is our own; its names are those of the two national lists of disciplines (GB/T 13745, the catalogue of degrees)
and of the fields that come with the product.
"""

import re
from functools import lru_cache
from pathlib import Path

from queqiao.engine.text.normalise import normalise

SHARES = 8  # descriptions beside the name, each with every eighth word: as short as what else is an example
_BETWEEN = re.compile(r"[/、,;和与及]")


def describe(label: str) -> tuple[str, ...]:
    """Return texts that stand for a label: its name, and its words in shares.

    Of a label that is not on the list its parts are looked up (``化学/药学``); where none is known the name alone
    stands for it.

    Example: ``describe("甲类") == ("甲类",)``.
    """
    words = _words_of(label)
    return (label, *(" ".join(words[start::SHARES]) for start in range(min(SHARES, len(words)))))


def _words_of(label: str) -> tuple[str, ...]:
    known = _disciplines()
    name = _plain(label)
    lines = [known[part] for part in ([name] if name in known else _BETWEEN.split(name)) if part in known]
    return tuple(dict.fromkeys(word for line in lines for word in line))


@lru_cache(maxsize=1)
def _disciplines() -> dict[str, tuple[str, ...]]:
    listed = Path(__file__).with_name("disciplines.txt").read_text(encoding="utf-8").splitlines()
    lines = (line.partition(": ") for line in listed if not line.startswith("#"))
    return {_plain(name): tuple(words.split()) for names, _, words in lines for name in names.split("/")}


def _plain(name: str) -> str:
    return re.sub(r"\s+", "", normalise(name).text)
