"""Parse the times that servers write in JSON."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any

from ..json.fields import is_number


def seconds_of(value: Any) -> float | None:
    """Return a time as seconds since the epoch: a number as it is, an ISO 8601 date
    parsed, a time of day as seconds since midnight. None if it is not a time."""
    if is_number(value):
        return float(value) if abs(value) < 1e15 else None
    try:
        return datetime.fromisoformat(value).timestamp()
    except (TypeError, ValueError, OverflowError, OSError):
        return _seconds_of_clock(value)


def _seconds_of_clock(value: Any) -> float | None:
    try:
        clock = time.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    return (
        clock.hour * 3600 + clock.minute * 60 + clock.second + clock.microsecond / 1e6
    )
