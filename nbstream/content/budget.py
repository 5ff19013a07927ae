"""Memory budgets in bytes: one for each stream, and one for all streams of a kernel."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable
from typing import Protocol

from ..limits import MB

_STEP = 64 * 1024
"""Bytes that a stream may grow before the sum over all streams is checked again."""
_ROOM = 0.9
"""The part of an exceeded limit that eviction leaves in use: it has a cost, too."""


class Store(Protocol):
    """Something that holds memory for a stream."""

    @property
    def size(self) -> int:
        """About how many bytes it holds."""

    def evict(self, excess: int) -> None:
        """Evict the oldest until so many bytes fewer are held, as far as it can."""


class Replay(Protocol):
    """The replay buffer of a stream."""

    @property
    def size(self) -> int:
        """About how many bytes it holds."""

    @property
    def unread_size(self) -> int:
        """How many of these bytes present readers have not read."""

    def evict_spare(self, excess: int) -> None:
        """Evict what no present reader waits for, the oldest first."""

    def evict_unread(self, excess: int) -> None:
        """Evict what present readers wait for, if they may lose it."""


class KernelBudget:
    """The memory that all streams of a process may hold together, also those that have
    ended. When it is exceeded, the largest stream evicts first.

    Args:
        limit: in bytes.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        """Bytes; may be set at any time."""
        # A garbage collection in here may end a stream, which checks the sum, too.
        self._lock = threading.RLock()
        self._streams: weakref.WeakSet[Budget] = weakref.WeakSet()

    @property
    def size(self) -> int:
        """About how many bytes all streams hold."""
        return sum(stream.size for stream in self._list_streams())

    def add(self, stream: Budget) -> None:
        """Count a stream as long as it lives."""
        with self._lock:
            self._streams.add(stream)

    def check(self) -> None:
        """Have the largest streams evict until all are within the limit."""
        streams = sorted(
            self._list_streams(), key=lambda stream: stream.size, reverse=True
        )
        total = sum(stream.size for stream in streams)
        if total <= self.limit:
            return
        excess = total - int(self.limit * _ROOM)
        for stream in streams:
            if excess <= 0:
                return
            share = min(excess, stream.size)
            excess -= share
            stream.shrink_soon(stream.size - share)

    def _list_streams(self) -> list[Budget]:
        with self._lock:
            return list(self._streams)


KERNEL = KernelBudget(512 * MB)
"""The budget of this process, 512 MB; set its `limit` to change that."""


class Budget:
    """The memory that one stream may hold.

    It evicts first what can be made again or is a convenience: the output cache, the
    changes that views have not drawn (they then need a snapshot), and events that no
    present reader waits for. The backlog of readers and the content may each keep half
    of the limit; what is above is evicted next, the backlog before the content.

    Args:
        limit: in bytes.
        outputs: the output cache of an ended stream.
        changes: the changes that views have not drawn.
        replay: events for readers that start late, and the backlog of those present.
        content: the transcript.
        kernel: the budget of all streams. Default `KERNEL`.
    """

    def __init__(
        self,
        limit: int,
        *,
        outputs: Store,
        changes: Store,
        replay: Replay,
        content: Store,
        kernel: KernelBudget | None = None,
    ) -> None:
        self.limit = limit
        self._outputs = outputs
        self._changes, self._replay, self._content = changes, replay, content
        self._kernel = KERNEL if kernel is None else kernel
        self._checked_size = 0
        self.run: Callable[[Callable[[], None]], None] = lambda call: call()
        """Runs a call in the event loop of the stream, which may be in another thread
        than that of the stream that exceeds the limit."""
        self._kernel.add(self)

    @property
    def size(self) -> int:
        """About how many bytes the stream holds."""
        received = self._changes.size + self._replay.size + self._content.size
        return received + self._outputs.size

    def check(self) -> None:
        """Evict what is above the limit. Call it after each event."""
        # As `self.size`, but cheaper: the output cache is empty until the end.
        size = self._changes.size + self._replay.size + self._content.size
        if size > self.limit:
            self.shrink(int(self.limit * _ROOM))
            size = self.size
        if abs(size - self._checked_size) > _STEP:
            self._checked_size = size
            self._kernel.check()

    def check_kernel(self) -> None:
        """Evict what is above the limit of the kernel. Call it when an output was
        cached."""
        self._kernel.check()

    def shrink(self, target: int) -> None:
        """Evict until so many bytes are left, as far as is allowed."""
        self._outputs.evict(self.size - target)
        self._changes.evict(self.size - target)
        self._replay.evict_spare(self.size - target)
        if self.size > target:
            half = target // 2
            unread = self._replay.unread_size
            self._replay.evict_unread(min(self.size - target, unread - half))
            self._content.evict(min(self.size - target, self._content.size - half))

    def shrink_soon(self, target: int) -> None:
        """Evict as `shrink` does, in the event loop of the stream."""
        self.run(lambda: self.shrink(target))
