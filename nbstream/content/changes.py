"""Keep the last changes of a stream's blocks, for views that lag a little."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from typing import Generic, TypeVar

from ..limits import MB

# How far a view may lag and still receive changes only. Past this a snapshot, which is
# bounded, is cheaper.
_MAX_CHANGES = 20_000
_MAX_CHANGED = 8 * MB
_CHANGE = 400
"""Bytes of memory of a change without its payload."""


P = TypeVar("P")


class Changes(Generic[P]):
    """The last changes, newest first. They are bounded in number and in bytes, because
    they keep content alive that their blocks may have evicted.

    Args:
        lock: the transcript's lock, which it holds for all calls but `evict`.
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
        """Evict the oldest until so many bytes fewer are held. For the memory budget,
        which does not hold the lock."""
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
