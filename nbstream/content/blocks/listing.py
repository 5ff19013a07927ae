"""What the kinds that are lists of entries share: a bounded tail, appended to."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any, Generic, NotRequired, TypedDict, TypeVar, cast

from ...rendering.format import count

E = TypeVar("E")


class ListPayload(TypedDict, Generic[E]):
    """Entries to add, after which the oldest go."""

    add: list[E]
    drop: NotRequired[int]
    """How many of the oldest go."""
    dropped: NotRequired[int]
    """How many went before all of these, unseen."""


P = TypeVar("P", bound=ListPayload[Any])


class Listing(Generic[E, P]):
    """The last `limit` entries of a list that only grows."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self.entries: deque[E] = deque()
        self._sizes: deque[int] = deque()  # the bytes of each entry
        self.size = 0
        """About how many bytes of memory the entries hold."""
        self.brought = 0
        """How many of these the last update brought."""
        self.dropped = 0

    def append(self, entry: E, size: int) -> P:
        """Add one entry of so many bytes; returns the payload of the change."""
        self.entries.append(entry)
        self._sizes.append(size)
        self.size += size
        self.brought = size
        if len(self.entries) <= self._limit:
            return self._typed({"add": [entry]})
        return self._typed({"add": [entry], "drop": self._drop(1)})

    def let_go(self, excess: int) -> P | None:
        """Let the oldest go until so many bytes fewer are held."""
        count = 0
        for size in self._sizes:
            if excess <= 0:
                break
            excess -= size
            count += 1
        return self._typed({"add": [], "drop": self._drop(count)}) if count else None

    def shrink(self, share: float) -> None:
        """Keep only this share of the entries that are shown."""
        self._drop(len(self.entries) - int(self._shown_at_end() * share))

    def _shown_at_end(self) -> int:
        """Return how many of the last entries ordinary output shows."""
        return len(self.entries)

    def _drop(self, count: int) -> int:
        """Drop so many of the oldest entries; returns how many these are."""
        for _ in range(count):
            self.entries.popleft()
            self.size -= self._sizes.popleft()
        self.dropped += count
        return count

    @staticmethod
    def _typed(payload: ListPayload[Any]) -> P:
        # What a kind adds to these fields is in none of its payloads by need.
        return cast(P, payload)

    @classmethod
    def merge(cls, payloads: Sequence[P]) -> P:
        """One payload that does what these do in turn."""
        # Entries are dropped from the front after all are added, so the sums do.
        lists: Sequence[ListPayload[Any]] = payloads
        added = chain.from_iterable([payload["add"] for payload in lists])
        merged: ListPayload[Any] = {"add": list(added)}
        if drop := sum([payload.get("drop", 0) for payload in lists]):
            merged["drop"] = drop
        return cls._typed(merged)

    def state(self) -> P:
        """The payload that makes the whole list from nothing."""
        return self._part(list(self.entries), 0, len(self.entries))

    def states(self, size: int) -> Iterator[tuple[P, int]]:
        """The same in several, in turn: of so many bytes each, or of one entry."""
        entries = list(self.entries)
        start = room = 0
        for end, entry_size in enumerate(self._sizes):
            room += entry_size
            if room > size and end > start:
                yield self._part(entries, start, end), room - entry_size
                start, room = end, entry_size
        yield self._part(entries, start, len(entries)), room

    def _part(self, entries: list[E], start: int, end: int) -> P:
        part: ListPayload[E] = {"add": entries[start:end]}
        if start == 0:
            part["dropped"] = self.dropped
        return self._typed(part)

    def omitted(self, one: str) -> str:
        """Return a note on what is no longer here, where each is called `one`; empty if
        that is nothing."""
        return f"[… {count(self.dropped, one)} before these]" if self.dropped else ""
