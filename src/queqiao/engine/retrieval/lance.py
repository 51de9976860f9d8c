"""The index on disk: a thin adapter to LanceDB that only translates.

Exactly one process writes, and a lock on the folder sees to it (two writers that upsert the same new ids leave
duplicate rows without an error). Any number of processes read, and see every change at once. Tokens are stored with
blanks between them and indexed by a tokenizer that does nothing but split at blanks.
"""

import fcntl
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import IO, Any

from queqiao.engine.retrieval.exploring import counted, explore_tables
from queqiao.engine.retrieval.filters import (
    And,
    AnyOf,
    Eq,
    Filter,
    FilterError,
    In,
    Not,
    Or,
    Range,
    check_filter,
    fields_of,
)
from queqiao.engine.retrieval.fusion import fused
from queqiao.engine.retrieval.protocol import (
    Exploration,
    FacetQuery,
    FieldKind,
    Hit,
    IndexDamagedError,
    IndexLockedError,
    Order,
    Row,
    Schema,
    TextQuery,
    VectorQuery,
    check_countable,
    check_order,
    check_rows,
)

# Bytes of the index, and of what describes its files, that a process keeps between searches.
INDEX_KEPT, METADATA_KEPT = 256 * 1024 * 1024, 64 * 1024 * 1024
_KEEP_VERSIONS = timedelta(minutes=10)  # readers that began before a tidy-up may still need them
_EVERYTHING = 2**31 - 1  # a limit must be given
_FIELD = "field_"  # before the names of filter fields, so that none is taken for a word of SQL


class LanceEngine:
    """A search engine in a local folder; close it, or end the process, to let another one write."""

    def __init__(self, folder: Path):
        self._folder, self._schema = folder, Schema("")
        self._lock: IO[bytes] | None = None
        self._connection: Any = None

    def exists(self, name: str) -> bool:
        """Whether the folder has an index of that name."""
        return (self._folder / f"{name}.lance").is_dir()

    def ensure(self, schema: Schema) -> None:
        """Open the index, and create it where there is none; a reader opens what the writer has made.

        Raises IndexDamagedError where an index with other columns stands.
        """
        self._schema = schema
        if self.exists(schema.name):
            with self._translated():
                if self._table().schema != _arrow_schema(schema):
                    raise IndexDamagedError(f"the index in {self._folder} has other columns; rebuild it")
            return
        self._take_lock()
        with self._translated():
            _create_indexes(self._database().create_table(schema.name, schema=_arrow_schema(schema)))

    def upsert(self, rows: Sequence[Row]) -> None:
        """Insert or replace rows in one step."""
        check_rows(rows, self._schema)
        if not rows:
            return
        self._take_lock()
        with self._translated():
            merge = self._table().merge_insert("id").when_matched_update_all().when_not_matched_insert_all()
            # Widths were checked above; "null" lets rows without a vector pass.
            merge.execute(
                _arrow_rows(list({row.id: row for row in rows}.values()), self._schema), on_bad_vectors="null"
            )

    def delete(self, ids: Sequence[str]) -> None:
        """Remove rows."""
        if not ids:
            return
        self._take_lock()
        with self._translated():
            self._table().delete(f"id IN ({_texts(ids)})")

    def search(self, query: TextQuery | VectorQuery, condition: Filter | None, k: int) -> list[Hit]:
        """Return the best ``k``; among equal scores at the end of the list any may be left out."""
        check_filter(condition, self._schema.fields)
        if isinstance(query, TextQuery):
            return self._text_hits(query, condition, k)
        if len(query.vector) != self._schema.vector_width:
            raise FilterError(f"the vector has {len(query.vector)} numbers, the index {self._schema.vector_width}")
        with self._translated():
            found = self._table().search(list(query.vector), vector_column_name="vector").distance_type("cosine")
            rows = _limited(found, condition, k, "vector IS NOT NULL").select(["id", "_distance"]).to_list()
        return _in_order(Hit(row["id"], 1 - row["_distance"]) for row in rows)

    def hybrid(self, text: TextQuery, vector: VectorQuery, condition: Filter | None, k: int) -> list[Hit]:
        """Return the best ``k`` of both queries by reciprocal rank."""
        return fused(lambda query, most: self.search(query, condition, most), text, vector, k)

    def ids(self, query: TextQuery | None, condition: Filter | None) -> list[str]:
        """Return all matching ids in order."""
        check_filter(condition, self._schema.fields)
        return sorted(self._matching(query, condition, ["id"]).column("id").to_pylist())

    def ids_by(self, query: TextQuery | None, condition: Filter | None, order: Order, k: int) -> list[str]:
        """Return the first ``k`` ids by a number."""
        check_filter(condition, self._schema.fields)
        check_order(order, self._schema)
        column = _FIELD + order.field
        matching = self._matching(query, condition, ["id", column]).select(["id", column])
        first = matching.sort_by([(column, "descending" if order.descending else "ascending"), ("id", "ascending")])
        return [str(one) for one in first.column("id").slice(0, k).to_pylist()]

    def facets(
        self, query: TextQuery | None, condition: Filter | None, fields: Sequence[str]
    ) -> dict[str, dict[str, int]]:
        """Count matching rows by value."""
        check_filter(condition, self._schema.fields)
        check_countable(fields, self._schema)
        matching = self._matching(query, condition, ["id", *(_FIELD + name for name in fields)])
        return {name: counted(matching.column(_FIELD + name)) for name in fields}

    def explore(self, asked: FacetQuery, k: int) -> Exploration:
        """Read the columns of all matching rows once, and narrow and count them here."""
        for one in (asked.condition, *asked.choices.values()):
            check_filter(one, self._schema.fields)
        check_countable([asked.facets], self._schema)
        if asked.order is not None:
            check_order(asked.order, self._schema)
        read = {asked.facets, *(name for choice in asked.choices.values() for name in fields_of(choice))}
        read |= {asked.order.field} if asked.order is not None else set()
        columns = ["id", *(_FIELD + name for name in sorted(read))]
        return explore_tables(
            lambda condition: self._matching(asked.text, condition, columns, asked.most), _FIELD, asked, k
        )

    def version(self) -> str | None:
        """Return the number that the library gives to each state of the table, and which table it is."""
        with self._translated():
            made = (self._folder / f"{self._schema.name}.lance").stat().st_ino
            return f"{made}:{self._table().version}"

    def count(self, condition: Filter | None) -> int:
        """Return how many rows fulfil the condition."""
        check_filter(condition, self._schema.fields)
        with self._translated():
            return int(self._table().count_rows(None if condition is None else _sql(condition)))

    def optimize(self) -> None:
        """Merge small pieces, bring the indexes up to date, drop versions that nobody reads any more."""
        self._take_lock()
        with self._translated():
            self._table().optimize(cleanup_older_than=_KEEP_VERSIONS)

    def drop(self, name: str) -> None:
        """Remove the index of that name, readable or not, and let go of the folder."""
        self.close()
        shutil.rmtree(self._folder / f"{name}.lance", ignore_errors=True)

    def close(self) -> None:
        """Let go of the folder."""
        self._connection = None
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def _text_hits(self, query: TextQuery, condition: Filter | None, k: int) -> list[Hit]:
        if not (query.tokens or query.phrases) or k < 1:
            return []
        with self._translated():
            found = _limited(self._table().search(_match(query)), condition, k)
            rows = found.select(["id", "_score"]).to_list()
        return _in_order(Hit(row["id"], row["_score"]) for row in rows)

    def _matching(
        self, query: TextQuery | None, condition: Filter | None, columns: list[str], most: int | None = None
    ) -> Any:
        with self._translated():
            table = self._table()
            if query is None:
                return _limited(table.search(None), condition, _EVERYTHING).select(columns).to_arrow()
            if not (query.tokens or query.phrases):
                return table.search(None).where("false").select(columns).limit(1).to_arrow()
            return (
                _limited(table.search(_match(query)), condition, most or _EVERYTHING)
                .select([*columns, "_score"])
                .to_arrow()
            )

    def _database(self) -> Any:
        import lancedb  # noqa: PLC0415 -- a second of loading that only the index on disk costs

        if self._connection is None:
            self._connection = lancedb.connect(
                str(self._folder), read_consistency_interval=timedelta(0), session=_session(os.getpid())
            )
        return self._connection

    def _table(self) -> Any:
        return self._database().open_table(self._schema.name)

    def _take_lock(self) -> None:
        if self._lock is not None:
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        lock = (self._folder / "writer.lock").open("wb")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            lock.close()
            raise IndexLockedError(f"another process writes the index in {self._folder}") from error
        self._lock = lock

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """Turn whatever the library raises over a missing or damaged folder into our own error."""
        try:
            yield
        except (OSError, RuntimeError, ValueError) as error:
            if isinstance(error, IndexDamagedError | FilterError):
                raise
            raise IndexDamagedError(f"the index in {self._folder} cannot be read ({error}); rebuild it") from error


@cache
def _session(_process: int) -> Any:
    """Return what the searches of one process keep of the index between them; a fork begins anew.

    What is kept bears the names of files that are written once, so that a change is seen at once.
    """
    import lancedb  # noqa: PLC0415 -- as above

    return lancedb.Session(index_cache_size_bytes=INDEX_KEPT, metadata_cache_size_bytes=METADATA_KEPT)


def _arrow_schema(schema: Schema) -> Any:
    import pyarrow as pa  # noqa: PLC0415 -- comes with the library above

    kinds = {
        FieldKind.KEYWORD: pa.string(),
        FieldKind.KEYWORDS: pa.list_(pa.string()),
        FieldKind.NUMBER: pa.float64(),
    }
    columns = [pa.field("id", pa.string()), pa.field("tokens", pa.string())]
    columns += [pa.field(_FIELD + name, kinds[kind]) for name, kind in sorted(schema.fields.items())]
    if schema.vector_width is not None:
        columns.append(pa.field("vector", pa.list_(pa.float32(), schema.vector_width)))
    return pa.schema(columns)


def _arrow_rows(rows: Sequence[Row], schema: Schema) -> Any:
    import pyarrow as pa  # noqa: PLC0415 -- comes with the library above

    columns: dict[str, list[Any]] = {
        "id": [row.id for row in rows],
        "tokens": [" ".join(row.tokens) for row in rows],
    }
    for name, kind in schema.fields.items():
        values = [row.values.get(name, () if kind is FieldKind.KEYWORDS else None) for row in rows]
        columns[_FIELD + name] = [list(dict.fromkeys(value)) if isinstance(value, tuple) else value for value in values]
    if schema.vector_width is not None:
        columns["vector"] = [None if row.vector is None else list(row.vector) for row in rows]
    return pa.Table.from_pydict(columns, schema=_arrow_schema(schema))


def _create_indexes(table: Any) -> None:
    from lancedb.index import FTS, BTree, LabelList  # noqa: PLC0415 -- loaded when an index is made

    present = {column for index in table.list_indices() for column in index.columns}
    if "id" not in present:
        table.create_index("id", config=BTree())
    if "tokens" not in present:
        plain = FTS(
            base_tokenizer="whitespace",
            lower_case=False,
            stem=False,
            remove_stop_words=False,
            ascii_folding=False,
            max_token_length=None,
            with_position=True,  # for phrases
        )
        table.create_index("tokens", config=plain)
    for name in table.schema.names:
        if name.startswith(_FIELD) and "list" in str(table.schema.field(name).type) and name not in present:
            table.create_index(name, config=LabelList())


def _match(query: TextQuery) -> Any:
    from lancedb.query import (  # noqa: PLC0415 -- loaded when the index is searched
        BooleanQuery,
        FullTextOperator,
        MatchQuery,
        Occur,
        PhraseQuery,
    )

    match: Any = MatchQuery  # the stubs call for arguments that have defaults
    phrase: Any = PhraseQuery
    operator = FullTextOperator.AND if query.every else FullTextOperator.OR
    plain = [match(" ".join(query.tokens), "tokens", operator=operator)] if query.tokens else []
    if plain and not (query.phrases or query.without):
        return plain[0]
    parts = [(Occur.MUST, one) for one in plain]
    parts += [(Occur.MUST, phrase(" ".join(one), "tokens")) for one in query.phrases]
    parts += [(Occur.MUST_NOT, phrase(" ".join(one), "tokens")) for one in query.without]
    return BooleanQuery(parts)


def _limited(found: Any, condition: Filter | None, k: int, *more: str) -> Any:
    clauses = [*([] if condition is None else [_sql(condition)]), *more]
    return (found.where(" AND ".join(clauses), prefilter=True) if clauses else found).limit(k)


def _in_order(hits: Iterator[Hit]) -> list[Hit]:
    return sorted(hits, key=lambda hit: (-hit.score, hit.id))


def _sql(condition: Filter) -> str:
    """Write a checked condition in the library's SQL; every text is a quoted literal."""
    match condition:
        case And(parts):
            return "(" + (" AND ".join(_sql(part) for part in parts) or "true") + ")"
        case Or(parts):
            return "(" + (" OR ".join(_sql(part) for part in parts) or "false") + ")"
        case Not(part):
            # A column of several words is never null, and its index answers no other form.
            return f"NOT {_sql(part)}" if isinstance(part, AnyOf) else f"({_sql(part)}) IS NOT TRUE"
        case Range():
            return _sql_range(condition)
        case Eq():
            literal = _texts([condition.value]) if isinstance(condition.value, str) else repr(float(condition.value))
            return f"{_FIELD}{condition.field} = {literal}"
    return _sql_choice(condition)


def _sql_choice(condition: In | AnyOf) -> str:
    if not condition.values:
        return "false"
    column, choices = _FIELD + condition.field, _texts(condition.values)
    return f"{column} IN ({choices})" if isinstance(condition, In) else f"array_has_any({column}, [{choices}])"


def _sql_range(condition: Range) -> str:
    column = _FIELD + condition.field
    bounds = [f"{column} IS NOT NULL"]
    bounds += [] if condition.low is None else [f"{column} >= {float(condition.low)!r}"]
    bounds += [] if condition.high is None else [f"{column} <= {float(condition.high)!r}"]
    return "(" + " AND ".join(bounds) + ")"


def _texts(values: Sequence[str]) -> str:
    return ", ".join("'" + value.replace("'", "''") + "'" for value in values)
