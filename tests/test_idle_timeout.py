"""EventSource on a silent connection."""

from __future__ import annotations

import asyncio
import math
import time

import httpx
import pytest

from nbstream.errors import (
    ConnectionLost,
)
from nbstream.sse import ConnectionChange, EventSource
from nbstream.testing import Connection, LoopClock, StartSSEServer, events

from .sse_client import GONE, ONE, TWO, data_of, error_of, quick

pytestmark = pytest.mark.anyio


async def test_a_silent_connection_is_given_up_and_made_again(
    sse_server: StartSSEServer,
) -> None:
    server = sse_server(events(ONE, stay=True), events(TWO), GONE)
    assert await data_of(quick(server.url, idle_timeout=0.05)) == ["one", "two"]
    await server.until(lambda: server.connections[0].left)


async def test_a_200_and_nothing_ever_ends_in_an_error(
    sse_server: StartSSEServer,
) -> None:
    async def nothing(connection: Connection) -> None:
        await connection.head()
        await connection.stall()

    server = sse_server(nothing)
    source = quick(server.url, idle_timeout=0.02, retries=2)
    _, error = await error_of(source, ConnectionLost)
    assert "nothing came for 0.02 s" in str(error)
    # On a busy machine a try may be over before its request is sent, so the server may
    # see fewer.
    assert error.attempts == 3


async def test_a_server_that_never_answers_is_given_up(
    sse_server: StartSSEServer,
) -> None:
    async def mute(connection: Connection) -> None:
        await connection.stall()

    source = quick(sse_server(mute).url, idle_timeout=0.02, retries=0)
    await error_of(source, ConnectionLost)


async def test_comments_count_as_life(sse_server: StartSSEServer) -> None:
    """Twelve comments at two thirds of the idle timeout from each other."""

    async def heartbeats(connection: Connection) -> None:
        await connection.head()
        for number in range(12):
            await connection.send(":\n\n")
            await connection.wait(str(number))
        await connection.send(ONE)

    server = sse_server(heartbeats, GONE)
    source = quick(server.url, idle_timeout=45)
    with LoopClock() as clock:
        reading = asyncio.ensure_future(data_of(source))
        for number in range(12):
            while source.bytes_received < 3 * (number + 1):
                await asyncio.sleep(0)
            await clock.advance(30)
            server.signal(str(number))
        assert await reading == ["one"]
    assert len(server.connections) == 2


async def test_an_infinite_idle_timeout_waits(sse_server: StartSSEServer) -> None:
    async def late(connection: Connection) -> None:
        await connection.head()
        await connection.wait("go")
        await connection.send(ONE)

    server = sse_server(late, GONE)
    async with quick(server.url, idle_timeout=math.inf) as source:
        reading = asyncio.ensure_future(anext(source))
        await server.until(lambda: server.connections)
        server.signal("go")
        assert (await reading).data == "one"


async def test_a_blocked_loop_does_not_blame_the_server(
    sse_server: StartSSEServer,
) -> None:
    """A cell computes past the idle timeout while data waits in the socket."""

    async def script(connection: Connection) -> None:
        await connection.send(ONE)
        await connection.wait("the loop stands still")
        await connection.send(TWO)
        await connection.stall()

    server = sse_server(script)
    async with quick(server.url, idle_timeout=0.3) as source:
        assert (await anext(source)).data == "one"
        reading = asyncio.ensure_future(anext(source))
        await asyncio.sleep(0)  # it reads, and the timeout runs
        server.signal("the loop stands still")
        time.sleep(0.8)
        assert (await reading).data == "two"
    assert len(server.connections) == 1


async def test_a_loop_that_was_blocked_while_connecting_continues_connecting(
    sse_server: StartSSEServer,
) -> None:
    """The answer takes several turns of the loop, each of them already late."""
    server = sse_server(events(ONE, stay=True))
    changes: list[ConnectionChange] = []

    async def block_the_loop(request: httpx.Request) -> None:
        await asyncio.sleep(0)  # the timeout runs from here
        time.sleep(0.8)

    client = httpx.AsyncClient(event_hooks={"request": [block_the_loop]})
    source = quick(
        server.url, idle_timeout=0.3, on_change=changes.append, client=client
    )
    async with client, source:
        assert (await anext(source)).data == "one"
        assert [c.ready_state for c in changes] == ["connecting", "open"]


async def test_a_blocked_loop_still_notices_a_silent_server(
    sse_server: StartSSEServer,
) -> None:
    server = sse_server(events(ONE, stay=True), events(TWO), GONE)
    async with quick(server.url, idle_timeout=0.2) as source:
        assert (await anext(source)).data == "one"
        reading = asyncio.ensure_future(anext(source))
        await asyncio.sleep(0)
        time.sleep(0.6)
        assert (await reading).data == "two"
    assert len(server.connections) == 2


async def test_what_cannot_be_repeated_is_waited_for_longer() -> None:
    assert EventSource("http://h/").idle_timeout == 45.0
    assert EventSource("http://h/", json={}).idle_timeout == 600.0
    assert EventSource("http://h/", json={}, retries=1).idle_timeout == 45.0
