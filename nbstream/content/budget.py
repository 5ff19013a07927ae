"""Memory in bytes: one budget for each stream, and one for all streams of a kernel."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable
from typing import Protocol

from ..limits import MB

_STEP = 64 * 1024
"""Bytes that a stream may grow before the sum over all is looked at again."""
_ROOM = 0.9
"""Of a limit that was passed, what is left of it: letting go has its cost, too."""


class Store(Protocol):
    """Something that holds on to what a stream received."""

    @property
    def size(self) -> int:
        """About how many bytes it holds."""

    def let_go(self, excess: int) -> None:
        """Let the oldest go until so many bytes fewer are held, as far as it can."""


class Replay(Protocol):
    """What readers of a stream can still read."""

    @property
    def size(self) -> int:
        """About how many bytes it holds."""

    @property
    def unread_size(self) -> int:
        """How many of these present readers have not read."""

    def let_go_spare(self, excess: int) -> None:
        """Let go of what no present reader waits for, the oldest first."""

    def let_go_unread(self, excess: int) -> None:
        """Let go of what present readers wait for, if they may lose it."""


class KernelBudget:
    """The memory that all streams of a process may hold together, those that have ended
    too. When it is passed, the largest lets go first.

    Args:
        limit: in bytes.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        """Bytes; may be set at any time."""
        # A garbage collection in here may end a stream, which looks at the sum, too.
        self._lock = threading.RLock()
        self._streams: weakref.WeakSet[Budget] = weakref.WeakSet()

    @property
    def size(self) -> int:
        """About how many bytes all hold."""
        return sum(stream.size for stream in self._all())

    def add(self, stream: Budget) -> None:
        """Count a stream from now on, as long as it lives."""
        with self._lock:
            self._streams.add(stream)

    def check(self) -> None:
        """Let the largest go until all are within the limit."""
        streams = sorted(self._all(), key=lambda stream: stream.size, reverse=True)
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

    def _all(self) -> list[Budget]:
        with self._lock:
            return list(self._streams)


KERNEL = KernelBudget(512 * MB)
"""The budget of this process; set its `limit` for another."""


class Budget:
    """The memory that one stream may hold.

    What is let go first can be had again or was there to be nice: outputs that were
    made, the changes that views have not drawn (they then ask for all of it), and
    events that no present reader waits for. The backlog of readers and the content
    each may keep half of the limit; what is above goes next, the backlog before the
    content.

    Args:
        limit: in bytes.
        outputs: made of what is shown, once the stream has ended.
        changes: what views have not drawn.
        replay: events for readers that come late, and the backlog of those present.
        content: what is shown.
        kernel: the budget of all streams.
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
        self._seen = 0
        self.run: Callable[[Callable[[], None]], None] = lambda call: call()
        """Runs a call where the stream lives: another's loop may be another thread."""
        self._kernel.add(self)

    @property
    def size(self) -> int:
        """About how many bytes the stream holds."""
        received = self._changes.size + self._replay.size + self._content.size
        return received + self._outputs.size

    def check(self) -> None:
        """Let go what is above the limit. To be called after each event."""
        # As `self.size`, which would be called for each event. Nothing is made yet.
        size = self._changes.size + self._replay.size + self._content.size
        if size > self.limit:
            self.shrink(int(self.limit * _ROOM))
            size = self.size
        if abs(size - self._seen) > _STEP:
            self._seen = size
            self._kernel.check()

    def check_kernel(self) -> None:
        """Let go what is above the limit of the kernel. To be called when something
        was made of what is shown."""
        self._kernel.check()

    def shrink(self, target: int) -> None:
        """Let go until so many bytes are left, as far as may be."""
        self._outputs.let_go(self.size - target)
        self._changes.let_go(self.size - target)
        self._replay.let_go_spare(self.size - target)
        if self.size > target:
            half = target // 2
            unread = self._replay.unread_size
            self._replay.let_go_unread(min(self.size - target, unread - half))
            self._content.let_go(min(self.size - target, self._content.size - half))

    def shrink_soon(self, target: int) -> None:
        """Let go as `shrink` does, in the thread that the stream lives in."""
        self.run(lambda: self.shrink(target))
