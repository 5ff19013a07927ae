"""Build chunks of compatible servers, and read their payloads."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from nbstream.dialects import dialect_named
from nbstream.dialects.parts.stop_reasons import make_stop
from nbstream.sse import ServerSentEvent
from nbstream.updates import (
    Failed,
    Finished,
    Update,
)

from .vendor_samples import updates_in

DONE = "[DONE]"
LIMIT = make_stop("length")


def chunk(
    content: Any = None, reason: str | None = None, **delta: Any
) -> dict[str, Any]:
    payload = {"content": content, **delta} if content is not None else delta
    return {"choices": [{"index": 0, "delta": payload, "finish_reason": reason}]}


def read(values: Iterable[Any], dialect: str = "auto") -> list[Update]:
    """Return the updates of a stream of these, its end included."""
    reader = dialect_named(dialect)
    updates: list[Update] = []
    for value in values:
        data = value if isinstance(value, str) else json.dumps(value)
        updates += updates_in(reader, ServerSentEvent(data=data))
        if any(isinstance(update, Finished | Failed) for update in updates):
            return updates
    return [*updates, *reader.end()]
