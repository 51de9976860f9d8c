"""Filler words: words of this trade that stand in every text and say nothing about it.

They keep their small weight in the score (inverse document frequency sees to that), but they are never shown as
a reason and never enough to call a pair related. Most are learned from the corpus; the short list serves small
sheets, where nothing can be learned.
"""

import math
from collections.abc import Mapping
from pathlib import Path

# What enterprises and universities write around the subject, whatever the subject is.
COMMON_FILLERS = frozenset(Path(__file__).with_name("fillers.txt").read_text(encoding="utf-8").split())

_LEARN_FROM = 500  # documents: below, a frequent word may be the subject itself
_FILLER_SHARE = 0.05  # of the documents: 研究 and 系统 lie above, 电池 and 合金 below, in any broad corpus


def learn_fillers(document_frequency: Mapping[str, int], documents: int) -> frozenset[str]:
    """Return the filler words of a corpus: the common ones and those that at least 5 % of its documents contain.

    Below 500 documents nothing is learned.
    """
    if documents < _LEARN_FROM:
        return COMMON_FILLERS
    least = math.ceil(documents * _FILLER_SHARE)
    return COMMON_FILLERS | {term for term, count in document_frequency.items() if count >= least}
