"""Bytes to events, to the letter of WHATWG HTML 9.2.6. No IO.

The text is cut into whole blocks (what stands before a blank line), and one
regular expression takes all blocks of a chunk at once; blocks that are not of the
common shape, and long ones, go through the line-by-line interpreter. Everything
that has no blank line yet waits as a list of pieces, which is joined once, so the
work is linear in the input however it is cut.
"""

from __future__ import annotations

import codecs
import re
from itertools import repeat
from typing import Any

from ..errors import EventTooLarge
from .event import ServerSentEvent

DEFAULT_MAX_EVENT_SIZE = 16 * 1024 * 1024

# The common shapes: data lines, at most one non-empty event and id before them.
# Any other block is taken whole by the last group. An absent field and an empty
# one mean different things, hence `.+`. The possessive forms never give back, which
# is right here, a fifth faster, and takes no memory for the way back.
_COMMON = (
    r"(?:event: ?+(.++)\n)?+(?:id: ?+(.++)\n)?+(?:event: ?+(.++)\n)?+"
    r"data: ?+(.*+(?:\ndata:.*+)*+)\n\n"
)
_MORE_DATA = re.compile(r"\ndata: ?")
_ONE_BLOCK = re.compile(_COMMON).fullmatch
_BLOCKS = re.compile(_COMMON + r"|((?:.++\n)*+\n++)")
_DIGITS = re.compile(r"[0-9]+")
_COMPACT_AT = 64 * 1024  # characters
_JOIN_AT = 4096  # pieces

# The same where every block of a text has the same fields in the same order.
_VALUE = {"event": r"event: ?+(.++)\n", "id": r"id: ?+(.++)\n"}
_ALIKE = {
    (*names, "data"): re.compile(
        "".join(_VALUE[name] for name in names) + r"data: ?+(.*+)\n\n"
    )
    for names in ((), ("id",), ("event",), ("id", "event"), ("event", "id"))
}

# What is worked on at once stays in the processor's cache: a fifth faster.
_SLICE = 16 * 1024

# Below this many characters, looking for a shortcut costs more than it saves. Where
# so many hold few lines, the lines are long, and searching for newlines beats an
# expression that looks at every character.
_SMALL = 2048
_FEW_LINES = 4

_new: Any = tuple.__new__


class EventStreamDecoder:
    """Decodes one connection's bytes; make a new one for each connection.

    Args:
        last_event_id: the id to go on from, as of the connection before.
        max_event_size: the most characters that one event may have, its lines
            counted whole and comments not at all; default 16 Mi.
    """

    def __init__(
        self,
        *,
        last_event_id: str = "",
        max_event_size: int = DEFAULT_MAX_EVENT_SIZE,
    ) -> None:
        self.last_event_id = last_event_id
        """The last event id string of the standard: as of the last whole block."""
        self.dataless = ""
        """The type of the last event without data, which is dispatched to nobody."""
        self.retry: int | None = None
        """The last reconnection time seen, in milliseconds."""
        self._limit = max_event_size
        self._small = min(_SMALL, max_event_size)
        self._utf8 = codecs.getincrementaldecoder("utf-8")("replace")
        self._plain = False  # nothing of an earlier chunk changes the next one's text
        self._at_start = True
        self._after_cr = False
        self._kept: list[str] = []  # whole lines of the open block, no comments
        self._kept_size = 0
        self._tail: list[str] = []  # what came since; may hold comments
        self._tail_size = 0
        self._tail_joined = 0
        self._tail_has_lines = False
        self._ends_line = True  # the pending text is empty or ends a line
        self._failure: EventTooLarge | None = None

    def feed(self, chunk: bytes) -> list[ServerSentEvent]:
        """Every event that these bytes complete, in order.

        Raises:
            EventTooLarge: at the event that is too large. Events before it in the
                same chunk are returned first, and the error comes at the next call.
        """
        if self._failure is not None:
            raise self._failure
        try:
            text = chunk.decode()
        except UnicodeDecodeError:
            text, self._plain = "", False
        if not self._plain or "\r" in text:
            text = self._text(chunk)
        if len(text) < self._small and self._ends_line and not self._tail:
            # One small event to a chunk is what most live streams look like.
            one = _ONE_BLOCK(text)
            if one is not None and not self._kept:
                early, new_id, late, data = one.groups()
                if not new_id:
                    new_id = self.last_event_id
                elif "\0" in new_id:
                    return self._interpret(text.split("\n"))
                if "\n" in data:
                    data = _MORE_DATA.sub("\n", data)
                self.last_event_id = new_id
                return [
                    _new(
                        ServerSentEvent,
                        (late or early or "message", data, new_id, None),
                    )
                ]
        if not text:
            return []
        events: list[ServerSentEvent] = []
        start = 0
        if self._ends_line and text[0] == "\n":
            start = 1
        elif self._tail or self._kept:
            start = _after_first_blank_line(text)
            if start == 0:
                self._wait_for_more(text)
                self._check()
                return []
        if self._tail or self._kept:
            block = "".join((*self._kept, *self._tail, text[:start]))
            self._forget_pending()
            events = self._dispatch(block, 0, len(block))
        end = max(start, _after_last_blank_line(text))
        if end > start and self._failure is None:
            events += self._dispatch(text, start, end)
        self._ends_line = True
        if end < len(text) and self._failure is None:
            self._wait_for_more(text[end:])
        if not events:
            self._check()
        return events

    def finish(self) -> list[ServerSentEvent]:
        """Tell that the bytes have ended. An unfinished block is dropped, with its
        id; a whole `retry` line in it has counted since it was read. Returns no event,
        where the decoders of other formats return their last.

        Raises:
            EventTooLarge: if it was still to be raised.
        """
        self._check()
        pending = "".join((*self._kept, *self._tail))
        for line in pending.split("\n")[:-1]:
            field, _, value = line.partition(":")
            if field == "retry":
                self._set_retry(value.removeprefix(" "))
        self._forget_pending()
        return []

    def _check(self) -> None:
        if self._failure is not None:
            raise self._failure

    # -- bytes to text -----------------------------------------------------------

    def _text(self, chunk: bytes) -> str:
        """The text with a BOM stripped and every end of line as one newline.

        A CR ends its line at once; the LF that may follow it in the next chunk is
        then dropped.
        """
        text = self._utf8.decode(chunk)
        if self._at_start and text:
            self._at_start = False
            text = text.removeprefix("\ufeff")
        if self._after_cr and text:
            self._after_cr = False
            text = text.removeprefix("\n")
        if "\r" in text:
            self._after_cr = text[-1] == "\r"
            text = text.replace("\r\n", "\n").replace("\r", "\n")
        within_character = self._utf8.getstate()[0] != b""
        self._plain = not (within_character or self._at_start or self._after_cr)
        return text

    # -- the open block ----------------------------------------------------------

    def _wait_for_more(self, text: str) -> None:
        tail = self._tail
        tail.append(text)
        self._tail_size += len(text)
        self._tail_has_lines = self._tail_has_lines or "\n" in text
        self._ends_line = text[-1] == "\n"
        if len(tail) - self._tail_joined >= _JOIN_AT:
            # A list of single characters takes many times their room.
            tail[self._tail_joined :] = ["".join(tail[self._tail_joined :])]
            self._tail_joined += 1
        within = self._kept_size + self._tail_size <= self._limit
        if within and self._tail_size <= _COMPACT_AT:
            return
        if self._tail_has_lines:
            self._compact()
        size = self._kept_size + self._tail_size
        if self._tail and self._tail[0][0] == ":":
            # The rest of this comment matters as little as what came of it.
            self._put_tail(":")
            size = self._kept_size
        if size > self._limit:
            self._forget_pending()
            self._failure = EventTooLarge(self._limit)

    def _compact(self) -> None:
        """Put whole lines aside without the comments among them: a heartbeat may
        go on for ever without a blank line."""
        lines, _, rest = "".join(self._tail).rpartition("\n")
        kept = "".join(f"{ln}\n" for ln in lines.split("\n") if ln[:1] != ":")
        if kept != "\n":  # which is what no line at all comes to
            self._kept.append(kept)
            self._kept_size += len(kept)
        self._put_tail(rest)

    def _put_tail(self, text: str) -> None:
        self._tail = [text] if text else []
        self._tail_size = len(text)
        self._tail_joined = len(self._tail)
        self._tail_has_lines = False

    def _forget_pending(self) -> None:
        self._kept, self._kept_size = [], 0
        self._put_tail("")

    # -- whole blocks ------------------------------------------------------------

    def _dispatch(self, text: str, start: int, end: int) -> list[ServerSentEvent]:
        """The events of the whole blocks in this part of the text."""
        if end - start > _SMALL:
            few = text.count("\n", start, start + _SMALL) < _FEW_LINES
            if few:
                return self._interpret(_long_lines(text, start, end))
        events: list[ServerSentEvent] = []
        while start < end and self._failure is None:
            stop = end
            if end - start > _SLICE:
                stop = text.rfind("\n\n", start, start + _SLICE) + 2
                if stop < start + 2:
                    stop = text.index("\n\n", start) + 2
            events += self._dispatch_slice(text[start:stop])
            start = stop
        return events

    def _dispatch_slice(self, text: str) -> list[ServerSentEvent]:
        size = len(text)
        if size > self._limit or "\0" in text:
            return self._interpret(text.split("\n"))
        if size > _SMALL and (alike := self._dispatch_alike(text)) is not None:
            return alike
        events: list[ServerSentEvent] = []
        append = events.append
        last_id = self.last_event_id
        for early, new_id, late, data, other in _BLOCKS.findall(text):
            if other:
                if other[0] != "\n":
                    self.last_event_id = last_id
                    events += self._interpret(other.split("\n"))
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

    def _dispatch_alike(self, text: str) -> list[ServerSentEvent] | None:
        """The events of whole blocks that all have the same fields, or None.

        Most streams are like this, and then no line of Python runs for each event:
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
            return None  # something stands between the blocks
        column = {name: parts[at::step] for at, name in enumerate(names, 1)}
        kinds = column.get("event") or repeat("message")
        ids = column.get("id")
        rows = zip(
            kinds, column["data"], ids or repeat(self.last_event_id), repeat(None)
        )
        if ids:
            self.last_event_id = ids[-1]
        return list(map(_new, repeat(ServerSentEvent), rows))

    def _interpret(self, lines: list[str]) -> list[ServerSentEvent]:
        """The events of whole blocks, line by line, as the standard has it."""
        events: list[ServerSentEvent] = []
        data: list[str] = []
        event, new_id = "", self.last_event_id
        retry: int | None = None
        size = 0
        for line in lines:
            if not line:
                self.last_event_id = new_id
                if data:
                    kind, value = event or "message", "\n".join(data)
                    events.append(_new(ServerSentEvent, (kind, value, new_id, retry)))
                elif event:
                    self.dataless = event
                data, event, retry, size = [], "", None, 0
                continue
            if line[0] == ":":
                continue  # a comment
            size += len(line) + 1
            if size > self._limit:
                self._failure = EventTooLarge(self._limit)
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
        # Bounded, because int() refuses thousands of digits and no one means them.
        if _DIGITS.fullmatch(value) and len(value) <= 18:
            self.retry = int(value)


# For the three below: searching for one character is many times faster than for two,
# and than `split`, which looks at every character.


def _long_lines(text: str, start: int, end: int) -> list[str]:
    """The lines in this part of the text."""
    lines = []
    while (at := text.find("\n", start, end)) >= 0:
        lines.append(text[start:at])
        start = at + 1
    return lines


def _after_first_blank_line(text: str) -> int:
    """Where the text after the first blank line begins; 0 where there is none."""
    at = 0
    for _ in range(4):
        at = text.find("\n", at) + 1
        if at == 0:
            return 0
        if text[at : at + 1] == "\n":
            return at + 1
    found = text.find("\n\n", at)
    return found + 2 if found >= 0 else 0


def _after_last_blank_line(text: str) -> int:
    """Where the text after the last blank line begins; 0 where there is none."""
    end = len(text)
    for _ in range(4):
        end = text.rfind("\n", 0, end)
        if end <= 0:
            return 0
        if text[end - 1] == "\n":
            return end + 1
    found = text.rfind("\n\n", 0, end)
    return found + 2 if found >= 0 else 0
