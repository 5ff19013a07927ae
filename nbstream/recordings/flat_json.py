"""Parse large JSON objects that are flat, as the lines of a recording are: a line of
nested lists would take thirty times its size in memory and block the event loop."""

from __future__ import annotations

import json
from json import scanner
from json.decoder import WHITESPACE, JSONObject  # type: ignore[attr-defined]
from typing import Any

LARGE = 1024 * 1024
"""Characters. Shorter text may be nested, since parsing it costs little."""
_MOST_FIELDS = 100


def parse_flat(text: str) -> dict[str, Any]:
    """Return a JSON object whose values are text, numbers, booleans or null.

    Raises:
        ValueError: if it is not a JSON object, or has lists, objects or more than 100
            fields. The message says why; it is empty where the text is explanation
            enough.
    """
    start = WHITESPACE.match(text).end()
    if text[start : start + 1] != "{":
        raise ValueError("")
    fields = 0

    def scan(text: str, at: int) -> tuple[Any, int]:
        nonlocal fields
        fields += 1
        if fields > _MOST_FIELDS:
            raise _NotFlat(f"more than {_MOST_FIELDS} fields")
        found: tuple[Any, int] = _scan(text, at)
        return found

    message: dict[str, Any]
    try:
        message, end = JSONObject((text, start + 1), True, scan, None, None)
    except _NotFlat:
        raise
    except ValueError:
        raise ValueError("") from None
    if WHITESPACE.match(text, end).end() != len(text):
        raise ValueError("")
    return message


class _NotFlat(ValueError):
    """Raised for an object that cannot be a line of a recording."""


def _refuse(*_: object) -> Any:
    raise _NotFlat("a list or an object in it is too large")


class _Values(json.JSONDecoder):
    """A decoder for the values of an object, which refuses nested ones."""

    def __init__(self) -> None:
        super().__init__()
        self.parse_object = self.parse_array = _refuse


_scan: Any = scanner.py_make_scanner(_Values())  # type: ignore[attr-defined]
