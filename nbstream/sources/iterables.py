"""Events from Python: what an iterator yields is the stream."""

from __future__ import annotations

import asyncio
import contextvars
import json
import threading
from collections import deque
from collections.abc import (
    AsyncGenerator,
    AsyncIterable,
    Callable,
    Iterable,
    Iterator,
    Mapping,
)
from contextlib import suppress
from typing import Any

from ..sse import ConnectionChange, ServerSentEvent

_AHEAD = 256


class AsyncIterableSource:
    """Iterates an async iterable in the loop of the stream."""

    def __init__(self, items: AsyncIterable[Any], *, label: str) -> None:
        self._items = items
        self.label = label
        self.bytes_received = 0

    def secrets(self) -> list[str]:
        return []

    def stop_reconnecting(self) -> None:
        pass  # an iterator has one end

    async def batches(
        self, on_change: Callable[[ConnectionChange], None]
    ) -> AsyncGenerator[list[ServerSentEvent], None]:
        on_change(ConnectionChange("open"))
        iterator = aiter(self._items)
        try:
            async for item in iterator:
                event = to_event(item)
                self.bytes_received += len(event.data)
                yield [event]
        finally:
            close = getattr(iterator, "aclose", None)
            if close is not None:
                await close()


class IterableSource:
    """Iterates a plain iterable in a thread of its own, so that the loop stays free.

    A thread cannot be stopped from outside: after the stream has ended, the iterator
    is closed at its next `yield`. The thread is a daemon, so a kernel may end before.
    """

    def __init__(self, items: Iterable[Any], *, label: str) -> None:
        self._items = items
        self.label = label
        self.bytes_received = 0

    def secrets(self) -> list[str]:
        return []

    def stop_reconnecting(self) -> None:
        pass  # an iterator has one end

    async def batches(
        self, on_change: Callable[[ConnectionChange], None]
    ) -> AsyncGenerator[list[ServerSentEvent], None]:
        on_change(ConnectionChange("open"))
        handover = _Handover(asyncio.get_running_loop())
        # The context carries the cell that printed output belongs to.
        context = contextvars.copy_context()
        thread = threading.Thread(
            target=context.run,
            args=(_iterate, iter(self._items), handover),
            name=f"nbstream {self.label}",
            daemon=True,
        )
        thread.start()
        try:
            while items := await handover.take():
                events = [to_event(item) for item in items]
                self.bytes_received += sum(len(event.data) for event in events)
                yield events
            # The iterator is at its end, so the thread is as good as done.
            thread.join()
        finally:
            handover.stop()
        if handover.error is not None:
            raise handover.error


class _Handover:
    """Items from one thread to the loop: bounded, and woken once for many."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._items: deque[Any] = deque()
        self._free = threading.Semaphore(_AHEAD)
        self._arrived = asyncio.Event()
        self.stopped = False
        self._ended = False
        self.error: BaseException | None = None

    def put(self, item: Any) -> bool:
        """Called in the thread; waits while the loop is far behind. False: nothing
        more is wanted."""
        self._free.acquire()
        if self.stopped:
            return False
        self._items.append(item)
        self._wake()
        return True

    def end(self, error: BaseException | None) -> None:
        """Called in the thread, once."""
        self.error = error
        self._ended = True
        self._wake()

    async def take(self) -> list[Any]:
        """What has come, at least one item; none at the end."""
        while not self._items and not self._ended:
            self._arrived.clear()
            if not self._items and not self._ended:
                await self._arrived.wait()
        items = [self._items.popleft() for _ in range(len(self._items))]
        if items:
            self._free.release(len(items))
        return items

    def stop(self) -> None:
        """Nothing more is wanted; lets a waiting thread go on to notice it."""
        self.stopped = True
        self._free.release()

    def _wake(self) -> None:
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            self._loop.call_soon_threadsafe(self._arrived.set)


def _iterate(iterator: Iterator[Any], handover: _Handover) -> None:
    error: BaseException | None = None
    try:
        for item in iterator:
            if not handover.put(item):
                break
    except BaseException as raised:
        error = raised
    finally:
        try:
            close = getattr(iterator, "close", None)
            if handover.stopped and close is not None:
                close()
        except BaseException as raised:
            error = error or raised
        handover.end(error)


def to_event(item: Any) -> ServerSentEvent:
    """What was yielded, as an event of the standard protocol.

    Text is content; an object with a `type` is taken at its word; any other object is
    an item, and any other value an item of one column. A ServerSentEvent stays.
    """
    if isinstance(item, ServerSentEvent):
        return item
    message: Mapping[str, Any]
    if isinstance(item, str):
        message = {"type": "content", "data": item}
    elif isinstance(item, Mapping):
        message = item if "type" in item else {"type": "item", "data": item}
    else:
        message = {"type": "item", "data": {"value": item}}
    return ServerSentEvent(data=_dumps(message))


def _dumps(message: Mapping[str, Any]) -> str:
    try:
        return json.dumps(message, ensure_ascii=False, default=_as_json)
    except (TypeError, ValueError):
        # Keys that JSON does not have, or a value that holds itself.
        return json.dumps({"type": "item", "data": {"value": repr(message)}})


def _as_json(value: Any) -> Any:
    """Values of the usual libraries, which are not JSON but mean it."""
    if isinstance(value, Mapping):
        return dict(value)
    for name in ("tolist", "isoformat", "model_dump"):
        method = getattr(value, name, None)
        if callable(method):
            return method()
    if isinstance(value, set | frozenset | deque):
        return list(value)
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return str(value)
