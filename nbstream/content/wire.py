"""Serialise JSON values for a page: JavaScript's numbers are exact only up to 2^53, and
JSON has no NaN.

Such a number is sent as `{"$number": "12345678901234567890"}`. An object of that form
from a stream is wrapped in another: `{"$number": {"$number": …}}`. The twin is
`frontend/src/wire.ts`.
"""

from __future__ import annotations

from typing import Any

_MARK = "$number"
MAX_EXACT = 2**53
"""JavaScript represents every integer up to this exactly."""
_NON_NUMBERS = frozenset([str, bool, type(None)])
_NUMBERS = frozenset([int, float])
_NESTING = frozenset([dict, list])


def to_wire(value: Any) -> Any:
    """Return a JSON value in wire form; the same object if nothing changes."""
    if type(value) is dict and len(value) != 1:
        for item in value.values():
            kind = type(item)
            if kind not in _NON_NUMBERS and not (
                kind in _NUMBERS and -MAX_EXACT <= item <= MAX_EXACT
            ):
                break
        else:
            return value  # most rows
    try:
        return value if _is_plain(value) else _wrap_numbers(value)
    except RecursionError:  # the page then reads some of its numbers inexactly
        return value


def as_double(value: float) -> float:
    """Return the nearest number that JavaScript can represent."""
    return value if -MAX_EXACT <= value <= MAX_EXACT else float(value)


def from_wire(value: Any) -> Any:
    """Return the JSON value of this wire form, the inverse of `to_wire`."""
    try:
        return _unwrap_numbers(value)
    except RecursionError:
        return value


def _unwrap_numbers(value: Any) -> Any:
    if isinstance(value, list):
        inner = list(map(_unwrap_numbers, value))
        return inner if any(map(_is_other, inner, value)) else value
    if not isinstance(value, dict):
        return value
    if value.keys() == {_MARK}:
        wrapped = value[_MARK]
        if isinstance(wrapped, str):
            return float(wrapped) if wrapped in ("nan", "inf", "-inf") else int(wrapped)
        return {_MARK: _unwrap_numbers(wrapped[_MARK])}
    if _NESTING.isdisjoint(map(type, value.values())):
        return value  # most rows
    fields = list(map(_unwrap_numbers, value.values()))
    changed = any(map(_is_other, fields, value.values()))
    return dict(zip(value, fields, strict=True)) if changed else value


def _is_other(one: object, other: object) -> bool:
    return one is not other


def _is_plain(value: Any) -> bool:
    level = [value]
    while level:
        # Level by level, because a Python loop over every value is far slower.
        if any(
            not -MAX_EXACT <= number <= MAX_EXACT and not _is_exact(number)
            for number in level
            if isinstance(number, int | float)
        ):
            return False
        objects = [one for one in level if isinstance(one, dict)]
        if any(_MARK in one for one in objects if len(one) == 1):
            return False
        lists = [one for one in level if isinstance(one, list)]
        level = [item for one in lists for item in one]
        level += [item for one in objects for item in one.values()]
    return True


def _is_exact(number: Any) -> bool:
    return isinstance(number, float) and number - number == 0


def _wrap_numbers(value: Any) -> Any:
    if isinstance(value, list):
        return [_wrap_numbers(item) for item in value]
    if isinstance(value, dict):
        fields = {name: _wrap_numbers(item) for name, item in value.items()}
        return {_MARK: fields} if fields.keys() == {_MARK} else fields
    if isinstance(value, int | float) and not _is_plain(value):
        return {_MARK: str(value)}
    return value
