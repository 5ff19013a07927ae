"""Select a value from the JSON of each event by its path (`--field`)."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from ...updates import Row, Text, Update
from .fields import value_of

_INDEX = re.compile(r"\[(-?\d+)\]")
_MISSING = object()


class FieldPath:
    """Find the value at a path in the JSON of each event.

    Args:
        path: names and list indices, separated by dots: `choices.0.delta.content`, or
            as in Python, `choices[0].delta.content`.

    Raises:
        ValueError: if a name in it is empty.
    """

    def __init__(self, path: str) -> None:
        self._parts = _INDEX.sub(r".\1", path).removeprefix(".").split(".")
        if not all(self._parts):
            raise ValueError(f"Expected a field such as a.b.0.c, got {path!r}.")

    def find(self, data: str) -> tuple[bool, Any]:
        """Return whether an event's data has the field, and its value.

        The `data` of the standard protocol's envelope is searched, too: a cell's body
        yields values inside it.
        """
        message = value_of(data)
        value = self._at(message)
        if value is _MISSING and isinstance(message, dict):
            value = self._at(message.get("data"))
        return (False, None) if value is _MISSING else (True, value)

    def _at(self, value: Any) -> Any:
        for part in self._parts:
            if isinstance(value, dict):
                value = value.get(part, _MISSING)
            elif isinstance(value, list):
                try:
                    value = value[int(part)]
                except (ValueError, IndexError):
                    return _MISSING
            else:
                return _MISSING
        return value


def updates_of(value: Any) -> Sequence[Update]:
    """Return the updates that show a field's value: text as it is, an object as a row,
    a list as rows, any other value as a line of text. Null has no updates."""
    if value is None:
        return ()
    if isinstance(value, str):
        return (Text(value),) if value else ()
    if isinstance(value, dict):
        return (Row(value),)
    if isinstance(value, list):
        return tuple(map(Row, value))
    return (Text(f"{json.dumps(value)}\n"),)


def data_of(value: Any) -> str:
    """Return a field's value as the data of an event."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
