"""Parse the JSON of events without blocking other threads.

The C code of `json.loads` holds the GIL until it returns, so that even in a worker
thread it blocks the event loop. Large text is parsed by the same library's Python code,
which takes ten times as long and lets other threads run. The value is cached: an event
is parsed once for all of its readers.
"""

from __future__ import annotations

import json
import threading
from json import scanner
from json.decoder import JSONArray, JSONObject  # type: ignore[attr-defined]
from typing import Any

MIN_CACHED = 16 * 1024
"""Characters; shorter text is parsed again each time, which is cheap."""
_MIN_PYTHON = 256 * 1024
"""Characters; C parses 25 MB/s, so 10 ms. Longer text is parsed by Python code."""


class _LastParsed(threading.local):
    """Cache the last large text of this thread, with its value or error."""

    text: str | None = None
    value: Any = None
    error: ValueError | RecursionError | None = None


_last = _LastParsed()


class _PythonDecoder(json.JSONDecoder):
    """Parse in Python code, which releases the GIL now and then."""

    def __init__(self) -> None:
        super().__init__()
        self.parse_object = JSONObject
        self.parse_array = JSONArray
        self.scan_once = scanner.py_make_scanner(self)  # type: ignore[attr-defined]


_python_decoder = _PythonDecoder()


def parse_json(text: str) -> Any:
    """Return a JSON text's value, as `json.loads` does.

    Parsing the same large string again returns the same object, until `forget_parsed`:
    do not modify it.

    Raises:
        ValueError: if it is not JSON.
        RecursionError: if it is nested too deeply.
    """
    if len(text) < MIN_CACHED:
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
    """Clear the cache of this thread."""
    if _last.text is not None:
        _last.text = _last.value = _last.error = None


def _loads(text: str) -> Any:
    if len(text) > _MIN_PYTHON:
        try:
            return _python_decoder.decode(text)
        except RecursionError:
            pass  # Python code reaches a third of the depth of C
    return json.loads(text)
