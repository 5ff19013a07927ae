"""Headers that are read at each connect, so that credentials may expire."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from nbstream.errors import ConnectionFailed, KeyMissing
from nbstream.sources import ConnectOptions, source_of
from nbstream.sse import ConnectionChange, EventSource, ServerSentEvent
from nbstream.sse.client.requests.request import build_request
from nbstream.streams.handle import Stream
from nbstream.testing import Connection, StartSSEServer, events, redirect, status

from .sse_client import GONE, ONE, TWO, data_of, error_of, quick

pytestmark = pytest.mark.anyio


async def drops(connection: Connection) -> None:
    """Send one event, and then break the connection."""
    await connection.send(ONE)
    await connection.reset()


class Tokens:
    """A callable that returns a new token each time."""

    def __init__(self) -> None:
        self.given: list[str] = []

    def __call__(self) -> dict[str, str]:
        self.given.append(f"token-{len(self.given) + 1}")
        return {"Authorization": f"Bearer {self.given[-1]}"}

    async def later(self) -> dict[str, str]:
        await asyncio.sleep(0)
        return self()


@pytest.mark.parametrize("how", ["plain", "async"])
async def test_a_callable_is_called_before_each_connect(
    sse_server: StartSSEServer, how: str
) -> None:
    server, tokens = sse_server(drops, events(TWO), GONE), Tokens()
    headers = tokens if how == "plain" else tokens.later
    source = quick(server.url, headers=headers)
    assert tokens.given == [], "not before it is needed"
    assert await data_of(source) == ["one", "two"]
    assert [r.headers["authorization"] for r in server.requests] == [
        "Bearer token-1",
        "Bearer token-2",
        "Bearer token-3",
    ]


async def test_the_headers_of_a_callable_replace_its_earlier_ones(
    sse_server: StartSSEServer,
) -> None:
    server = sse_server(drops, GONE)
    given = iter([{"X-First": "1"}, {"X-Second": "2"}])
    await data_of(quick(server.url, headers=lambda: next(given), json={}))
    first, second = (r.headers for r in server.requests)
    assert first["x-first"] == "1"
    assert "x-first" not in second
    assert second["x-second"] == "2"
    assert second["content-type"] == "application/json"


async def test_an_expired_token_is_refreshed_once_at_a_reconnect(
    sse_server: StartSSEServer,
) -> None:
    """It expires between the call and the request: the second call repairs it."""
    server = sse_server(drops, status(401), events(TWO), GONE)
    tokens = Tokens()
    changes: list[ConnectionChange] = []
    source = quick(server.url, headers=tokens, on_change=changes.append)
    assert await data_of(source) == ["one", "two"]
    used = [r.headers["authorization"][7:] for r in server.requests]
    assert used == ["token-1", "token-2", "token-3", "token-4"]
    assert server.requests[2].last_event_id == "1"
    # The refusal was not reported: there was no delay.
    assert [c.ready_state for c in changes].count("connecting") == 3


async def test_a_second_401_in_a_row_fails(sse_server: StartSSEServer) -> None:
    server, tokens = sse_server(drops, status(401, "no more")), Tokens()
    got, error = await error_of(quick(server.url, headers=tokens), ConnectionFailed)
    assert got == ["one"]
    assert error.status_code == 401
    assert "no more" in str(error)
    assert len(server.connections) == 3


async def test_each_reconnect_may_refresh(sse_server: StartSSEServer) -> None:
    scripts = [drops, status(401)] * 3
    server = sse_server(*scripts, GONE)
    assert len(await data_of(quick(server.url, headers=Tokens()))) == 3


@pytest.mark.parametrize(
    ("scripts", "headers", "connections"),
    [
        ([status(401)], Tokens(), 1),  # never open: the token was never right
        ([drops, status(401)], {"Authorization": "Bearer token"}, 2),  # nothing to call
    ],
)
async def test_a_401_that_no_refresh_can_repair_fails_at_once(
    sse_server: StartSSEServer, scripts: Any, headers: Any, connections: int
) -> None:
    server = sse_server(*scripts)
    _, error = await error_of(quick(server.url, headers=headers), ConnectionFailed)
    assert error.status_code == 401
    assert len(server.connections) == connections


async def test_a_refreshed_credential_stays_within_the_origin(
    sse_server: StartSSEServer,
) -> None:
    there = sse_server(GONE)
    here = sse_server(redirect(there.url))
    await data_of(quick(here.url, headers=Tokens()))
    assert here.requests[0].headers["authorization"] == "Bearer token-1"
    assert "authorization" not in there.requests[0].headers


# -- their secrets -------------------------------------------------------------------


async def test_refreshed_secrets_are_not_shown_nor_those_before(
    sse_server: StartSSEServer,
) -> None:
    async def quotes(connection: Connection) -> None:
        token = connection.request.headers["authorization"]
        number = connection.number + 1
        block = f"id: {number}\ndata: {token}, once first-token-1\n\n"
        await connection.send(block)
        await connection.reset()

    server = sse_server(
        quotes, quotes, status(403, "first-token-3 of late first-token-1")
    )
    tokens = (f"Bearer first-token-{number}" for number in range(1, 9))
    headers = lambda: {"Authorization": next(tokens)}  # noqa: E731
    stream = Stream(source_of(server.url, ConnectOptions(headers=headers)))
    await stream.wait()
    assert [e.data async for e in _kept(stream)] == ["***, once ***", "***, once ***"]
    assert "*** of late ***" in str(stream.error)
    assert "token-" not in str(stream.error) + stream.text


async def _kept(stream: Stream) -> AsyncIterator[ServerSentEvent]:
    try:
        async for event in stream.events():
            yield event
    except ConnectionFailed:
        pass


def test_many_refreshes_keep_a_bounded_number_of_former_secrets() -> None:
    request = build_request("http://h/", None, None)
    request = request.with_headers({"X-Api-Key": "first-key"})
    for number in range(100):
        request = request.with_headers({"X-Api-Key": f"next-key-{number}"})
    kept = {"next-key-99", "next-key-98", "next-key-80"}
    assert kept <= {*request.secrets()}
    assert len(request.secrets()) < 50


# -- callables that fail -------------------------------------------------------------


def test_other_types_than_mapping_and_callable_are_refused_at_once() -> None:
    with pytest.raises((TypeError, ValueError)):
        EventSource("http://h/", headers=3)  # type: ignore[arg-type]


async def test_a_callable_that_raises_is_named_with_its_line_but_not_its_message() -> (
    None
):
    def fresh_token() -> None:
        raise LookupError("no session for s3cret-password")

    source = quick("http://127.0.0.1:1/", headers=fresh_token)
    _, error = await error_of(source, ConnectionFailed)
    assert "fresh_token" in str(error)
    assert "raised LookupError at line" in str(error)
    assert "test_request_headers.py" in str(error)
    assert "s3cret" not in str(error)
    assert error.__cause__ is error.__context__ is None, "a traceback would show it"


async def test_an_async_callable_that_raises_at_a_reconnect_keeps_the_events_so_far(
    sse_server: StartSSEServer,
) -> None:
    calls = []

    async def fresh() -> dict[str, str]:
        calls.append(1)
        if len(calls) > 1:
            raise RuntimeError("s3cret")
        return {}

    got, error = await error_of(
        quick(sse_server(drops).url, headers=fresh), ConnectionFailed
    )
    assert got == ["one"]
    assert "raised RuntimeError at line" in str(error)
    assert "of test_request_headers.py" in str(error)


async def test_our_own_errors_are_not_wrapped() -> None:
    def key() -> None:
        raise KeyMissing("MY_KEY")

    _, error = await error_of(quick("http://h/", headers=key), KeyMissing)
    assert error.variable == "MY_KEY"


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (["a"], "a mapping, but got list"),
        (None, "a mapping, but got NoneType"),
        ({"X-Key": b"s3cret"}, "'X-Key' is bytes"),
    ],
)
async def test_the_result_of_a_callable_must_be_headers(given: Any, words: str) -> None:
    source = quick("http://h/", headers=lambda: given)
    _, error = await error_of(source, ConnectionFailed)
    assert words in str(error)
    assert "s3cret" not in str(error)


async def test_a_callable_that_never_returns_is_given_up_and_can_be_interrupted() -> (
    None
):
    called = asyncio.Event()

    async def hangs() -> dict[str, str]:
        called.set()
        await asyncio.Event().wait()
        return {}

    source = EventSource("http://h/", headers=hangs)
    reading = asyncio.create_task(anext(source, "the end"))
    await called.wait()
    await source.aclose()
    assert await reading == "the end"

    changes: list[ConnectionChange] = []
    source = quick(
        "http://h/",
        headers=hangs,
        idle_timeout=0.02,
        retries=2,
        on_change=changes.append,
    )
    with pytest.raises(Exception, match="did not return in time"):
        await data_of(source)
    assert len([c for c in changes if c.ready_state == "connecting"]) == 3


# -- the user's own Last-Event-ID ----------------------------------------------------


@pytest.mark.parametrize("how", ["mapping", "callable"])
async def test_an_own_last_event_id_is_the_start_and_not_sent_for_ever(
    sse_server: StartSSEServer, how: str
) -> None:
    own = {"last-event-ID": "41"}
    server = sse_server(status(503), drops, GONE)
    headers = own if how == "mapping" else lambda: own
    assert await data_of(quick(server.url, headers=headers)) == ["one"]
    assert [r.last_event_id for r in server.requests] == ["41", "41", "1"]
    assert len(server.requests[2].headers.get_list("last-event-id")) == 1
    assert own == {"last-event-ID": "41"}


async def test_an_own_last_event_id_is_not_sent_where_the_server_reset_it(
    sse_server: StartSSEServer,
) -> None:
    server = sse_server(events("retry: 1\nid\ndata: reset\n\n"), GONE)
    await data_of(quick(server.url, headers={"Last-Event-ID": "41"}))
    assert server.requests[0].last_event_id == "41"
    assert "last-event-id" not in server.requests[1].headers


async def test_last_event_id_as_an_argument_has_priority_over_the_header(
    sse_server: StartSSEServer,
) -> None:
    server = sse_server(GONE)
    source = quick(server.url, headers={"Last-Event-ID": "41"}, last_event_id="42")
    await data_of(source)
    assert server.requests[0].last_event_id == "42"
