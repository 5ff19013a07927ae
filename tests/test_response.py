"""EventStreamResponse, under a real ASGI server."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from typing import Any, Self

import httpx
import numpy as np
import pandas as pd
import pytest
from pydantic import BaseModel

import nbstream
from nbstream.sse import (
    EventSource,
    ServerSentEvent,
)
from nbstream.testing import LoopClock
from nbstream.updates import Finished, Row

from .asgi_server import app_of, served, three

pytestmark = [pytest.mark.slow, pytest.mark.anyio]


async def test_events_arrive_and_the_end_is_clean() -> None:
    async with served(app_of(three)) as url, EventSource(url, retries=0) as source:
        got = [(event.id, event.data) async for event in source]
    assert got[:3] == [("1", "event 1"), ("2", "event 2"), ("3", "event 3")]
    assert got[3:] == [("3", "[DONE]")], "so that nobody connects again"


async def test_headers_set_the_type_and_keep_proxies_from_buffering() -> None:
    async with served(app_of(three)) as url, httpx.AsyncClient() as client:
        headers = (await client.get(url)).headers
    assert headers["content-type"] == "text/event-stream; charset=utf-8"
    assert headers["cache-control"] == "no-cache, no-transform"
    assert headers["x-accel-buffering"] == "no"


async def test_headers_may_be_added_and_replaced_in_any_case() -> None:
    app = app_of(three, headers={"Cache-Control": "no-store", "X-Mine": "yes"})
    async with served(app) as url, httpx.AsyncClient() as client:
        headers = (await client.get(url)).headers
    assert headers.get_list("cache-control") == ["no-store"]
    assert headers["x-mine"] == "yes"


async def test_the_head_is_sent_before_the_first_event() -> None:
    async def late() -> AsyncIterator[Any]:
        await may_go.wait()
        yield ServerSentEvent(data="x")

    may_go = asyncio.Event()
    async with (
        served(app_of(late)) as url,
        httpx.AsyncClient() as client,
        client.stream("GET", url) as response,
    ):
        assert response.status_code == 200
        may_go.set()
        assert b"data: x\n\n" in await response.aread()


async def test_an_event_is_sent_at_once() -> None:
    async def one_and_wait() -> AsyncIterator[Any]:
        yield ServerSentEvent(data="now")
        await asyncio.Event().wait()

    async with served(app_of(one_and_wait)) as url, EventSource(url) as source:
        assert (await anext(source)).data == "now"


async def test_comments_are_sent_in_a_silence() -> None:
    async def silent() -> AsyncIterator[Any]:
        await asyncio.Event().wait()
        yield

    async with (
        served(app_of(silent, heartbeat=0.01)) as url,
        httpx.AsyncClient() as client,
        client.stream("GET", url) as response,
    ):
        got = b""
        async for chunk in response.aiter_raw():
            got += chunk
            if got.count(b": heartbeat\n\n") >= 3:
                break


async def test_no_comments_are_sent_while_events_flow() -> None:
    """For many heartbeat intervals, with an event every half interval."""

    async def steady() -> AsyncIterator[Any]:
        for n in range(60):
            yield ServerSentEvent(data=str(n))
            await clock.advance(0.25)

    app = app_of(steady, heartbeat=0.5)
    client = httpx.AsyncClient(timeout=None)
    with LoopClock() as clock:
        async with served(app) as url, client:
            assert "heartbeat" not in (await client.get(url)).text


async def test_a_client_that_leaves_closes_the_generator_at_once() -> None:
    closed = asyncio.Event()

    async def endless() -> AsyncIterator[Any]:
        try:
            yield ServerSentEvent(data="one")
            await asyncio.Event().wait()
        finally:
            closed.set()

    async with served(app_of(endless)) as url:
        async with EventSource(url) as source:
            await anext(source)
            assert not closed.is_set()
        await asyncio.wait_for(closed.wait(), 10)


async def test_a_client_that_leaves_in_a_flood_closes_the_generator_too() -> None:
    closed = asyncio.Event()

    async def flood() -> AsyncIterator[Any]:
        try:
            while True:
                yield ServerSentEvent(data="x" * 10_000)
        finally:
            closed.set()

    async with served(app_of(flood)) as url:
        async with EventSource(url) as source:
            await anext(source)
        await asyncio.wait_for(closed.wait(), 10)


class Reading(BaseModel):
    site: str
    flow: float


WHAT_A_CELL_YIELDS = [
    "text, ",
    b"and bytes",
    {"type": "progress", "current": 1, "total": 2},
    {"site": "a", "flow": np.float32(1.5)},
    Reading(site="b", flow=2.5),
    pd.DataFrame({"site": ["c", "d"], "flow": [3.5, 4.5]}),
]


async def yields_all() -> AsyncIterator[Any]:
    for value in WHAT_A_CELL_YIELDS:
        yield value


@pytest.mark.parametrize(
    "make",
    [yields_all, lambda: WHAT_A_CELL_YIELDS, lambda: iter(WHAT_A_CELL_YIELDS)],
    ids=["async", "list", "iterator"],
)
async def test_what_a_cell_may_yield_can_be_served(make: Any) -> None:
    """A cell that became a server shows the same to every client."""
    async with served(app_of(make)) as url:
        stream = await nbstream.stream(url)
    assert stream.state == "finished"
    assert stream.text == "text, and bytes"
    updates = [update async for update in stream]
    rows = [update.data for update in updates if isinstance(update, Row)]
    assert [row["flow"] for row in rows] == [1.5, 2.5, 3.5, 4.5]
    beside = await nbstream.stream(iter(WHAT_A_CELL_YIELDS))
    assert updates == [*[update async for update in beside], Finished()]


async def test_a_plain_iterable_runs_outside_the_servers_loop() -> None:
    """While it blocks, other requests are answered."""
    may_go, threads = threading.Event(), []

    def job() -> Iterator[str]:
        threads.append(threading.current_thread())
        yield "one"
        may_go.wait(10)
        yield "two"

    async with served(app_of(job)) as url, EventSource(url) as blocked:
        assert (await anext(blocked)).json()["data"] == "one"
        async with EventSource(url) as second:
            assert (await anext(second)).json()["data"] == "one"
        may_go.set()
        assert (await anext(blocked)).json()["data"] == "two"
    assert threading.current_thread() not in threads


async def test_a_client_that_leaves_closes_a_plain_generator_at_its_next_item() -> None:
    closed, may_go = threading.Event(), threading.Event()

    def job() -> Iterator[str]:
        try:
            yield "one"
            may_go.wait(10)
            while True:
                yield "more"
        finally:
            closed.set()

    async with served(app_of(job)) as url:
        async with EventSource(url) as source:
            await anext(source)
        assert not closed.is_set()
        may_go.set()
        assert await asyncio.to_thread(closed.wait, 10)


async def test_what_is_iterable_but_no_generator_is_served_too() -> None:
    class Once:
        def __init__(self) -> None:
            self.left = 2

        def __aiter__(self) -> Self:
            return self

        async def __anext__(self) -> ServerSentEvent:
            if not self.left:
                raise StopAsyncIteration
            self.left -= 1
            return ServerSentEvent(data="x")

    async with served(app_of(Once)) as url, EventSource(url, retries=0) as source:
        assert [event.data async for event in source] == ["x", "x", "[DONE]"]


async def test_many_clients_at_once_each_get_their_own() -> None:
    async def read(url: str) -> list[str]:
        async with EventSource(url, retries=0) as source:
            return [event.data async for event in source]

    async with served(app_of(three)) as url:
        got = await asyncio.gather(*(read(url) for _ in range(30)))
    assert got == [["event 1", "event 2", "event 3", "[DONE]"]] * 30
