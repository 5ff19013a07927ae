"""Read fields of JSON as the type that they should have.

Servers send values of any type. `text`, `obj`, `objects`, `number` and `count` convert
as `str` and `int` do, but return an empty value or None for another type.
"""

from __future__ import annotations

import json
import math
from typing import Any, TypeGuard

from ...limits import MAX_NAME
from .parsing import parse_json

_MAX_SEEN = 200
_JSON_FIRST_CHARACTERS = frozenset('{["-0123456789tfnNI')


def message_of(data: str) -> dict[str, Any] | None:
    """Return an event's data as a JSON object; None if it is something else."""
    if data[:1] != "{" and _first_character(data) != "{":
        return None
    try:
        message: dict[str, Any] = parse_json(data)
    except (ValueError, RecursionError):
        return None
    return message


def value_of(data: str) -> Any:
    """Return an event's data as a JSON value; None if it is not JSON."""
    if (
        data[:1] not in _JSON_FIRST_CHARACTERS
        and _first_character(data) not in _JSON_FIRST_CHARACTERS
    ):
        return None
    try:
        return parse_json(data)
    except (ValueError, RecursionError):
        return None


def _first_character(data: str) -> str:
    """Return the first character that is not blank, without copying long data."""
    first = data[:1]
    return data.lstrip()[:1] if first.isspace() else first


def text(value: Any) -> str:
    """Return a string; empty if the value is not one."""
    return value if isinstance(value, str) else ""


def obj(value: Any) -> dict[str, Any]:
    """Return an object; empty if the value is not one."""
    return value if isinstance(value, dict) else {}


def objects(value: Any) -> list[dict[str, Any]]:
    """Return the objects of a list; empty if the value is not a list."""
    if not isinstance(value, list):
        return []
    return [item for item in value if isinstance(item, dict)]


def flattened(fields: dict[str, Any]) -> dict[str, Any]:
    """Return an object with its one nested object merged into it; unchanged if it has
    none, or several."""
    within = [name for name, value in fields.items() if isinstance(value, dict)]
    if len(within) != 1:
        return fields
    return {k: v for k, v in fields.items() if k != within[0]} | obj(fields[within[0]])


def is_number(value: object) -> TypeGuard[int | float]:
    """True for int and float, NaN and infinity included; bool is not a number here."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def number(value: Any) -> float | None:
    """Return a finite number; None if the value is not one."""
    if not is_number(value):
        return None
    try:
        return value if math.isfinite(value) else None
    except OverflowError:  # an integer too large for a float
        return None


def count(value: Any) -> int | None:
    """Return a number of 0 or more as an int, rounded down; None for other values."""
    found = number(value)
    return int(found) if found is not None and found >= 0 else None


def total_of(value: Any) -> float | None:
    """Return a total of 0 or more; None for other values: many servers send -1 for an
    unknown total."""
    found = number(value)
    return found if found is not None and found >= 0 else None


def percent_of(current: float, total: float) -> float:
    """Return a share as a percentage from 0 to 100; `total` must not be 0."""
    # Multiplying by a float first: a quotient of two large integers raises.
    return min(max(100.0 * current / total, 0.0), 100.0)


def stringify(value: Any) -> str:
    """Return a string as it is, and any other value as JSON; empty for null."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    try:
        return json.dumps(value, ensure_ascii=False)
    except RecursionError:  # the encoder reaches less depth than the decoder
        return "[nested too deeply]"


def lookup(value: Any, path: tuple[str | int, ...]) -> Any:
    """Return the value at a path; None if there is none."""
    for step in path:
        if isinstance(value, dict):
            value = value.get(step)
        elif isinstance(value, list) and isinstance(step, int) and step < len(value):
            value = value[step]
        else:
            return None
    return value


class UnknownFields:
    """Find fields that a dialect does not know, each name once: the first event with
    such a field is kept raw, the next ones would only repeat it.

    Args:
        known: the known names, at any depth, separated by spaces.
    """

    def __init__(self, known: str) -> None:
        self._known = frozenset(known.split())
        self._seen: set[str] = set()

    def has_new(self, *given: dict[str, Any]) -> bool:
        """True if an object has a field, not null, whose name is new; note the name."""
        found = False
        for fields in given:
            if fields.keys() <= self._known:
                continue
            for name in fields.keys() - self._known - self._seen:
                if fields[name] is not None:
                    found = True
                    # Bounds memory; names beyond the bound are reported each time.
                    if len(self._seen) < _MAX_SEEN and len(name) <= MAX_NAME:
                        self._seen.add(name)
        return found
