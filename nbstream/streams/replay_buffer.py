"""What readers of a stream can still read, bounded in number and in bytes."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ..sse import ServerSentEvent
from ..updates import Gap, Update

Item = tuple[ServerSentEvent | None, Sequence[Update]]
"""An event, and what it means. None: what we say of our own accord."""


@dataclass(slots=True, eq=False)
class _Reader:
    place: int
    """The number of the item that it reads next."""
    offset: int
    """The bytes of all items before that one."""
    again: Item | None = None
    """What it reads before that item: what it has read already, read anew."""
    gap: int = 0
    """Events that were let go unread and that it has not been told of."""
    lost: int = 0
    """Events that were let go unread, in all."""


class ReplayBuffer:
    """Keeps the last items, and lets readers read them from the oldest on.

    What a present reader has not read is its backlog. A reader that may lose some of it
    reads `Gap(lost=n)` in its place, where n is the number of events; for one that may
    not, `wait_for_room()` makes the writer wait (backpressure).

    Args:
        events: the items kept for readers that come late.
        backlog: the bytes that a reader's backlog may have before the writer waits.
    """

    def __init__(self, events: int, backlog: int) -> None:
        self._limit = max(1, events)
        self._most_behind = backlog
        self._items: deque[tuple[Item, int]] = deque()  # each with its bytes
        self._start = 0  # the number of the oldest item kept
        self._before = 0  # the bytes of all items before that one
        self._end = 0  # the bytes of all items so far
        self.size = 0
        """The bytes of all items that are kept."""
        self._readers: set[_Reader] = set()
        self._ended = False
        self._changed = asyncio.Event()
        self.may_lose = False
        """Whether readers that are too far behind may lose events."""

    def append(self, item: Item, size: int) -> None:
        """Add an item of so many bytes."""
        self._items.append((item, size))
        self._end += size
        self.size += size
        if self._readers:
            self._trim()
            self.wake()
        elif len(self._items) > self._limit:
            self._let_oldest_go()

    def rewrite(
        self, rewrite: Callable[[Item], Item], again: Callable[[Sequence[Item]], Item]
    ) -> None:
        """Replace the items that are kept. What a reader has read is not withdrawn: it
        reads `again(those)` next.

        Args:
            rewrite: the new item in the place of each, called in order.
            again: one item for those, as rewritten, that a reader has read already.
        """
        self._items = deque((rewrite(item), size) for item, size in self._items)
        items = list(self)
        for reader in self._readers:
            if read := items[: reader.place - self._start]:
                reader.again = again(read)

    def __iter__(self) -> Iterator[Item]:
        """The items that are kept, oldest first."""
        return (item for item, _ in self._items)

    @property
    def note(self) -> str:
        """What is to be said of readers that are too far behind; empty if none is."""
        if lost := max((reader.lost for reader in self._readers), default=0):
            events = "1 event" if lost == 1 else f"{lost:,} events"
            return f"a reader fell behind and has lost {events}"
        if self.is_full:
            behind = self._start + len(self._items) - self._first_unread()[0]
            return f"waiting for a reader that is {behind:,} events behind"
        return ""

    @property
    def unread_size(self) -> int:
        """The bytes that present readers have not read."""
        return self._end - self._first_unread()[1]

    def end(self) -> None:
        """No more will come."""
        self._ended = True
        self.wake()

    @property
    def is_full(self) -> bool:
        """Whether the writer is to wait for a reader."""
        full = self.unread_size > self._most_behind
        return full and not self._ended and not self.may_lose

    async def wait_for_room(self) -> None:
        """Wait until no reader that must lose nothing is too far behind."""
        while self.is_full:
            await self._changed.wait()

    async def read(self) -> AsyncGenerator[Item, None]:
        """The items, from the oldest kept one until the end."""
        me = _Reader(self._start, self._before)
        self._readers.add(me)
        try:
            while True:
                behind = me.place - self._start
                if me.again is not None:
                    item, me.again = me.again, None
                    yield item
                elif me.gap:
                    gap, me.gap = Gap(me.gap), 0
                    yield None, (gap,)
                elif behind < len(self._items):
                    was_full = self.unread_size > self._most_behind
                    item, size = self._items[behind]
                    me.place += 1
                    me.offset += size
                    if len(self._items) > self._limit:
                        self._trim()
                    if was_full:
                        self.wake()
                    yield item
                elif self._ended:
                    return
                else:
                    await self._changed.wait()
        finally:
            self._readers.discard(me)
            self._trim()
            self.wake()

    def let_go_spare(self, excess: int) -> None:
        """Let go of items that no present reader waits for, the oldest first, until so
        many bytes fewer are held."""
        unread, _ = self._first_unread()
        target = self._before + excess
        while self._start < unread and self._before < target:
            self._let_oldest_go()

    def let_go_unread(self, excess: int) -> None:
        """Let go of items that readers wait for, if they may lose some. The newest one
        stays: a reader that reads each at once reads large ones, too."""
        target = self._before + excess
        while self.may_lose and len(self._items) > 1 and self._before < target:
            self._let_oldest_go()

    def wake(self) -> None:
        """Let readers and the writer look again, in the loop that they wait in."""
        self._changed.set()
        self._changed = asyncio.Event()

    def _first_unread(self) -> tuple[int, int]:
        """Return the number of the first item that a reader waits for, and the bytes
        before it; the end where none does."""
        place, offset = self._start + len(self._items), self._end
        for reader in self._readers:
            if reader.place < place:
                place, offset = reader.place, reader.offset
        return place, offset

    def _trim(self) -> None:
        """Keep the number of items that no reader waits for within the limit."""
        unread, _ = self._first_unread()
        while len(self._items) > self._limit and self._start < unread:
            self._let_oldest_go()

    def _let_oldest_go(self) -> None:
        (event, _), size = self._items.popleft()
        self._start += 1
        self._before += size
        self.size -= size
        for reader in self._readers:
            if reader.place < self._start:
                reader.place, reader.offset = self._start, self._before
                reader.gap += event is not None
                reader.lost += event is not None


async def from_loop(
    items: AsyncGenerator[Item, None], loop: asyncio.AbstractEventLoop | None
) -> AsyncGenerator[Item, None]:
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
