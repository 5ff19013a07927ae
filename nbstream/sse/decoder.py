"""Bytes to events, to the letter of WHATWG HTML 9.2.6. No IO.

The text is cut into whole blocks (what stands before a blank line) and one
regular expression takes all blocks of a chunk at once; only blocks that are not
of the common shape go through the line-by-line interpreter. Everything that has
no blank line yet waits as a list of pieces, which is joined once, so the work is
linear in the input however it is cut.
"""

from __future__ import annotations

import codecs
import re

from ..errors import EventTooLarge
from .event import ServerSentEvent

DEFAULT_MAX_EVENT_SIZE = 16 * 1024 * 1024

# The common shapes: one data line, at most one non-empty event and id before it.
# Any other block is taken whole by the last group. An absent field and an empty
# one mean different things, hence `.+`; `?+` must not give its space back.
_BLOCKS = re.compile(
    r"(?:event: ?+(.+)\n)?(?:id: ?+(.+)\n)?(?:event: ?+(.+)\n)?data: ?+(.*)\n\n"
    r"|((?:.+\n)*\n)"
)
_DIGITS = re.compile(r"[0-9]+")
_COMPACT_AT = 64 * 1024

_new = tuple.__new__


class EventStreamDecoder:
    """Decodes one connection's bytes; make a new one for each connection.

    Args:
        last_event_id: the id to go on from, as of the connection before.
        max_event_size: the most characters that one event, or one line, may
            have; default 16 Mi. Comment lines do not count towards an event.
    """

    def __init__(
        self,
        *,
        last_event_id: str = "",
        max_event_size: int = DEFAULT_MAX_EVENT_SIZE,
    ) -> None:
        self.last_event_id = last_event_id
        """The last event id string of the standard: as of the last whole block."""
        self.retry: int | None = None
        """The last reconnection time seen, in milliseconds."""
        self._limit = max_event_size
        self._utf8 = codecs.getincrementaldecoder("utf-8")("replace")
        self._at_start = True
        self._after_cr = False
        self._kept: list[str] = []  # whole lines of the open block, no comments
        self._kept_size = 0
        self._tail: list[str] = []  # what came since; may hold comments
        self._tail_size = 0
        self._tail_has_lines = False
        self._ends_line = True  # the pending text is empty or ends a line
        self._failure: EventTooLarge | None = None

    def feed(self, chunk: bytes) -> list[ServerSentEvent]:
        """Every event that these bytes complete, in order.

        Raises:
            EventTooLarge: at the event that is too large. Events before it in the
                same chunk are returned first, and the error comes at the next call.
        """
        self._raise_failure()
        text = self._normalised(self._utf8.decode(chunk))
        if not text:
            return []
        cut = text.rfind("\n\n") + 2
        if cut == 1:
            # Only a newline at the very start can still end the block.
            if not (self._ends_line and text[0] == "\n"):
                self._wait_for_more(text)
                self._raise_failure()
                return []
            cut = 1
        whole = text[:cut] if cut < len(text) else text
        if self._tail or self._kept:
            whole = "".join((*self._kept, *self._tail, whole))
            self._forget_pending()
        self._ends_line = True
        events = self._dispatch(whole)
        if cut < len(text) and self._failure is None:
            self._wait_for_more(text[cut:])
        if not events:
            self._raise_failure()
        return events

    def finish(self) -> None:
        """Tell that the bytes have ended. An unfinished block is dropped, with its
        id; a whole `retry` line in it has counted since it was read.

        Raises:
            EventTooLarge: if it was still to be raised.
        """
        self._raise_failure()
        pending = "".join((*self._kept, *self._tail))
        for line in pending.split("\n")[:-1]:
            field, _, value = line.partition(":")
            if field == "retry":
                self._set_retry(value.removeprefix(" "))
        self._forget_pending()

    def _forget_pending(self) -> None:
        self._kept, self._kept_size = [], 0
        self._tail, self._tail_size = [], 0
        self._tail_has_lines = False

    def _normalised(self, text: str) -> str:
        """The text with a BOM stripped and every end of line as one newline.

        A CR ends its line at once; the LF that may follow it in the next chunk is
        then dropped.
        """
        if self._at_start and text:
            self._at_start = False
            text = text.removeprefix("\ufeff")
        if self._after_cr and text:
            self._after_cr = False
            text = text.removeprefix("\n")
        if "\r" in text:
            self._after_cr = text[-1] == "\r"
            text = text.replace("\r\n", "\n").replace("\r", "\n")
        return text

    def _wait_for_more(self, text: str) -> None:
        self._tail.append(text)
        self._tail_size += len(text)
        self._tail_has_lines = self._tail_has_lines or "\n" in text
        self._ends_line = text[-1] == "\n"
        within = self._kept_size + self._tail_size <= self._limit
        if within and self._tail_size <= _COMPACT_AT:
            return
        if self._tail_has_lines:
            self._compact()
        open_line = self._tail_size
        if self._tail and self._tail[0][0] == ":":
            size = max(self._kept_size, open_line)
        else:
            size = self._kept_size + open_line
        if size > self._limit:
            self._forget_pending()
            self._failure = EventTooLarge(self._limit)

    def _raise_failure(self) -> None:
        if self._failure is not None:
            raise self._failure

    def _compact(self) -> None:
        """Put whole lines aside without the comments among them: a heartbeat may
        go on for ever without a blank line."""
        lines, _, rest = "".join(self._tail).rpartition("\n")
        kept = "".join(f"{ln}\n" for ln in lines.split("\n") if ln[:1] != ":")
        if kept != "\n":  # which is what no line at all comes to
            self._kept.append(kept)
            self._kept_size += len(kept)
        self._tail = [rest] if rest else []
        self._tail_size = len(rest)
        self._tail_has_lines = False

    def _dispatch(self, text: str) -> list[ServerSentEvent]:
        """The events of whole blocks."""
        events: list[ServerSentEvent] = []
        append = events.append
        last_id = self.last_event_id
        cls = ServerSentEvent
        if "\0" in text or len(text) > self._limit:
            # Rare, and each needs a look at every block.
            for found in _BLOCKS.finditer(text):
                block = found[0]
                if len(block) > self._limit and self._too_large(block):
                    self._failure = EventTooLarge(self._limit)
                    break
                if (event := self._interpret(block)) is not None:
                    append(event)
            return events
        for early, new_id, late, data, other in _BLOCKS.findall(text):
            if other:
                if other == "\n":
                    continue
                self.last_event_id = last_id
                event = self._interpret(other)
                last_id = self.last_event_id
                if event is not None:
                    append(event)
                continue
            if new_id:
                last_id = new_id
            append(_new(cls, (late or early or "message", data, last_id, None)))
        self.last_event_id = last_id
        return events

    def _too_large(self, block: str) -> bool:
        lines = block.split("\n")
        size = sum(len(line) + 1 for line in lines[:-2] if line[:1] != ":")
        return size > self._limit or any(len(line) > self._limit for line in lines)

    def _interpret(self, block: str) -> ServerSentEvent | None:
        """One block, line by line, as the standard has it."""
        data: list[str] = []
        event = ""
        retry: int | None = None
        for line in block.split("\n"):
            field, _, value = line.partition(":")
            value = value.removeprefix(" ")
            if field == "data":
                data.append(value)
            elif field == "event":
                event = value
            elif field == "id":
                if "\0" not in value:
                    self.last_event_id = value
            elif field == "retry":
                self._set_retry(value)
                retry = self.retry
        if not data:
            return None
        return ServerSentEvent(
            event or "message", "\n".join(data), self.last_event_id, retry
        )

    def _set_retry(self, value: str) -> None:
        # Bounded, because int() refuses thousands of digits and no one means them.
        if _DIGITS.fullmatch(value) and len(value) <= 18:
            self.retry = int(value)
