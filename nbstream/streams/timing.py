"""Timing: the times of a stream, all in seconds."""

from __future__ import annotations

import time
from collections.abc import Callable


class Timing:
    """Records when things happened. All durations stop at the end of the stream.

    Args:
        clock: returns seconds from any origin. Default `time.monotonic`.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        """Measures the durations; a test may replace it."""
        self.started: float | None = None
        """The start, in seconds since the epoch; None before it."""
        self.to_first_event: float | None = None
        """From the start to the first event; None before it."""
        self.broken_since: float | None = None
        """When the connection that was open last broke, in seconds since the epoch;
        None while one is open, and before the first."""
        self._start: float | None = None
        self._end: float | None = None
        self._last_event: float | None = None
        self._next_try: float | None = None

    def start(self) -> None:
        """Record the start."""
        self.started = time.time()
        self._start = self.clock()

    def on_event(self) -> None:
        """Record an event."""
        if self.to_first_event is None:
            self.to_first_event = self.elapsed
        self._last_event = self.clock()

    def on_open(self) -> None:
        """Record that a connection is open."""
        self.broken_since = None
        self.wait_for_retry(None)

    def on_break(self) -> None:
        """Record that the open connection broke, or that this is noticed."""
        if self.broken_since is None:
            self.broken_since = time.time()

    def wait_for_retry(self, delay: float | None) -> None:
        """Record the seconds until the next try to connect; None if there is none."""
        self._next_try = None if delay is None else self.clock() + delay

    def end(self) -> None:
        """Record the end."""
        self._end, self._next_try = self.clock(), None

    @property
    def has_ended(self) -> bool:
        """Whether the end is recorded."""
        return self._end is not None

    @property
    def elapsed(self) -> float:
        """From the start to now, or to the end."""
        return self._since(self._start)

    @property
    def quiet(self) -> float:
        """Since the last event, or since the start if there was none."""
        return self._since(self._last_event or self._start)

    @property
    def retry_in(self) -> float | None:
        """Until the next try to connect; None if it does not wait for one."""
        if self._next_try is None:
            return None
        return max(0.0, self._next_try - self.clock())

    def _since(self, then: float | None) -> float:
        return 0.0 if then is None else (self._end or self.clock()) - then


def check_max_time(seconds: float | None) -> float | None:
    """Return the seconds after which a stream is to stop; None for no limit.

    Raises:
        ValueError: if it is not above 0.
    """
    if seconds is not None and not seconds > 0:
        raise ValueError(f"Expected a max_time above 0, in seconds, got {seconds!r}.")
    return seconds
