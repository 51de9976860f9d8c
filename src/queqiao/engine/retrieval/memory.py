"""The exact reference: everything in memory, nothing approximate. For tests and for small jobs."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from queqiao.engine.retrieval.exploring import explore_tables
from queqiao.engine.retrieval.filters import Filter, FilterError, check_filter, fulfils
from queqiao.engine.retrieval.fusion import fused
from queqiao.engine.retrieval.protocol import (
    Exploration,
    FacetQuery,
    FieldKind,
    Hit,
    Order,
    Row,
    Schema,
    TextQuery,
    VectorQuery,
    check_countable,
    check_order,
    check_rows,
)

K1, B = 1.2, 0.75


class MemoryEngine:
    """A search engine over Python objects; its postings are built anew at the first search after a change."""

    def __init__(self) -> None:
        self._schema = Schema("")
        self._rows: dict[str, Row] = {}
        self._ids: list[str] = []
        self._columns: dict[str, int] | None = None
        self._postings = sparse.csc_array((0, 0))

    def ensure(self, schema: Schema) -> None:
        """Take the schema; rows of another schema are dropped."""
        if schema != self._schema:
            self._schema, self._rows, self._columns = schema, {}, None

    def exists(self, name: str) -> bool:
        """Whether the schema has that name."""
        return self._schema.name == name

    def upsert(self, rows: Sequence[Row]) -> None:
        """Insert or replace rows."""
        check_rows(rows, self._schema)
        for row in rows:
            self._rows[row.id] = row
        self._columns = None

    def delete(self, ids: Sequence[str]) -> None:
        """Remove rows."""
        for one in ids:
            self._rows.pop(one, None)
        self._columns = None

    def search(self, query: TextQuery | VectorQuery, condition: Filter | None, k: int) -> list[Hit]:
        """Return the exact best ``k``."""
        allowed = self._allowed(condition)
        scores = self._bm25(query) if isinstance(query, TextQuery) else self._cosines(query)
        found = allowed & (self._holding(query) if isinstance(query, TextQuery) else np.isfinite(scores))
        rows = np.flatnonzero(found)
        order = rows[np.argsort(-scores[rows], kind="stable")][:k]  # rows stand in the order of their ids
        return [Hit(self._ids[row], float(scores[row])) for row in order]

    def hybrid(self, text: TextQuery, vector: VectorQuery, condition: Filter | None, k: int) -> list[Hit]:
        """Return the best ``k`` of both queries by reciprocal rank."""
        return fused(lambda query, most: self.search(query, condition, most), text, vector, k)

    def ids(self, query: TextQuery | None, condition: Filter | None) -> list[str]:
        """Return all matching ids in order."""
        return [self._ids[row] for row in np.flatnonzero(self._matching(query, condition))]

    def ids_by(self, query: TextQuery | None, condition: Filter | None, order: Order, k: int) -> list[str]:
        """Return the first ``k`` ids by a number."""
        check_order(order, self._schema)
        sign = -1.0 if order.descending else 1.0
        values = {one: self._rows[one].values.get(order.field) for one in self.ids(query, condition)}
        keyed = ((value is None, sign * float(value or 0), one) for one, value in values.items())  # type: ignore[arg-type]
        return [one for _lacks, _value, one in sorted(keyed)[:k]]

    def facets(
        self, query: TextQuery | None, condition: Filter | None, fields: Sequence[str]
    ) -> dict[str, dict[str, int]]:
        """Count matching rows by value."""
        matching = [self._rows[one] for one in self.ids(query, condition)]
        check_countable(fields, self._schema)
        counted: dict[str, dict[str, int]] = {}
        for name in fields:
            counts: Counter[str] = Counter()
            for row in matching:
                value = row.values.get(name, ())
                counts.update([value] if isinstance(value, str) else set(value))  # type: ignore[arg-type]
            counted[name] = dict(sorted(counts.items()))
        return counted

    def explore(self, asked: FacetQuery, k: int) -> Exploration:
        """Lay the matching rows out as a table."""
        for one in (asked.condition, *asked.choices.values()):
            check_filter(one, self._schema.fields)
        check_countable([asked.facets], self._schema)
        return explore_tables(lambda condition: self._laid_out(asked, condition), "", asked, k)

    def _laid_out(self, asked: FacetQuery, condition: Filter | None) -> Any:
        import pyarrow as pa  # noqa: PLC0415 -- a large library that only this needs

        scores = dict.fromkeys(self.ids(asked.text, condition), 0.0)
        if asked.text is not None:
            scores = {hit.id: hit.score for hit in self.search(asked.text, condition, asked.most or len(scores))}
        columns: dict[str, Any] = {"id": list(scores)} | ({"_score": list(scores.values())} if asked.text else {})
        kinds = {
            FieldKind.KEYWORD: pa.string(),
            FieldKind.KEYWORDS: pa.list_(pa.string()),
            FieldKind.NUMBER: pa.float64(),
        }
        for name, kind in self._schema.fields.items():
            values = [self._rows[one].values.get(name) for one in scores]
            plain = [list(dict.fromkeys(value)) if isinstance(value, tuple) else value for value in values]
            columns[name] = pa.array(plain, type=kinds[kind])
        return pa.table(columns)

    def version(self) -> str | None:
        """Say nothing."""
        return None

    def count(self, condition: Filter | None) -> int:
        """Return how many rows fulfil the condition."""
        return int(self._allowed(condition).sum())

    def optimize(self) -> None:
        """Do nothing: there is nothing to tidy up."""

    def drop(self, name: str) -> None:
        """Forget everything."""
        if self.exists(name):
            self.ensure(Schema(""))

    def close(self) -> None:
        """Do nothing: nothing is held."""

    def _matching(self, query: TextQuery | None, condition: Filter | None) -> NDArray[np.bool_]:
        allowed = self._allowed(condition)
        return allowed if query is None else allowed & self._holding(query)

    def _holding(self, query: TextQuery) -> NDArray[np.bool_]:
        """Return which rows hold what the query asks for."""
        found = self._bm25(query) > 0
        if not query.is_plain:
            wanted = _wanted(query)
            found &= np.array([wanted(self._rows[one].tokens) for one in self._ids], dtype=np.bool_)
        return found

    def _allowed(self, condition: Filter | None) -> NDArray[np.bool_]:
        check_filter(condition, self._schema.fields)
        self._build()
        if condition is None:
            return np.ones(len(self._ids), dtype=np.bool_)
        return np.array([fulfils(self._rows[one].values, condition) for one in self._ids], dtype=np.bool_)

    def _bm25(self, query: TextQuery) -> NDArray[np.float64]:
        """Sum the query tokens' columns; a token that the query repeats counts as often."""
        columns = self._build()
        asked = (*query.tokens, *(token for phrase in query.phrases for token in phrase))
        counts = Counter(columns[token] for token in asked if token in columns)
        if not counts:
            return np.zeros(len(self._ids))
        chosen = sorted(counts)
        scores: NDArray[np.float64] = self._postings[:, chosen] @ np.array(
            [counts[c] for c in chosen], dtype=np.float64
        )
        return scores

    def _cosines(self, query: VectorQuery) -> NDArray[np.float64]:
        self._build()
        if len(query.vector) != self._schema.vector_width:
            raise FilterError(f"the vector has {len(query.vector)} numbers, the index {self._schema.vector_width}")
        nothing = (float("nan"),) * len(query.vector)
        vectors = np.array([self._rows[one].vector or nothing for one in self._ids], dtype=np.float64)
        if not len(vectors):
            return np.zeros(0)
        wanted = np.array(query.vector, dtype=np.float64)
        lengths = np.linalg.norm(vectors, axis=1) * np.linalg.norm(wanted)
        cosines: NDArray[np.float64] = (vectors @ wanted) / np.where(lengths == 0, 1.0, lengths)
        return cosines

    def _build(self) -> dict[str, int]:
        """Return the column of each token, having built the postings where the rows changed."""
        if self._columns is None:
            self._ids = sorted(self._rows)
            counts = [Counter(self._rows[one].tokens) for one in self._ids]
            self._columns = {token: i for i, token in enumerate(sorted({t for count in counts for t in count}))}
            self._postings = _bm25_postings(counts, self._columns)
        return self._columns


def _wanted(query: TextQuery) -> Callable[[tuple[str, ...]], bool]:
    """Return the test of a row's tokens against everything but the ranking."""

    def test(tokens: tuple[str, ...]) -> bool:
        return (
            (not query.every or set(query.tokens) <= set(tokens))
            and all(_stands_in(phrase, tokens) for phrase in query.phrases)
            and not any(_stands_in(phrase, tokens) for phrase in query.without)
        )

    return test


def _stands_in(phrase: tuple[str, ...], tokens: tuple[str, ...]) -> bool:
    return any(tokens[i : i + len(phrase)] == phrase for i in range(len(tokens) - len(phrase) + 1))


def _bm25_postings(counts: Sequence[Counter[str]], columns: dict[str, int]) -> sparse.csc_array:
    """Return what each token of each row adds to a score, shape (rows, tokens).

    ``idf · tf · (k1 + 1) / (tf + k1 · (1 - b + b · length / mean length))`` with
    ``idf = ln(1 + (N - df + 0.5) / (df + 0.5))`` (Robertson & Zaragoza 2009; the idf as in Lucene).
    """
    shape = (len(counts), len(columns))
    starts = np.concatenate(([0], np.cumsum([len(count) for count in counts], dtype=np.int64)))
    column = np.fromiter((columns[token] for count in counts for token in count), dtype=np.int32, count=starts[-1])
    tf = np.fromiter((tf for count in counts for tf in count.values()), dtype=np.float64, count=starts[-1])
    lengths = np.array([count.total() for count in counts], dtype=np.float64)
    relative = np.repeat(lengths / (lengths.mean() or 1.0) if len(counts) else lengths, np.diff(starts))
    df = np.bincount(column, minlength=len(columns))
    idf = np.log(1 + (len(counts) - df + 0.5) / (df + 0.5))
    weights = idf[column] * tf * (K1 + 1) / (tf + K1 * (1 - B + B * relative))
    return sparse.csr_array((weights, column, starts), shape=shape).tocsc()
