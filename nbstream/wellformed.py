"""Text that can be written: JSON may tell half of a surrogate pair, UTF-8 cannot; and a
terminal does what control characters tell it."""

from __future__ import annotations

import json
import re
from typing import Any

_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def whole(text: str) -> str:
    """The text with halves of a pair that stand together made one character, and with
    U+FFFD for a half that is left alone."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def whole_value(value: Any) -> Any:
    """A JSON value with all its text whole; the same object if it was."""
    if isinstance(value, str):
        return whole(value)
    if isinstance(value, dict | list) and not _is_whole(value):
        return json.loads(whole(json.dumps(value, ensure_ascii=False)))
    return value


def _is_whole(value: Any) -> bool:
    """Whether all text of a JSON value can be written."""
    # Writing it all out to see that would hold the interpreter lock in one go.
    waiting: list[Any] = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            if not one.isascii() and whole(one) is not one:
                return False
        elif isinstance(one, dict):
            waiting += one
            waiting += one.values()
        elif isinstance(one, list):
            waiting += one
    return True


def harmless(text: str) -> str:
    """The text without control characters, with which what was streamed could move a
    terminal's cursor, set its title or answer for the user. Tabs and line breaks stay.
    """
    return _CONTROLS.sub("", text)
