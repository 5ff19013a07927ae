"""The wire: event streams as the WHATWG standard has them. No notebook, no meaning."""

from .backoff import Backoff
from .client import ConnectionChange, EventSource
from .decoder import EventStreamDecoder
from .encoder import encode, encode_comment, encode_retry
from .event import ServerSentEvent
from .response import EventStreamResponse

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
]
