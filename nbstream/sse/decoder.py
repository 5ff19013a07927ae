"""Decode an event stream: bytes → framing → interpreter → events. No IO."""

from __future__ import annotations

from typing import Protocol

from ..errors import EventTooLarge
from .event import ServerSentEvent
from .framing import DEFAULT_MAX_EVENT_SIZE, BlockFraming, normalise_newlines
from .interpreter import BlockInterpreter

_SMALL = 2048  # bytes


class Decoder(Protocol):
    """Turns one connection's bytes into events, whatever their format."""

    @property
    def last_event_id(self) -> str:
        """The last id that the stream sent, or the one that it was made with."""

    @property
    def retry(self) -> int | None:
        """The last reconnection time that the stream sent, in milliseconds; None before
        there is one."""

    def feed(self, chunk: bytes) -> list[ServerSentEvent]:
        """Return every event that these bytes complete, in order."""

    def finish(self) -> list[ServerSentEvent]:
        """Return the events that only the end of the bytes completes."""


class EventStreamDecoder:
    r"""Decodes one connection's `text/event-stream`, as WHATWG HTML 9.2.6 has it.

        decoder = EventStreamDecoder()
        events = decoder.feed(b"data: hello\n\n")

    Make a new one for each connection.

    Args:
        last_event_id: the last event id of the connection before, which events have
            until this connection sends another; default empty.
        max_event_size: the most characters that one event may have, its lines
            counted whole and comments not at all; default 16 Mi.
    """

    def __init__(
        self,
        *,
        last_event_id: str = "",
        max_event_size: int = DEFAULT_MAX_EVENT_SIZE,
    ) -> None:
        self._framing = BlockFraming(max_event_size)
        self._interpreter = BlockInterpreter(last_event_id, max_event_size)
        self._limit = max_event_size
        self._failed = False
        self._small = min(_SMALL, max_event_size)

    @property
    def last_event_id(self) -> str:
        """The last event id string of the standard: as of the last whole block."""
        return self._interpreter.last_event_id

    @property
    def retry(self) -> int | None:
        """The last reconnection time, in milliseconds; None before there is one."""
        return self._interpreter.retry

    def feed(self, chunk: bytes) -> list[ServerSentEvent]:
        """Return every event that these bytes complete, in order.

        Raises:
            EventTooLarge: at the event that is too large. Events before it in the
                same chunk are returned first, and the error is raised at the next call.
        """
        if self._framing.is_idle and len(chunk) < self._small:
            # One small event in each chunk, which is how most live streams come.
            try:
                text = chunk.decode()
            except UnicodeDecodeError:
                text = ""
            if "\r" in text:
                text = normalise_newlines(text) if text[-1] == "\n" else ""
            if events := self._interpreter.interpret_one(text):
                return events
        if self._failed:
            raise EventTooLarge(self._limit)
        framing, interpreter = self._framing, self._interpreter
        events = []
        for blocks in framing.feed(chunk):
            events += interpreter.interpret(blocks)
        if framing.overflowed or interpreter.overflowed:
            self._failed = True
            framing.is_idle = False  # the shortcut above is closed too
            if not events:
                raise EventTooLarge(self._limit)
        return events

    def finish(self) -> list[ServerSentEvent]:
        """Take note of the end of the bytes. The standard drops a block that has no
        blank line, its id too; a whole `retry` line in it counts.

        Returns:
            An empty list; the decoders of other formats return their last event.

        Raises:
            EventTooLarge: if it was still to be raised.
        """
        if self._failed:
            raise EventTooLarge(self._limit)
        self._interpreter.interpret_retry(self._framing.finish())
        return []

    def take_undispatched(self) -> str:
        """Return the type of the last event without data, which the standard dispatches
        to nobody, and forget it; empty if there was none since the last call."""
        event, self._interpreter.undispatched = self._interpreter.undispatched, ""
        return event
