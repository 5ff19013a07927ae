"""Fields of JSON, of whatever type a server sends: read as what they should be, or as
nothing."""

from __future__ import annotations

import json
import math
from typing import Any, TypeGuard

from ...limits import MAX_NAME
from .parsing import parse_json

_MAX_MET = 200
_JSON_BEGINS = frozenset('{["-0123456789tfnNI')


def message_of(data: str) -> dict[str, Any] | None:
    """An event's data as a JSON object; None if it is something else."""
    if data[:1] != "{" and _first(data) != "{":
        return None
    try:
        message: dict[str, Any] = parse_json(data)
    except (ValueError, RecursionError):
        return None
    return message


def value_of(data: str) -> Any:
    """Return an event's data as a JSON value; None where it is not JSON."""
    if data[:1] not in _JSON_BEGINS and _first(data) not in _JSON_BEGINS:
        return None
    try:
        return parse_json(data)
    except (ValueError, RecursionError):
        return None


def _first(data: str) -> str:
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
    """Return an object with the fields of the one object that it holds."""
    within = [name for name, value in fields.items() if isinstance(value, dict)]
    if len(within) != 1:
        return fields
    return {k: v for k, v in fields.items() if k != within[0]} | obj(fields[within[0]])


def is_number(value: object) -> TypeGuard[int | float]:
    """Whether it is an int or a float, NaN and infinity included; a bool is not a
    number here."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def number(value: Any) -> float | None:
    """Return a finite number; None if the value is not one."""
    if not is_number(value):
        return None
    try:
        return value if math.isfinite(value) else None
    except OverflowError:  # an integer past the floats
        return None


def count(value: Any) -> int | None:
    """Return a count, without its fraction; None if the value is not a number from 0
    on."""
    found = number(value)
    return int(found) if found is not None and found >= 0 else None


def total_of(value: Any) -> float | None:
    """Return how many there are in all; None if that is not known, for which many
    servers send -1."""
    found = number(value)
    return found if found is not None and found >= 0 else None


def percent_of(current: float, total: float) -> float:
    """Return the share of a whole that is not 0, from 0 to 100."""
    # In floats: the quotient of two integers may be past them, which raises.
    return min(max(100.0 * current / total, 0.0), 100.0)


def words(value: Any) -> str:
    """Return a string as it is, and any other value as JSON; empty for null."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    try:
        return json.dumps(value, ensure_ascii=False)
    except RecursionError:  # what can just be read cannot always be written
        return "[nested too deeply]"


def lookup(value: Any, path: tuple[str | int, ...]) -> Any:
    """Return the value at a path; None where there is none."""
    for step in path:
        if isinstance(value, dict):
            value = value.get(step)
        elif isinstance(value, list) and isinstance(step, int) and step < len(value):
            value = value[step]
        else:
            return None
    return value


class Unknown:
    """Notices fields that a dialect does not know, each name once: an event that tells
    something new is to be kept, and one that repeats it is noise.

    Args:
        known: the names that are no news, wherever they stand, apart by spaces.
    """

    def __init__(self, known: str) -> None:
        self._known = frozenset(known.split())
        self._met: set[str] = set()

    def field_in(self, *given: dict[str, Any]) -> bool:
        """Whether one of the objects has a field that is new, and not null."""
        found = False
        for fields in given:
            if fields.keys() <= self._known:
                continue
            for name in fields.keys() - self._known - self._met:
                if fields[name] is not None:
                    found = True
                    # Endless names are all news, and not all remembered.
                    if len(self._met) < _MAX_MET and len(name) <= MAX_NAME:
                        self._met.add(name)
        return found
