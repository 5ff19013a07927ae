"""Run long work in a thread, so that it does not block the event loop."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import gc
import threading
from collections.abc import Callable, Iterator
from functools import partial
from typing import TypeVar

T = TypeVar("T")

_RARELY = 1_000_000
_lock = threading.Lock()
_postponing = 0
_threshold = (0, 0, 0)


async def run_in_thread(call: Callable[..., T], *args: object) -> T:
    """Run a call that takes long in a worker thread, and return its result.

    The interpreter lock changes hands every few milliseconds, so Python code in a
    thread does not block the event loop. Without threads, as in Pyodide, the call runs
    here.
    """
    loop = asyncio.get_running_loop()
    result: asyncio.Future[T] = loop.create_future()
    context = contextvars.copy_context()

    def work() -> None:
        deliver: Callable[[], None]
        try:
            deliver = partial(result.set_result, context.run(call, *args))
        except BaseException as error:
            deliver = partial(result.set_exception, error)

        def deliver_once() -> None:
            if not result.done():
                deliver()

        with contextlib.suppress(RuntimeError):  # the loop was closed meanwhile
            loop.call_soon_threadsafe(deliver_once)

    with postpone_full_collections():
        try:
            # A thread of its own, which ends with the work: a pool's threads would
            # live as long as the loop.
            threading.Thread(target=work, name="nbstream work", daemon=True).start()
        except RuntimeError:
            return call(*args)
        return await result


@contextlib.contextmanager
def postpone_full_collections() -> Iterator[None]:
    """Postpone full garbage collections while inside: they stop every thread while
    they look at all objects, and a hundred thousand new objects cause one after
    another. Younger generations are collected meanwhile. A threshold that somebody
    else sets in the meantime is kept."""
    global _postponing, _threshold
    with _lock:
        if _postponing == 0:
            _threshold = gc.get_threshold()
            gc.set_threshold(*_threshold[:2], _RARELY)
        _postponing += 1
    try:
        yield
    finally:
        with _lock:
            _postponing -= 1
            if _postponing == 0 and gc.get_threshold() == (*_threshold[:2], _RARELY):
                gc.set_threshold(*_threshold)
