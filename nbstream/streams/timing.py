"""The times of a stream, all in seconds."""

from __future__ import annotations

import time


class Timing:
    """Keeps when things happened; what it tells stands still after the end."""

    def __init__(self) -> None:
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
        self._began = time.monotonic()

    def event(self) -> None:
        """An event came."""
        if self.to_first_event is None:
            self.to_first_event = self.elapsed
        self._last_event = time.monotonic()

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
        self._next_try = None if delay is None else time.monotonic() + delay

    def end(self) -> None:
        """It has ended."""
        self._ended, self._next_try = time.monotonic(), None

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
        return max(0.0, self._next_try - time.monotonic())

    def _since(self, then: float | None) -> float:
        return 0.0 if then is None else (self._ended or time.monotonic()) - then


def in_words(seconds: float) -> str:
    """A long duration in hours and minutes: `7 h 12 m`, `12 m`."""
    hours, minutes = divmod(int(seconds) // 60, 60)
    return f"{hours} h {minutes} m" if hours else f"{minutes} m"
