"""Keep the last changes of a stream's blocks, for views that are a little behind."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from typing import Generic, TypeVar

from ..limits import MB

# How far a view can be behind and still be sent only the changes. Past this a snapshot
# is cheaper, and its size is bounded.
_MAX_CHANGES = 20_000
_MAX_CHANGED = 8 * MB
_CHANGE = 400
"""Bytes of memory of a change beside its payload."""


P = TypeVar("P")


class Changes(Generic[P]):
    """The last changes, newest first, bounded in number and in bytes: they keep content
    alive that their blocks may have evicted.

    Args:
        lock: the transcript's, which holds it whenever it calls.
    """

    def __init__(self, lock: threading.Lock) -> None:
        self._lock = lock
        self._changes: deque[tuple[int, P, int]] = deque()
        self.size = 0
        """About how many bytes of memory they hold."""

    def add(self, index: int, payload: P, size: int) -> None:
        """Add the change of a block that grew by so many bytes."""
        size += _CHANGE
        self._changes.append((index, payload, size))
        self.size += size
        while len(self._changes) > _MAX_CHANGES or self.size > _MAX_CHANGED:
            self._drop_oldest()

    def __len__(self) -> int:
        return len(self._changes)

    def __iter__(self) -> Iterator[tuple[int, P]]:
        return ((index, payload) for index, payload, _ in reversed(self._changes))

    def evict(self, excess: int) -> None:
        """Evict the oldest until so many bytes fewer are held. For a memory budget: it
        does not hold the lock."""
        with self._lock:
            target = self.size - max(excess, 0)
            while self._changes and self.size > target:
                self._drop_oldest()

    def clear(self) -> None:
        """Evict all."""
        self._changes.clear()
        self.size = 0

    def _drop_oldest(self) -> None:
        self.size -= self._changes.popleft()[2]
