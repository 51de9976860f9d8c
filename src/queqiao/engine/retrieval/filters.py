"""A condition as a small tree of values, compiled to each engine's language and never written by hand."""

from collections.abc import Mapping
from dataclasses import dataclass


class FilterError(ValueError):
    """A condition names a field that the index does not have, or uses one in a way that its kind does not allow."""


@dataclass(frozen=True, slots=True)
class Eq:
    """A word or number field equals ``value``."""

    field: str
    value: str | float


@dataclass(frozen=True, slots=True)
class In:
    """A word field equals one of ``values``."""

    field: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """A field of several words holds at least one of ``values``."""

    field: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Range:
    """A number field lies between ``low`` and ``high``, both included; None is open."""

    field: str
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class And:
    """All of ``parts``; of none: true."""

    parts: tuple["Filter", ...]


@dataclass(frozen=True, slots=True)
class Or:
    """At least one of ``parts``; of none: false."""

    parts: tuple["Filter", ...]


@dataclass(frozen=True, slots=True)
class Not:
    """Everything that does not fulfil ``part``, rows without the value included."""

    part: "Filter"


Filter = Eq | In | AnyOf | Range | And | Or | Not


def check_filter(condition: Filter | None, kinds: Mapping[str, str]) -> None:
    """Raise FilterError unless the condition fits the fields, whose kinds are keyword, keywords or number."""
    if condition is None:
        return
    if isinstance(condition, And | Or):
        for part in condition.parts:
            check_filter(part, kinds)
        return
    if isinstance(condition, Not):
        check_filter(condition.part, kinds)
        return
    kind = kinds.get(condition.field)
    if kind is None:
        raise FilterError(f"unknown field {condition.field!r}")
    if kind not in _allowed_kinds(condition):
        raise FilterError(f"{type(condition).__name__} does not apply to {condition.field!r}, which holds {kind}")


def _allowed_kinds(condition: Eq | In | AnyOf | Range) -> tuple[str, ...]:
    match condition:
        case Eq(value=str()) | In():
            return ("keyword",)
        case AnyOf():
            return ("keywords",)
        case _:
            return ("number",)


def fields_of(condition: Filter) -> frozenset[str]:
    """Return the fields that a condition looks at."""
    match condition:
        case And(parts) | Or(parts):
            return frozenset(name for part in parts for name in fields_of(part))
        case Not(part):
            return fields_of(part)
    return frozenset({condition.field})


def fulfils(values: Mapping[str, str | float | tuple[str, ...]], condition: Filter | None) -> bool:
    """Whether a row's values fulfil a checked condition; a field without a value fulfils nothing."""
    match condition:
        case None:
            return True
        case And(parts):
            return all(fulfils(values, part) for part in parts)
        case Or(parts):
            return any(fulfils(values, part) for part in parts)
        case Not(part):
            return not fulfils(values, part)
    value = values.get(condition.field)
    return value is not None and _holds(value, condition)


def _holds(value: str | float | tuple[str, ...], condition: Eq | In | AnyOf | Range) -> bool:
    match condition:
        case Eq():
            return value == condition.value
        case In():
            return value in condition.values
        case AnyOf():
            return isinstance(value, tuple) and not set(value).isdisjoint(condition.values)
        case Range(low=low, high=high):
            return isinstance(value, int | float) and (low is None or value >= low) and (high is None or value <= high)
