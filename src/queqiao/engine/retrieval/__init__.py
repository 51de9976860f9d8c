"""Retrieval: the index behind one interface."""

from queqiao.engine.retrieval.filters import And, AnyOf, Eq, Filter, FilterError, In, Or, Range
from queqiao.engine.retrieval.memory import MemoryEngine
from queqiao.engine.retrieval.protocol import FieldKind, Hit, Row, Schema, SearchEngine, TextQuery, VectorQuery

__all__ = [
    "And",
    "AnyOf",
    "Eq",
    "FieldKind",
    "Filter",
    "FilterError",
    "Hit",
    "In",
    "MemoryEngine",
    "Or",
    "Range",
    "Row",
    "Schema",
    "SearchEngine",
    "TextQuery",
    "VectorQuery",
]
