"""Detect whether a reconnect lost events, by ids that count up."""

from __future__ import annotations

import re

_NUMBER = re.compile(r"\d{1,18}", re.ASCII)


class GapDetector:
    """Compares the last id before a reconnect with the first one after it.

    Where ids count up, the first event of a new connection must be the next one. Other
    ids prove nothing.
    """

    def __init__(self) -> None:
        self.unbroken = False
        """Whether it is known that no reconnect lost an event."""
        self._reconnected = False
        self._in_doubt = False
        self._last_id = ""

    def on_reconnect(self) -> None:
        """Note a new connection."""
        self._reconnected = True
        self.unbroken = False

    def on_event(self, id: str) -> None:
        """Note an event, by the last event id."""
        if self._reconnected:
            self._reconnected = False
            self._in_doubt = self._in_doubt or not _follows(self._last_id, id)
            self.unbroken = not self._in_doubt
        # Other ids, which may be very long, are not needed.
        self._last_id = id if _NUMBER.fullmatch(id) else ""


def _follows(last: str, id: str) -> bool:
    if not (_NUMBER.fullmatch(last) and _NUMBER.fullmatch(id)):
        return False
    return int(id) == int(last) + 1
