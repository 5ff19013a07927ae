"""EventStreamResponse, under a real ASGI server."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator, Iterator
from typing import Any, Self

import httpx
import numpy as np
import pandas as pd
import pytest
import uvicorn
from pydantic import BaseModel

import nbstream
from nbstream.sse import (
    EventSource,
    EventStreamDecoder,
    EventStreamResponse,
    ServerSentEvent,
)
from nbstream.testing import LoopClock
from nbstream.updates import Finished, Row

pytestmark = [pytest.mark.slow, pytest.mark.anyio]


@contextlib.asynccontextmanager
async def served(app: Any) -> AsyncIterator[str]:
    """Serve the app by uvicorn, in this loop, and yield its address."""
    config = uvicorn.Config(
        app, port=0, lifespan="off", log_level="critical", ws="none"
    )
    server = uvicorn.Server(config)
    server.capture_signals = contextlib.nullcontext  # type: ignore[assignment, method-assign]
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0)
    host, port = server.servers[0].sockets[0].getsockname()
    try:
        yield f"http://{host}:{port}/"
    finally:
        server.should_exit = server.force_exit = True
        await serving


def app_of(make_events: Any, **options: Any) -> Any:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        response = EventStreamResponse(make_events(), **options)
        await response(scope, receive, send)

    return app


async def three() -> AsyncIterator[Any]:
    for n in range(1, 4):
        yield ServerSentEvent(id=str(n), data=f"event {n}")


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


def events_in(response: Any) -> list[ServerSentEvent]:
    """Return the events of a whole response."""
    return EventStreamDecoder().feed(response.content)


async def fails() -> AsyncIterator[Any]:
    yield ServerSentEvent(id="1", data="one")
    raise ValueError("a bug in the application")


def fails_in_a_thread() -> Iterator[ServerSentEvent]:
    yield ServerSentEvent(id="1", data="one")
    raise ValueError("a bug in the application")


@pytest.mark.parametrize("make", [fails, fails_in_a_thread])
async def test_an_exception_is_an_error_event_and_the_response_ends_properly(
    make: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """The reader receives an error event, the server's log has the traceback, and the
    body is whole, so that the events before it are not lost."""
    async with served(app_of(make)) as url, httpx.AsyncClient() as client:
        one, error = events_in(await client.get(url))
    assert one.data == "one"
    message = "ValueError: a bug in the application"
    assert error.json() == {"type": "error", "message": message}
    assert "Traceback" in caplog.text
    async with served(app_of(make)) as url:
        with pytest.raises(nbstream.StreamFailed, match=message):
            await nbstream.stream(url)


async def test_an_event_that_cannot_be_sent_is_an_error_too() -> None:
    async def sends_what_cannot_be_sent() -> AsyncIterator[Any]:
        yield ServerSentEvent(id="1", data="one")
        yield ServerSentEvent(event="two\nlines")

    app = app_of(sends_what_cannot_be_sent)
    async with served(app) as url, httpx.AsyncClient() as client:
        one, error = events_in(await client.get(url))
    assert one.data == "one"
    assert "without CR or LF" in error.json()["message"]


async def test_what_a_client_reads_of_an_exception_can_be_chosen(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Its text may contain private details."""
    app = app_of(fails, error_message=lambda error: "The job failed.")
    async with served(app) as url, httpx.AsyncClient() as client:
        *_, error = events_in(await client.get(url))
    assert error.json()["message"] == "The job failed."
    app = app_of(fails, error_message=lambda error: 1 / 0)
    async with served(app) as url, httpx.AsyncClient() as client:
        *_, error = events_in(await client.get(url))
    assert error.json()["message"] == "the stream failed"
    assert "ZeroDivisionError" in caplog.text


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


@pytest.mark.parametrize(
    "last",
    ["[DONE]", {"type": "done"}, ServerSentEvent(event="done", data="{}")],
    ids=["text", "message", "event"],
)
async def test_an_announced_end_is_not_sent_again(last: Any) -> None:
    app = app_of(lambda: ["one", last])
    async with served(app) as url, httpx.AsyncClient() as client:
        assert len(events_in(await client.get(url))) == 2


async def test_a_stream_that_will_be_resumed_does_not_send_its_end() -> None:
    app = app_of(three, done=False)
    async with served(app) as url, httpx.AsyncClient() as client:
        assert len(events_in(await client.get(url))) == 3


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
