"""Decode JSON lines: `application/x-ndjson`, as Ollama and others stream. No IO.

Each line is an event, its data the line unchanged. Lines end with LF, with or without a
CR before it (jsonlines.org, ndjson-spec 1.0); blank lines are skipped. A line that is
not JSON is an event too: nothing received is lost.
"""

from __future__ import annotations

import codecs

from ..errors import EventTooLarge
from .event import ServerSentEvent
from .framing import DEFAULT_MAX_EVENT_SIZE

# The record separator before each text of a JSON text sequence (RFC 7464), and spaces.
_AROUND = " \t\r\x1e"


class NdjsonDecoder:
    """Decodes one connection's JSON lines, with the interface of `EventStreamDecoder`.

    Args:
        last_event_id: the id that events have, for this format has no ids; default
            empty.
        max_event_size: the most characters that one line may have; default 16 Mi.
    """

    def __init__(
        self,
        *,
        last_event_id: str = "",
        max_event_size: int = DEFAULT_MAX_EVENT_SIZE,
    ) -> None:
        self.last_event_id = last_event_id
        """As given."""
        self.retry: int | None = None
        """Always None: this format has no reconnection time."""
        self.events = 0
        """The number of events so far."""
        self._limit = max_event_size
        self._utf8 = codecs.getincrementaldecoder("utf-8-sig")("replace")
        self._open: list[str] = []  # pieces of the line that is incomplete
        self._open_size = 0
        self._failure: EventTooLarge | None = None

    def feed(self, chunk: bytes) -> list[ServerSentEvent]:
        """Return every event that these bytes complete, in order.

        Raises:
            EventTooLarge: at the line that is too large. Events before it in the same
                chunk are returned first, and the error is raised at the next call.
        """
        self._check()
        return self._feed(self._utf8.decode(chunk))

    def finish(self) -> list[ServerSentEvent]:
        """Take note of the end of the bytes; return the last line, if it has no LF.

        Raises:
            EventTooLarge: if it was still to be raised.
        """
        self._check()
        events = self._feed(self._utf8.decode(b"", final=True) + "\n")
        self._check()
        return events

    def _feed(self, text: str) -> list[ServerSentEvent]:
        events: list[ServerSentEvent] = []
        *whole, rest = text.split("\n")
        for line in whole:
            if self._open:
                line = "".join((*self._open, line))
                self._open, self._open_size = [], 0
            line = line.strip(_AROUND)
            if len(line) > self._limit:
                self._failure = EventTooLarge(self._limit)
                break
            if line:
                events.append(ServerSentEvent(data=line, id=self.last_event_id))
        else:
            self._keep(rest)
        self.events += len(events)
        if not events:
            self._check()
        return events

    def _keep(self, rest: str) -> None:
        if not rest:
            return
        self._open.append(rest)
        self._open_size += len(rest)
        if self._open_size > self._limit:
            self._open = []
            self._failure = EventTooLarge(self._limit)

    def _check(self) -> None:
        if self._failure is not None:
            raise self._failure
