"""Handle Ctrl-C in the event loop of a terminal, on every platform."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import threading
from collections.abc import Callable, Iterator
from typing import Any


@contextlib.contextmanager
def call_on_ctrl_c(call: Callable[[], None]) -> Iterator[None]:
    """Within it, Ctrl-C calls `call` in the running event loop, and raises no
    KeyboardInterrupt. Does nothing outside of the main thread, which alone receives
    signals."""
    loop = asyncio.get_running_loop()
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    try:
        loop.add_signal_handler(signal.SIGINT, call)
    except NotImplementedError:
        with _call_without_loop_handlers(loop, call):
            yield
        return
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGINT)


@contextlib.contextmanager
def _call_without_loop_handlers(
    loop: asyncio.AbstractEventLoop, call: Callable[[], None]
) -> Iterator[None]:
    """Do the same where loops have no signal handlers, as on Windows.

    Python runs its own handler once the main thread runs Python code again. There a
    loop that waits for sockets is not woken by the signal, but it wakes often while a
    stream runs in it.
    """

    def handle(_number: int, _frame: Any) -> None:
        loop.call_soon_threadsafe(call)

    previous = signal.signal(signal.SIGINT, handle)
    try:
        yield
    finally:
        # None: it was set by other code than Python's, which cannot be restored.
        known = signal.default_int_handler if previous is None else previous
        signal.signal(signal.SIGINT, known)
