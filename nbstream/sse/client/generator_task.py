"""Iterate an async generator in a task of its own, so that leaving it is harmless.

A generator that is left half-way is closed by the garbage collector, or by the event
loop at its end, which closes all of them at once. Ours holds httpx's, which hold
httpcore's; closed out of order, they fail, and asyncio prints each failure. A task that
owns them all is cancelled instead, and closes them in order.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import suppress
from typing import Generic, TypeVar

import anyio

T = TypeVar("T")

# Strong references: the loop keeps no task alive that waits.
_running: set[asyncio.Task[None]] = set()


class GeneratorTask(Generic[T]):
    """Takes items from a generator, each only at a call of `next`.

    Make it in the running event loop, and call `aclose` or `abandon` to stop early.
    `asyncio.run` cancels it at the end of the loop.

    Args:
        items: the generator, which nothing else iterates.
    """

    def __init__(self, items: AsyncGenerator[T, None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._requested = asyncio.Event()
        self._result: asyncio.Future[T | None] | None = None
        self._task = self._loop.create_task(self._run(items))
        _running.add(self._task)
        self._task.add_done_callback(self._release)

    async def next(self) -> T | None:
        """Return the next item, or None at the end; raise what the generator raises. If
        the wait is cancelled, so is the generator, as if it were iterated here."""
        if self._task.done():
            return None
        self._result = self._loop.create_future()
        self._requested.set()
        try:
            return await self._result
        except asyncio.CancelledError:
            await self.aclose()
            raise

    async def aclose(self) -> None:
        """Close the generator, and wait until it is closed."""
        self._task.cancel()
        with anyio.CancelScope(shield=True):
            await asyncio.wait({self._task})

    def abandon(self) -> None:
        """Have the generator closed soon; from any thread, with or without a loop."""
        with suppress(RuntimeError):  # the loop is closed, and all in it
            self._loop.call_soon_threadsafe(self._task.cancel)

    async def _run(self, items: AsyncGenerator[T, None]) -> None:
        try:
            while True:
                await self._requested.wait()
                self._requested.clear()
                result = self._result
                assert result is not None
                try:
                    item = await anext(items, None)
                except Exception as error:
                    if not result.done():
                        result.set_exception(error)
                    return
                if not result.done():
                    result.set_result(item)
                if item is None:
                    return
        finally:
            await items.aclose()

    def _release(self, task: asyncio.Task[None]) -> None:
        """End a wait in `next`: a task that is cancelled before it starts runs none of
        its own code."""
        _running.discard(task)
        if self._result is not None and not self._result.done():
            self._result.set_result(None)
