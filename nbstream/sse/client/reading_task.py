"""Iterate an async generator in a task of its own, so that leaving it is harmless.

A generator that is left half-way is closed by whoever finds it: the garbage collector,
or the event loop at its end, which closes all that there are at once. Ours holds
httpx's, which hold httpcore's; closed out of order, they fail, and asyncio prints each
failure. A task that owns them all is cancelled instead, and closes them in order.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import suppress
from typing import Generic, TypeVar

import anyio

T = TypeVar("T")

# The loop itself keeps no task alive that waits for us.
_running: set[asyncio.Task[None]] = set()


class ReadingTask(Generic[T]):
    """Take items from a generator, each only once it is asked for.

    To be made in the running event loop. Whoever stops asking calls `aclose` or
    `abandon`; at the end of the loop, `asyncio.run` does.
    """

    def __init__(self, items: AsyncGenerator[T, None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._asked = asyncio.Event()
        self._answer: asyncio.Future[T | None] | None = None
        self._task = self._loop.create_task(self._run(items))
        _running.add(self._task)
        self._task.add_done_callback(self._ended)

    async def next(self) -> T | None:
        """The next item, or None at the end; raises what the generator raises. If the
        wait is cancelled, so is the generator, as if it had been iterated here."""
        if self._task.done():
            return None
        self._answer = self._loop.create_future()
        self._asked.set()
        try:
            return await self._answer
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
                await self._asked.wait()
                self._asked.clear()
                answer = self._answer
                assert answer is not None
                try:
                    item = await anext(items, None)
                except Exception as error:
                    if not answer.done():
                        answer.set_exception(error)
                    return
                if not answer.done():
                    answer.set_result(item)
                if item is None:
                    return
        finally:
            await items.aclose()

    def _ended(self, task: asyncio.Task[None]) -> None:
        """Let go of whoever waits; here, since a task that is cancelled before it
        starts runs none of its own code."""
        _running.discard(task)
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(None)
