"""The clock of an event loop, in a test's hands."""

from __future__ import annotations

import asyncio
from typing import Self

# A timer that fires later than this was held up by the loop; nbstream then waits once
# more before it blames a server.
_STEP = 0.1


class LoopClock:
    """Move the running event loop's clock, so that a test need not wait.

    All that a stream waits for by the clock goes by the loop's: delays before a
    reconnect, the idle timeout, the hint about a proxy, the pace of a panel's frames.
    What comes over a socket takes its own time, as ever: wait for that.

        with LoopClock() as clock:
            reading = asyncio.ensure_future(anext(source))
            await server.until(lambda: server.connections)
            await clock.advance(45)  # nothing came: the connection is given up
            ...

    It works with asyncio's own loops, and moves nothing but the loop it is made in.
    """

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._real = self._loop.time
        self._ahead = 0.0

    def __enter__(self) -> Self:
        self._loop.time = self.time  # type: ignore[method-assign]
        return self

    def __exit__(self, *exc: object) -> None:
        self._loop.time = self._real  # type: ignore[method-assign]

    def time(self) -> float:
        """What the loop's `time()` returns."""
        return self._real() + self._ahead

    def jump(self, seconds: float) -> None:
        """Move the clock at once, as if the loop had stood still for so long."""
        self._ahead += seconds

    async def advance(self, seconds: float) -> None:
        """Let time pass in small steps, in each of which the loop runs what is due."""
        end = self._ahead + seconds
        while self._ahead < end:
            self._ahead = min(end, self._ahead + _STEP)
            await asyncio.sleep(0)
            await asyncio.sleep(0)
