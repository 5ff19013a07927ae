"""Base of the kinds that are lists of entries: a bounded list that is appended to.

The twin is `frontend/src/blocks/base/entry_list.ts`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any, Generic, NotRequired, TypedDict, TypeVar, cast

from ...rendering.format import format_count

E = TypeVar("E")


class ListPayload(TypedDict, Generic[E]):
    """Entries to add; then the oldest are evicted."""

    add: list[E]
    drop: NotRequired[int]
    """How many of the oldest are evicted."""
    dropped: NotRequired[int]
    """How many were evicted before the first of these; only in a snapshot."""


P = TypeVar("P", bound=ListPayload[Any])


class EntryList(Generic[E, P]):
    """The last entries of a list that only grows.

    Args:
        limit: how many entries to keep.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self.entries: deque[E] = deque()
        self._sizes: deque[int] = deque()  # the bytes of each entry
        self.size = 0
        """About how many bytes of memory the entries hold."""
        self.added_size = 0
        """How many of these the last update added."""
        self.dropped = 0
        """How many entries were evicted."""

    def append(self, entry: E, size: int) -> P:
        """Add one entry of so many bytes. Returns the payload of the change."""
        self.entries.append(entry)
        self._sizes.append(size)
        self.size += size
        self.added_size = size
        if len(self.entries) <= self._limit:
            return self._cast({"add": [entry]})
        return self._cast({"add": [entry], "drop": self._drop(1)})

    def evict(self, excess: int) -> P | None:
        """Evict the oldest until so many bytes fewer are held."""
        count = 0
        for size in self._sizes:
            if excess <= 0:
                break
            excess -= size
            count += 1
        return self._cast({"add": [], "drop": self._drop(count)}) if count else None

    def shrink(self, share: float) -> None:
        """Keep only this share of the entries that frozen output shows."""
        self._drop(len(self.entries) - int(self._frozen_count() * share))

    def _frozen_count(self) -> int:
        """Return how many of the last entries frozen output shows."""
        return len(self.entries)

    def _drop(self, count: int) -> int:
        """Evict so many of the oldest entries. Returns their number."""
        for _ in range(count):
            self.entries.popleft()
            self.size -= self._sizes.popleft()
        self.dropped += count
        return count

    @staticmethod
    def _cast(payload: ListPayload[Any]) -> P:
        # The fields that a kind adds to these are all optional.
        return cast(P, payload)

    @classmethod
    def merge(cls, payloads: Sequence[P]) -> P:
        """Return one payload with the effect of these in turn."""
        # Evictions follow additions and are from the front, so sums are enough.
        lists: Sequence[ListPayload[Any]] = payloads
        added = chain.from_iterable([payload["add"] for payload in lists])
        merged: ListPayload[Any] = {"add": list(added)}
        if drop := sum([payload.get("drop", 0) for payload in lists]):
            merged["drop"] = drop
        return cls._cast(merged)

    def state(self) -> P:
        """Return the payload that makes this list from an empty one."""
        return self._slice(list(self.entries), 0, len(self.entries))

    def states(self, size: int) -> Iterator[tuple[P, int]]:
        """Yield the same in several payloads of at most `size` bytes or one entry, each
        with its bytes."""
        entries = list(self.entries)
        start = room = 0
        for end, entry_size in enumerate(self._sizes):
            room += entry_size
            if room > size and end > start:
                yield self._slice(entries, start, end), room - entry_size
                start, room = end, entry_size
        yield self._slice(entries, start, len(entries)), room

    def _slice(self, entries: list[E], start: int, end: int) -> P:
        part: ListPayload[E] = {"add": entries[start:end]}
        if start == 0:
            part["dropped"] = self.dropped
        return self._cast(part)

    def format_dropped(self, one: str) -> str:
        """Return a note on evicted entries, such as `[… 3 rows before these]` where
        `one` is `row`; empty if there are none."""
        return (
            f"[… {format_count(self.dropped, one)} before these]"
            if self.dropped
            else ""
        )
