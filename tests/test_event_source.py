"""EventSource against a real server: reading, the request, its states.

Resuming without loss across many kinds of fault is in test_fault_matrix.py.
"""

from __future__ import annotations

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
)
from nbstream.sse import EventSource
from nbstream.testing import Connection, StartSSEServer, events, status

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


async def test_a_body_that_does_not_match_its_coding_is_tried_again(
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
