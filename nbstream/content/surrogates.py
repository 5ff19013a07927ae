"""Join the surrogate pairs that a server split between events.

A server that cuts text by UTF-16 units splits emoji, too, and a lone surrogate cannot
be encoded, so it cannot be sent to a page.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import fields, replace
from typing import Any

from ..text.invisible_characters import join_surrogates, join_surrogates_in
from ..updates import LogLine, Reasoning, Text, ToolCall, Update

# A lone surrogate as JSON escapes it. Also what may be one in JSON that is nested in a
# JSON string: an escape after a backslash, or the escaped backslash itself.
_LONE = re.compile(
    r"\\u(?:005[cC]|(?<=\\\\u)[dD][89abAB]"
    r"|[dD][89abAB](?![0-9a-fA-F]{2}\\u[dD][c-fC-F])"
    r"|(?<!\\u[dD][89abAB][0-9a-fA-F]{2}\\u)[dD][c-fC-F])"
)
_MAX_PENDING = 1_000
"""Texts that may wait for their second surrogate; a server may start more."""


class SurrogateJoiner:
    """Joins surrogate pairs within and between updates, and replaces lone surrogates by
    U+FFFD."""

    def __init__(self) -> None:
        self._pending: dict[tuple[type, int], str] = {}

    def join(self, update: Update) -> Update:
        """Return the update without lone surrogates; the same object if it has none. A
        first surrogate at the end of a text moves to the next update of its kind. Not
        needed before the first event with `may_have_lone_surrogates`."""
        if not self._pending and _is_plain(update):
            return update
        joined: dict[str, Any] = {}
        match update:
            case Text() | Reasoning():
                joined["text"] = self._join_text((type(update), 0), update.text)
            case ToolCall(index=index, arguments=arguments):
                joined["arguments"] = self._join_text((ToolCall, index), arguments)
        changed = {}
        for field in fields(update):
            name = field.name
            value = getattr(update, name)
            without = join_surrogates_in(joined.get(name, value))
            if without is not value:
                changed[name] = without
        return replace(update, **changed) if changed else update

    def reset(self) -> None:
        """Forget pending surrogates: their events are read again."""
        self._pending = {}

    def end(self) -> Sequence[Update]:
        """Return a U+FFFD for each first surrogate that has no second one."""
        pending, self._pending = self._pending, {}
        return [_make_replacement(kind, index) for kind, index in pending]

    def _join_text(self, key: tuple[type, int], text: str) -> str:
        joined = self._pending.pop(key) + text if key in self._pending else text
        if "\ud800" <= joined[-1:] <= "\udbff":
            if len(self._pending) < _MAX_PENDING:
                self._pending[key] = joined[-1]
            return joined[:-1]
        return joined


def may_have_lone_surrogates(text: str) -> bool:
    """Return whether a text may have lone surrogates: escaped in JSON, or as characters
    of a Python string. Most streams never do, and then no update need be searched."""
    if "\\u" in text and _LONE.search(text):
        return True
    return not text.isascii() and join_surrogates(text) is not text


def _make_replacement(kind: type, index: int) -> Update:
    if kind is ToolCall:
        return ToolCall(index, arguments="\ufffd")
    return Reasoning("\ufffd") if kind is Reasoning else Text("\ufffd")


def _is_plain(update: Update) -> bool:
    """Return whether an update is of a frequent kind and ASCII only."""
    match update:
        case Text(text=text) | Reasoning(text=text):
            return text.isascii()
        case LogLine(message=message, level=level):
            return message.isascii() and level.isascii()
    return False
