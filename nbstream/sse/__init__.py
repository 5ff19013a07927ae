"""Event streams (WHATWG HTML 9.2): decoder, encoder, client and ASGI response.

It knows neither notebooks nor what events mean; `dialects` does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .client.connection_state import ConnectionChange
from .client.retry.backoff import Backoff
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
    # Importing the HTTP client takes half the extension's load time, and only the first
    # connection needs it.
    if name == "EventSource":
        from .client.event_source import EventSource

        return EventSource
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
