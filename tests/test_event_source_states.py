"""The states of an EventSource: changes, counters, closing and cancelling."""

from __future__ import annotations

import asyncio

import pytest

from nbstream.errors import (
    StreamClosed,
)
from nbstream.sse import ConnectionChange, EventSource
from nbstream.testing import Connection, StartSSEServer, events, numbered_events, status

from .sse_client import GONE, ONE, TWO, data_of, quick

pytestmark = pytest.mark.anyio


async def test_each_change_is_reported_once_with_reason_and_delay(
    sse_server: StartSSEServer,
) -> None:
    async def drops(connection: Connection) -> None:
        await connection.send("retry: 3\n\n" + ONE)
        await connection.reset()

    server = sse_server(drops, status(503), events(TWO), GONE)
    changes: list[ConnectionChange] = []
    source = quick(server.url, on_change=changes.append)
    assert source.ready_state == "connecting"
    await data_of(source)
    assert source.ready_state == "closed"
    states = [change.ready_state for change in changes]
    assert states == [
        *("connecting", "open"),  # then the reset
        *("connecting", "connecting", "open"),  # once more for the 503
        *("connecting", "closed"),
    ]
    assert changes[2].delay == 0.003
    assert "not available (503)" in changes[3].reason
    assert changes[5].reason == "the server ended the stream"
    assert changes[6].reason == "the server answered 204 No Content"
    assert source.reconnects == 1


async def test_bytes_are_counted_after_decompression(
    sse_server: StartSSEServer,
) -> None:
    async def script(connection: Connection) -> None:
        await connection.head(coding="gzip")
        await connection.send(ONE, TWO)

    source = quick(sse_server(script, GONE).url)
    await data_of(source)
    assert source.bytes_received == len(ONE + TWO)


async def test_leaving_the_block_closes_the_connection(
    sse_server: StartSSEServer,
) -> None:
    server = sse_server(events(ONE, stay=True))
    async with quick(server.url) as source:
        await anext(source)
    await server.until(lambda: server.connections[0].left)
    assert source.ready_state == "closed"


async def test_closing_twice_and_without_ever_reading_is_harmless() -> None:
    source = EventSource("http://host/")
    await source.aclose()
    await source.aclose()
    with pytest.raises(StreamClosed):
        await anext(source)


async def test_cancelling_the_reader_closes_the_connection(
    sse_server: StartSSEServer,
) -> None:
    server = sse_server(events(ONE, stay=True))
    reading = asyncio.create_task(data_of(quick(server.url)))
    await server.until(lambda: server.connections)
    reading.cancel()
    await asyncio.wait([reading])
    assert reading.cancelled()
    await server.until(lambda: server.connections[0].left)


async def test_closing_in_the_loops_body_ends_the_loop(
    sse_server: StartSSEServer,
) -> None:
    """With further events of the same read pending, and without."""
    for script in (events(ONE + TWO, stay=True), events(ONE, stay=True)):
        server = sse_server(script)
        got: list[str] = []
        source = quick(server.url)
        async for event in source:
            got.append(event.data)
            await source.aclose()
        assert got == ["one"]
        await server.until(lambda: server.connections[0].left)  # noqa: B023
        assert source.ready_state == "closed"


async def test_closing_from_another_task_ends_the_iteration(
    sse_server: StartSSEServer,
) -> None:
    server = sse_server(events(ONE, stay=True))
    source = quick(server.url)
    assert (await anext(source)).data == "one"
    reading = asyncio.create_task(anext(source, "the end"))
    await asyncio.sleep(0)  # it waits now
    await source.aclose()
    assert await reading == "the end"
    await server.until(lambda: server.connections[0].left)


async def test_closing_from_another_task_ends_a_wait_between_tries(
    sse_server: StartSSEServer,
) -> None:
    waiting = asyncio.Event()
    source = EventSource(
        sse_server(status(503, headers={"Retry-After": "200"})).url,
        on_change=lambda change: waiting.set() if change.delay else None,
    )
    reading = asyncio.create_task(anext(source, "the end"))
    await waiting.wait()
    await source.aclose()
    assert await reading == "the end"


async def test_reading_on_after_a_cancelled_wait_does_not_look_like_the_end(
    sse_server: StartSSEServer,
) -> None:
    async with quick(sse_server(events(stay=True)).url) as source:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(anext(source), 0.01)
        with pytest.raises(StreamClosed):
            await anext(source)


async def test_a_source_is_read_once_at_a_time(sse_server: StartSSEServer) -> None:
    async with quick(sse_server(events(ONE, stay=True)).url) as source:
        await anext(source)
        with pytest.raises(StreamClosed, match="being read"):
            source.batches()


async def test_a_url_with_secrets_is_shown_without_them() -> None:
    source = EventSource("https://me:pw@host/x?api_key=abc&page=2")
    assert source.url == "https://***@host/x?api_key=***&page=2"
    assert "pw@" not in repr(source)
    assert "abc" not in repr(source)


async def test_many_readers_at_once_lose_nothing(sse_server: StartSSEServer) -> None:
    server = sse_server(numbered_events(100))
    got = await asyncio.gather(*(data_of(quick(server.url)) for _ in range(20)))
    assert got == [[f"event {n}" for n in range(1, 101)]] * 20
