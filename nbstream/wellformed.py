"""Text that can be written: JSON may tell half of a surrogate pair, UTF-8 cannot."""

from __future__ import annotations

import json
from typing import Any


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
