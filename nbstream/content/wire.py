"""JSON values as a page can read them: JavaScript's numbers are exact up to 2^53 only,
and JSON has no NaN. The twin of `frontend/src/wire.ts`.

Such a number crosses as `{"$number": "12345678901234567890"}`; an object of that form
that a stream sent crosses within another, `{"$number": {"$number": …}}`.
"""

from __future__ import annotations

from typing import Any

_MARK = "$number"
MAX_EXACT = 2**53
"""Up to this, JavaScript has every integer."""
_WORDS = frozenset([str, bool, type(None)])
_NUMBERS = frozenset([int, float])
_NESTING = frozenset([dict, list])


def to_wire(value: Any) -> Any:
    """Return a JSON value as it crosses; the same object if it crosses as it is."""
    if type(value) is dict and len(value) != 1:
        for item in value.values():
            kind = type(item)
            if kind not in _WORDS and not (
                kind in _NUMBERS and -MAX_EXACT <= item <= MAX_EXACT
            ):
                break
        else:
            return value  # as most rows are
    try:
        return value if _is_plain(value) else _marked(value)
    except RecursionError:  # the page can read such nesting, and not all its numbers
        return value


def as_double(value: float) -> float:
    """Return a number that JavaScript has, the nearest to this one."""
    return value if -MAX_EXACT <= value <= MAX_EXACT else float(value)


def from_wire(value: Any) -> Any:
    """Return the JSON value that `to_wire` made this of."""
    try:
        return _read(value)
    except RecursionError:
        return value


def _read(value: Any) -> Any:
    if isinstance(value, list):
        inner = list(map(_read, value))
        return inner if any(map(_differ, inner, value)) else value
    if not isinstance(value, dict):
        return value
    if value.keys() == {_MARK}:
        marked = value[_MARK]
        if isinstance(marked, str):
            return float(marked) if marked in ("nan", "inf", "-inf") else int(marked)
        return {_MARK: _read(marked[_MARK])}
    if _NESTING.isdisjoint(map(type, value.values())):
        return value  # as most rows are
    fields = list(map(_read, value.values()))
    changed = any(map(_differ, fields, value.values()))
    return dict(zip(value, fields, strict=True)) if changed else value


def _differ(one: object, other: object) -> bool:
    return one is not other


def _is_plain(value: Any) -> bool:
    level = [value]
    while level:
        # By levels: one loop in Python for each would take far longer.
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


def _marked(value: Any) -> Any:
    if isinstance(value, list):
        return [_marked(item) for item in value]
    if isinstance(value, dict):
        fields = {name: _marked(item) for name, item in value.items()}
        return {_MARK: fields} if fields.keys() == {_MARK} else fields
    if isinstance(value, int | float) and not _is_plain(value):
        return {_MARK: str(value)}
    return value
