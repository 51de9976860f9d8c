"""What every search engine does for us, and the plain values that go in and come out.

The database is the truth; an index is derived from it and can be rebuilt at any time. Tokens come from our own
analyser: an engine stores and finds exactly these tokens and never splits, folds, stems or drops one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from queqiao.engine.retrieval.filters import Filter, FilterError

Value = str | float | tuple[str, ...]


class RowError(ValueError):
    """A row does not fit the index: a token with a blank in it, an unknown field, a value of another kind."""


class IndexLockedError(RuntimeError):
    """Another process writes this index; exactly one may."""


class IndexDamagedError(RuntimeError):
    """The index cannot be read: its folder is missing or damaged. Rebuild it; the database has everything."""


class IndexUnreachableError(IndexDamagedError):
    """The server of the index does not answer, or refuses: it cannot be read now, but there is nothing to rebuild."""


class FieldKind(StrEnum):
    """What a filter field holds: one word, several words (audience tokens), or a number."""

    KEYWORD = "keyword"
    KEYWORDS = "keywords"
    NUMBER = "number"


@dataclass(frozen=True, slots=True)
class Schema:
    """An index: its name, the fields that can be filtered and counted, and the width of its vectors (None: none)."""

    name: str
    fields: Mapping[str, FieldKind] = field(default_factory=dict)
    vector_width: int | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """One entry: tokens in reading order with repetitions, values by field, a vector where the schema has one.

    A field without a value is left out of ``values``.
    """

    id: str
    tokens: tuple[str, ...]
    values: Mapping[str, Value] = field(default_factory=dict)
    vector: tuple[float, ...] | None = None


@dataclass(frozen=True, slots=True)
class TextQuery:
    """Rows that hold any of the tokens, ordered by BM25.

    With ``every``, only rows that hold all of them. Each of ``phrases`` must stand in the row, token after token;
    none of ``without`` may. A query without a token and without a phrase finds nothing.
    """

    tokens: tuple[str, ...]
    every: bool = False
    phrases: tuple[tuple[str, ...], ...] = ()
    without: tuple[tuple[str, ...], ...] = ()

    @property
    def is_plain(self) -> bool:
        """Whether the tokens alone decide."""
        return not (self.every or self.phrases or self.without)


@dataclass(frozen=True, slots=True)
class VectorQuery:
    """Rows ordered by cosine with the vector."""

    vector: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Hit:
    """A row that was found; scores compare within one answer only."""

    id: str
    score: float


@dataclass(frozen=True, slots=True)
class Order:
    """By a number field, the greatest first where ``descending``."""

    field: str
    descending: bool = True


@dataclass(frozen=True, slots=True)
class FacetQuery:
    """A search with counts: ``facets`` is a field of words ``facet=value``, ``choices`` maps facets to what was chosen.

    By relevance where ``order`` is None, without a text by id. With ``most``, only so many rows are looked at, those
    that fit the text best; numbers that reach it mean "at least".
    """

    text: TextQuery | None
    condition: Filter | None
    facets: str
    choices: Mapping[str, Filter] = field(default_factory=dict)
    order: Order | None = None
    most: int | None = None


@dataclass(frozen=True, slots=True)
class Exploration:
    """One page of what was found, how many there are, and the numbers of rows by facet and value.

    The counts of a facet obey the choices made in all other facets, so that a reader sees what else he could choose.
    """

    ids: tuple[str, ...]
    total: int
    counts: Mapping[str, Mapping[str, int]]


def check_rows(rows: Sequence[Row], schema: Schema) -> None:
    """Raise RowError for the first row that does not fit the schema."""
    for row in rows:
        if any(not token or token.split() != [token] for token in row.tokens):
            raise RowError(f"row {row.id!r}: a token is empty or holds a blank")
        for name, value in row.values.items():
            if name not in schema.fields:
                raise RowError(f"row {row.id!r}: unknown field {name!r}")
            if not isinstance(value, _TYPES[schema.fields[name]]):
                raise RowError(f"row {row.id!r}: {name!r} holds {schema.fields[name]}, not {value!r}")
        if row.vector is not None and len(row.vector) != schema.vector_width:
            raise RowError(f"row {row.id!r}: the vector has {len(row.vector)} numbers, not {schema.vector_width}")


def check_countable(fields: Sequence[str], schema: Schema) -> None:
    """Raise FilterError unless all of the fields hold words."""
    for name in fields:
        if schema.fields.get(name) not in (FieldKind.KEYWORD, FieldKind.KEYWORDS):
            raise FilterError(f"{name!r} is no field of words that could be counted")


def check_order(order: Order, schema: Schema) -> None:
    """Raise FilterError unless the index can be ordered so."""
    if schema.fields.get(order.field) is not FieldKind.NUMBER:
        raise FilterError(f"{order.field!r} is no field of numbers by which rows could be ordered")


_TYPES: Mapping[FieldKind, type | tuple[type, ...]] = {
    FieldKind.KEYWORD: str,
    FieldKind.KEYWORDS: tuple,
    FieldKind.NUMBER: (int, float),
}


class SearchEngine(Protocol):
    """An index behind one interface; unknown fields and wrong kinds raise FilterError in every engine."""

    def exists(self, name: str) -> bool:
        """Whether there is an index of that name, in whatever state."""

    def ensure(self, schema: Schema) -> None:
        """Create the index, or open it where it exists."""

    def upsert(self, rows: Sequence[Row]) -> None:
        """Insert the rows, replacing those with the same ids; visible to every later search."""

    def delete(self, ids: Sequence[str]) -> None:
        """Remove rows; ids that are not there are ignored."""

    def search(self, query: TextQuery | VectorQuery, condition: Filter | None, k: int) -> list[Hit]:
        """Return at most ``k`` hits that fulfil the condition, the best first, ties by id."""

    def hybrid(self, text: TextQuery, vector: VectorQuery, condition: Filter | None, k: int) -> list[Hit]:
        """Return at most ``k`` hits of both queries, fused by rank."""

    def ids(self, query: TextQuery | None, condition: Filter | None) -> list[str]:
        """Return the ids of all rows that match, in order of the ids."""

    def ids_by(self, query: TextQuery | None, condition: Filter | None, order: Order, k: int) -> list[str]:
        """Return the ids of the first ``k`` rows that match, by a number field, rows without it last, ties by id."""

    def facets(
        self, query: TextQuery | None, condition: Filter | None, fields: Sequence[str]
    ) -> dict[str, dict[str, int]]:
        """Count the rows that match by the values of word fields, values in order."""

    def explore(self, asked: FacetQuery, k: int) -> Exploration:
        """Return the first ``k`` rows that fulfil the condition and every choice, and the counts."""

    def version(self) -> str | None:
        """Return a text that differs after every change; None where an engine cannot say."""

    def count(self, condition: Filter | None) -> int:
        """Return how many rows fulfil the condition."""

    def optimize(self) -> None:
        """Tidy up after many changes; answers stay the same."""

    def drop(self, name: str) -> None:
        """Take away the index of that name, in whatever state it is."""

    def close(self) -> None:
        """Let go of what is held; the next call takes it again."""
