"""The wire: event streams as the WHATWG standard has them. No notebook, no meaning."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .client.backoff import Backoff
from .client.change import ConnectionChange
from .decoder import EventStreamDecoder
from .encoder import encode, encode_comment, encode_retry
from .event import ServerSentEvent
from .from_python.events import to_event
from .server.response import EventStreamResponse

if TYPE_CHECKING:
    from .client.event_source import EventSource

__all__ = [
    "Backoff",
    "ConnectionChange",
    "EventSource",
    "EventStreamDecoder",
    "EventStreamResponse",
    "ServerSentEvent",
    "encode",
    "encode_comment",
    "encode_retry",
    "to_event",
]


def __getattr__(name: str) -> Any:
    # The HTTP client is half the time that the extension takes to load, and only the
    # first connection needs it.
    if name == "EventSource":
        from .client.event_source import EventSource

        return EventSource
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
