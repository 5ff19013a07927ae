"""Replay buffer: the last events of a stream for readers that come late, with gaps or
backpressure for readers that fall behind."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from dataclasses import dataclass

from ...sse import ServerSentEvent
from ...updates import Gap, Update

Item = tuple[ServerSentEvent | None, Sequence[Update]]
"""An event and its updates. None in the place of the event: updates of our own, such as
a note."""


@dataclass(slots=True, eq=False)
class _Reader:
    place: int
    """The number of the item that it reads next."""
    offset: int
    """The bytes of all items before that one."""
    repeat: Item | None = None
    """An item to read before that one: items that it has read, in their new reading."""
    gap: int = 0
    """Events that were dropped unread since its last `Gap`."""
    lost: int = 0
    """Events that were dropped unread, in all."""


class ReplayBuffer:
    """Keeps the last items, and lets readers read them from the oldest on.

    The items that a present reader has not read are its backlog. Where readers may lose
    some (`may_lose`), they read `Gap(lost=n)` in the place of n events; where they may
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
            self._drop_oldest()

    def rewrite(
        self, rewrite: Callable[[Item], Item], repeat: Callable[[Sequence[Item]], Item]
    ) -> None:
        """Replace the items that are kept. Items that a reader has read cannot be taken
        back: it reads `repeat(those)` next.

        Args:
            rewrite: returns the new item in the place of each; called in order.
            repeat: returns one item for the rewritten items that a reader has read.
        """
        self._items = deque((rewrite(item), size) for item, size in self._items)
        items = list(self)
        for reader in self._readers:
            if read := items[: reader.place - self._start]:
                reader.repeat = repeat(read)

    def __iter__(self) -> Iterator[Item]:
        """Iterate over the items that are kept, oldest first."""
        return (item for item, _ in self._items)

    @property
    def note(self) -> str:
        """A sentence on the readers that are too far behind; empty without one."""
        if lost := max((reader.lost for reader in self._readers), default=0):
            events = "1 event" if lost == 1 else f"{lost:,} events"
            return f"a reader fell behind and has lost {events}"
        if self.is_full:
            behind = self._start + len(self._items) - self._first_unread()[0]
            return f"waiting for a reader that is {behind:,} events behind"
        return ""

    @property
    def unread_size(self) -> int:
        """The bytes of the largest backlog."""
        return self._end - self._first_unread()[1]

    def end(self) -> None:
        """Let readers end once they have read everything."""
        self._ended = True
        self.wake()

    @property
    def is_full(self) -> bool:
        """Whether the writer should wait for a reader."""
        full = self.unread_size > self._most_behind
        return full and not self._ended and not self.may_lose

    async def wait_for_room(self) -> None:
        """Wait until no reader is too far behind, unless readers may lose events."""
        while self.is_full:
            await self._changed.wait()

    async def read(self) -> AsyncGenerator[Item, None]:
        """Yield the items, from the oldest kept one until the end."""
        me = _Reader(self._start, self._before)
        self._readers.add(me)
        try:
            while True:
                behind = me.place - self._start
                if me.repeat is not None:
                    item, me.repeat = me.repeat, None
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

    def evict_spare(self, excess: int) -> None:
        """Drop items that no present reader waits for, the oldest first, until so many
        bytes fewer are held."""
        unread, _ = self._first_unread()
        target = self._before + excess
        while self._start < unread and self._before < target:
            self._drop_oldest()

    def evict_unread(self, excess: int) -> None:
        """Drop items that readers wait for, if they may lose some. The newest stays: a
        reader that keeps up must get large items, too."""
        target = self._before + excess
        while self.may_lose and len(self._items) > 1 and self._before < target:
            self._drop_oldest()

    def wake(self) -> None:
        """Wake the readers and the writer. Call it in the loop that they wait in."""
        self._changed.set()
        self._changed = asyncio.Event()

    def _first_unread(self) -> tuple[int, int]:
        """Return the number of the first item that a reader waits for, and the bytes
        before it; those of the end if no reader waits."""
        place, offset = self._start + len(self._items), self._end
        for reader in self._readers:
            if reader.place < place:
                place, offset = reader.place, reader.offset
        return place, offset

    def _trim(self) -> None:
        """Drop the items above the limit that no reader waits for."""
        unread, _ = self._first_unread()
        while len(self._items) > self._limit and self._start < unread:
            self._drop_oldest()

    def _drop_oldest(self) -> None:
        (event, _), size = self._items.popleft()
        self._start += 1
        self._before += size
        self.size -= size
        for reader in self._readers:
            if reader.place < self._start:
                reader.place, reader.offset = self._start, self._before
                reader.gap += event is not None
                reader.lost += event is not None
