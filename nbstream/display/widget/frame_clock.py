"""When a frame may go to the page."""

from __future__ import annotations

import math

# A frame costs half a kilobyte on the wire beside its content, and JupyterLab a turn of
# its loop, so rarer ones would be cheaper; but a reader sees them come.
_INTERVAL = 0.038
# What a page can draw of many streams, and have time left for its reader.
_A_SECOND = 400
# After a pause so many may go at once: the first token of an answer follows on the
# heels of its beginning, and is the one that is waited for.
_BURST = 3
# A page that draws frames late has more of them than it can draw. So many may be on
# their way, so that fewer and bigger ones come; but some always do.
_ON_THEIR_WAY = 4
_RAREST = 0.25


class Budget:
    """The frames a second that all panels of a kernel share."""

    def __init__(self) -> None:
        # Streams run in several threads: a set's changes are atomic, a count's are not.
        self._clocks: set[FrameClock] = set()

    def join(self, clock: FrameClock) -> None:
        """Count a panel that may want frames."""
        self._clocks.add(clock)

    def leave(self, clock: FrameClock) -> None:
        """Count it no more; harmless when repeated."""
        self._clocks.discard(clock)

    @property
    def clocks(self) -> int:
        """How many panels may want frames."""
        return len(self._clocks)

    @property
    def interval(self) -> float:
        """Seconds between two frames of one panel."""
        return max(_INTERVAL, self.clocks / _A_SECOND)


class FrameClock:
    """Says when one panel's next frame may go.

    Args:
        budget: of the panel's kernel.
    """

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self._due = 0.0
        self._lag = 0.0
        budget.join(self)

    def wait(self, now: float) -> float:
        """Seconds until a frame may go; none or less: it may go now."""
        return round(self._due - now, 6)  # less is the error of floats

    def sent(self, now: float) -> None:
        """A frame has gone."""
        rarer = min(self._lag / _ON_THEIR_WAY, _RAREST)
        interval = max(self._budget.interval, rarer)
        due = max(self._due, now - (_BURST - 1) * interval) + interval
        if self._budget.clocks > 1 and due > now:
            # At the same time as others, to share a message with them.
            due = math.ceil(due / interval) * interval
        self._due = due

    def drawn(self, lag: float) -> None:
        """A page has drawn a frame, so many seconds after it went."""
        self._lag = lag

    def stop(self) -> None:
        """No more are wanted; harmless when said again."""
        self._budget.leave(self)
