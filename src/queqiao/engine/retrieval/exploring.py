"""Searching with counts: from one table of all matching rows, or put together from an engine's simpler answers."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from queqiao.engine.retrieval.filters import And, AnyOf, Eq, Filter, In, Not, Or, Range
from queqiao.engine.retrieval.protocol import Exploration, FacetQuery, SearchEngine


def explore_in_steps(engine: SearchEngine, asked: FacetQuery, k: int) -> Exploration:
    """Return what ``SearchEngine.explore`` promises: one question for the rows, one for each field with a choice."""
    base = () if asked.condition is None else (asked.condition,)

    def under(left_out: str = "") -> Filter:
        return And((*base, *(choice for name, choice in asked.choices.items() if name != left_out)))

    rows = engine.ids(asked.text, under())
    if asked.order is not None:
        first = engine.ids_by(asked.text, under(), asked.order, k)
    elif asked.text is not None:
        first = [hit.id for hit in engine.search(asked.text, under(), k)]
    else:
        first = rows[:k]
    counts = {name: engine.facets(asked.text, under(name), [name])[name] for name in asked.fields}
    return Exploration(tuple(first), len(rows), counts)


def explore_table(table: Any, prefix: str, asked: FacetQuery, k: int) -> Exploration:
    """Return what ``SearchEngine.explore`` promises from an Arrow table of the rows that match before any choice.

    Its columns are ``id``, the fields that are read with ``prefix`` before their names, and ``_score`` where the rows
    were found by a text. Each list column holds a word at most once a row.
    """
    masks = {name: _mask(table, prefix, choice) for name, choice in asked.choices.items()}
    everything = np.ones(table.num_rows, dtype=np.bool_)
    counts = {}
    for name in asked.fields:
        rows = np.logical_and.reduce([everything, *(mask for other, mask in masks.items() if other != name)])
        counts[name] = counted(_taken(table.column(prefix + name), rows))
    first = _taken(table, np.logical_and.reduce([everything, *masks.values()]))
    if asked.order is not None:
        by = [(prefix + asked.order.field, "descending" if asked.order.descending else "ascending")]
    else:
        by = [("_score", "descending")] if "_score" in table.column_names else []
    ids = first.sort_by([*by, ("id", "ascending")]).column("id").slice(0, k).to_pylist()
    return Exploration(tuple(ids), first.num_rows, counts)


def counted(column: Any) -> dict[str, int]:
    """Count the rows by value."""
    import pyarrow as pa  # noqa: PLC0415 -- comes with the engine that made the column
    import pyarrow.compute as pc  # noqa: PLC0415 -- the same

    flat = pc.list_flatten(column) if pa.types.is_list(column.type) else column
    counts = pc.value_counts(flat.drop_null()).to_pylist()
    return dict(sorted((row["values"], row["counts"]) for row in counts))


def _taken(rows: Any, mask: NDArray[np.bool_]) -> Any:
    import pyarrow as pa  # noqa: PLC0415 -- comes with the engine that made the column

    return rows if mask.all() else rows.filter(pa.array(mask))


def _mask(table: Any, prefix: str, condition: Filter) -> NDArray[np.bool_]:
    """Say of each row whether it fulfils a checked condition."""
    match condition:
        case And(parts):
            masks = [_mask(table, prefix, part) for part in parts]
            return np.asarray(np.logical_and.reduce([np.ones(table.num_rows, dtype=np.bool_), *masks]))
        case Or(parts):
            masks = [_mask(table, prefix, part) for part in parts]
            return np.asarray(np.logical_or.reduce([np.zeros(table.num_rows, dtype=np.bool_), *masks]))
        case Not(part):
            return ~_mask(table, prefix, part)
        case Range():
            numbers = table.column(prefix + condition.field).to_numpy()
            low = -np.inf if condition.low is None else condition.low
            high = np.inf if condition.high is None else condition.high
            return np.asarray((numbers >= low) & (numbers <= high))
    return _holds_word(table.column(prefix + condition.field), condition)


def _holds_word(column: Any, condition: Eq | In | AnyOf) -> NDArray[np.bool_]:
    import pyarrow as pa  # noqa: PLC0415 -- comes with the engine that made the column
    import pyarrow.compute as pc  # noqa: PLC0415 -- the same

    if isinstance(condition, Eq) and not isinstance(condition.value, str):
        return np.asarray(column.to_numpy() == condition.value)
    wanted = pa.array([condition.value] if isinstance(condition, Eq) else list(condition.values), type=pa.string())
    if not isinstance(condition, AnyOf):
        return np.asarray(pc.is_in(column, value_set=wanted).to_numpy(), dtype=np.bool_)
    whole = column.combine_chunks()
    held = np.zeros(len(column), dtype=np.bool_)
    hits = pc.is_in(pc.list_flatten(whole), value_set=wanted)
    held[pc.list_parent_indices(whole).filter(hits).to_numpy()] = True
    return held
