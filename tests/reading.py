"""Reading with an EventSource in a test."""

import pytest

from nbstream.sse import Backoff, EventSource
from nbstream.testing import status

QUICK = Backoff(
    initial=0.001, cap=0.002, floor=0.0, after_end=0.001, retry_after_cap=0.001
)
ONE = "id: 1\ndata: one\n\n"
TWO = "id: 2\ndata: two\n\n"
GONE = status(204)


def quick(url, **options):
    """An EventSource that does not wait long between its tries."""
    return EventSource(url, **{"backoff": QUICK, **options})


async def data_of(source):
    async with source:
        return [event.data async for event in source]


async def error_of(source, kind):
    """The events until the error, and the error."""
    got = []
    with pytest.raises(kind) as caught:
        async with source:
            async for event in source:
                got.append(event.data)  # noqa: PERF401 - kept when it raises
    return got, caught.value
