"""Completion: wait for the end of a stream, in any thread and any event loop."""

from __future__ import annotations

import asyncio
import concurrent.futures
import threading
import time
from collections.abc import Callable

from .observers import Observers

_JOIN_INTERVAL = 0.1
"""Seconds between two looks of a thread that waits for the end."""


class Completion:
    """The end of one stream.

    Args:
        subject: what ends, for the log.
    """

    def __init__(self, subject: str) -> None:
        self.has_ended = False
        """Whether `complete` was called."""
        self._observers = Observers(subject)
        self._future: concurrent.futures.Future[None] = concurrent.futures.Future()
        self._lock = threading.Lock()

    def observe(self, call: Callable[[], None]) -> Callable[[], None] | None:
        """Call `call()` at the end, before those who wait for it go on. Returns a
        function that stops this; None if the stream has ended."""
        with self._lock:
            return None if self.has_ended else self._observers.add(call)

    def complete(self) -> None:
        """Call the observers and release those who wait. Harmless when repeated."""
        with self._lock:
            if self.has_ended:
                return
            self.has_ended = True
        try:
            self._observers.notify()
        finally:  # an interrupt of an observer must not keep anyone waiting
            self.release()

    def release(self) -> None:
        """Release those who wait, although the observers are not called yet."""
        if not self._future.done():
            self._future.set_result(None)

    async def wait(self) -> None:
        """Wait for the release."""
        await asyncio.wait({asyncio.wrap_future(self._future)})

    def join(self, timeout: float | None) -> bool:
        """Wait for the release in a thread, at most `timeout` seconds. Returns whether
        it has come."""
        until = None if timeout is None else time.monotonic() + timeout
        while not self._future.done():
            left = _JOIN_INTERVAL if until is None else until - time.monotonic()
            if left <= 0:
                return False
            # In steps: on Windows no interrupt ends a wait in the main thread.
            concurrent.futures.wait({self._future}, min(left, _JOIN_INTERVAL))
        return True
