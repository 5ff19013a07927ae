"""A stream as ordinary output, and its facts in numbers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from ..content.mimebundle import MimeBundle, add_note
from ..errors import ConnectionLost
from ..limits import MAX_REFRESH
from ..streams.handle import Stream
from ..text.invisible_characters import escape_invisible_in_code

Bundle = dict[str, Any]


def bundle(stream: Stream) -> tuple[Bundle, Bundle]:
    """Return the mime bundle of what was received, and its metadata.

    The bundle is the same for the same content: times, counts and rates are in the
    metadata, which tools that compare outputs, such as nbval, ignore.
    """
    return {**stream.mimebundle()}, metadata([stream])


def metadata(streams: Sequence[Stream]) -> Bundle:
    """Return the metadata of an output: the facts of the stream, or a list of those of
    several side by side."""
    found = [facts(stream) for stream in streams]
    return {"nbstream": found[0] if len(found) == 1 else found}


def bundle_so_far(stream: Stream, note: str, limit: int = MAX_REFRESH) -> MimeBundle:
    """Return the mime bundle of what a running stream has received so far.

    Args:
        stream: the stream.
        note: a sentence after its state.
        limit: the bytes of all mime types together.
    """
    data = stream.mimebundle(limit)
    if stream.done or stream.state == "stopping":
        return data  # it says so itself
    label = escape_invisible_in_code(stream.label)
    return add_note(data, f"{label}: {stream.state}. {note}")


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
