"""What the kinds that are lists of entries share: a bounded tail, appended to."""

from __future__ import annotations

from collections import deque
from typing import Any

from .block import Payload


class Listing:
    """The last `limit` entries of a list that only grows."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self.entries: deque[Any] = deque()
        self.dropped = 0

    def append(self, entry: Any) -> Payload:
        """Add one entry; returns the payload of the change."""
        self.entries.append(entry)
        if len(self.entries) <= self._limit:
            return {"add": [entry]}
        self.entries.popleft()
        self.dropped += 1
        return {"add": [entry], "drop": 1}

    @staticmethod
    def merge(earlier: Payload, later: Payload) -> Payload:
        """One payload that does what the two do in turn."""
        # Entries are dropped from the front after all are added, so the sums do.
        merged: Payload = {"add": [*earlier["add"], *later["add"]]}
        if drop := earlier.get("drop", 0) + later.get("drop", 0):
            merged["drop"] = drop
        return merged

    def state(self) -> Payload:
        """The payload that makes the whole list from nothing."""
        return {"add": list(self.entries), "dropped": self.dropped}

    def omitted(self, what: str) -> str:
        """A note on what is no longer here; empty if that is nothing."""
        return f"[… {self.dropped:,} {what} before these]" if self.dropped else ""
