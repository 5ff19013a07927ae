"""Calls into the loop of a stream, from whichever thread a message comes on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any


def call_in(
    loop: asyncio.AbstractEventLoop, call: Callable[..., None], *args: Any
) -> None:
    """Call `call(*args)` in a loop: at once if it is the one that runs here, or if it
    is closed, when nothing is left in it that the call could meet."""
    try:
        here = asyncio.get_running_loop()
    except RuntimeError:
        here = None
    if here is not loop:
        try:
            loop.call_soon_threadsafe(call, *args)
            return
        except RuntimeError:
            if not loop.is_closed():
                raise
    call(*args)
