"""Puts characters together that a server cut in two.

Who cuts text by UTF-16 units cuts emoji too, and half of one cannot be sent to a page.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import fields, replace
from typing import Any

from ..text.visible import whole, whole_value
from ..updates import LogLine, Reasoning, Text, ToolCall, Update

# Of a half without the other beside it, as JSON escapes it; and of what may be one in a
# JSON string of JSON: one after a backslash, or the backslash itself.
_LONE_HALF = re.compile(
    r"\\u(?:005[cC]|(?<=\\\\u)[dD][89abAB]"
    r"|[dD][89abAB](?![0-9a-fA-F]{2}\\u[dD][c-fC-F])"
    r"|(?<!\\u[dD][89abAB][0-9a-fA-F]{2}\\u)[dD][c-fC-F])"
)
_MAX_HALVES = 1_000
"""Texts that may have been cut in a character at once; a server may name more."""


class Mender:
    """Makes the text of updates whole, also where a character was cut between two."""

    def __init__(self) -> None:
        self._halves: dict[tuple[type, int], str] = {}

    def mend(self, update: Update) -> Update:
        """The update in text that can be written. What is half a character so far
        comes with the next update of its kind. Not needed before an event of the
        stream `may_have_halves`."""
        if not self._halves and _is_plain(update):
            return update
        told: dict[str, Any] = {}
        match update:
            case Text() | Reasoning():
                told["text"] = self._joined((type(update), 0), update.text)
            case ToolCall(index=index, arguments=arguments):
                told["arguments"] = self._joined((ToolCall, index), arguments)
        changed = {}
        for field in fields(update):
            name = field.name
            value = getattr(update, name)
            mended = whole_value(told.get(name, value))
            if mended is not value:
                changed[name] = mended
        return replace(update, **changed) if changed else update

    def begin_anew(self) -> None:
        """Forget the halves: what they were part of is read anew."""
        self._halves = {}

    def end(self) -> Sequence[Update]:
        """Return what is left of characters whose other half never came."""
        halves, self._halves = self._halves, {}
        return [_of_half(kind, index) for kind, index in halves]

    def _joined(self, key: tuple[type, int], text: str) -> str:
        joined = self._halves.pop(key) + text if key in self._halves else text
        if "\ud800" <= joined[-1:] <= "\udbff":
            if len(self._halves) < _MAX_HALVES:
                self._halves[key] = joined[-1]
            return joined[:-1]
        return joined


def may_have_halves(text: str) -> bool:
    """Whether a text may hold halves of characters: escaped in JSON, or as Python
    itself can hold them. Most streams never have any, and then no update need be
    searched."""
    if "\\u" in text and _LONE_HALF.search(text):
        return True
    return not text.isascii() and whole(text) is not text


def _of_half(kind: type, index: int) -> Update:
    if kind is ToolCall:
        return ToolCall(index, arguments="\ufffd")
    return Reasoning("\ufffd") if kind is Reasoning else Text("\ufffd")


def _is_plain(update: Update) -> bool:
    """Whether it is of those that come by the thousand, and there is nothing to do."""
    match update:
        case Text(text=text) | Reasoning(text=text):
            return text.isascii()
        case LogLine(message=message, level=level):
            return message.isascii() and level.isascii()
    return False
