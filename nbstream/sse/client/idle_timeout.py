"""Noticing that a connection has gone silent, and only then; and naming a cause."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import anyio

T = TypeVar("T")

_CURE = (
    "the server may still be at work, or a proxy may be holding it back (nginx: "
    "`X-Accel-Buffering: no`, or `proxy_buffering off`)"
)

# A timer that fires this much late was held up by our own loop, not by the server.
_LATE = 0.25
# How long the loop then gets to look at what the socket has been holding.
_GRACE = 2.0


class Silence(Exception):
    """Raised when nothing came for the time allowed."""


class Interrupted(Exception):
    """Raised in a wait that `Watchdog.interrupt` ended."""


class Watchdog:
    """Bounds how long one read may take, without ever blaming the server for a
    loop that stood still.

    A stream in the kernel's loop does not run while a cell computes. When it runs
    again, the deadline has passed and the data has been waiting in the socket all
    along; a plain timeout would close a healthy connection. So a deadline that is
    noticed late is put off once, to let the read take what is there.

    Args:
        timeout: seconds without a byte; None waits for ever.
    """

    def __init__(self, timeout: float | None) -> None:
        self.timeout = timeout
        self._since = 0.0
        self._due = 0.0
        self._waiting: anyio.CancelScope | None = None
        self._timed = False
        self._silent = ""
        self._interrupted = False
        self._timer: asyncio.TimerHandle | None = None
        self._doubt: asyncio.TimerHandle | None = None

    async def read(self, awaitable: Awaitable[T]) -> T:
        """The result of one read.

        Raises:
            Silence: if it took longer than `timeout`, or was given up.
            Interrupted: if `interrupt` was called.
        """
        if self._doubt is not None:
            self._trust()  # something has come since
        self._timed = True
        if self.timeout is not None:
            loop = asyncio.get_running_loop()
            self._since = loop.time()
            if self._timer is None:
                # One timer serves many reads: it looks at when the last one began.
                self._arm(loop, self._since + self.timeout)
        return await self.wait(awaitable)

    async def wait(self, awaitable: Awaitable[T]) -> T:
        """The result, however long it takes.

        Raises:
            Interrupted: if `interrupt` was called.
        """
        with anyio.CancelScope() as self._waiting:
            if self._interrupted:
                self._waiting.cancel()
            try:
                return await awaitable
            finally:
                self._waiting = None
                self._timed = False
        if self._interrupted:
            raise Interrupted
        if self._silent:
            why, self._silent = self._silent, ""
            raise Silence(why)
        raise AssertionError("unreachable")

    def interrupt(self) -> None:
        """End the wait that is going on, and any that would follow."""
        self._interrupted = True
        if self._waiting is not None:
            self._waiting.cancel()

    def expect(self, seconds: float, why: str) -> None:
        """Give up the read that is going on, unless something comes within so long.

        Args:
            seconds: how long.
            why: what happened, and that nothing has come since, in words.
        """
        self._trust()
        loop = asyncio.get_running_loop()
        self._doubt = loop.call_later(seconds, self._unanswered, loop, why)

    def give_up(self, why: str) -> None:
        """Give up the read that is going on, if one is, because of this."""
        self._trust()
        if self._waiting is not None and self._timed:
            self._silent = why
            self._waiting.cancel()

    def stop(self) -> None:
        """Release the timers."""
        self._trust()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _trust(self) -> None:
        if self._doubt is not None:
            self._doubt.cancel()
            self._doubt = None

    def _unanswered(self, loop: asyncio.AbstractEventLoop, why: str) -> None:
        assert self._doubt is not None
        if loop.time() - self._doubt.when() > _LATE:
            self.expect(_GRACE, why)
        else:
            self.give_up(why)

    def _arm(self, loop: asyncio.AbstractEventLoop, due: float) -> None:
        self._due = due
        self._timer = loop.call_at(due, self._look, loop)

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        assert self.timeout is not None
        now = loop.time()
        self._timer = None
        if self._waiting is None or not self._timed:
            return  # the next read arms it again
        if now - self._due > _LATE:
            self._arm(loop, now + min(_GRACE, self.timeout))
        elif now < self._since + self.timeout:
            self._arm(loop, self._since + self.timeout)
        else:
            self.give_up(f"nothing came for {self.timeout:g} s")


class SlowStart:
    """Say what may be the cause where a new connection brings nothing for a while: a
    proxy that buffers looks just like a server that has nothing to send.

    It only says it; how long to wait altogether is the Watchdog's.

    Args:
        after: seconds without an answer, or without a byte of it; None never says.
    """

    def __init__(self, after: float | None) -> None:
        self.after = after
        self.say: Callable[[str], None] | None = None
        """Called with the words."""
        self._words = ""
        self._timer: asyncio.TimerHandle | None = None
        self.suspected = False
        """Whether it has been said of the connection that is open now."""

    @property
    def cure(self) -> str:
        """What to add to the words of a failure; empty if nothing was suspected."""
        return f"; {_CURE}" if self.suspected else ""

    def sent(self) -> None:
        """The request is sent, and the answer is waited for."""
        self._arm("connected, but there is no answer yet")

    def opened(self) -> None:
        """The headers have come, and the first byte is waited for."""
        self.suspected = False
        self._arm("connected, but nothing has come yet")

    def stop(self) -> None:
        """The first byte has come, or the connection is given up."""
        self.suspected = False
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _arm(self, words: str) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if self.after is not None:
            loop = asyncio.get_running_loop()
            self._words = words
            self._timer = loop.call_later(self.after, self._fire, loop)

    def _fire(self, loop: asyncio.AbstractEventLoop) -> None:
        assert self._timer is not None and self.after is not None
        if loop.time() - self._timer.when() > _LATE:
            # Our own loop stood still, and the answer may be in the socket.
            self._timer = loop.call_later(min(_GRACE, self.after), self._fire, loop)
            return
        self._timer = None
        self.suspected = True
        if self.say is not None:
            self.say(f"{self._words}; {_CURE}")
