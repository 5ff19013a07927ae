"""Find the event loop of this thread, and call functions in the loop of another."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


def running_loop() -> asyncio.AbstractEventLoop | None:
    """Return the event loop that runs in this thread; None without one."""
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


def run_in_new_loop(make: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run a coroutine to its end in an event loop of its own, and return its result. An
    interrupt cancels it.

    Raises:
        RuntimeError: if an event loop runs in this thread.
    """
    if running_loop() is not None:
        raise RuntimeError(
            "Expected no running event loop, as in a script; here one runs, as in a "
            "notebook or a coroutine: write `await` before the stream in place of "
            "`.run()`."
        )
    return asyncio.run(make())


def check_not_paused(loop: asyncio.AbstractEventLoop | None, stream: str) -> None:
    """Raise RuntimeError if a stream's loop is paused: the stream cannot end while
    another loop waits for it.

    Args:
        loop: the loop that has started it; None if none has.
        stream: its name.
    """
    if loop is not None and not loop.is_running():
        raise RuntimeError(
            f"Expected a stream that no event loop has started, got {stream}, whose "
            "loop is paused: await it where it was started."
        )


def call_in(
    loop: asyncio.AbstractEventLoop, call: Callable[..., None], *args: Any
) -> None:
    """Call `call(*args)` in a loop: at once if it runs in this thread, or if it is
    closed, when nothing is left in it that the call could race with."""
    if running_loop() is not loop:
        try:
            loop.call_soon_threadsafe(call, *args)
            return
        except RuntimeError:
            if not loop.is_closed():
                raise
    call(*args)


def call_while_running(
    loop: asyncio.AbstractEventLoop | None, call: Callable[[], None]
) -> None:
    """Call `call()` in a loop if it is running, otherwise at once: a paused loop, as
    between the cells of a terminal, would delay the call."""
    if loop is not None and loop.is_running() and running_loop() is not loop:
        with contextlib.suppress(RuntimeError):  # closed in the meantime
            loop.call_soon_threadsafe(call)
            return
    call()
