"""Interpret the blocks of an event stream: from text to events. No IO.

The rules are those of WHATWG HTML 9.2.6, "Interpreting an event stream". Blocks of the
common shapes are matched by regular expressions, many at once; all others are read line
by line.
"""

from __future__ import annotations

import re
from itertools import repeat
from typing import Any

from .event import ServerSentEvent

# The common shapes: data lines, with at most one non-empty event and id before them.
# The last group matches any other block whole. An absent field and an empty one mean
# different things, hence `.+`. The possessive forms do not backtrack, which is right
# here, a fifth faster, and keeps no stack.
_COMMON = (
    r"(?:event: ?+(.++)\n)?+(?:id: ?+(.++)\n)?+(?:event: ?+(.++)\n)?+"
    r"data: ?+(.*+(?:\ndata:.*+)*+)\n\n"
)
_MORE_DATA = re.compile(r"\ndata: ?")
_ONE_BLOCK = re.compile(_COMMON).fullmatch
_BLOCKS = re.compile(_COMMON + r"|((?:.++\n)*+\n++)")
_DIGITS = re.compile(r"[0-9]+")

# The same for texts in which every block has the same fields in the same order.
_VALUE = {"event": r"event: ?+(.++)\n", "id": r"id: ?+(.++)\n"}
_ALIKE = {
    (*names, "data"): re.compile(
        "".join(_VALUE[name] for name in names) + r"data: ?+(.*+)\n\n"
    )
    for names in ((), ("id",), ("event",), ("id", "event"), ("event", "id"))
}

# Characters that are matched at once: they stay in the processor's cache, which is a
# fifth faster.
_SLICE = 16 * 1024

# Below this many characters, looking for a shortcut costs more than it saves. If so
# many hold few lines, the lines are long, and searching for newlines beats an
# expression that looks at every character.
_SMALL = 2048
_FEW_LINES = 4

# The largest retry has so many digits; `int` would take quadratic time for more.
_RETRY_DIGITS = 18

_new: Any = tuple.__new__


class BlockInterpreter:
    """Turns the blocks of one connection into events.

    Args:
        last_event_id: the id that events have before the first `id` field.
        max_event_size: the most characters in one block, comments not counted.
    """

    def __init__(self, last_event_id: str, max_event_size: int) -> None:
        self.last_event_id = last_event_id
        """The last event id string, as of the last whole block."""
        self.retry: int | None = None
        """The last reconnection time, in milliseconds."""
        self.undispatched = ""
        """The type of the last event without data, which the standard drops."""
        self.overflowed = False
        """A block passed `max_event_size`; blocks after it are not interpreted."""
        self._limit = max_event_size

    def interpret_one(self, text: str) -> list[ServerSentEvent]:
        """Return the event of a text that is one whole block of the common shape; of
        any other text no event, and nothing is interpreted."""
        if one := _ONE_BLOCK(text):
            early, new_id, late, data = one.groups()
            if not new_id:
                new_id = self.last_event_id
            elif "\0" in new_id:
                return []
            self.last_event_id = new_id
            if "\n" in data:
                data = _MORE_DATA.sub("\n", data)
            return [
                _new(ServerSentEvent, (late or early or "message", data, new_id, None))
            ]
        return []

    def interpret(self, text: str) -> list[ServerSentEvent]:
        """Return the events of whole blocks, in order."""
        if self.overflowed:
            return []
        if len(text) < _SMALL:
            return self._interpret_slice(text)
        if text.count("\n", 0, _SMALL) < _FEW_LINES:
            return self._interpret_lines(_split_long_lines(text))
        events: list[ServerSentEvent] = []
        start, end = 0, len(text)
        while start < end and not self.overflowed:
            stop = end
            if end - start > _SLICE:
                stop = text.rfind("\n\n", start, start + _SLICE) + 2
                if stop < start + 2:
                    stop = text.index("\n\n", start) + 2
            events += self._interpret_slice(text[start:stop])
            start = stop
        return events

    def interpret_retry(self, lines: list[str]) -> None:
        """Take the `retry` fields of a block that the end of the stream cut off: they
        count at once, where the other fields count at the blank line."""
        for line in lines:
            field, _, value = line.partition(":")
            if field == "retry":
                self._set_retry(value.removeprefix(" "))

    def _interpret_slice(self, text: str) -> list[ServerSentEvent]:
        size = len(text)
        if size > self._limit or "\0" in text:
            return self._interpret_lines(text.split("\n"))
        if size > _SMALL and (alike := self._interpret_alike(text)) is not None:
            return alike
        events: list[ServerSentEvent] = []
        append = events.append
        last_id = self.last_event_id
        for early, new_id, late, data, other in _BLOCKS.findall(text):
            if other:
                if other[0] != "\n":
                    self.last_event_id = last_id
                    events += self._interpret_lines(other.split("\n"))
                    last_id = self.last_event_id
                continue
            if new_id:
                last_id = new_id
            if "\n" in data:
                data = _MORE_DATA.sub("\n", data)
            append(
                _new(ServerSentEvent, (late or early or "message", data, last_id, None))
            )
        self.last_event_id = last_id
        return events

    def _interpret_alike(self, text: str) -> list[ServerSentEvent] | None:
        """Return the events of blocks that all have the same fields, or None if they
        differ.

        Most streams are alike, and then no line of Python runs for each event:
        splitting at whole blocks leaves their values in columns.
        """
        first = text[: text.find("\n\n")]
        names = tuple(line.partition(":")[0] for line in first.split("\n"))
        alike = _ALIKE.get(names)
        if alike is None:
            return None
        parts = alike.split(text)
        step = len(names) + 1
        if any(parts[::step]):
            return None  # there is other text between the blocks
        column = {name: parts[at::step] for at, name in enumerate(names, 1)}
        types = column.get("event") or repeat("message")
        ids = column.get("id")
        rows = zip(
            types, column["data"], ids or repeat(self.last_event_id), repeat(None)
        )
        if ids:
            self.last_event_id = ids[-1]
        return list(map(_new, repeat(ServerSentEvent), rows))

    def _interpret_lines(self, lines: list[str]) -> list[ServerSentEvent]:
        """Return the events of whole blocks, line by line, as the standard puts it."""
        events: list[ServerSentEvent] = []
        data: list[str] = []
        event, new_id = "", self.last_event_id
        retry: int | None = None
        size = 0
        for line in lines:
            if not line:
                self.last_event_id = new_id
                if data:
                    fields = (event or "message", "\n".join(data), new_id, retry)
                    events.append(_new(ServerSentEvent, fields))
                elif event:
                    self.undispatched = event
                data, event, retry, size = [], "", None, 0
                continue
            if line[0] == ":":
                continue  # a comment
            size += len(line) + 1
            if size > self._limit:
                self.overflowed = True
                break
            if line[:6] == "data: ":
                data.append(line[6:])  # copied once, since it may be long
                continue
            field, _, value = line.partition(":")
            if value[:1] == " ":
                value = value[1:]
            if field == "data":
                data.append(value)
            elif field == "event":
                event = value
            elif field == "id":
                if "\0" not in value:
                    new_id = value
            elif field == "retry":
                self._set_retry(value)
                retry = self.retry
        return events

    def _set_retry(self, value: str) -> None:
        if _DIGITS.fullmatch(value) and len(value) <= _RETRY_DIGITS:
            self.retry = int(value)


def _split_long_lines(text: str) -> list[str]:
    """Return the lines of a text: `str.split` looks at every character, and searching
    for one is many times faster."""
    lines = []
    start = 0
    while (at := text.find("\n", start)) >= 0:
        lines.append(text[start:at])
        start = at + 1
    return lines
