"""Limit how long one task works before it yields to the event loop."""

from __future__ import annotations

import asyncio
import time

_SLICE = 0.01
"""Seconds that a task works before it yields."""


class TimeSlice:
    """Measures how long a task has worked: one that always has something ready would
    otherwise never yield."""

    def __init__(self) -> None:
        self._started = time.monotonic()

    def is_over(self) -> bool:
        """Return whether the task should yield."""
        return time.monotonic() - self._started > _SLICE

    async def yield_to_loop(self) -> None:
        """Let every other task of the loop run once, and start a new slice."""
        await asyncio.sleep(0)
        self._started = time.monotonic()
