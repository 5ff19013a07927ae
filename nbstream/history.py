"""A bounded memory of what happened, for readers that come early or late."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from itertools import islice
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class History(Generic[T]):
    """Keeps the last `limit` items, and lets readers read them from the oldest on.

    An item that a present reader has not reached yet is kept for it: `room()` then
    makes the writer wait, so a slow reader slows the stream down and loses nothing.
    """

    def __init__(self, limit: int) -> None:
        self._limit = max(1, limit)
        self._items: deque[T] = deque()
        self._start = 0  # the number of the oldest item kept
        self._readers: dict[object, int] = {}
        self._again: dict[object, T] = {}
        self._ended = False
        self._changed = asyncio.Event()

    def append(self, item: T) -> None:
        """Add an item, letting go of the oldest that no reader waits for."""
        self._items.append(item)
        self._trim()
        if self._readers:
            self._wake()

    def rewrite(
        self, rewrite: Callable[[T], T], again: Callable[[Sequence[T]], T]
    ) -> None:
        """Replace the items that are kept. What a reader has read is not withdrawn: it
        reads `again(those)` next.

        Args:
            rewrite: the new item in the place of each, called in order.
            again: one item for those, as rewritten, that a reader has read already.
        """
        self._items = deque(map(rewrite, self._items))
        for reader, place in self._readers.items():
            if read := list(islice(self._items, place - self._start)):
                self._again[reader] = again(read)

    def __iter__(self) -> Iterator[T]:
        """The items that are kept, oldest first."""
        return iter(self._items)

    def end(self) -> None:
        """No more will come."""
        self._ended = True
        self._wake()

    async def room(self) -> None:
        """Wait until no reader is more than the limit behind."""
        while len(self._items) > self._limit and not self._ended:
            await self._changed.wait()

    async def read(self) -> AsyncGenerator[T, None]:
        """The items, from the oldest kept one until the end."""
        me = object()
        self._readers[me] = self._start
        try:
            while True:
                behind = self._readers[me] - self._start
                if me in self._again:
                    yield self._again.pop(me)
                elif behind < len(self._items):
                    item = self._items[behind]
                    self._readers[me] += 1
                    if len(self._items) > self._limit:
                        self._trim()
                        self._wake()
                    yield item
                elif self._ended:
                    return
                else:
                    await self._changed.wait()
        finally:
            del self._readers[me]
            self._again.pop(me, None)
            self._trim()
            self._wake()

    def _trim(self) -> None:
        if len(self._items) <= self._limit:
            return
        unread = min(self._readers.values(), default=self._start + len(self._items))
        while len(self._items) > self._limit and self._start < unread:
            self._items.popleft()
            self._start += 1

    def _wake(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()


async def from_loop(
    items: AsyncGenerator[T, None], loop: asyncio.AbstractEventLoop | None
) -> AsyncGenerator[T, None]:
    """The same items, for a reader in another loop than the one they live in."""
    assert loop is not None

    async def there(step: Callable[[], Any]) -> Any:
        return await step()

    def run(step: Callable[[], Any]) -> asyncio.Future[Any]:
        return asyncio.wrap_future(asyncio.run_coroutine_threadsafe(there(step), loop))

    end = object()
    try:
        while (item := await run(lambda: anext(items, end))) is not end:
            yield item
    finally:
        await run(items.aclose)
