"""Keep the event loop free: long work gives turns by time, or runs in a thread."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import gc
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import TypeVar

T = TypeVar("T")

_TURN = 0.01
"""Seconds that one task works before others have their turn."""

_RARELY = 1_000_000
_lock = threading.Lock()
_jobs = 0
_threshold = (0, 0, 0)


class Turns:
    """Says when a task that always has something ready is to let others run."""

    def __init__(self) -> None:
        self._began = time.monotonic()

    def is_over(self) -> bool:
        """Return whether the turn has taken long enough."""
        return time.monotonic() - self._began > _TURN

    async def give(self) -> None:
        """Let every other task of the loop run once, and begin a new turn."""
        await asyncio.sleep(0)
        self._began = time.monotonic()


async def in_thread(call: Callable[..., T], *args: object) -> T:
    """Return what a call returns that takes long, made in a worker thread.

    The interpreter lock changes hands every few milliseconds, so the event loop goes on
    beside Python code. It is made directly where there are no threads, as in Pyodide.
    """
    loop = asyncio.get_running_loop()
    made: asyncio.Future[T] = loop.create_future()
    context = contextvars.copy_context()

    def work() -> None:
        settle: Callable[[], None]
        try:
            settle = partial(made.set_result, context.run(call, *args))
        except BaseException as error:
            settle = partial(made.set_exception, error)

        def tell() -> None:
            if not made.done():
                settle()

        with contextlib.suppress(RuntimeError):  # the loop was closed meanwhile
            loop.call_soon_threadsafe(tell)

    with full_collections_put_off():
        try:
            # Of its own, and gone with the work: a pool's stay as long as the loop.
            threading.Thread(target=work, name="nbstream work", daemon=True).start()
        except RuntimeError:
            return call(*args)
        return await made


@contextlib.contextmanager
def full_collections_put_off() -> Iterator[None]:
    """Put off the garbage collector's full passes, which hold every thread while they
    look at all objects there are: a hundred thousand new ones call for one pass after
    another. Younger objects are collected meanwhile. Another's setting is kept."""
    global _jobs, _threshold
    with _lock:
        if _jobs == 0:
            _threshold = gc.get_threshold()
            gc.set_threshold(*_threshold[:2], _RARELY)
        _jobs += 1
    try:
        yield
    finally:
        with _lock:
            _jobs -= 1
            if _jobs == 0 and gc.get_threshold() == (*_threshold[:2], _RARELY):
                gc.set_threshold(*_threshold)
