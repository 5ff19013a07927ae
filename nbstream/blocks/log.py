"""Log lines."""

from __future__ import annotations

import functools
from html import escape
from itertools import islice
from typing import Any, ClassVar

from ..updates import LogLine
from . import ansi
from .block import Limits, Payload
from .listing import Listing
from .markup import fenced

# Of all lines together, however long each is.
_MAX_CHARACTERS = 16 * 1024 * 1024
# What ordinary output holds: it is read, diffed and sent whole.
_FROZEN_LINES = 2_000
_FROZEN_CHARACTERS = 1024 * 1024

_LEVEL_WIDTH = 8
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


class LogBlock(Listing):
    """The last lines of a log.

    Each is `[level, line]`, and `[level, line, 1]` where it goes on from the line
    before. A line holds colours but no other escapes; see `ansi`. Of
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

    def add(self, update: LogLine) -> Payload:
        level = _level(update.level)
        message = update.message
        redraws = message.startswith("\r") and not message.startswith("\r\n")
        over = update.replaces or self._returned or (redraws and self._redraws)
        goes_on = update.goes_on and bool(self.entries)
        if goes_on:
            over, message = False, ansi.carried(self.entries[-1][1]) + message
        undo = 1 if over and self.entries else 0
        self._redraws, self._returned = redraws, message.endswith("\r")
        lines = ansi.lines_of(message)
        added: list[list[Any]] = [[level, lines[0], *([1] if goes_on else [])]]
        added += [[level, line, 1] for line in lines[1:]]
        if undo:
            self._characters -= len(self.entries.pop()[1])
        self.entries.extend(added)
        self._characters += sum(map(len, lines))
        drop = 0
        while len(self.entries) > self._limit or self._characters > _MAX_CHARACTERS:
            self._characters -= len(self.entries.popleft()[1])
            drop += 1
        self.dropped += drop
        payload: Payload = {"add": added}
        if drop:
            payload["drop"] = drop
        if undo:
            payload["undo"] = undo
        return payload

    @staticmethod
    def merge(earlier: Payload, later: Payload) -> Payload:
        add, undo = earlier["add"], later.get("undo", 0)
        taken = min(undo, len(add))
        merged = Listing.merge(
            earlier | {"add": add[: len(add) - taken]}, later | {"add": later["add"]}
        )
        if undo := earlier.get("undo", 0) + undo - taken:
            merged["undo"] = undo
        return merged

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
            lines.append(
                f'<span style="{style}">{label}</span>{ansi.html(entry[1])}'
                if label.strip()
                else label + ansi.html(entry[1])
            )
        pre = (
            '<pre class="nbstream-log" style="flex:none;margin:0;'
            "overflow:visible;white-space:pre;"
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

    def _last(self) -> tuple[str, list[list[Any]]]:
        """The lines that ordinary output keeps, and a note on those before."""
        kept: list[list[Any]] = []
        room = _FROZEN_CHARACTERS
        for entry in islice(reversed(self.entries), _FROZEN_LINES):
            room -= len(entry[1])
            if room < 0 and kept:
                break
            kept.append(entry)
        before = self.dropped + len(self.entries) - len(kept)
        note = f"[… {before:,} lines before these]" if before else ""
        return note, kept[::-1]


def _labels(entries: list[list[Any]]) -> list[str]:
    """The levels before lines, in a column; no column where none is to be shown."""
    levels = [_shown_level(entry) for entry in entries]
    if not any(levels):
        return levels
    # A long one still needs a space after it.
    return [f"{level:<{_LEVEL_WIDTH - 1}} " for level in levels]


def _shown_level(entry: list[Any]) -> str:
    """The level before a line; empty where it has none, says it itself, or goes on."""
    level = str(entry[0]).upper()
    says_itself = len(entry) > 2 or level in entry[1][:_SAYS_ITSELF]
    return "" if says_itself else level


@functools.lru_cache(64)
def _level(level: str) -> str:
    """A level as a short word; the same one for all its lines, to save memory."""
    return " ".join(ansi.plain(ansi.lines_of(level[:64])[0]).split())[:16]
