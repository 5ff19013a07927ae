"""Whether a stream that was connected again went on where it had broken off."""

from __future__ import annotations

import re

_NUMBER = re.compile(r"\d{1,18}", re.ASCII)


class Continuity:
    """Judges by the ids of events, where they count up: then the first event of a new
    connection must be the one after the last. Of other ids nothing can be said."""

    def __init__(self) -> None:
        self.unbroken = False
        """Whether it is known that no reconnect lost an event."""
        self._reconnected = False
        self._in_doubt = False
        self._last_id = ""

    def reconnected(self) -> None:
        """There is a new connection."""
        self._reconnected = True
        self.unbroken = False

    def received(self, id: str) -> None:
        """An event came, with this as the last event id."""
        if self._reconnected:
            self._reconnected = False
            self._in_doubt = self._in_doubt or not _follows(self._last_id, id)
            self.unbroken = not self._in_doubt
        # Of another, such as a very long one, nothing is needed.
        self._last_id = id if _NUMBER.fullmatch(id) else ""


def _follows(last: str, id: str) -> bool:
    if not (_NUMBER.fullmatch(last) and _NUMBER.fullmatch(id)):
        return False
    return int(id) == int(last) + 1
