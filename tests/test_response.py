"""EventStreamResponse, under a real ASGI server."""

import asyncio
import contextlib

import httpx
import pytest
import uvicorn

from nbstream.sse import EventSource, EventStreamResponse, ServerSentEvent

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend():
    return "asyncio"


@contextlib.asynccontextmanager
async def served(app):
    """The address of a uvicorn that serves the app, in this loop."""
    config = uvicorn.Config(
        app, port=0, lifespan="off", log_level="critical", ws="none"
    )
    server = uvicorn.Server(config)
    server.capture_signals = contextlib.nullcontext
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0)
    host, port = server.servers[0].sockets[0].getsockname()
    try:
        yield f"http://{host}:{port}/"
    finally:
        server.should_exit = server.force_exit = True
        await serving


def app_of(make_events, **options):
    async def app(scope, receive, send):
        response = EventStreamResponse(make_events(), **options)
        await response(scope, receive, send)

    return app


async def three():
    for n in range(1, 4):
        yield ServerSentEvent(id=str(n), data=f"event {n}")


async def test_events_arrive_and_the_end_is_clean():
    async with served(app_of(three)) as url, EventSource(url, retries=0) as source:
        got = [(event.id, event.data) async for event in source]
    assert got == [("1", "event 1"), ("2", "event 2"), ("3", "event 3")]


async def test_headers_say_what_it_is_and_keep_proxies_from_holding_it_back():
    async with served(app_of(three)) as url, httpx.AsyncClient() as client:
        headers = (await client.get(url)).headers
    assert headers["content-type"] == "text/event-stream; charset=utf-8"
    assert headers["cache-control"] == "no-cache, no-transform"
    assert headers["x-accel-buffering"] == "no"


async def test_headers_may_be_added_and_replaced_whatever_their_case():
    app = app_of(three, headers={"Cache-Control": "no-store", "X-Mine": "yes"})
    async with served(app) as url, httpx.AsyncClient() as client:
        headers = (await client.get(url)).headers
    assert headers.get_list("cache-control") == ["no-store"]
    assert headers["x-mine"] == "yes"


async def test_the_head_goes_out_before_the_first_event():
    async def late():
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


async def test_an_event_goes_out_at_once():
    async def one_and_wait():
        yield ServerSentEvent(data="now")
        await asyncio.Event().wait()

    async with served(app_of(one_and_wait)) as url, EventSource(url) as source:
        assert (await anext(source)).data == "now"


async def test_comments_are_sent_in_a_silence():
    async def silent():
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


async def test_no_comments_are_sent_while_events_flow():
    """More than two heartbeats long, with an event every twenty-fifth of one."""

    async def steady():
        for n in range(60):
            yield ServerSentEvent(data=str(n))
            await asyncio.sleep(0.02)

    app = app_of(steady, heartbeat=0.5)
    async with served(app) as url, httpx.AsyncClient() as client:
        assert "heartbeat" not in (await client.get(url)).text


async def test_a_client_that_leaves_closes_the_generator_at_once():
    closed = asyncio.Event()

    async def endless():
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


async def test_a_client_that_leaves_in_a_flood_closes_the_generator_too():
    closed = asyncio.Event()

    async def flood():
        try:
            while True:
                yield ServerSentEvent(data="x" * 10_000)
        finally:
            closed.set()

    async with served(app_of(flood)) as url:
        async with EventSource(url) as source:
            await anext(source)
        await asyncio.wait_for(closed.wait(), 10)


async def test_a_generator_that_fails_cuts_the_connection_so_the_client_knows():
    async def fails():
        yield ServerSentEvent(id="1", data="one")
        raise ValueError("a bug in the application")

    async with served(app_of(fails)) as url, httpx.AsyncClient() as client:
        with pytest.raises(httpx.RemoteProtocolError):
            await client.get(url)


async def test_what_is_iterable_but_no_generator_is_served_too():
    class Once:
        def __init__(self):
            self.left = 2

        def __aiter__(self):
            return self

        async def __anext__(self):
            if not self.left:
                raise StopAsyncIteration
            self.left -= 1
            return ServerSentEvent(data="x")

    async with served(app_of(Once)) as url, EventSource(url, retries=0) as source:
        assert [event.data async for event in source] == ["x", "x"]


async def test_many_clients_at_once_each_get_their_own():
    async def read(url):
        async with EventSource(url, retries=0) as source:
            return [event.id async for event in source]

    async with served(app_of(three)) as url:
        got = await asyncio.gather(*(read(url) for _ in range(30)))
    assert got == [["1", "2", "3"]] * 30
