"""A stream as ordinary output, and its facts in numbers."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from ..errors import ConnectionLost
from ..streams.handle import Stream
from ..text.invisible_characters import escape_invisible_in_code

Bundle = dict[str, Any]


def bundle(stream: Stream) -> tuple[Bundle, Bundle]:
    """Return the mime bundle of what was received, and its metadata.

    The bundle is the same for the same content: times, counts and rates are in the
    metadata, which tools that compare outputs, such as nbval, ignore.
    """
    return {**stream.mimebundle()}, {"nbstream": facts(stream)}


def placeholder(stream: Stream) -> Bundle:
    """Return a mime bundle for readers that can draw no panel, while it runs."""
    if stream.state == "stopping":  # it receives nothing more
        return stream.mimebundle()
    return {"text/plain": f"{escape_invisible_in_code(stream.label)}: {stream.state}"}


def facts(stream: Stream) -> dict[str, Any]:
    """Return the state, counts and times of a stream, as JSON without secrets."""
    timing = stream.timing
    lost = isinstance(stream.error, ConnectionLost) and stream.events_received
    return {
        "state": stream.state,
        "source": stream.label,
        "events": stream.events_received,
        "bytes": stream.bytes_received,
        "reconnects": stream.reconnects,
        "started": _format_time(timing.started),
        **({"lost_since": _format_time(timing.broken_since)} if lost else {}),
        "seconds": round(stream.elapsed, 3),
        "seconds_to_first_event": (
            round(timing.to_first_event, 3)
            if timing.to_first_event is not None
            else None
        ),
    }


def _format_time(time: float | None) -> str | None:
    """Return a time since the epoch as ISO 8601; None stays None."""
    if time is None:
        return None
    return datetime.fromtimestamp(time, UTC).isoformat(timespec="seconds")
