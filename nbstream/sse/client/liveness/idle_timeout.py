"""Give up a connection that has gone silent, and no other."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

import anyio

T = TypeVar("T")

LATE = 0.25
"""Seconds: a timer that fires this late was delayed by our own event loop, which was
blocked, and not by the server."""
GRACE = 2.0
"""Seconds that the loop then gets to read what the socket holds."""


class IdleTimeout(Exception):
    """Raised if nothing was received in the time allowed."""


class Interrupted(Exception):
    """Raised in a wait that `Watchdog.interrupt` ended."""


class Watchdog:
    """Bounds how long one read may take, but not while the event loop is blocked.

    A stream in the kernel's loop does not run while a cell computes. When it runs
    again, the deadline has passed and the data has been in the socket all along; a
    plain timeout would close a healthy connection. So a deadline that is noticed late
    is put off once, to let the read take what is there.

    Args:
        timeout: seconds without a byte; None waits for ever.
    """

    def __init__(self, timeout: float | None) -> None:
        self.timeout = timeout
        self._read_began = 0.0
        self._due = 0.0
        self._waiting: anyio.CancelScope | None = None
        self._is_read = False
        self._timeout_reason = ""
        self._interrupted = False
        self._idle_timer: asyncio.TimerHandle | None = None
        self._probe_timer: asyncio.TimerHandle | None = None

    async def read(self, awaitable: Awaitable[T]) -> T:
        """Return the result of one read.

        Raises:
            IdleTimeout: if it took longer than `timeout`, or was given up.
            Interrupted: if `interrupt` was called.
        """
        if self._probe_timer is not None:
            self._stop_probe()  # something was received since
        self._is_read = True
        if self.timeout is not None:
            loop = asyncio.get_running_loop()
            self._read_began = loop.time()
            if self._idle_timer is None:
                # One timer serves many reads: it looks at when the last one began.
                self._start_idle_timer(loop, self._read_began + self.timeout)
        return await self.wait(awaitable)

    async def wait(self, awaitable: Awaitable[T]) -> T:
        """Return the result, however long it takes.

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
                self._is_read = False
        if self._interrupted:
            raise Interrupted
        if self._timeout_reason:
            reason, self._timeout_reason = self._timeout_reason, ""
            raise IdleTimeout(reason)
        raise AssertionError("unreachable")

    def interrupt(self) -> None:
        """End the current wait, and any later one."""
        self._interrupted = True
        if self._waiting is not None:
            self._waiting.cancel()

    def give_up_after(self, seconds: float, reason: str) -> None:
        """Give up the current read unless something is received in this time.

        Args:
            seconds: how long to wait.
            reason: the message of the IdleTimeout.
        """
        self._stop_probe()
        loop = asyncio.get_running_loop()
        self._probe_timer = loop.call_later(seconds, self._end_probe, loop, reason)

    def give_up(self, reason: str) -> None:
        """Give up the current read, if there is one.

        Args:
            reason: the message of the IdleTimeout.
        """
        self._stop_probe()
        if self._waiting is not None and self._is_read:
            self._timeout_reason = reason
            self._waiting.cancel()

    def stop(self) -> None:
        """Cancel the timers."""
        self._stop_probe()
        if self._idle_timer is not None:
            self._idle_timer.cancel()
            self._idle_timer = None

    def _stop_probe(self) -> None:
        if self._probe_timer is not None:
            self._probe_timer.cancel()
            self._probe_timer = None

    def _end_probe(self, loop: asyncio.AbstractEventLoop, reason: str) -> None:
        assert self._probe_timer is not None
        if loop.time() - self._probe_timer.when() > LATE:
            self.give_up_after(GRACE, reason)
        else:
            self.give_up(reason)

    def _start_idle_timer(self, loop: asyncio.AbstractEventLoop, due: float) -> None:
        self._due = due
        self._idle_timer = loop.call_at(due, self._check_idle, loop)

    def _check_idle(self, loop: asyncio.AbstractEventLoop) -> None:
        assert self.timeout is not None
        now = loop.time()
        self._idle_timer = None
        if self._waiting is None or not self._is_read:
            return  # the next read starts it again
        if now - self._due > LATE:
            self._start_idle_timer(loop, now + min(GRACE, self.timeout))
        elif now < self._read_began + self.timeout:
            self._start_idle_timer(loop, self._read_began + self.timeout)
        else:
            self.give_up(f"nothing came for {self.timeout:g} s")
