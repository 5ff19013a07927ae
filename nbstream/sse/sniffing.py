"""Detect the format of a body by its beginning. No IO."""

from __future__ import annotations

import codecs
from typing import Literal

from .plain_text import is_json_object

Format = Literal["event stream", "json lines", "text"]

_FIELDS = ("data", "event", "id", "retry")
_PAGES = ("<!doctype", "<html", "<?xml")


def detect_format(beginning: bytes, *, ended: bool) -> Format | None:
    """Return the format of a body; None if more bytes are needed.

    Args:
        beginning: all bytes so far.
        ended: decide now: the body is complete, or long enough.
    """
    # Half a character at the end does not matter: it is within the last line.
    text = beginning.decode("utf-8-sig", "replace")
    begins = text.lstrip()
    if begins[:1] == "{":
        line, end, _ = begins.partition("\n")
        if not end and not ended:
            return None
        return "json lines" if is_json_object(line) else "text"
    return _detect_fields(text, ended=ended)


def is_text(beginning: bytes) -> bool:
    """Return whether a body is text for people, and not a page or a binary file."""
    try:
        text = codecs.getincrementaldecoder("utf-8-sig")().decode(beginning)
    except UnicodeDecodeError:
        return False
    return "\0" not in text and not text.lstrip()[:9].lower().startswith(_PAGES)


def _detect_fields(text: str, *, ended: bool) -> Format | None:
    """Return whether the lines are fields of an event stream, up to the first `data`;
    None if more bytes are needed."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    found = False
    for number, line in enumerate(lines, 1):
        if not line or line[0] == ":":
            continue  # a comment
        name, colon, _ = line.partition(":")
        is_whole = number < len(lines) or ended
        if name == "data" and colon:
            return "event stream"
        if name in _FIELDS and (colon or is_whole):
            found = found or bool(colon)
        elif is_whole or not any(field.startswith(line) for field in _FIELDS):
            return "text"
    if not ended:
        return None
    return "event stream" if found else "text"
