"""A stream as ordinary output, and what can be told of it in numbers."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from ..stream import Stream

Bundle = dict[str, Any]


def bundle(stream: Stream) -> tuple[Bundle, Bundle]:
    """The mime bundle of what was received, and its metadata.

    The bundle is the same for the same content: times, counts and rates are in the
    metadata, which comparing tools such as nbval leave alone.
    """
    return {**stream.mimebundle()}, {"nbstream": facts(stream)}


def placeholder(stream: Stream) -> Bundle:
    """What stands in for a stream that still runs, where no panel can be drawn."""
    return {"text/plain": f"{stream.label}: {stream.state}"}


def facts(stream: Stream) -> dict[str, Any]:
    """What can be said of a stream in numbers; no secrets."""
    started = stream.timing.started
    return {
        "state": stream.state,
        "source": stream.label,
        "events": stream.events_received,
        "bytes": stream.bytes_received,
        "reconnects": stream.reconnects,
        "started": (
            datetime.fromtimestamp(started, UTC).isoformat(timespec="seconds")
            if started is not None
            else None
        ),
        "seconds": round(stream.elapsed, 3),
        "seconds_to_first_event": (
            round(stream.timing.to_first_event, 3)
            if stream.timing.to_first_event is not None
            else None
        ),
    }
