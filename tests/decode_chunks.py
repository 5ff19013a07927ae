"""Decode chunks of bytes, and return all that the decoder reports."""

from __future__ import annotations

from typing import Any

from nbstream.errors import EventTooLarge
from nbstream.sse import EventStreamDecoder


def decoded(chunks: Any, **options: Any) -> Any:
    """Return the result of these chunks: the events, the last event id, the
    reconnection time, and whether it ended in the size error."""
    decoder = EventStreamDecoder(**options)
    events, too_large = [], False
    try:
        for chunk in chunks:
            events += decoder.feed(chunk)
        decoder.finish()
    except EventTooLarge:
        too_large = True
    return events, decoder.last_event_id, decoder.retry, too_large
