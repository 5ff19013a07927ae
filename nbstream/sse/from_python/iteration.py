"""Iterate a source of values: async and plain iterables, and the streams of SDKs."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncGenerator, AsyncIterable, Awaitable, Callable, Iterable
from contextlib import AsyncExitStack
from typing import Any

import anyio
import anyio.to_thread

from ...errors import StreamFailed
from ...platforms.threads import has_threads
from ..event import ServerSentEvent
from .events import EventConverter
from .json_values import is_large, model_fields
from .plain_iterables import batches_in_turns
from .tables import records
from .thread import AHEAD, Leftover, batches_in_thread

# Seconds that closing may take. It continues after the stream is cancelled, since it
# closes the connection.
_CLOSING = 5.0


def can_iterate(origin: Any) -> bool:
    """Return whether `event_batches` accepts this."""
    return (
        needs_loop(origin)
        or isinstance(origin, Iterable)
        or hasattr(type(origin), "__enter__")
    )


def needs_loop(origin: Any) -> bool:
    """Return whether this is iterated in an event loop, and not in a thread: it is an
    async iterable, or becomes one when it is awaited or entered."""
    return (
        isinstance(origin, AsyncIterable)
        or inspect.isawaitable(origin)
        or (hasattr(type(origin), "__aenter__") and not isinstance(origin, Iterable))
    )


async def event_batches(
    origin: Any, *, name: str = "", on_left: Callable[[Leftover], None] | None = None
) -> AsyncGenerator[list[ServerSentEvent], None]:
    """Yield the values of an iterable as events, in one list those that are ready
    together.

    An async iterable runs in the caller's loop, and a plain one in a daemon thread of
    its own, so that the loop is not blocked. A context manager that is not iterable
    itself, such as an SDK's `client.messages.stream(…)`, is entered, and left at the
    end; an awaitable is awaited; a table, or a model of pydantic, is a single value.

    Closing the generator closes the iterable: one in the loop at once, within five
    seconds, and one in a thread at its next item, since a thread cannot be stopped
    from outside. Where Python has no threads, as in Pyodide, a plain iterable runs in
    the loop too, which an item that takes long then blocks.

    Args:
        origin: the source of values.
        name: the name of the thread; default empty.
        on_left: called if closing the generator leaves a thread that has not reached
            its next item.

    Raises:
        Exception: any that the iterable raises.
        StreamFailed: if the iterable exits, or raises KeyboardInterrupt or the like.
    """
    if inspect.isawaitable(origin):
        origin = await origin
    if needs_loop(origin):
        batches = _in_loop(origin)
    else:
        if records(origin) is not None or model_fields(origin) is not None:
            origin = [origin]
        if has_threads():
            batches = batches_in_thread(origin, name, on_left)
        else:
            batches = batches_in_turns(origin)
    try:
        async for batch in batches:
            yield batch
    except (Exception, GeneratorExit, asyncio.CancelledError):
        raise
    except BaseException as error:
        # Some of these would end the event loop, and the kernel with it.
        name, why = type(error).__name__, str(error)
        raised = f"{name}: {why}" if why else name
        raise StreamFailed(f"The code of the stream raised {raised}") from error
    finally:
        await batches.aclose()


async def _in_loop(origin: Any) -> AsyncGenerator[list[ServerSentEvent], None]:
    converter = EventConverter()
    async with AsyncExitStack() as stack:
        items = origin
        if not isinstance(origin, AsyncIterable):
            items = await type(origin).__aenter__(origin)
            stack.push_async_exit(_make_leave(origin))
            if not isinstance(items, AsyncIterable):
                kind, given = type(origin).__name__, type(items).__name__
                raise TypeError(
                    f"Expected something to iterate from `async with` {kind}, "
                    f"got {given}."
                )
        iterator = aiter(items)
        if iterator is not items:
            stack.push_async_exit(_make_close(items))
        stack.push_async_exit(_make_close(iterator))
        async for item in iterator:
            batch = []
            events: Iterable[ServerSentEvent] = converter.events(item)
            if is_large(item) and has_threads():
                # The iterable waits meanwhile, so the item does not change.
                events = await anyio.to_thread.run_sync(list, events)
            for event in events:
                batch.append(event)
                if len(batch) >= AHEAD:
                    yield batch
                    batch = []
            if batch:
                yield batch
        if batch := list(converter.end()):
            yield batch


Exit = Callable[[Any, Any, Any], Awaitable[bool | None]]


def _make_leave(manager: Any) -> Exit:
    """Return a callback that leaves an async context manager."""

    async def leave(*exc: Any) -> bool | None:
        suppressed: bool | None = None
        with _limit_closing():
            suppressed = await type(manager).__aexit__(manager, *exc)
        return suppressed

    return leave


def _make_close(target: Any) -> Exit:
    """Return a callback that closes an iterable, or its iterator. At its normal end
    only a generator is closed: others may be iterated again."""

    async def leave(exc_type: Any, *exc: Any) -> None:
        close = getattr(target, "aclose", None)
        if close is None and exc_type is not None:
            close = getattr(target, "close", None)
        if close is not None:
            with _limit_closing():
                closing = close()
                if inspect.isawaitable(closing):
                    await closing

    return leave


def _limit_closing() -> anyio.CancelScope:
    return anyio.CancelScope(deadline=anyio.current_time() + _CLOSING, shield=True)
