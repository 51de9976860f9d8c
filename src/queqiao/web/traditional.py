"""Traditional characters by conversion of the finished page; names of people and organisations stay as they are."""

import re
from functools import lru_cache

from opencc import OpenCC

# Between tags, the text is converted; inside an element marked translate="no", in scripts and in text fields it is not.
_KEPT = re.compile(
    r"<(?P<tag>[a-z0-9]+)\b[^>]*\btranslate=\"no\"[^>]*>.*?</(?P=tag)>"
    r"|<(?P<raw>script|style|textarea)\b.*?</(?P=raw)>|<input\b[^>]*>",
    re.DOTALL,
)
_LANG = re.compile(r'<html lang="zh-Hans"')


@lru_cache(maxsize=1)
def _converter() -> OpenCC:
    return OpenCC("s2tw")


def to_traditional(page: str) -> str:
    """Convert a page's simplified Chinese, markup included, but for what is marked ``translate="no"``."""
    convert = _converter().convert
    parts: list[str] = []
    end = 0
    for kept in _KEPT.finditer(page):
        parts += [convert(page[end : kept.start()]), kept[0]]
        end = kept.end()
    parts.append(convert(page[end:]))
    return _LANG.sub('<html lang="zh-Hant"', "".join(parts))
