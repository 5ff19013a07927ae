"""What the kinds that are lists of entries share: a bounded tail, appended to."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any

from .block import Payload


class Listing:
    """The last `limit` entries of a list that only grows."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self.entries: deque[Any] = deque()
        self._sizes: deque[int] = deque()  # the bytes of each entry
        self.size = 0
        """About how many bytes of memory the entries hold."""
        self.brought = 0
        """How many of these the last update brought."""
        self.dropped = 0

    def append(self, entry: Any, size: int) -> Payload:
        """Add one entry of so many bytes; returns the payload of the change."""
        self.entries.append(entry)
        self._sizes.append(size)
        self.size += size
        self.brought = size
        if len(self.entries) <= self._limit:
            return {"add": [entry]}
        return {"add": [entry], "drop": self._drop(1)}

    def let_go(self, excess: int) -> Payload | None:
        """Let the oldest go until so many bytes fewer are held."""
        count = 0
        for size in self._sizes:
            if excess <= 0:
                break
            excess -= size
            count += 1
        return {"add": [], "drop": self._drop(count)} if count else None

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
    def merge(payloads: Sequence[Payload]) -> Payload:
        """One payload that does what these do in turn."""
        # Entries are dropped from the front after all are added, so the sums do.
        added = chain.from_iterable([payload["add"] for payload in payloads])
        merged: Payload = {"add": list(added)}
        if drop := sum([payload.get("drop", 0) for payload in payloads]):
            merged["drop"] = drop
        return merged

    def state(self) -> Payload:
        """The payload that makes the whole list from nothing."""
        return {"add": list(self.entries), "dropped": self.dropped}

    def states(self, size: int) -> Iterator[tuple[Payload, int]]:
        """The same in several, in turn: of so many bytes each, or of one entry."""
        entries = list(self.entries)
        start = room = 0
        for end, entry_size in enumerate(self._sizes):
            room += entry_size
            if room > size and end > start:
                yield self._part(entries, start, end), room - entry_size
                start, room = end, entry_size
        yield self._part(entries, start, len(entries)), room

    def _part(self, entries: list[Any], start: int, end: int) -> Payload:
        if start == 0:
            return self.state() | {"add": entries[:end]}
        return {"add": entries[start:end]}

    def omitted(self, what: str) -> str:
        """A note on what is no longer here; empty if that is nothing."""
        return f"[… {self.dropped:,} {what} before these]" if self.dropped else ""
