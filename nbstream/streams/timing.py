"""The times of a stream, all in seconds."""

from __future__ import annotations

import time
from collections.abc import Callable


class Timing:
    """Keep when things happened. What it reports no longer changes after the end.

    Args:
        clock: seconds from any origin, such as `time.monotonic`.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        """Where the time comes from; a test may put another in its place."""
        self.started: float | None = None
        """When it began, since the epoch."""
        self.to_first_event: float | None = None
        """From the beginning to the first event."""
        self.broken_since: float | None = None
        """When the connection that was open last broke, since the epoch; None while one
        is open, and before the first."""
        self._began: float | None = None
        self._ended: float | None = None
        self._last_event: float | None = None
        self._next_try: float | None = None

    def begin(self) -> None:
        """It begins."""
        self.started = time.time()
        self._began = self.clock()

    def event(self) -> None:
        """An event came."""
        if self.to_first_event is None:
            self.to_first_event = self.elapsed
        self._last_event = self.clock()

    def opens(self) -> None:
        """A connection is open."""
        self.broken_since = None
        self.waits(None)

    def breaks(self) -> None:
        """The open connection broke, or it is noticed that it did."""
        if self.broken_since is None:
            self.broken_since = time.time()

    def waits(self, delay: float | None) -> None:
        """It tries to connect again after so long; None: it waits no more."""
        self._next_try = None if delay is None else self.clock() + delay

    def end(self) -> None:
        """It has ended."""
        self._ended, self._next_try = self.clock(), None

    @property
    def elapsed(self) -> float:
        """Since the beginning, or from beginning to end."""
        return self._since(self._began)

    @property
    def quiet(self) -> float:
        """Since the last event, or since the beginning if there was none."""
        return self._since(self._last_event or self._began)

    @property
    def retry_in(self) -> float | None:
        """Until it tries to connect again; None where it does not wait for that."""
        if self._next_try is None:
            return None
        return max(0.0, self._next_try - self.clock())

    def _since(self, then: float | None) -> float:
        return 0.0 if then is None else (self._ended or self.clock()) - then


def in_words(seconds: float) -> str:
    """A long duration in hours and minutes: `7 h 12 m`, `12 m`."""
    hours, minutes = divmod(int(seconds) // 60, 60)
    return f"{hours} h {minutes} m" if hours else f"{minutes} m"
