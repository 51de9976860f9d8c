"""A record as the ranking sees it: one text made of named parts, and the fields that can be compared."""

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from queqiao.engine.records import Achievement, ExpertItem, Need

_TEXT_PARTS = ("title", "description", "indicators", "keywords")
_COMPARED = ("field", "maturity", "region", "cooperation")


@dataclass(frozen=True, slots=True)
class Span:
    """Characters ``[start, end)`` of one part (title, description, ...) of a record, as its author wrote them."""

    part: str
    start: int
    end: int


@dataclass(frozen=True)
class Document:
    """A need, an achievement or an expert's item.

    ``parts`` maps the names of the non-empty texts to the texts, the title first; ``stated`` maps the comparable
    points (field, maturity, region, cooperation) to what the record says.
    """

    id: str
    parts: Mapping[str, str]
    stated: Mapping[str, str]

    @cached_property
    def text(self) -> str:
        """All parts, a line break between two of them."""
        return "\n".join(self.parts.values())

    @property
    def title(self) -> str:
        """The title, or "" where there is none."""
        return self.parts.get("title", "")

    @cached_property
    def _starts(self) -> tuple[tuple[str, ...], tuple[int, ...]]:
        starts, position = [], 0
        for text in self.parts.values():
            starts.append(position)
            position += len(text) + 1
        return tuple(self.parts), tuple(starts)

    def extent(self, part: str) -> tuple[int, int]:
        """Say where a part stands in ``text``; (0, 0) where there is none."""
        names, starts = self._starts
        if part not in names:
            return 0, 0
        start = starts[names.index(part)]
        return start, start + len(self.parts[part])

    def place(self, start: int, end: int) -> Span:
        """Say in which part ``text[start:end]`` stands, and where."""
        names, starts = self._starts
        index = bisect_right(starts, start) - 1
        return Span(names[index], start - starts[index], end - starts[index])


def document_of(record: Need | Achievement | ExpertItem) -> Document:
    """Turn a record into a document."""
    if isinstance(record, ExpertItem):
        parts = {"title": record.title, "description": record.text}
        return Document(record.id, {name: text for name, text in parts.items() if text}, {})
    return Document(
        record.id,
        {name: text for name in _TEXT_PARTS if (text := getattr(record, name))},
        {name: text for name in _COMPARED if (text := getattr(record, name))},
    )
