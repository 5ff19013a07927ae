"""List events and the formats that recognise them."""

from __future__ import annotations

import json
from typing import Any

from nbstream.dialects import formats
from nbstream.dialects.json.fields import value_of
from nbstream.sse import ServerSentEvent

MEASURES: list[Any] = [
    {},
    [],
    "text",
    7,
    None,
    {"token": "Hi"},
    {"message": "Hi", "level": "info"},
    {"data": "Hi"},
    {"event": "message", "data": {"a": 1}},
    {"event": "done"},
    {"type": "message", "content": "Hi"},
    {"type": "end"},
    {"id": "1", "result": 3, "error": 0.5},
    {"step": 1, "loss": 0.5},
    {"status": "running", "progress": 0.5, "message": "half"},
    {"msg": "ready"},
    {"messages": ["a", "b"]},
    ["a", "b"],
    [{"name": "a"}, {"name": "b"}],
]
"""Undocumented JSON that no vendor's format may claim, with any event type."""


def event_of(value: Any, event: str = "message") -> ServerSentEvent:
    """Make an event whose data is a value as JSON."""
    return ServerSentEvent(event=event, data=json.dumps(value))


def formats_of(event: ServerSentEvent) -> list[str]:
    """Return the names of the formats that recognise an event."""
    value = value_of(event.data)
    return [format.name for format in formats() if format.recognises(event, value)]
