"""Retrieval: the index behind one interface."""

from queqiao.engine.retrieval.filters import And, AnyOf, Eq, Filter, FilterError, In, Not, Or, Range
from queqiao.engine.retrieval.lance import LanceEngine
from queqiao.engine.retrieval.memory import MemoryEngine
from queqiao.engine.retrieval.milvus import MilvusEngine
from queqiao.engine.retrieval.protocol import (
    Exploration,
    FacetQuery,
    FieldKind,
    Hit,
    IndexDamagedError,
    IndexLockedError,
    IndexUnreachableError,
    Order,
    Row,
    RowError,
    Schema,
    SearchEngine,
    TextQuery,
    VectorQuery,
)

__all__ = [
    "And",
    "AnyOf",
    "Eq",
    "Exploration",
    "FacetQuery",
    "FieldKind",
    "Filter",
    "FilterError",
    "Hit",
    "In",
    "IndexDamagedError",
    "IndexLockedError",
    "IndexUnreachableError",
    "LanceEngine",
    "MemoryEngine",
    "MilvusEngine",
    "Not",
    "Or",
    "Order",
    "Range",
    "Row",
    "RowError",
    "Schema",
    "SearchEngine",
    "TextQuery",
    "VectorQuery",
]
