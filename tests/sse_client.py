"""Read a whole stream with an EventSource that does not wait between its tries."""

from __future__ import annotations

from typing import Any

import pytest

from nbstream.sse import EventSource
from nbstream.testing import QUICK, status

ONE = "id: 1\ndata: one\n\n"
TWO = "id: 2\ndata: two\n\n"
GONE = status(204)


def quick(url: str, **options: Any) -> EventSource:
    """Make an EventSource that reconnects within milliseconds."""
    return EventSource(url, **{"backoff": QUICK, **options})


async def data_of(source: Any) -> list[str]:
    """Return the data of every event."""
    async with source:
        return [event.data async for event in source]


async def error_of(source: Any, kind: Any) -> Any:
    """Return the data of the events before the error, and the error."""
    got = []
    with pytest.raises(kind) as caught:
        async with source:
            async for event in source:
                got.append(event.data)  # noqa: PERF401 - kept when it raises
    return got, caught.value
