"""Status: the state of a stream, its transitions and its counts. No IO."""

from __future__ import annotations

from types import TracebackType
from typing import Literal

from ..sse import ConnectionChange, ServerSentEvent
from .gap_detection import GapDetector
from .timing import Timing

State = Literal[
    "connecting",
    "live",
    "reconnecting",
    "stopping",
    "finished",
    "cancelled",
    "failed",
]

_ENDED = frozenset({"finished", "cancelled", "failed"})


class Status:
    """The state of one stream: `connecting → live ⇄ reconnecting → (stopping →)
    finished | cancelled | failed`."""

    def __init__(self) -> None:
        self.state: State = "connecting"
        self.reason = ""
        """Why it is in this state; empty if there is nothing to add."""
        self.error: BaseException | None = None
        self.traceback: TracebackType | None = None
        """The user's frames of the error."""
        self.events_received = 0
        self.reconnects = 0
        self.timing = Timing()
        self.gaps = GapDetector()
        self.close: ConnectionChange | None = None
        """The last change of the connection: the source closed it."""
        self._readers_note = ""

    @property
    def done(self) -> bool:
        """Whether it is in a final state."""
        return self.state in _ENDED

    def count(self, event: ServerSentEvent) -> None:
        """Count an event."""
        self.timing.on_event()
        self.events_received += 1
        self.gaps.on_event(event.id)

    def on_connection(self, change: ConnectionChange) -> bool:
        """Follow a change of the connection. Returns whether the state or its reason
        may differ."""
        if change.ready_state == "open":
            if self.state == "reconnecting":
                self.reconnects += 1
                self.gaps.on_reconnect()
            # The reason of an open connection is what may delay its first event.
            self.state, self.reason = "live", change.reason
            self.timing.on_open()
            return True
        if change.ready_state == "connecting" and change.reason:
            if self.state == "live":
                self.timing.on_break()
            self.state = "connecting" if self.state == "connecting" else "reconnecting"
            self.reason = change.reason
            self.timing.wait_for_retry(change.delay or None)
            return True
        if change.ready_state == "closed":
            self.close = change
        return False

    def on_readers(self, note: str) -> bool:
        """Make a note on slow readers, or its absence, the reason, unless there is
        another one. Returns whether the reason differs now."""
        # A reconnect may have replaced the note.
        if note == self.reason or self.reason not in ("", self._readers_note):
            return False
        self.reason = self._readers_note = note
        return True

    def raise_error(self) -> None:
        """Raise the error that made it fail, if any, with the user's frames only."""
        if self.error is not None:
            # An exception would collect the frames of each time that it is raised.
            raise self.error.with_traceback(self.traceback)

    def stop(self) -> None:
        """Enter the state in which a plain body runs on to its next `yield`."""
        self.state, self.reason = "stopping", "its code runs on to its next `yield`"

    def end(self, state: State, reason: str, error: BaseException | None) -> None:
        """Enter a final state."""
        self.timing.end()
        self.error = error
        self.state, self.reason = state, reason
