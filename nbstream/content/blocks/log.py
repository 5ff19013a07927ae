"""Log lines."""

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
from ...rendering.format import count
from ...rendering.html import fenced
from ...text.clipping import clip_text
from ...text.visible import reads_right_to_left
from ...updates import LogLine
from .listing import Listing, ListPayload

# Of all lines together, however long each is.
_MAX_CHARACTERS = 16 * 1024 * 1024
# Of one message; lines past the first ones are only counted.
_MAX_MESSAGE = 1024 * 1024
_MAX_MESSAGE_LINES = 20_000
_ENTRY = 72
"""Bytes of an entry without its line."""
# What ordinary output holds: it is read, diffed and sent whole.
_FROZEN_LINES = 2_000
_FROZEN_CHARACTERS = 1024 * 1024
_FROZEN_LINE = 20_000
_OPEN_ESCAPE = re.compile(r"\x1b[^m]*$")

_LEVEL_WIDTH = 8
_LONGEST_LEVEL = 64
"""Characters of a level that are looked at, and remembered."""
# Within so many characters, a line that names its level needs it in no column before.
_SAYS_ITSELF = 80
_STYLE_OF = {
    "warning": "color:color-mix(in srgb,#b25f00 75%,currentColor);font-weight:600",
    "error": "color:color-mix(in srgb,#d22f2f 75%,currentColor);font-weight:600",
}
_LOUD = {
    "warning": "warning",
    "warn": "warning",
    "error": "error",
    "critical": "error",
    "fatal": "error",
}


Entry = list[Any]
"""`[level, line]`, and `[level, line, 1]` where it goes on from the line before."""


class LogPayload(ListPayload[Entry]):
    """Lines to add, after some were taken away."""

    undo: NotRequired[int]
    """How many of the last lines are taken away before any are added."""


class LogBlock(Listing[Entry, LogPayload]):
    """The last lines of a log.

    A line holds colours but no other escapes; see `ansi`. Of
    messages that begin with a carriage return each is written over the one before, and
    what follows one that ended with it is, too, as in a terminal; the change then has
    `undo`, the lines that it takes away first.
    """

    kind: ClassVar[str] = "log"
    single: ClassVar[bool] = True

    def __init__(self, limits: Limits) -> None:
        super().__init__(limits.lines)
        self._characters = 0
        self._redraws = False  # the last message began with a carriage return
        self._returned = False  # … or ended with one

    def add(self, update: LogLine) -> LogPayload:
        level = _level(update.level[:_LONGEST_LEVEL])
        message = _bounded(update.message)
        redraws = message.startswith("\r") and not message.startswith("\r\n")
        over = update.replaces or self._returned or (redraws and self._redraws)
        goes_on = update.goes_on and bool(self.entries)
        if goes_on:
            over, message = False, ansi.carried(self.entries[-1][1]) + message
        undo = 1 if over and self.entries else 0
        self._redraws, self._returned = redraws, message.endswith("\r")
        lines = ansi.lines_of(message)
        added: list[Entry] = [[level, lines[0], *([1] if goes_on else [])]]
        added += [[level, line, 1] for line in lines[1:]]
        if undo:
            self._characters -= len(self.entries.pop()[1])
            self.size -= self._sizes.pop()
        self.entries.extend(added)
        self._characters += sum(map(len, lines))
        sizes = [_ENTRY + getsizeof(line) for line in lines]
        self._sizes.extend(sizes)
        self.brought = sum(sizes)
        self.size += self.brought
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
        left = 0  # to be taken away of what was there before
        for payload in payloads:
            undo = payload.get("undo", 0)
            left += max(undo - len(added), 0)
            del added[max(len(added) - undo, 0) :]
            added += payload["add"]
        merged["add"] = added
        if left:
            merged["undo"] = left
        return merged

    def _shown_at_end(self) -> int:
        return len(self._last()[1])

    def plain(self) -> str:
        note, entries = self._last()
        lines = [note] if note else []
        labels = _labels(entries)
        lines += [
            label + ansi.plain(entry[1])
            for label, entry in zip(labels, entries, strict=True)
        ]
        return "\n".join(lines)

    def markdown(self) -> str:
        return fenced(self.plain(), "text")

    def html(self) -> str:
        note, entries = self._last()
        lines = [f"<em>{escape(note)}</em>"] if note else []
        for label, entry in zip(map(escape, _labels(entries)), entries, strict=True):
            style = _STYLE_OF.get(_LOUD.get(entry[0], ""), "opacity:.75")
            line = ansi.html(entry[1])
            if reads_right_to_left(line):
                line = f"<bdi>{line}</bdi>"  # after its level, not around it
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
        # A column from below begins at its end, which is what the live log showed.
        return (
            '<div tabindex="0" role="group" aria-label="Log lines" style="display:flex;'
            "flex-direction:column-reverse;align-items:flex-start;"
            f'max-height:24em;overflow:auto">{pre}</div>'
        )

    def _last(self) -> tuple[str, list[Entry]]:
        """The lines that ordinary output keeps, and a note on those before."""
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
        note = f"[… {count(before, 'line')} before these]" if before else ""
        return note, kept[::-1]


def _bounded(message: str) -> str:
    """Return a message of a bounded number of lines and characters."""
    if len(message) <= _MAX_MESSAGE_LINES:
        return message
    message = clip_text(message, _MAX_MESSAGE)
    *lines, rest = message.split("\n", _MAX_MESSAGE_LINES)
    if len(lines) < _MAX_MESSAGE_LINES:
        return message
    more = rest.count("\n") + 1
    return "\n".join([*lines, f"[… {more:,} more lines]"])


def _labels(entries: list[Entry]) -> list[str]:
    """The levels before lines, in a column; no column where none is to be shown."""
    levels = [_shown_level(entry) for entry in entries]
    if not any(levels):
        return levels
    # A long one still needs a space after it.
    return [f"{level:<{_LEVEL_WIDTH - 1}} " for level in levels]


def _shown_level(entry: Entry) -> str:
    """The level before a line; empty where it has none, says it itself, or goes on."""
    level = str(entry[0]).upper()
    says_itself = len(entry) > 2 or level in entry[1][:_SAYS_ITSELF]
    return "" if says_itself else level


@functools.lru_cache(64)
def _level(level: str) -> str:
    """A level as a short word; the same one for all its lines, to save memory."""
    return " ".join(ansi.plain(ansi.lines_of(level)[0]).split())[:16]
