"""The index on a Milvus server: a thin adapter that only translates.

Chosen by configuration where one machine is outgrown; see docs/howto/milvus.md. Phrases of several tokens are looked
for here, in the texts of the rows that hold all of their tokens, and counts are made here from the columns of all
matching rows, because milvus-lite, on which this is tested, has neither; both answers are exact on every server. Each
question is answered with the strong consistency of Milvus, so that every change is seen by the next search. Vectors
are compared one by one. At most 16,384 hits come from one search by relevance; ``ids``, ``facets`` and ``count`` have
no limit.
"""

import logging
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from queqiao.engine.retrieval.exploring import counted, explore_tables
from queqiao.engine.retrieval.filters import And, Filter, FilterError, check_filter, fields_of
from queqiao.engine.retrieval.fusion import fused
from queqiao.engine.retrieval.memory import K1, B
from queqiao.engine.retrieval.milvus_rows import (
    FIELD,
    LONGEST_TEXT,
    LONGEST_WORD,
    MOST_WORDS,
    all_of,
    codes_of,
    entity_of,
    expression,
    holds_all,
    is_in,
    tokens_of,
    value_of,
    words_expression,
)
from queqiao.engine.retrieval.protocol import (
    Exploration,
    FacetQuery,
    FieldKind,
    Hit,
    IndexDamagedError,
    IndexUnreachableError,
    Order,
    Row,
    Schema,
    TextQuery,
    VectorQuery,
    check_countable,
    check_order,
    check_rows,
)

MOST_HITS = 16_384  # of one search; a server's limit
_AT_ONCE = 250  # rows of one message
_CONNECTING, _WAITING = 3.0, 30.0  # seconds
_NOT_FOUND = 100  # code of a server's answer


class MilvusEngine:
    """A search engine on the server at ``address`` (``http://host:19530``), or in a local file of milvus-lite.

    ``token`` is what the server asks for: ``user:password`` or a key. No other address is contacted.
    """

    def __init__(self, address: str, token: str = ""):
        self._address, self._token, self._schema = address, token, Schema("")
        self._connection: Any = None

    def exists(self, name: str) -> bool:
        """Whether there is an index of that name."""
        with self._translated() as client:
            return bool(client.has_collection(name, timeout=_WAITING))

    def ensure(self, schema: Schema) -> None:
        """Open the index, and create it where there is none.

        Raises IndexDamagedError where one with other columns stands.
        """
        self._schema = schema
        with self._translated() as client:
            wanted = _collection_schema(schema)
            if not client.has_collection(schema.name, timeout=_WAITING):
                self._create(client, wanted)
                return
            there = client.describe_collection(schema.name, timeout=_WAITING)["fields"]
            if _columns(there) != _columns(wanted.to_dict()["fields"]):
                raise IndexDamagedError(f"the index on {self._address} has other columns; rebuild it")
            if "Loaded" not in str(client.get_load_state(schema.name, timeout=_WAITING)["state"]):
                client.load_collection(schema.name, timeout=_WAITING)

    def drop(self, name: str) -> None:
        """Remove the index of that name."""
        with self._translated() as client:
            client.drop_collection(name, timeout=_WAITING)

    def upsert(self, rows: Sequence[Row]) -> None:
        """Insert or replace rows."""
        check_rows(rows, self._schema)
        entities = [entity_of(row, self._schema) for row in {row.id: row for row in rows}.values()]
        with self._translated() as client:
            for start in range(0, len(entities), _AT_ONCE):
                client.upsert(self._schema.name, entities[start : start + _AT_ONCE], timeout=_WAITING)

    def delete(self, ids: Sequence[str]) -> None:
        """Remove rows."""
        with self._translated() as client:
            for start in range(0, len(ids), _AT_ONCE):
                # By a condition of our own: the library does not quote the ids that it is given.
                some = is_in("id", ids[start : start + _AT_ONCE])
                client.delete(self._schema.name, filter=some, timeout=_WAITING)

    def search(self, query: TextQuery | VectorQuery, condition: Filter | None, k: int) -> list[Hit]:
        """Return the best ``k``; among equal scores at the end of the list any may be left out."""
        check_filter(condition, self._schema.fields)
        if isinstance(query, TextQuery):
            found = self._best(query, condition, k, [])
            return sorted((Hit(one["id"], one["_score"]) for one in found), key=lambda hit: (-hit.score, hit.id))
        if len(query.vector) != self._schema.vector_width:
            raise FilterError(f"the vector has {len(query.vector)} numbers, the index {self._schema.vector_width}")
        where = all_of(["has_vector == true", expression(condition)])
        found = self._nearest("vector", list(query.vector), where, k, [])
        return sorted((Hit(one["id"], one["distance"]) for one in found), key=lambda hit: (-hit.score, hit.id))

    def hybrid(self, text: TextQuery, vector: VectorQuery, condition: Filter | None, k: int) -> list[Hit]:
        """Return the best ``k`` of both queries by reciprocal rank."""
        return fused(lambda query, most: self.search(query, condition, most), text, vector, k)

    def ids(self, query: TextQuery | None, condition: Filter | None) -> list[str]:
        """Return all matching ids in order."""
        check_filter(condition, self._schema.fields)
        return sorted(row["id"] for row in self._rows(self._where(query, condition), []))

    def ids_by(self, query: TextQuery | None, condition: Filter | None, order: Order, k: int) -> list[str]:
        """Return the first ``k`` ids by a number."""
        check_filter(condition, self._schema.fields)
        check_order(order, self._schema)
        matching = self._table(self._rows(self._where(query, condition), [order.field]), [order.field])
        direction = "descending" if order.descending else "ascending"
        first = matching.sort_by([(FIELD + order.field, direction), ("id", "ascending")])
        return [str(one) for one in first.column("id").slice(0, k).to_pylist()]

    def facets(
        self, query: TextQuery | None, condition: Filter | None, fields: Sequence[str]
    ) -> dict[str, dict[str, int]]:
        """Count matching rows by value."""
        check_filter(condition, self._schema.fields)
        check_countable(fields, self._schema)
        matching = self._table(self._rows(self._where(query, condition), fields), fields)
        return {name: counted(matching.column(FIELD + name)) for name in fields}

    def explore(self, asked: FacetQuery, k: int) -> Exploration:
        """Read the columns of all matching rows, narrow and count them here, and ask for the best where words rank."""
        for one in (asked.condition, *asked.choices.values()):
            check_filter(one, self._schema.fields)
        check_countable([asked.facets], self._schema)
        read = {asked.facets, *(name for choice in asked.choices.values() for name in fields_of(choice))}
        if asked.order is not None:
            check_order(asked.order, self._schema)
            read.add(asked.order.field)
        columns = sorted(read)
        text, most = asked.text, asked.most
        if text is not None and most is not None:
            return explore_tables(
                lambda condition: self._table(self._best(text, condition, most, columns), columns, scored=True),
                FIELD, asked, k,
            )  # fmt: skip
        found = explore_tables(
            lambda condition: self._table(self._rows(self._where(text, condition), columns), columns), FIELD, asked, k
        )
        if asked.text is None or asked.order is not None:
            return found
        chosen = And((*([] if asked.condition is None else [asked.condition]), *asked.choices.values()))
        return replace(found, ids=tuple(hit.id for hit in self.search(asked.text, chosen, k)))

    def version(self) -> str | None:
        """Say nothing: a server does not number its states."""
        return None

    def count(self, condition: Filter | None) -> int:
        """Return how many rows fulfil the condition."""
        check_filter(condition, self._schema.fields)
        with self._translated() as client:
            found = client.query(
                self._schema.name,
                filter=expression(condition),
                output_fields=["count(*)"],
                consistency_level="Strong",
                timeout=_WAITING,
            )
            return int(found[0]["count(*)"])

    def optimize(self) -> None:
        """Ask the server to merge what many changes have left."""
        with self._translated() as client:
            client.compact(self._schema.name, timeout=_WAITING)

    def close(self) -> None:
        """Let the connection go; the next question makes another."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _where(self, query: TextQuery | None, condition: Filter | None) -> str:
        """Write what rows must fulfil, having found where the phrases stand."""
        parts = [expression(condition)]
        if query is None:
            return all_of(parts)
        if not (query.tokens or query.phrases):
            return is_in("id", [])
        parts += words_expression(query)
        for phrase in query.phrases:
            if len(phrase) > 1:
                parts.append(is_in("id", self._standing(phrase, parts)))
        for phrase in query.without:
            if len(phrase) > 1:
                parts.append(f"(not {is_in('id', self._standing(phrase, parts))})")
        return all_of(parts)

    def _standing(self, phrase: Sequence[str], parts: Sequence[str]) -> Iterator[str]:
        """Yield the ids of the rows in which the tokens follow each other."""
        wanted = codes_of(phrase)
        text = f" {' '.join(wanted)} "
        for row in self._rows(all_of([*parts, holds_all(wanted)]), ("words", "reading"), prefix=""):
            if text in f" {' '.join(tokens_of(row))} ":
                yield row["id"]

    def _best(self, query: TextQuery, condition: Filter | None, k: int, columns: Sequence[str]) -> list[dict[str, Any]]:
        """Return the rows that fit a text best, with their scores."""
        if not (query.tokens or query.phrases):
            return []
        asked = [*query.tokens, *(token for phrase in query.phrases for token in phrase)]
        # What holds none of the tokens is not found anyhow; to say so again would change how milvus-lite weighs them.
        where = expression(condition) if query.is_plain else self._where(query, condition)
        found = self._nearest("bm25", " ".join(codes_of(asked)), where, k, columns)
        # A server gives what it adds up, milvus-lite gives that below zero.
        return [{"id": one["id"], "_score": abs(one["distance"]), **one["entity"]} for one in found]

    def _nearest(self, column: str, wanted: Any, where: str, k: int, columns: Sequence[str]) -> list[dict[str, Any]]:
        if k < 1:
            return []
        with self._translated() as client:
            found = client.search(
                self._schema.name,
                data=[wanted],
                anns_field=column,
                filter=where,
                limit=min(k, MOST_HITS),
                output_fields=[FIELD + name for name in columns],
                consistency_level="Strong",
                timeout=_WAITING,
            )
            return [dict(one) for one in found[0]]

    def _rows(self, where: str, columns: Iterable[str], prefix: str = FIELD) -> Iterator[dict[str, Any]]:
        """Yield all matching rows with these columns, however many there are."""
        with self._translated() as client:
            pages = client.query_iterator(
                self._schema.name,
                batch_size=10_000,
                filter=where,
                output_fields=["id", *(prefix + name for name in columns)],
                consistency_level="Strong",
                timeout=_WAITING,
            )
            try:
                while page := pages.next():
                    yield from page
            finally:
                pages.close()

    def _table(self, rows: Iterable[dict[str, Any]], columns: Sequence[str], *, scored: bool = False) -> Any:
        import pyarrow as pa  # noqa: PLC0415 -- a large library that only counting needs

        found = list(rows)
        kinds = {
            FieldKind.KEYWORD: pa.string(),
            FieldKind.KEYWORDS: pa.list_(pa.string()),
            FieldKind.NUMBER: pa.float64(),
        }
        made = {"id": pa.array([row["id"] for row in found], type=pa.string())}
        for name in columns:
            values = [value_of(row[FIELD + name]) for row in found]
            made[FIELD + name] = pa.array(values, type=kinds[self._schema.fields[name]])
        if scored:
            made["_score"] = pa.array([row["_score"] for row in found], type=pa.float64())
        return pa.table(made)

    def _create(self, client: Any, wanted: Any) -> None:
        indexes = client.prepare_index_params()
        constants = {"bm25_k1": K1, "bm25_b": B}
        indexes.add_index("bm25", index_type="SPARSE_INVERTED_INDEX", metric_type="BM25", params=constants)
        if self._schema.vector_width is not None:
            indexes.add_index("vector", index_type="FLAT", metric_type="COSINE")
        name = self._schema.name
        client.create_collection(name, schema=wanted, consistency_level="Strong", timeout=_WAITING)
        client.create_index(name, indexes, sync=False, timeout=_WAITING)  # there is nothing yet to wait for
        client.load_collection(name, timeout=_WAITING)

    @contextmanager
    def _translated(self) -> Iterator[Any]:
        """Give the client, and turn whatever it raises into our own errors.

        Only an index that is not there is taken for damaged; a server that does not answer, or refuses, still has it.
        """
        library = _library()
        try:
            if self._connection is None:
                self._connection = library.MilvusClient(self._address, token=self._token, timeout=_CONNECTING)
            yield self._connection
        except library.MilvusException as error:
            if error.code == _NOT_FOUND:
                raise IndexDamagedError(f"there is no index on {self._address}") from error
            raise IndexUnreachableError(f"the index on {self._address} does not answer ({error})") from error


def _library() -> Any:
    try:
        import pymilvus  # noqa: PLC0415 -- an optional part, and a second of loading
    except ImportError as error:
        raise IndexUnreachableError("the search index is on Milvus, but pymilvus is not installed") from error

    logging.getLogger("pymilvus").setLevel(logging.CRITICAL)  # what it logs as an error, it raises too
    return pymilvus


def _collection_schema(schema: Schema) -> Any:
    import pymilvus  # noqa: PLC0415 -- as above

    kinds = pymilvus.DataType
    made = pymilvus.MilvusClient.create_schema(auto_id=False, enable_dynamic_field=False)
    made.add_field("id", kinds.VARCHAR, is_primary=True, max_length=512)
    plain = {"tokenizer": "standard"}  # codes of tokens are the same to every tokenizer
    made.add_field(
        "words", kinds.VARCHAR, max_length=LONGEST_TEXT, enable_analyzer=True, enable_match=True, analyzer_params=plain
    )
    made.add_field("reading", kinds.ARRAY, element_type=kinds.VARCHAR, max_capacity=MOST_WORDS, max_length=LONGEST_TEXT)
    made.add_field("bm25", kinds.SPARSE_FLOAT_VECTOR)
    for name, kind in sorted(schema.fields.items()):
        if kind is FieldKind.NUMBER:
            made.add_field(FIELD + name, kinds.DOUBLE)
        elif kind is FieldKind.KEYWORD:
            made.add_field(FIELD + name, kinds.VARCHAR, max_length=LONGEST_WORD)
        else:
            made.add_field(
                FIELD + name,
                kinds.ARRAY,
                element_type=kinds.VARCHAR,
                max_capacity=MOST_WORDS,
                max_length=LONGEST_WORD,
            )
    if schema.vector_width is not None:
        made.add_field("has_vector", kinds.BOOL)
        made.add_field("vector", kinds.FLOAT_VECTOR, dim=schema.vector_width)
    bm25 = pymilvus.FunctionType.BM25
    made.add_function(
        pymilvus.Function("bm25_of_words", bm25, input_field_names=["words"], output_field_names=["bm25"])
    )
    return made


def _columns(fields: Iterable[dict[str, Any]]) -> dict[str, tuple[int, int]]:
    return {one["name"]: (int(one["type"]), int(one.get("params", {}).get("dim", 0))) for one in fields}
