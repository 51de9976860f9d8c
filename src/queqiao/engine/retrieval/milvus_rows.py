"""How rows, their columns and conditions are written for Milvus.

A token is stored as a code of lower-case letters and digits, which no analyser splits, folds or drops; so the same
built-in analyser serves everywhere. No column may lack a value, because versions differ in what a condition says of a
row that lacks one: a word is stored behind an equals sign and a lacking word as nothing, a lacking number as one that
no condition reaches, a lacking vector as zeros with a mark.
"""

import json
from base64 import b32encode
from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import blake2b
from itertools import repeat
from typing import Any

from queqiao.engine.retrieval.filters import And, AnyOf, Eq, Filter, In, Not, Or, Range
from queqiao.engine.retrieval.protocol import FieldKind, Row, RowError, Schema, TextQuery

FIELD = "field_"  # before the names of filter fields, so that none is taken for a word of the language
EVERYTHING, NOTHING = 'id != ""', 'id == ""'
LONGEST_TEXT, MOST_WORDS, LONGEST_WORD = 65_535, 4_096, 1_024  # what a server takes: bytes, words of a field, bytes
_LONGEST_CODE = 64
_NO_TOKEN = "0"  # noqa: S105 -- no secret: stands for a row without a token, since no text may be empty
_LACKS = -1e300


def code_of(token: str) -> str:
    """Return a token as letters and digits; of a very long one its digest (160 bits)."""
    raw = token.encode()
    plain = b32encode(raw).decode("ascii").rstrip("=").lower()
    return plain if len(plain) <= _LONGEST_CODE else f"8{blake2b(raw, digest_size=20).hexdigest()}"


def codes_of(tokens: Iterable[str]) -> tuple[str, ...]:
    """Return the codes of tokens, in their order."""
    return tuple(map(code_of, tokens))


def entity_of(row: Row, schema: Schema) -> dict[str, Any]:
    """Return a checked row as Milvus stores it; RowError where it holds more than a server takes."""
    words, reading = _texts_of(row)
    entity: dict[str, Any] = {"id": row.id, "words": words, "reading": reading}
    for name, kind in schema.fields.items():
        value = row.values.get(name)
        if kind is FieldKind.NUMBER:
            entity[FIELD + name] = _LACKS if value is None else float(value)  # type: ignore[arg-type]
        elif kind is FieldKind.KEYWORD:
            entity[FIELD + name] = "" if value is None else f"={value}"
        else:
            entity[FIELD + name] = list(dict.fromkeys(value or ()))  # type: ignore[arg-type]
        _check_size(row.id, name, entity[FIELD + name])
    if schema.vector_width is not None:
        entity["has_vector"] = row.vector is not None
        entity["vector"] = list(row.vector or repeat(0.0, schema.vector_width))
    return entity


def _texts_of(row: Row) -> tuple[str, list[str]]:
    """Return the text that is ranked, and the text in reading order where that is another.

    A text of more than ``LONGEST_TEXT`` is ranked by its distinct tokens and as many repetitions as fit.
    """
    codes = codes_of(row.tokens) or (_NO_TOKEN,)
    whole = " ".join(codes)
    if len(whole) <= LONGEST_TEXT:
        return whole, []
    distinct = " ".join(dict.fromkeys(codes))
    if len(distinct) > LONGEST_TEXT:
        raise RowError(f"row {row.id!r}: more different tokens than Milvus takes")
    fitting = f"{distinct} {whole}"[:LONGEST_TEXT].rpartition(" ")[0]
    return max(fitting, distinct, key=len), list(_pieces(codes))


def _pieces(codes: Sequence[str]) -> Iterator[str]:
    at_once = LONGEST_TEXT // (_LONGEST_CODE + 1)
    for start in range(0, len(codes), at_once):
        yield " ".join(codes[start : start + at_once])


def _check_size(one: str, name: str, value: float | str | list[str]) -> None:
    words = value if isinstance(value, list) else [value] if isinstance(value, str) else []
    if len(words) > MOST_WORDS or any(len(word.encode()) > LONGEST_WORD for word in words):
        raise RowError(f"row {one!r}: {name!r} holds more than Milvus takes")


def tokens_of(entity: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the codes of a stored row in reading order."""
    return tuple(" ".join(entity["reading"] or [entity["words"]]).split(" "))


def value_of(stored: Any) -> Any:
    """Return a stored value as it was given, None where there was none."""
    if isinstance(stored, str):
        return stored[1:] if stored else None
    return None if stored == _LACKS else stored


def expression(condition: Filter | None) -> str:
    """Write a checked condition in Milvus' language; every text is a quoted literal."""
    match condition:
        case None:
            return f"({EVERYTHING})"
        case And(parts):
            return all_of(map(expression, parts))
        case Or(parts):
            return "(" + (" or ".join(map(expression, parts)) or NOTHING) + ")"
        case Not(part):
            return f"(not {expression(part)})"
        case Range():
            return _range(condition)
    return _choice(condition)


def _range(condition: Range) -> str:
    column = FIELD + condition.field
    bounds = [f"{column} > {_LACKS!r}"]
    bounds += [] if condition.low is None else [f"{column} >= {float(condition.low)!r}"]
    bounds += [] if condition.high is None else [f"{column} <= {float(condition.high)!r}"]
    return all_of(bounds)


def _choice(condition: Eq | In | AnyOf) -> str:
    column = FIELD + condition.field
    if isinstance(condition, Eq):
        value = condition.value
        return f"({column} == {_text(f'={value}') if isinstance(value, str) else repr(float(value))})"
    if isinstance(condition, In):
        return is_in(column, [f"={value}" for value in condition.values])
    if not condition.values:
        return f"({NOTHING})"
    return f"(array_contains_any({column}, [{', '.join(map(_text, condition.values))}]))"


def all_of(parts: Iterable[str]) -> str:
    """Join expressions that must all hold."""
    return "(" + (" and ".join(parts) or EVERYTHING) + ")"


def is_in(column: str, values: Iterable[str]) -> str:
    """Write that a column holds one of the texts."""
    literals = ", ".join(map(_text, values))
    return f"({column} in [{literals}])" if literals else f"({NOTHING})"


def holds_any(codes: Iterable[str]) -> str:
    """Write that a row holds at least one of the tokens."""
    return f"text_match(words, {_text(' '.join(codes))})"


def holds_all(codes: Iterable[str]) -> str:
    """Write that a row holds all of the tokens."""
    return all_of(holds_any([code]) for code in dict.fromkeys(codes))


def words_expression(query: TextQuery) -> list[str]:
    """Write what a text query asks of single tokens; phrases of several must still be looked for in their order."""
    parts = [(holds_all if query.every else holds_any)(codes_of(query.tokens))] if query.tokens else []
    parts += [holds_all(codes_of(phrase)) for phrase in query.phrases]
    return parts + [f"(not {holds_any(codes_of(phrase))})" for phrase in query.without if len(phrase) == 1]


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)
