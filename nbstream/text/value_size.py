"""Estimate the memory that a value holds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, is_dataclass
from gc import get_referents
from operator import attrgetter
from sys import getsizeof
from typing import Any

_OBJECT = 64
"""Bytes of a data class instance without the values of its fields."""
_SCALARS = frozenset({str, int, float, bool, type(None)})
_JSON = _SCALARS | {dict, list, tuple}
_FIELDS: dict[type, Callable[[Any], tuple[Any, ...]] | None] = {}


def size_of(value: Any) -> int:
    """Return about how many bytes of memory a value holds: JSON, an update, or a tuple
    of them.

    The objects themselves count: a million strings of one character in a list are some
    60 MB and not 1 MB. An object that is used in several places counts in each. Values
    may be nested to any depth.
    """
    kind = type(value)
    if kind is str:
        return getsizeof(value)
    if kind is dict and _SCALARS.issuperset(map(type, value.values())):
        size = getsizeof(value)
        return size + sum(map(getsizeof, value)) + sum(map(getsizeof, value.values()))
    if kind in _JSON:
        return _size_of_json([value])
    if (fields_of := _find_reader(kind)) is None:
        return getsizeof(value)
    size = _OBJECT
    for inner in fields_of(value):
        size += getsizeof(inner) if type(inner) is str else size_of(inner)
    return size


def _size_of_json(level: list[Any]) -> int:
    """Return the size of values. It descends level by level: a Python loop over every
    value would block the event loop for large ones."""
    size = 0
    while level:
        size += sum(map(getsizeof, level))
        if not _JSON.issuperset(map(type, level)):
            # Other objects refer to their class, and through it to everything.
            size += sum(size_of(v) - getsizeof(v) for v in level if _is_dataclass(v))
            level = [value for value in level if type(value) in _JSON]
        level = get_referents(*level)
    return size


def _is_dataclass(value: Any) -> bool:
    return type(value) not in _JSON and _find_reader(type(value)) is not None


def _find_reader(kind: type) -> Callable[[Any], tuple[Any, ...]] | None:
    """Return a function that reads the fields of a data class; None for other types."""
    if kind not in _FIELDS:
        names = [f.name for f in fields(kind)] if is_dataclass(kind) else []
        if len(names) == 1:  # attrgetter returns a single value not as a tuple
            _FIELDS[kind] = lambda value: (getattr(value, names[0]),)
        else:
            _FIELDS[kind] = attrgetter(*names) if names else None
    return _FIELDS[kind]
