"""Hint that a proxy may buffer: it looks like a server that has nothing to send."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from .idle_timeout import GRACE, LATE

_CAUSE = (
    "the server may still be at work, or a proxy may be holding it back (nginx: "
    "`X-Accel-Buffering: no`, or `proxy_buffering off`)"
)


class BufferingHint:
    """Calls `on_hint` if a new connection brings nothing for a while.

    It only hints; the Watchdog decides how long to wait altogether.

    Args:
        after: seconds without a response, or without a byte of its body; None never
            hints.
    """

    def __init__(self, after: float | None) -> None:
        self.after = after
        self.on_hint: Callable[[str], None] | None = None
        """Called with the hint, in words."""
        self.given = False
        """True if the hint was given for the connection that is open now."""
        self._state = ""
        self._timer: asyncio.TimerHandle | None = None

    @property
    def suffix(self) -> str:
        """The likely cause, to be added to an error message; empty unless the hint was
        given."""
        return f"; {_CAUSE}" if self.given else ""

    def expect_response(self) -> None:
        """Start the timer: the request is sent."""
        self._start("connected, but there is no answer yet")

    def expect_first_byte(self) -> None:
        """Start the timer anew: the head of the response is here."""
        self.given = False
        self._start("connected, but nothing has come yet")

    def stop(self) -> None:
        """Stop the timer: the first byte is here, or the connection is given up."""
        self.given = False
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _start(self, state: str) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if self.after is not None:
            loop = asyncio.get_running_loop()
            self._state = state
            self._timer = loop.call_later(self.after, self._fire, loop)

    def _fire(self, loop: asyncio.AbstractEventLoop) -> None:
        assert self._timer is not None and self.after is not None
        if loop.time() - self._timer.when() > LATE:
            # Our own loop was blocked, and the response may be in the socket.
            self._timer = loop.call_later(min(GRACE, self.after), self._fire, loop)
            return
        self._timer = None
        self.given = True
        if self.on_hint is not None:
            self.on_hint(f"{self._state}; {_CAUSE}")
