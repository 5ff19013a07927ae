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
    if isinstance(value, dict | list):
        written = json.dumps(value, ensure_ascii=False)
        mended = whole(written)
        return value if mended is written else json.loads(mended)
    return value


def harmless(text: str) -> str:
    """The text without control characters, with which what was streamed could move a
    terminal's cursor, set its title or answer for the user. Tabs and line breaks stay.
    """
    return _CONTROLS.sub("", text)
