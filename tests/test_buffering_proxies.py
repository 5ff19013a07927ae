"""Proxies that buffer a stream are named while the client waits."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from typing import Any

import pytest

from nbstream.errors import ConnectionFailed, ConnectionLost
from nbstream.models import Message, ModelRequest, ModelStream
from nbstream.sources import ConnectOptions, source_of
from nbstream.sse import ConnectionChange, EventSource
from nbstream.streams.handle import Stream
from nbstream.testing import QUICK, Connection, StartSSEServer, answers, events

from .proxy import Proxy, closed_address
from .sse_client import GONE, ONE, data_of, error_of, quick

pytestmark = [
    pytest.mark.slow,
    pytest.mark.anyio,
    pytest.mark.usefixtures("no_proxies"),
]


@pytest.mark.parametrize(
    ("holds", "state", "words"),
    [("all", "connecting", "no answer yet"), ("body", "open", "nothing has come yet")],
)
async def test_a_proxy_that_buffers_is_named_while_the_client_waits(
    sse_server: StartSSEServer, holds: Any, state: str, words: str
) -> None:
    """The server streams, and a proxy like nginx buffers by default."""

    async def slow(connection: Connection) -> None:
        await connection.send(ONE)
        await connection.wait("end")

    server = sse_server(slow)
    hinted = asyncio.Event()
    changes: list[ConnectionChange] = []

    def on_change(change: ConnectionChange) -> None:
        changes.append(change)
        if change.ready_state == state and words in change.reason:
            hinted.set()

    with Proxy(upstream=server.url.split("/")[2], holds=holds) as proxy:
        url = f"http://{proxy.address}/events"
        source = quick(url, hint_after=0.05, on_change=on_change, content="once")
        reading = asyncio.create_task(data_of(source))
        await hinted.wait()
        assert not reading.done()
        server.signal("end")
        assert await reading == ["one"]
    (hint,) = [c for c in changes if words in c.reason]  # reported once
    assert "X-Accel-Buffering: no" in hint.reason
    assert "proxy_buffering off" in hint.reason
    # It is withdrawn as soon as a byte arrives.
    assert changes[-2].ready_state == "open"
    assert changes[-2].reason == ""


async def test_a_stream_shows_the_hint_until_a_byte_arrives(
    sse_server: StartSSEServer,
) -> None:
    async def held(connection: Connection) -> None:
        await connection.wait("answer")
        await connection.head()
        await connection.wait("send")
        await connection.send(ONE)
        await connection.stall()

    server = sse_server(held)
    stream = Stream(source_of(server.url, ConnectOptions(hint_after=0.05)))
    stream.start()
    changed = asyncio.Event()
    stream.observe(changed.set)

    async def until(condition: Callable[[], object]) -> None:
        while not condition():
            changed.clear()
            await changed.wait()

    async with stream:
        await until(lambda: "no answer yet" in stream.reason)
        assert stream.state == "connecting"
        assert stream.timing.retry_in is None, "it waits, but not for a next try"
        server.signal("answer")
        await until(lambda: "nothing has come yet" in stream.reason)
        assert stream.state == "live"
        server.signal("send")
        await until(lambda: stream.events_received)
        assert (stream.state, stream.reason) == ("live", "")
        assert stream.reconnects == 0


async def test_a_slow_second_answer_has_one_note_on_the_first(
    sse_server: StartSSEServer,
) -> None:
    """The hint and its withdrawal report an open connection again."""

    async def breaks(connection: Connection) -> None:
        await connection.send(ONE)
        await connection.reset()

    async def held(connection: Connection) -> None:
        await connection.head()
        await connection.wait("send")
        await connection.send(ONE)

    server = sse_server(answers(breaks, held))
    options = ConnectOptions(
        content="question", retries=1, hint_after=0.05, backoff=QUICK
    )
    request = ModelRequest("m", (Message(role="user", content="question"),))
    stream = ModelStream(request, source_of(server.url, options))
    stream.observe(
        lambda: server.signal("send") if "nothing has come" in stream.reason else None
    )
    await stream
    assert [
        block.kind for block in stream.transcript.blocks if block.kind != "usage"
    ] == [
        "text",
        "notice",
        "text",
    ]


async def test_a_connection_given_up_after_the_hint_keeps_its_advice(
    sse_server: StartSSEServer,
) -> None:
    async def nothing(connection: Connection) -> None:
        await connection.head()
        await connection.stall()

    server = sse_server(nothing)
    source = quick(server.url, hint_after=0.02, idle_timeout=0.2, retries=0)
    _, error = await error_of(source, ConnectionLost)
    assert "nothing came for 0.2 s" in str(error)
    assert "X-Accel-Buffering: no" in str(error)


async def test_a_slow_refusal_is_not_blamed_on_a_proxy(
    sse_server: StartSSEServer,
) -> None:
    async def refuses(connection: Connection) -> None:
        await connection.head(404, content_type="text/plain")
        await connection.send("one moment")
        await asyncio.sleep(0.8)

    changes: list[ConnectionChange] = []
    source = quick(sse_server(refuses).url, hint_after=0.4, on_change=changes.append)
    _, error = await error_of(source, ConnectionFailed)
    assert "one moment" in str(error)
    assert [c.ready_state for c in changes] == ["connecting", "closed"]


async def test_a_stream_that_falls_silent_is_not_blamed_on_a_proxy(
    sse_server: StartSSEServer,
) -> None:
    server = sse_server(events(": hello\n\n", stay=True), GONE)
    changes: list[ConnectionChange] = []
    source = quick(
        server.url, hint_after=0.4, idle_timeout=0.8, on_change=changes.append
    )
    assert await data_of(source) == []
    assert [c.reason for c in changes if c.reason] == [
        "nothing came for 0.8 s",
        "the server answered 204 No Content",
    ]


async def test_a_server_that_cannot_be_reached_is_not_taken_for_a_slow_one() -> None:
    """Nothing has received the request yet, so nothing can be slow to answer it."""
    changes: list[ConnectionChange] = []
    source = quick(
        f"http://{closed_address()}/",
        hint_after=0.0,
        retries=3,
        on_change=changes.append,
    )
    await error_of(source, ConnectionLost)
    assert not [c for c in changes if "X-Accel-Buffering" in c.reason]


def test_the_hint_appears_after_ten_seconds_or_never() -> None:
    assert EventSource("http://h/").hint_after == 10.0
    assert EventSource("http://h/", hint_after=math.inf).hint_after == math.inf
