"""EventSource on a connection where nothing comes."""

import asyncio
import math
import time

import pytest

from nbstream.errors import (
    ConnectionLost,
)
from nbstream.sse import EventSource
from nbstream.testing import events

from .reading import GONE, ONE, TWO, data_of, error_of, quick

pytest_plugins = ["nbstream.testing.plugin"]
pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend():
    return "asyncio"


async def test_a_silent_connection_is_given_up_and_made_again(sse_server):
    server = sse_server(events(ONE, stay=True), events(TWO), GONE)
    assert await data_of(quick(server.url, idle_timeout=0.05)) == ["one", "two"]
    await server.until(lambda: server.connections[0].left)


async def test_a_200_and_nothing_ever_ends_in_an_error(sse_server):
    async def nothing(connection):
        await connection.head()
        await connection.stall()

    server = sse_server(nothing)
    source = quick(server.url, idle_timeout=0.02, retries=2)
    _, error = await error_of(source, ConnectionLost)
    assert "nothing came for 0.02 s" in str(error)
    # A busy server may take the last one up when its client has left already.
    await server.until(lambda: len(server.connections) == 3)


async def test_a_server_that_never_answers_is_given_up(sse_server):
    async def mute(connection):
        await connection.stall()

    source = quick(sse_server(mute).url, idle_timeout=0.02, retries=0)
    await error_of(source, ConnectionLost)


async def test_comments_count_as_life(sse_server):
    """Twelve comments at a third of the idle timeout from each other."""

    async def heartbeats(connection):
        await connection.head()
        for _ in range(12):
            await connection.send(":\n\n")
            await asyncio.sleep(0.1)
        await connection.send(ONE)

    server = sse_server(heartbeats, GONE)
    assert await data_of(quick(server.url, idle_timeout=0.3)) == ["one"]
    assert len(server.connections) == 2


async def test_an_infinite_idle_timeout_waits(sse_server):
    async def late(connection):
        await connection.head()
        await connection.wait("go")
        await connection.send(ONE)

    server = sse_server(late, GONE)
    async with quick(server.url, idle_timeout=math.inf) as source:
        reading = asyncio.ensure_future(anext(source))
        await server.until(lambda: server.connections)
        server.signal("go")
        assert (await reading).data == "one"


async def test_a_loop_that_stood_still_does_not_blame_the_server(sse_server):
    """A cell computes past the idle timeout while data waits in the socket."""

    async def script(connection):
        await connection.send(ONE)
        await connection.wait("the loop stands still")
        await connection.send(TWO)
        await connection.stall()

    server = sse_server(script)
    async with quick(server.url, idle_timeout=0.3) as source:
        assert (await anext(source)).data == "one"
        reading = asyncio.ensure_future(anext(source))
        await asyncio.sleep(0)  # it reads, and the clock runs
        server.signal("the loop stands still")
        time.sleep(0.8)
        assert (await reading).data == "two"
    assert len(server.connections) == 1


async def test_a_loop_that_stood_still_while_connecting_goes_on_connecting(sse_server):
    """The answer takes several turns of the loop, each of them already late."""
    server = sse_server(events(ONE, stay=True))
    changes = []
    source = quick(server.url, idle_timeout=0.3, on_change=changes.append)
    async with source:
        reading = asyncio.ensure_future(anext(source))
        while not changes:
            await asyncio.sleep(0)  # it connects, and the clock runs
        time.sleep(0.8)
        assert (await reading).data == "one"
        assert [c.ready_state for c in changes] == ["connecting", "open"]


async def test_a_loop_that_stood_still_over_a_truly_silent_server_notices(sse_server):
    server = sse_server(events(ONE, stay=True), events(TWO), GONE)
    async with quick(server.url, idle_timeout=0.2) as source:
        assert (await anext(source)).data == "one"
        reading = asyncio.ensure_future(anext(source))
        await asyncio.sleep(0)
        time.sleep(0.6)
        assert (await reading).data == "two"
    assert len(server.connections) == 2


async def test_what_cannot_be_repeated_is_waited_for_longer():
    assert EventSource("http://h/").idle_timeout == 45.0
    assert EventSource("http://h/", json={}).idle_timeout == 600.0
    assert EventSource("http://h/", json={}, retries=1).idle_timeout == 45.0
