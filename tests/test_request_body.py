"""The body of a request: what it may be, and what is accepted for it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from nbstream.sse import EventSource
from nbstream.testing import StartSSEServer, events

from .sse_client import ONE, data_of, quick

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("body", "accept"),
    [
        (
            {"json": {"jsonrpc": "2.0", "method": "x"}},
            "application/json, text/event-stream",
        ),
        ({"content": '[{"jsonrpc":"2.0"}]'}, "application/json, text/event-stream"),
        ({"json": {"jsonrpc": "1.0"}}, "text/event-stream"),
        ({"json": {"about": {"jsonrpc": "2.0"}}}, "text/event-stream"),
        ({"json": []}, "text/event-stream"),
        ({"content": 'not JSON: "jsonrpc": "2.0"'}, "text/event-stream"),
        ({"json": {"jsonrpc": "2.0"}, "headers": {"ACCEPT": "x/y"}}, "x/y"),
    ],
)
async def test_both_types_are_accepted_only_where_the_body_is_json_rpc(
    sse_server: StartSSEServer, body: dict[str, Any], accept: str
) -> None:
    server = sse_server(events(ONE))
    await data_of(quick(server.url, **body))
    assert server.requests[0].headers.get_list("accept") == [accept]


def chunks() -> Iterator[bytes]:
    yield b"once"


@pytest.mark.parametrize("content", [chunks(), iter([b"a"]), {"a": 1}, 3])
def test_content_that_could_not_be_sent_again_is_refused(content: Any) -> None:
    with pytest.raises(TypeError, match=r"content as str or bytes, got \w+.*json="):
        EventSource("http://host/", content=content)


async def test_any_bytes_are_content(sse_server: StartSSEServer) -> None:
    server = sse_server(events(ONE))
    await data_of(quick(server.url, content=memoryview(bytearray(b"ask"))))
    assert server.requests[0].body == b"ask"
