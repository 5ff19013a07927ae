"""Keep events from being parsed that are too large: parsing, and every regular
expression, holds the interpreter lock, and with it the kernel's event loop."""

from __future__ import annotations

from ...sse import ServerSentEvent
from ...updates import Raw

MAX_PARSED = 1024 * 1024
"""Characters of an event's data that are parsed by default."""

_SHOWN = 4 * 1024


class SizeGate:
    """Separates the events that are too large to be parsed.

    Args:
        limit: the most characters of an event's data and type together.
    """

    def __init__(self, limit: int = MAX_PARSED) -> None:
        self.limit = limit
        """Characters of an event's data and type together."""

    def is_too_large(self, event: ServerSentEvent) -> bool:
        """Return whether an event is too large."""
        return len(event.data) + len(event.event) > self.limit

    def cut(self, event: ServerSentEvent) -> Raw:
        """Return the beginning of an event that is too large, with its size."""
        size = len(event.data) + len(event.event)
        data = event.data[:_SHOWN] + ("…" if len(event.data) > _SHOWN else "")
        hint = (
            f"{_format_size(size)}, not parsed; "
            f"--max-event-size {_round_up(size)} parses it."
        )
        return Raw(event.event[:_SHOWN], data, hint)


def _format_size(size: int) -> str:
    for unit, name in ((1024**2, "MB"), (1024, "KB")):
        if size >= unit:
            return f"{size / unit:.1f} {name}"
    return f"{size:,} characters"


def _round_up(size: int) -> str:
    """Return a power of two that is enough, as the option takes it: `4M`."""
    unit, name = (1024, "K") if size <= 1024**2 else (1024**2, "M")
    enough = 1
    while enough * unit < size:
        enough *= 2
    return f"{enough}{name}"
