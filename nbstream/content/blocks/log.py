"""Lines of a log, with terminal colours."""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from html import escape
from itertools import islice
from sys import getsizeof
from typing import Any, ClassVar, NotRequired

from ...limits import Limits
from ...rendering import ansi
from ...rendering.format import format_count
from ...rendering.html import fence_code
from ...text.clipping import clip_text
from ...text.invisible_characters import has_right_to_left
from ...updates import LogLine
from .entry_list import EntryList, ListPayload

_MAX_CHARACTERS = 16 * 1024 * 1024
"""Characters of all lines together."""
_MAX_MESSAGE = 1024 * 1024
"""Characters of one message."""
_MAX_MESSAGE_LINES = 20_000
"""Lines of one message; further lines are only counted."""
_ENTRY = 72
"""Bytes of an entry without its line."""
# Limits of frozen output, which is read, diffed and sent as a whole.
_FROZEN_LINES = 2_000
_FROZEN_CHARACTERS = 1024 * 1024
_FROZEN_LINE = 20_000
_OPEN_ESCAPE = re.compile(r"\x1b[^m]*$")

_LEVEL_WIDTH = 8
_LONGEST_LEVEL = 64
"""Characters of a level that are read."""
_LEVEL_IN_LINE = 80
"""A line that has its level in so many characters is shown without a level column."""
_STYLE_OF = {
    "warning": "color:color-mix(in srgb,#b25f00 75%,currentColor);font-weight:600",
    "error": "color:color-mix(in srgb,#d22f2f 75%,currentColor);font-weight:600",
}
_SEVERITY_OF = {
    "warning": "warning",
    "warn": "warning",
    "error": "error",
    "critical": "error",
    "fatal": "error",
}


Entry = list[Any]
"""`[level, line]`, or `[level, line, 1]` if it continues the message before it."""


class LogPayload(ListPayload[Entry]):
    """Lines to append, after others were removed."""

    undo: NotRequired[int]
    """How many of the last lines to remove before any are appended."""


class LogBlock(EntryList[Entry, LogPayload]):
    """The last lines of a log.

    A line contains colours but no other escapes; see `ansi`. As in a terminal, a
    message replaces the line before it if both begin with a carriage return, or if the
    one before ended with it. The change then has `undo`.
    """

    kind: ClassVar[str] = "log"
    single: ClassVar[bool] = True

    def __init__(self, limits: Limits) -> None:
        super().__init__(limits.lines)
        self._characters = 0
        self._redraws = False  # the last message began with a carriage return
        self._returned = False  # the last message ended with one

    def add(self, update: LogLine) -> LogPayload:
        level = _intern_level(update.level[:_LONGEST_LEVEL])
        message = _cut_message(update.message)
        redraws = message.startswith("\r") and not message.startswith("\r\n")
        replaces = update.replaces or self._returned or (redraws and self._redraws)
        continues = update.continues and bool(self.entries)
        if continues:
            replaces = False
            message = ansi.find_active_colours(self.entries[-1][1]) + message
        undo = 1 if replaces and self.entries else 0
        self._redraws, self._returned = redraws, message.endswith("\r")
        lines = ansi.split_lines(message)
        added: list[Entry] = [[level, lines[0], *([1] if continues else [])]]
        added += [[level, line, 1] for line in lines[1:]]
        if undo:
            self._characters -= len(self.entries.pop()[1])
            self.size -= self._sizes.pop()
        self.entries.extend(added)
        self._characters += sum(map(len, lines))
        sizes = [_ENTRY + getsizeof(line) for line in lines]
        self._sizes.extend(sizes)
        self.added_size = sum(sizes)
        self.size += self.added_size
        drop = 0
        while len(self.entries) > self._limit or self._characters > _MAX_CHARACTERS:
            drop += self._drop(1)
        payload: LogPayload = {"add": added}
        if drop:
            payload["drop"] = drop
        if undo:
            payload["undo"] = undo
        return payload

    def _drop(self, count: int) -> int:
        for entry in islice(self.entries, count):
            self._characters -= len(entry[1])
        return super()._drop(count)

    @classmethod
    def merge(cls, payloads: Sequence[LogPayload]) -> LogPayload:
        merged = super().merge(payloads)
        if not any("undo" in payload for payload in payloads):
            return merged
        added: list[Entry] = []
        left = 0  # lines to remove that were there before the first payload
        for payload in payloads:
            undo = payload.get("undo", 0)
            left += max(undo - len(added), 0)
            del added[max(len(added) - undo, 0) :]
            added += payload["add"]
        merged["add"] = added
        if left:
            merged["undo"] = left
        return merged

    def _frozen_count(self) -> int:
        return len(self._frozen_lines()[1])

    def plain(self) -> str:
        note, entries = self._frozen_lines()
        lines = [note] if note else []
        labels = _format_levels(entries)
        lines += [
            label + ansi.strip_ansi(entry[1])
            for label, entry in zip(labels, entries, strict=True)
        ]
        return "\n".join(lines)

    def markdown(self) -> str:
        return fence_code(self.plain(), "text")

    def html(self) -> str:
        note, entries = self._frozen_lines()
        lines = [f"<em>{escape(note)}</em>"] if note else []
        for label, entry in zip(
            map(escape, _format_levels(entries)), entries, strict=True
        ):
            style = _STYLE_OF.get(_SEVERITY_OF.get(entry[0], ""), "opacity:.75")
            line = ansi.render_html(entry[1])
            if has_right_to_left(line):
                line = f"<bdi>{line}</bdi>"  # does not reorder its level
            lines.append(
                f'<span style="{style}">{label}</span>{line}'
                if label.strip()
                else label + line
            )
        pre = (
            '<pre class="nbstream-log" style="flex:none;margin:0;'
            "overflow:visible;white-space:pre;"
            # For hosts whose style sheet sets the page's font in any `pre`.
            "font-family:var(--jp-code-font-family,monospace);"
            'font-size:var(--jp-code-font-size,13px);line-height:1.45">'
            + "\n".join(lines)
            + "</pre>"
        )
        # With `column-reverse` the box begins at its end, as the live log does.
        return (
            '<div tabindex="0" role="group" aria-label="Log lines" style="display:flex;'
            "flex-direction:column-reverse;align-items:flex-start;"
            f'max-height:24em;overflow:auto">{pre}</div>'
        )

    def _frozen_lines(self) -> tuple[str, list[Entry]]:
        """Return a note on earlier lines, and the lines of frozen output."""
        kept: list[Entry] = []
        room = _FROZEN_CHARACTERS
        for entry in islice(reversed(self.entries), _FROZEN_LINES):
            if len(entry[1]) > _FROZEN_LINE:
                line = _OPEN_ESCAPE.sub("", entry[1][:_FROZEN_LINE])
                more = len(entry[1]) - len(line)
                line += f" [… {more:,} more characters]"
                entry = [entry[0], line, *entry[2:]]
            room -= len(entry[1])
            if room < 0 and kept:
                break
            kept.append(entry)
        before = self.dropped + len(self.entries) - len(kept)
        note = f"[… {format_count(before, 'line')} before these]" if before else ""
        return note, kept[::-1]


def _cut_message(message: str) -> str:
    """Return a message cut to a limited number of lines and characters."""
    if len(message) <= _MAX_MESSAGE_LINES:
        return message
    message = clip_text(message, _MAX_MESSAGE)
    *lines, rest = message.split("\n", _MAX_MESSAGE_LINES)
    if len(lines) < _MAX_MESSAGE_LINES:
        return message
    more = rest.count("\n") + 1
    return "\n".join([*lines, f"[… {more:,} more lines]"])


def _format_levels(entries: list[Entry]) -> list[str]:
    """Return the level column of lines; empty strings if it would be empty."""
    levels = [_level_of(entry) for entry in entries]
    if not any(levels):
        return levels
    # A level wider than the column still has a space after it.
    return [f"{level:<{_LEVEL_WIDTH - 1}} " for level in levels]


def _level_of(entry: Entry) -> str:
    """Return the level to show before a line; empty if it has none, contains it, or
    continues a message."""
    level = str(entry[0]).upper()
    is_known = len(entry) > 2 or level in entry[1][:_LEVEL_IN_LINE]
    return "" if is_known else level


@functools.lru_cache(64)
def _intern_level(level: str) -> str:
    """Return a level as a short word; the same object for all lines, to save memory."""
    return " ".join(ansi.strip_ansi(ansi.split_lines(level)[0]).split())[:16]
