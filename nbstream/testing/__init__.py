r"""For tests of code that reads event streams: yours, and nbstream's own.

Without a socket, an answer for `httpx.MockTransport`:

    response = mock_sse_response([b"data: one\n\n", b"data: two\n\n"])
    client = httpx.AsyncClient(transport=httpx.MockTransport(lambda _: response))

With one, a real server on loopback that does exactly what the test says, faults
included. A script is what happens on one connection:

    async def script(connection):
        await connection.send("id: 1\ndata: one\n\n", "id: 2\nda")
        await connection.reset()

    with SSEServer(script) as server:
        ...  # server.url, server.connections, server.wait_for(...)

`answers`, `events`, `status`, `redirect` and `numbered_events` are scripts that are
often wanted. In pytest, `pytest_plugins = ["nbstream.testing.plugin"]` gives the
fixture `sse_server`. Importing this package does not import pytest.
"""

from .connection import Connection, ReceivedRequest
from .mock import mock_sse_response
from .script import (
    Fault,
    Script,
    answers,
    events,
    numbered_blocks,
    numbered_events,
    redirect,
    status,
)
from .server import SSEServer

__all__ = [
    "Connection",
    "Fault",
    "ReceivedRequest",
    "SSEServer",
    "Script",
    "answers",
    "events",
    "mock_sse_response",
    "numbered_blocks",
    "numbered_events",
    "redirect",
    "status",
]
