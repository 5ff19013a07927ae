"""Parse the JSON of events without holding other threads up.

`json.loads` of C holds the interpreter lock from beginning to end: a worker thread that
calls it stops the event loop all the same. Large text is parsed by the same library's
Python code, which takes ten times as long and lets others have their turns; and once
an event, however many readers ask for its value.
"""

from __future__ import annotations

import json
import threading
from json import scanner
from json.decoder import JSONArray, JSONObject  # type: ignore[attr-defined]
from typing import Any

REMEMBERED = 16 * 1024
"""Characters; parsing shorter text again costs less than remembering it is worth."""
_IN_TURNS = 256 * 1024
"""Characters; C parses up to 25 MB a second, so this is 10 ms."""


class _Remembered(threading.local):
    """The last large text that this thread has parsed, and its value or error."""

    text: str | None = None
    value: Any = None
    error: ValueError | RecursionError | None = None


_last = _Remembered()


class _InTurns(json.JSONDecoder):
    """Parses in Python code."""

    def __init__(self) -> None:
        super().__init__()
        self.parse_object = JSONObject
        self.parse_array = JSONArray
        self.scan_once = scanner.py_make_scanner(self)  # type: ignore[attr-defined]


_in_turns = _InTurns()


def parse_json(text: str) -> Any:
    """Return a JSON text's value, as `json.loads` does.

    The value of a large text is the same object when the same string is parsed again,
    until `forget_parsed`: nobody may change it.

    Raises:
        ValueError: if it is not JSON.
        RecursionError: if it is nested too deeply.
    """
    if len(text) < REMEMBERED:
        return json.loads(text)
    if _last.text is not text:
        _last.value = _last.error = None
        _last.text = text
        try:
            _last.value = _loads(text)
        except (ValueError, RecursionError) as error:
            _last.error = error.with_traceback(None)
    if _last.error is not None:
        raise _last.error
    return _last.value


def forget_parsed() -> None:
    """Let go of what this thread has parsed last."""
    if _last.text is not None:
        _last.text = _last.value = _last.error = None


def _loads(text: str) -> Any:
    if len(text) > _IN_TURNS:
        try:
            return _in_turns.decode(text)
        except RecursionError:
            pass  # Python code reaches a third of the depth
    return json.loads(text)
