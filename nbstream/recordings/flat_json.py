"""Parse a large JSON object that is flat, as the lines of a recording are: a line of
lists within lists would take thirty times its size and stop the event loop."""

from __future__ import annotations

import json
from json import scanner
from json.decoder import WHITESPACE, JSONObject  # type: ignore[attr-defined]
from typing import Any

LARGE = 1024 * 1024
"""Characters; what is shorter may be of any form, for parsing it costs little."""
_MOST_FIELDS = 100


def parse_flat(text: str) -> dict[str, Any]:
    """Return an object whose fields are text, numbers and the like.

    Raises:
        ValueError: if it is no JSON object, or has lists, objects or very many fields.
            Its message says why; it is empty where the text itself says enough.
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
    """Raised where an object has more than a line of a recording has."""


def _refuse(*_: object) -> Any:
    raise _NotFlat("a list or an object in it is too large")


class _Values(json.JSONDecoder):
    """How the values of an object are parsed."""

    def __init__(self) -> None:
        super().__init__()
        self.parse_object = self.parse_array = _refuse


_scan: Any = scanner.py_make_scanner(_Values())  # type: ignore[attr-defined]
