"""EventSource against a real server: reading, the request, its states.

Resuming without loss across many kinds of fault is in test_fault_matrix.py.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import tracemalloc
from typing import Any

import httpx
import httpx2
import pytest

from nbstream.errors import (
    ConnectionFailed,
    EventTooLarge,
    StreamClosed,
)
from nbstream.sse import ConnectionChange, EventSource
from nbstream.testing import Connection, StartSSEServer, events, numbered_events, status

from .sse_client import GONE, ONE, TWO, data_of, error_of, quick

pytestmark = pytest.mark.anyio


# -- reading -------------------------------------------------------------------------


async def test_events_are_read_in_order_until_204(sse_server: StartSSEServer) -> None:
    server = sse_server(events(ONE, TWO), GONE)
    assert await data_of(quick(server.url)) == ["one", "two"]
    assert len(server.connections) == 2


async def test_an_event_comes_out_with_the_bytes_that_complete_it(
    sse_server: StartSSEServer,
) -> None:
    server = sse_server(events("data: now\n\n", stay=True))
    async with quick(server.url) as source:
        assert (await anext(source)).data == "now"


async def test_a_lone_cr_completes_an_event_without_waiting_for_an_lf(
    sse_server: StartSSEServer,
) -> None:
    server = sse_server(events("data: now\r\r", stay=True))
    async with quick(server.url) as source:
        assert (await anext(source)).data == "now"


async def test_events_that_arrive_together_come_as_one_batch(
    sse_server: StartSSEServer,
) -> None:
    server = sse_server(events(ONE + TWO), GONE)
    source = quick(server.url)
    assert [len(batch) async for batch in source.batches()] == [2]


@pytest.mark.parametrize("coding", ["gzip", "deflate", "raw-deflate"])
async def test_compressed_events_come_out_as_each_is_flushed(
    sse_server: StartSSEServer, coding: Any
) -> None:
    async def script(connection: Connection) -> None:
        await connection.head(coding=coding)
        await connection.send(ONE)
        await connection.wait("one was read")
        await connection.drip(TWO)

    server = sse_server(script, GONE)
    async with quick(server.url) as source:
        assert (await anext(source)).data == "one"
        server.signal("one was read")
        assert (await anext(source)).data == "two"


async def test_a_gzip_body_of_several_members_is_read_whole(
    sse_server: StartSSEServer,
) -> None:
    async def script(connection: Connection) -> None:
        await connection.head(headers={"Content-Encoding": "gzip"})
        await connection.send(gzip.compress(ONE.encode()) + gzip.compress(TWO.encode()))

    server = sse_server(script, GONE)
    assert await data_of(quick(server.url)) == ["one", "two"]


async def test_a_body_that_is_not_what_its_coding_says_is_tried_again(
    sse_server: StartSSEServer,
) -> None:
    async def script(connection: Connection) -> None:
        await connection.head(headers={"Content-Encoding": "gzip"})
        await connection.send(ONE)

    server = sse_server(script, events(TWO), GONE)
    assert await data_of(quick(server.url)) == ["two"]


async def test_a_gzip_bomb_ends_in_the_size_error_with_memory_bounded(
    sse_server: StartSSEServer,
) -> None:
    bomb = gzip.compress(b"data: " + b"x" * 300_000_000, compresslevel=9)

    async def script(connection: Connection) -> None:
        await connection.head(headers={"Content-Encoding": "gzip"})
        await connection.send(bomb)

    source = quick(sse_server(script).url, max_event_size=1_000_000)
    tracemalloc.start()
    try:
        await error_of(source, EventTooLarge)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 10_000_000


async def test_a_gzip_bomb_in_an_error_page_is_bounded_too(
    sse_server: StartSSEServer,
) -> None:
    bomb = gzip.compress(b"x" * 300_000_000, compresslevel=9)
    server = sse_server(status(404, bomb, headers={"Content-Encoding": "gzip"}))
    tracemalloc.start()
    try:
        _, error = await error_of(quick(server.url), ConnectionFailed)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert error.body == "x" * 64 * 1024
    assert peak < 10_000_000


async def test_an_event_over_the_limit_is_an_error_after_the_events_before_it(
    sse_server: StartSSEServer,
) -> None:
    server = sse_server(events(ONE + "data: " + "x" * 200 + "\n\n"))
    got, error = await error_of(quick(server.url, max_event_size=100), EventTooLarge)
    assert got == ["one"]
    assert error.limit == 100


# -- the request ---------------------------------------------------------------------


async def test_accept_and_cache_control_are_set_and_the_callers_dict_is_left_alone(
    sse_server: StartSSEServer,
) -> None:
    mine = {"X-Mine": "yes"}
    server = sse_server(GONE)
    await data_of(quick(server.url, headers=mine))
    headers = server.requests[0].headers
    assert headers["accept"] == "text/event-stream"
    assert headers["cache-control"] == "no-cache"
    assert headers["x-mine"] == "yes"
    assert mine == {"X-Mine": "yes"}


async def test_the_callers_accept_takes_the_place_of_ours(
    sse_server: StartSSEServer,
) -> None:
    server = sse_server(GONE)
    both = "application/json, text/event-stream"
    await data_of(quick(server.url, headers={"accept": both}))
    assert server.requests[0].headers.get_list("accept") == [both]


async def test_json_is_posted_with_its_content_type(sse_server: StartSSEServer) -> None:
    server = sse_server(events(ONE))
    assert await data_of(quick(server.url, json={"a": 1})) == ["one"]
    (request,) = server.requests
    assert request.method == "POST"
    assert json.loads(request.body) == {"a": 1}
    assert request.headers["content-type"] == "application/json"


async def test_any_method_may_be_used(sse_server: StartSSEServer) -> None:
    server = sse_server(events(ONE))
    await data_of(quick(server.url, method="REPORT", content="äöü"))
    assert server.requests[0].method == "REPORT"
    assert server.requests[0].body == "äöü".encode()


def test_content_and_json_at_once_are_refused() -> None:
    with pytest.raises(TypeError, match="content or json"):
        EventSource("http://host/", content="a", json={})


@pytest.mark.parametrize("library", [httpx, httpx2])
async def test_the_callers_client_is_used_and_stays_open(
    sse_server: StartSSEServer, library: Any
) -> None:
    server = sse_server(events(ONE), GONE)
    async with library.AsyncClient(headers={"X-Client": "mine"}) as client:
        assert await data_of(quick(server.url, client=client)) == ["one"]
        assert not client.is_closed
    assert [r.headers["x-client"] for r in server.requests] == ["mine", "mine"]


@pytest.mark.parametrize("library", [httpx, httpx2])
async def test_every_client_library_gets_resets_as_drops_that_are_retried(
    sse_server: StartSSEServer, library: Any
) -> None:
    async def drops(connection: Connection) -> None:
        await connection.send(ONE)
        await connection.reset()

    server = sse_server(drops, events(TWO), GONE)
    async with library.AsyncClient() as client:
        assert await data_of(quick(server.url, client=client)) == ["one", "two"]


# -- states --------------------------------------------------------------------------


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
