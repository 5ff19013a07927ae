"""Throttle the frames of each panel, within a budget of all panels of a kernel."""

from __future__ import annotations

import math

# Seconds between two frames. A frame costs half a kilobyte beside its content, and
# JupyterLab a turn of its loop, so fewer would be cheaper; but readers would see jerks.
_INTERVAL = 0.038
# Frames a second of all panels that a page can draw and stay responsive.
_PER_SECOND = 400
# Frames that may be sent at once after a pause: the first token of an answer follows
# closely on its start, and is the one that the reader waits for.
_BURST = 3
# Frames that may be in flight to a page that draws late, so that it receives fewer and
# bigger ones, and the longest interval in seconds, so that it always receives some.
_IN_FLIGHT = 4
_LONGEST_INTERVAL = 0.25


class FrameBudget:
    """The frames a second that all panels of a kernel share."""

    def __init__(self) -> None:
        # Streams run in several threads: a set's changes are atomic, a count's are not.
        self._clocks: set[FrameClock] = set()

    def add(self, clock: FrameClock) -> None:
        """Count a panel that may send frames."""
        self._clocks.add(clock)

    def remove(self, clock: FrameClock) -> None:
        """Stop counting a panel; harmless when repeated."""
        self._clocks.discard(clock)

    @property
    def clocks(self) -> int:
        """How many panels may send frames."""
        return len(self._clocks)

    @property
    def interval(self) -> float:
        """Seconds between two frames of one panel."""
        return max(_INTERVAL, self.clocks / _PER_SECOND)


class FrameClock:
    """Decides when one panel may send its next frame.

    Args:
        budget: of the panel's kernel.
    """

    def __init__(self, budget: FrameBudget) -> None:
        self._budget = budget
        self._due = 0.0
        self._lag = 0.0
        budget.add(self)

    def wait(self, now: float) -> float:
        """Return the seconds until a frame may be sent; zero or less: it may now."""
        return round(self._due - now, 6)  # less is the error of floats

    def record_frame(self, now: float) -> None:
        """Note that a frame was sent."""
        throttled = min(self._lag / _IN_FLIGHT, _LONGEST_INTERVAL)
        interval = max(self._budget.interval, throttled)
        due = max(self._due, now - (_BURST - 1) * interval) + interval
        if self._budget.clocks > 1 and due > now:
            # At the same time as others, to share a batch with them.
            due = math.ceil(due / interval) * interval
        self._due = due

    def record_lag(self, seconds: float) -> None:
        """Note how long after it was sent a page drew a frame."""
        self._lag = seconds

    def stop(self) -> None:
        """Leave the budget to other panels; harmless when repeated."""
        self._budget.remove(self)
