"""Iterate a plain iterable in a thread, and hand its events to an event loop."""

from __future__ import annotations

import asyncio
import contextvars
import linecache
import sys
import threading
from collections import deque
from collections.abc import AsyncGenerator, Callable, Iterable
from concurrent.futures import Future
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import anyio

from ..event import ServerSentEvent
from .events import EventConverter
from .plain_iterables import close_iterable, open_iterable

AHEAD = 256
"""How many events may be queued: the thread then waits (backpressure)."""
# Characters that count as one event; a larger event counts as several.
_EVENT = 64 * 1024

_OURS = str(Path(__file__).parent)
# Seconds that closing waits for the iterable's next item.
_GRACE = 0.2
_SHOWN = 60


class Leftover:
    """A plain iterable that still runs although its stream is closed: a thread cannot
    be stopped from outside."""

    def __init__(self, thread: threading.Thread, ended: Future[None]) -> None:
        self.ended = ended
        """Done when its thread has closed it."""
        self._thread = thread

    @property
    def line(self) -> str:
        """The line of user code that the thread runs, such as `time.sleep(60)`; empty
        if unknown."""
        frame = sys._current_frames().get(self._thread.ident or 0)
        found = ""
        while frame is not None and not frame.f_code.co_filename.startswith(_OURS):
            code, number = frame.f_code, frame.f_lineno
            found = linecache.getline(code.co_filename, number).strip()
            found = found or f"{code.co_name}, line {number}"
            frame = frame.f_back
        return found if len(found) <= _SHOWN else f"{found[: _SHOWN - 1]}…"


async def batches_in_thread(
    origin: Any, name: str, on_left: Callable[[Leftover], None] | None = None
) -> AsyncGenerator[list[ServerSentEvent], None]:
    """Yield the events of a plain iterable, or of a context manager that returns one.

    After the generator is closed, the thread closes the iterable at its next item. It
    is a daemon thread, so that the process can exit before.

    Args:
        origin: the source of values.
        name: the name of the thread.
        on_left: called if the generator is closed before the iterable has ended. The
            iterable then has 0.2 s to reach its next item.
    """
    handover = _Handover(asyncio.get_running_loop())
    # The context has the cell to which printed output belongs.
    context = contextvars.copy_context()
    thread = threading.Thread(
        target=context.run,
        args=(_iterate, origin, handover),
        name=f"nbstream {name}".rstrip(),
        daemon=True,
    )
    thread.start()
    try:
        while events := await handover.take():
            yield events
        # The iterator has ended, so the thread is about to.
        thread.join()
    finally:
        handover.stop()
        if on_left is not None and not handover.ended.done():
            on_left(Leftover(thread, handover.ended))
            with anyio.move_on_after(_GRACE, shield=True):
                await handover.wait_ended()
    if handover.error is not None:
        raise handover.error


class _Handover:
    """A bounded queue of events from one thread to the loop, which wakes once for
    many."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._events: deque[ServerSentEvent] = deque()
        self._free = threading.Semaphore(AHEAD)
        self._arrived = asyncio.Event()
        self.stopped = False
        self.ended: Future[None] = Future()
        self.error: BaseException | None = None

    def put(self, event: ServerSentEvent) -> bool:
        """Queue an event, from the thread; wait while the queue is full. Return False
        after `stop`."""
        for _ in range(_places(event)):
            self._free.acquire()
            if self.stopped:
                return False
        self._events.append(event)
        self._wake()
        return True

    def end(self, error: BaseException | None) -> None:
        """Record the end of the iterable, from the thread, once."""
        self.error = error
        self.ended.set_result(None)
        self._wake()

    async def take(self) -> list[ServerSentEvent]:
        """Return the queued events, at least one; an empty list at the end."""
        while not self._events and not self.ended.done():
            self._arrived.clear()
            if not self._events and not self.ended.done():
                await self._arrived.wait()
        events = [self._events.popleft() for _ in range(len(self._events))]
        if events:
            self._free.release(sum(map(_places, events)))
        return events

    async def wait_ended(self) -> None:
        """Wait until the thread has closed the iterable."""
        while not self.ended.done():
            self._arrived.clear()
            if not self.ended.done():
                await self._arrived.wait()

    def stop(self) -> None:
        """Make `put` return False, also for a thread that waits in it."""
        self.stopped = True
        self._free.release()

    def _wake(self) -> None:
        with suppress(RuntimeError):  # the loop is closed, and nothing waits
            self._loop.call_soon_threadsafe(self._arrived.set)


def _places(event: ServerSentEvent) -> int:
    return min(1 + len(event.data) // _EVENT, AHEAD)


def _iterate(origin: Any, handover: _Handover) -> None:
    error: BaseException | None = None
    try:
        with ExitStack() as stack:
            _put_all(open_iterable(origin, stack), handover)
    except BaseException as raised:
        error = raised
    finally:
        handover.end(error)


def _put_all(items: Iterable[Any], handover: _Handover) -> None:
    converter = EventConverter()
    iterator = iter(items)
    for item in iterator:
        for event in converter.events(item):
            if not handover.put(event):
                close_iterable(items, iterator)
                return
    for event in converter.end():
        handover.put(event)
