"""A loop that an interrupt reaches soon."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator

_TICK = 0.1


@contextlib.contextmanager
def wakeful() -> Iterator[None]:
    """While inside, the running loop wakes every 0.1 s: an interrupt of a cell that
    awaits takes effect only when the kernel's loop next wakes."""
    loop = asyncio.get_running_loop()
    timers: list[asyncio.TimerHandle] = []

    def tick() -> None:
        timers[:] = [loop.call_later(_TICK, tick)]

    tick()
    try:
        yield
    finally:
        timers[0].cancel()
