"""A stream as ordinary output, and what can be told of it in numbers."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from ..errors import ConnectionLost
from ..streams.handle import Stream
from ..text.visible import visible_code

Bundle = dict[str, Any]


def bundle(stream: Stream) -> tuple[Bundle, Bundle]:
    """The mime bundle of what was received, and its metadata.

    The bundle is the same for the same content: times, counts and rates are in the
    metadata, which comparing tools such as nbval leave alone.
    """
    return {**stream.mimebundle()}, {"nbstream": facts(stream)}


def placeholder(stream: Stream) -> Bundle:
    """What stands in for a stream that still runs, where no panel can be drawn."""
    if stream.state == "stopping":  # nothing more will come
        return stream.mimebundle()
    return {"text/plain": f"{visible_code(stream.label)}: {stream.state}"}


def facts(stream: Stream) -> dict[str, Any]:
    """What can be said of a stream in numbers; no secrets."""
    timing = stream.timing
    lost = isinstance(stream.error, ConnectionLost) and stream.events_received
    return {
        "state": stream.state,
        "source": stream.label,
        "events": stream.events_received,
        "bytes": stream.bytes_received,
        "reconnects": stream.reconnects,
        "started": _iso(timing.started),
        **({"lost_since": _iso(timing.broken_since)} if lost else {}),
        "seconds": round(stream.elapsed, 3),
        "seconds_to_first_event": (
            round(timing.to_first_event, 3)
            if timing.to_first_event is not None
            else None
        ),
    }


def _iso(time: float | None) -> str | None:
    """A time since the epoch as ISO 8601; None stays None."""
    if time is None:
        return None
    return datetime.fromtimestamp(time, UTC).isoformat(timespec="seconds")
