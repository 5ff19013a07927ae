"""Iterate a plain iterable in a thread of its own, beside an event loop."""

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

AHEAD = 256
"""How many events may wait to be taken."""
_EVENT = 64 * 1024
"""Characters of one; a larger one takes the place of several."""

_OURS = str(Path(__file__).parent)
# Seconds that closing waits for an iterable to come to its next item.
_GRACE = 0.2
_SHOWN = 60


class Leftover:
    """A plain iterable that still runs, although nothing more of it is wanted: a thread
    cannot be stopped from outside."""

    def __init__(self, thread: threading.Thread, ended: Future[None]) -> None:
        self.ended = ended
        """Done when its thread has closed it."""
        self._thread = thread

    @property
    def line(self) -> str:
        """The line of the iterable's own code that it is at, such as `time.sleep(60)`;
        empty if that is not known."""
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
    """Yield the events of a plain iterable, or of a context manager that gives one.

    Closing the generator lets the thread close the iterable at its next item. The
    thread is a daemon, so that a process may end before.

    Args:
        origin: what to iterate.
        name: what to call the thread.
        on_left: called where the generator is closed before the iterable has ended,
            which then has a moment to come to its next item.
    """
    handover = _Handover(asyncio.get_running_loop())
    # The context carries the cell that printed output belongs to.
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
        # The iterator is at its end, so the thread is as good as done.
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
    """Events from one thread to the loop: bounded, and woken once for many."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._events: deque[ServerSentEvent] = deque()
        self._free = threading.Semaphore(AHEAD)
        self._arrived = asyncio.Event()
        self.stopped = False
        self.ended: Future[None] = Future()
        self.error: BaseException | None = None

    def put(self, event: ServerSentEvent) -> bool:
        """Called in the thread; waits while the loop is far behind. False: nothing
        more is wanted."""
        for _ in range(_places(event)):
            self._free.acquire()
            if self.stopped:
                return False
        self._events.append(event)
        self._wake()
        return True

    def end(self, error: BaseException | None) -> None:
        """Called in the thread, once."""
        self.error = error
        self.ended.set_result(None)
        self._wake()

    async def take(self) -> list[ServerSentEvent]:
        """What has come, at least one event; empty at the end."""
        while not self._events and not self.ended.done():
            self._arrived.clear()
            if not self._events and not self.ended.done():
                await self._arrived.wait()
        events = [self._events.popleft() for _ in range(len(self._events))]
        if events:
            self._free.release(sum(map(_places, events)))
        return events

    async def wait_ended(self) -> None:
        """Wait until the thread is done with the iterable."""
        while not self.ended.done():
            self._arrived.clear()
            if not self.ended.done():
                await self._arrived.wait()

    def stop(self) -> None:
        """Nothing more is wanted; lets a waiting thread go on to notice it."""
        self.stopped = True
        self._free.release()

    def _wake(self) -> None:
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            self._loop.call_soon_threadsafe(self._arrived.set)


def _places(event: ServerSentEvent) -> int:
    return min(1 + len(event.data) // _EVENT, AHEAD)


def _iterate(origin: Any, handover: _Handover) -> None:
    error: BaseException | None = None
    try:
        with ExitStack() as stack:
            items = origin
            if not isinstance(origin, Iterable):
                items = stack.enter_context(origin)
                if not isinstance(items, Iterable):
                    kind, given = type(origin).__name__, type(items).__name__
                    raise TypeError(
                        f"Expected something to iterate from `with` {kind}, "
                        f"got {given}."
                    )
            _put_all(items, handover)
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
                # At its own end nothing is closed: it may serve again.
                with ExitStack() as stack:
                    for target in {id(items): items, id(iterator): iterator}.values():
                        if (close := getattr(target, "close", None)) is not None:
                            stack.callback(close)
                return
    for event in converter.end():
        handover.put(event)
