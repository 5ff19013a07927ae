"""The event loop that runs in this thread, and calls into the loop of another."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any


def running_loop() -> asyncio.AbstractEventLoop | None:
    """Return the event loop that runs in this thread; None if there is none."""
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


def call_in(
    loop: asyncio.AbstractEventLoop, call: Callable[..., None], *args: Any
) -> None:
    """Call `call(*args)` in a loop: at once if it runs in this thread, or if it is
    closed, when nothing is left in it that the call could meet."""
    if running_loop() is not loop:
        try:
            loop.call_soon_threadsafe(call, *args)
            return
        except RuntimeError:
            if not loop.is_closed():
                raise
    call(*args)
