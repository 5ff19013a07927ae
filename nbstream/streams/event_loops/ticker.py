"""Wake the event loop often, so that ipykernel delivers an interrupt promptly."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator

_INTERVAL = 0.1
"""Seconds."""


@contextlib.contextmanager
def frequent_wake_ups() -> Iterator[None]:
    """Keep the running event loop waking every 0.1 s while inside: an interrupt of a
    cell that awaits takes effect only when the kernel's loop next wakes."""
    loop = asyncio.get_running_loop()
    timers: list[asyncio.TimerHandle] = []

    def tick() -> None:
        timers[:] = [loop.call_later(_INTERVAL, tick)]

    tick()
    try:
        yield
    finally:
        timers[0].cancel()
