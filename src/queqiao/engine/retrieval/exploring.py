"""Searching with counts, from one table of all matching rows."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from queqiao.engine.retrieval.filters import And, AnyOf, Eq, Filter, In, Not, Or, Range
from queqiao.engine.retrieval.protocol import Exploration, FacetQuery


def explore_tables(read: Callable[[Filter | None], Any], prefix: str, asked: FacetQuery, k: int) -> Exploration:
    """Return what ``SearchEngine.explore`` promises from Arrow tables.

    ``read`` returns the rows that match under a condition, at most ``asked.most``. It is asked again where more match
    than that and something is chosen: what fits the choices must be the best of all rows.
    """
    table = read(asked.condition)
    found = _explore(table, prefix, asked, k)
    if asked.most is None or table.num_rows < asked.most or not asked.choices:
        return found
    base = () if asked.condition is None else (asked.condition,)
    chosen = _explore(read(And((*base, *asked.choices.values()))), prefix, asked, k)
    counts = {facet: found.counts[facet] if facet in asked.choices else n for facet, n in chosen.counts.items()}
    return Exploration(chosen.ids, chosen.total, counts)


def _explore(table: Any, prefix: str, asked: FacetQuery, k: int) -> Exploration:
    """Explore one table of the rows that match before any choice.

    Its columns are ``id``, the fields that are read with ``prefix`` before their names, and ``_score`` where the rows
    were found by a text. Each list column holds a word at most once a row.
    """
    masks = {facet: _mask(table, prefix, choice) for facet, choice in asked.choices.items()}
    everything = np.ones(table.num_rows, dtype=np.bool_)
    column = table.column(prefix + asked.facets)
    counts = _by_facet(counted(_taken(column, np.logical_and.reduce([everything, *masks.values()]))))
    for facet in masks:
        rows = np.logical_and.reduce([everything, *(mask for other, mask in masks.items() if other != facet)])
        counts[facet] = _by_facet(counted(_taken(column, rows))).get(facet, {})
    first = _taken(table, np.logical_and.reduce([everything, *masks.values()]))
    if asked.order is not None:
        by = [(prefix + asked.order.field, "descending" if asked.order.descending else "ascending")]
    else:
        by = [("_score", "descending")] if "_score" in table.column_names else []
    return Exploration(tuple(_first_ids(first, [*by, ("id", "ascending")], k)), first.num_rows, counts)


def _by_facet(words: Mapping[str, int]) -> dict[str, dict[str, int]]:
    counts: dict[str, dict[str, int]] = {}
    for word, n in words.items():
        facet, _equals, value = word.partition("=")
        counts.setdefault(facet, {})[value] = n
    return counts


def _first_ids(table: Any, by: list[tuple[str, str]], k: int) -> list[str]:
    """Return the ids of the first rows; rows without a value in the column that orders them come last."""
    import pyarrow.compute as pc  # noqa: PLC0415 -- comes with the engine that made the table

    keys = table.select([name for name, _direction in by])
    whole = keys.filter(pc.is_valid(keys.column(by[0][0])))
    ids: list[str] = pc.take(whole, pc.select_k_unstable(whole, k, by)).column("id").to_pylist()
    if len(ids) < k and whole.num_rows < keys.num_rows:
        lacking = keys.filter(pc.is_null(keys.column(by[0][0])))
        ids += sorted(lacking.column("id").to_pylist())[: k - len(ids)]
    return ids


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
