"""Cuts a text into marked and unmarked passages, so that evidence can be shown where it stands."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from queqiao.engine.ranking.documents import Span


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of text and its mark: "term" shared word, "asked" indicator, "" neither, "cut" something left out."""

    text: str
    mark: str


def mark_passages(
    part: str, text: str, marks: Mapping[str, Sequence[Span]], *, excerpt: int | None = None
) -> tuple[Passage, ...]:
    """Cut one part's text at the borders of its marks; where marks overlap, the one named last wins.

    With ``excerpt``, a text longer than that many characters is shown around its first mark only, a "cut" passage
    standing for what is left out at either end.
    """
    kinds = [""] * len(text)
    for kind, spans in marks.items():
        for span in spans:
            if span.part == part:
                kinds[span.start : span.end] = [kind] * len(range(*slice(span.start, span.end).indices(len(text))))
    start, end = _window(kinds, excerpt)
    passages = [Passage("", "cut")] if start > 0 else []
    position = start
    while position < end:
        stop = position
        while stop < end and kinds[stop] == kinds[position]:
            stop += 1
        passages.append(Passage(text[position:stop], kinds[position]))
        position = stop
    if end < len(text):
        passages.append(Passage("", "cut"))
    return tuple(passages)


def _window(kinds: Sequence[str], excerpt: int | None) -> tuple[int, int]:
    if excerpt is None or len(kinds) <= excerpt:
        return 0, len(kinds)
    first = next((i for i, kind in enumerate(kinds) if kind), 0)
    start = min(max(0, first - excerpt // 6), len(kinds) - excerpt)
    return start, start + excerpt
