"""A clock of the event loop that a test moves."""

from __future__ import annotations

import asyncio
from typing import Self

# nbstream takes a timer that fires later than this as a blocked event loop, and then
# waits again before it reports an idle server.
_STEP = 0.1


class LoopClock:
    """Move the running event loop's clock, so that a test need not wait.

    All delays of a stream use the loop's clock: backoff, idle timeout, the hint about
    a buffering proxy, a panel's frames. Sockets take real time: wait for their data.

        with LoopClock() as clock:
            reading = asyncio.ensure_future(anext(source))
            await server.until(lambda: server.connections)
            await clock.advance(45)  # the idle timeout closes the connection
            ...

    It works with asyncio's own loops, and changes only the loop that was running when
    it was made.
    """

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._real_time = self._loop.time
        self._offset = 0.0

    def __enter__(self) -> Self:
        self._loop.time = self.time  # type: ignore[method-assign]
        return self

    def __exit__(self, *exc: object) -> None:
        self._loop.time = self._real_time  # type: ignore[method-assign]

    def time(self) -> float:
        """Return the moved time, in seconds, as the loop's `time()` does."""
        return self._real_time() + self._offset

    async def advance(self, seconds: float) -> None:
        """Move the clock in steps of 0.1 s, and run what is due after each."""
        end = self._offset + seconds
        while self._offset < end:
            self._offset = min(end, self._offset + _STEP)
            await asyncio.sleep(0)
            await asyncio.sleep(0)
