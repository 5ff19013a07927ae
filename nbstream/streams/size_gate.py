"""Which events are small enough to be parsed. A larger one is shown as it came, cut.

Parsing holds the interpreter lock, and with it the event loop of the kernel; so does a
regular expression. Neither is used on an event past the limit.
"""

from __future__ import annotations

from ..sse import ServerSentEvent
from ..updates import Raw

MAX_UNDERSTOOD = 1024 * 1024
"""Characters of an event's data that are parsed by default."""

_SHOWN = 4 * 1024


class SizeGate:
    """Holds events back that are too large to be parsed.

    Args:
        limit: the most characters of an event's data and type.
    """

    def __init__(self, limit: int = MAX_UNDERSTOOD) -> None:
        self.limit = limit
        """Characters of an event's data and type together."""

    def holds_back(self, event: ServerSentEvent) -> bool:
        """Return whether an event is too large."""
        return len(event.data) + len(event.event) > self.limit

    def cut(self, event: ServerSentEvent) -> Raw:
        """Return the beginning of an event that is too large, with its size."""
        size = len(event.data) + len(event.event)
        data = event.data[:_SHOWN] + ("…" if len(event.data) > _SHOWN else "")
        hint = (
            f"{_in_units(size)}, not parsed; "
            f"--max-event-size {_option_for(size)} parses it."
        )
        return Raw(event.event[:_SHOWN], data, hint)


def _in_units(size: int) -> str:
    for unit, name in ((1024**2, "MB"), (1024, "KB")):
        if size >= unit:
            return f"{size / unit:.1f} {name}"
    return f"{size:,} characters"


def _option_for(size: int) -> str:
    """Return a round size that is enough."""
    unit, name = (1024, "K") if size <= 1024**2 else (1024**2, "M")
    enough = 1
    while enough * unit < size:
        enough *= 2
    return f"{enough}{name}"
