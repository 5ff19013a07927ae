"""Streams of Python values whose items a test sends, and waiting for what arrives."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import nbstream


async def forever(*first: Any) -> AsyncIterator[Any]:
    """Yield these items, and then wait for ever."""
    for item in first:
        yield item
    await asyncio.Event().wait()


class Steps:
    """An iterable whose items a test sends; None ends it."""

    def __init__(self) -> None:
        self._items: asyncio.Queue[Any] = asyncio.Queue()

    def send(self, *items: Any) -> None:
        for item in items:
            self._items.put_nowait(item)

    async def __aiter__(self) -> AsyncIterator[Any]:
        while (item := await self._items.get()) is not None:
            yield item


async def until_text(stream: nbstream.Stream, text: str) -> None:
    """Wait until the stream's text is this; fail if it ends before."""
    await _until(stream, lambda: stream.text == text)


async def until_received(stream: nbstream.Stream, count: int) -> None:
    """Wait until the stream has received this many events; fail if it ends before."""
    await _until(stream, lambda: stream.events_received >= count)


async def _until(stream: nbstream.Stream, is_reached: Callable[[], bool]) -> None:
    changed = asyncio.Event()
    stop = stream.observe(changed.set)
    while not is_reached():
        changed.clear()
        assert not stream.done, stream
        await changed.wait()
    stop()
