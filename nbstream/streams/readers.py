"""Read what a stream receives, from any event loop: as updates or as events."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import aclosing
from typing import Any

from ..sse import ServerSentEvent
from ..updates import Gap, Update
from .event_loops.ticker import frequent_wake_ups
from .follower import Follower
from .intake.replay_buffer import Item
from .tracebacks import WithoutOurFrames


async def read_updates(
    follower: Follower, start: Callable[[], None]
) -> AsyncGenerator[Update, None]:
    """Start the stream, and yield its updates from the oldest kept one on. Raises at
    the end what made it fail."""
    with WithoutOurFrames():
        async with aclosing(_read(follower, start)) as items:
            async for _, updates in items:
                for update in updates:
                    yield update


async def read_events(
    follower: Follower, start: Callable[[], None]
) -> AsyncGenerator[ServerSentEvent, None]:
    """Start the stream, and yield its events as `read_updates` does, without secrets; a
    gap is an event of type `gap`, as in our own protocol."""
    with WithoutOurFrames():
        async with aclosing(_read(follower, start)) as items:
            async for event, updates in items:
                if event is not None:
                    yield follower.redaction.redact_event(event)
                elif lost := sum(u.lost or 0 for u in updates if isinstance(u, Gap)):
                    data = json.dumps({"type": "gap", "lost": lost})
                    yield ServerSentEvent(event="gap", data=data)


@contextlib.contextmanager
def cancelling_with_task(cancel: Callable[[], None]) -> Iterator[None]:
    """Call `cancel()` if the task that waits inside is cancelled, as by an interrupt of
    its cell; the loop keeps waking so that ipykernel delivers it promptly."""
    try:
        with frequent_wake_ups():
            yield
    except asyncio.CancelledError:
        cancel()
        raise


async def _read(
    follower: Follower, start: Callable[[], None]
) -> AsyncGenerator[Item, None]:
    start()
    items = follower.intake.replay.read()
    if follower.loop not in (None, asyncio.get_running_loop()):
        # The replay buffer may only be touched in the loop of the stream.
        items = _read_from_loop(items, follower.loop)
    async with aclosing(items):
        while True:
            with cancelling_with_task(follower.cancel):
                item = await anext(items, None)
            if item is None:
                break
            yield item
    follower.status.raise_error()


async def _read_from_loop(
    items: AsyncGenerator[Item, None], loop: asyncio.AbstractEventLoop | None
) -> AsyncGenerator[Item, None]:
    assert loop is not None

    async def await_there(step: Callable[[], Any]) -> Any:
        return await step()

    def run(step: Callable[[], Any]) -> asyncio.Future[Any]:
        future = asyncio.run_coroutine_threadsafe(await_there(step), loop)
        return asyncio.wrap_future(future)

    end = object()
    try:
        while (item := await run(lambda: anext(items, end))) is not end:
            yield item
    finally:
        await run(items.aclose)
