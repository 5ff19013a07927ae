"""EventSource and responses other than a stream of events."""

from __future__ import annotations

import asyncio
import ssl
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any, NoReturn

import httpx
import pytest
import trustme

from nbstream.errors import (
    ConnectionFailed,
    ConnectionLost,
)
from nbstream.sse import ConnectionChange, EventSource
from nbstream.testing import Connection, StartSSEServer, events, status

from .sse_client import GONE, ONE, TWO, data_of, error_of, quick

pytestmark = pytest.mark.anyio


# -- responses -----------------------------------------------------------------------


async def test_204_stops_for_good(sse_server: StartSSEServer) -> None:
    server = sse_server(GONE)
    assert await data_of(quick(server.url)) == []
    assert len(server.connections) == 1


async def test_205_stops_for_good_and_other_2xx_are_read(
    sse_server: StartSSEServer,
) -> None:
    changes: list[ConnectionChange] = []
    server = sse_server(status(205))
    assert await data_of(quick(server.url, on_change=changes.append)) == []
    assert changes[-1].reason == "the server answered 205 Reset Content"
    assert len(server.connections) == 1

    async def accepted(connection: Connection) -> None:
        await connection.head(202)
        await connection.send(ONE)

    assert await data_of(quick(sse_server(accepted, GONE).url)) == ["one"]


@pytest.mark.parametrize("code", [400, 401, 403, 404, 405, 410, 422])
async def test_client_errors_fail_at_once_with_status_and_message(
    sse_server: StartSSEServer, code: int
) -> None:
    server = sse_server(status(code, '{"error": {"message": "because"}}'))
    _, error = await error_of(quick(server.url), ConnectionFailed)
    assert error.status_code == code
    assert error.body == '{"error": {"message": "because"}}'
    assert str(code) in str(error)
    assert "because" in str(error)
    assert len(server.connections) == 1


async def test_an_error_body_is_bounded(sse_server: StartSSEServer) -> None:
    server = sse_server(status(404, "x" * 1_000_000))
    _, error = await error_of(quick(server.url), ConnectionFailed)
    assert len(error.body) <= 64 * 1024
    assert len(str(error)) < 1000


async def test_a_key_that_the_server_quotes_is_not_in_the_error(
    sse_server: StartSSEServer,
) -> None:
    server = sse_server(status(401, "bad key sk-very-secret"))
    source = quick(server.url, headers={"Authorization": "Bearer sk-very-secret"})
    _, error = await error_of(source, ConnectionFailed)
    assert "sk-very-secret" not in str(error) + error.body


@pytest.mark.parametrize("code", [408, 425, 429, 500, 502, 503, 504, 529])
async def test_passing_refusals_are_retried_at_first_and_later(
    sse_server: StartSSEServer, code: int
) -> None:
    busy = status(code, "busy")
    server = sse_server(busy, events(ONE), busy, events(TWO), GONE)
    assert await data_of(quick(server.url)) == ["one", "two"]
    assert server.requests[3].last_event_id == "1"


async def test_tries_have_a_limit_and_the_error_has_the_last_status(
    sse_server: StartSSEServer,
) -> None:
    server = sse_server(status(500), status(503, "overloaded"))
    _, error = await error_of(quick(server.url, retries=4), ConnectionLost)
    assert error.status_code == 503
    assert error.attempts == 5
    assert "overloaded" in str(error)
    assert len(server.connections) == 5


async def test_by_default_a_server_that_was_never_there_gets_three_tries(
    sse_server: StartSSEServer,
) -> None:
    server = sse_server(status(503))
    await error_of(quick(server.url), ConnectionLost)
    assert len(server.connections) == 3


async def test_strict_fails_at_a_503_as_browsers_do(sse_server: StartSSEServer) -> None:
    server = sse_server(status(503))
    _, error = await error_of(quick(server.url, strict=True), ConnectionFailed)
    assert error.status_code == 503
    assert len(server.connections) == 1


async def test_strict_fails_at_a_503_on_reconnect_too(
    sse_server: StartSSEServer,
) -> None:
    server = sse_server(events(ONE), status(503))
    got, error = await error_of(quick(server.url, strict=True), ConnectionFailed)
    assert (got, error.status_code) == (["one"], 503)


async def test_strict_takes_no_status_but_200(sse_server: StartSSEServer) -> None:
    async def created(connection: Connection) -> None:
        await connection.head(201)
        await connection.send(ONE)

    assert await data_of(quick(sse_server(created, GONE).url)) == ["one"]
    source = quick(sse_server(created).url, strict=True)
    _, error = await error_of(source, ConnectionFailed)
    assert error.status_code == 201


async def test_strict_still_reconnects_after_a_drop(sse_server: StartSSEServer) -> None:
    async def drops(connection: Connection) -> None:
        await connection.send(ONE)
        await connection.reset()

    server = sse_server(drops, events(TWO), GONE)
    assert await data_of(quick(server.url, strict=True)) == ["one", "two"]


@pytest.mark.parametrize(
    ("value", "least", "most"),
    [
        ("7", 7, 7),
        ("0", 0.05, 0.05),
        ("100000", 300, 300),
        (lambda: format_datetime(datetime.now(UTC) + timedelta(seconds=60)), 50, 60),
        (lambda: format_datetime(datetime.now(UTC) - timedelta(days=1)), 0.05, 0.05),
        ("soon", 0, 0.5),
        ("-5", 0, 0.5),
        ("", 0, 0.5),
    ],
)
async def test_retry_after_is_honoured_in_seconds_and_dates(
    sse_server: StartSSEServer, value: Any, least: float, most: float
) -> None:
    """The delay is read from the state change; then the source is closed."""
    value = value() if callable(value) else value
    server = sse_server(status(503, headers={"Retry-After": value}))
    announced: asyncio.Queue[ConnectionChange] = asyncio.Queue()
    source = EventSource(server.url, on_change=announced.put_nowait)
    reading = asyncio.create_task(anext(source))
    assert (await announced.get()).ready_state == "connecting"
    delay = (await announced.get()).delay
    reading.cancel()
    await asyncio.wait([reading])
    assert least <= delay <= most


@pytest.mark.parametrize(
    "content_type",
    ["text/event-stream; charset=utf-8", "Text/Event-Stream", "text/event-stream ;x=y"],
)
async def test_content_type_parameters_and_case_do_not_matter(
    sse_server: StartSSEServer, content_type: str
) -> None:
    async def script(connection: Connection) -> None:
        await connection.head(content_type=content_type)
        await connection.send(ONE)

    assert await data_of(quick(sse_server(script, GONE).url)) == ["one"]


@pytest.mark.parametrize(
    "content_type", ["text/html", "text/plain; x=text/event-stream", "", None]
)
async def test_another_content_type_fails_at_once(
    sse_server: StartSSEServer, content_type: str | None
) -> None:
    server = sse_server(status(200, "<p>Hello", content_type=content_type))
    _, error = await error_of(quick(server.url), ConnectionFailed)
    assert error.content_type == (content_type or "")
    assert "text/event-stream" in str(error)
    assert len(server.connections) == 1


async def test_a_login_page_on_reconnect_is_a_content_type_error(
    sse_server: StartSSEServer,
) -> None:
    page = status(200, "<html><b>Please log in", content_type="text/html")
    server = sse_server(events(ONE), page)
    got, error = await error_of(quick(server.url), ConnectionFailed)
    assert got == ["one"]
    assert "Please log in" in str(error)


# -- futile errors -------------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    ["ftp://host/x", "host/x", "", "http://", "http://h:99999/", "http://[::1/", "//x"],
)
async def test_a_url_that_cannot_be_read_from_fails_at_once(url: str) -> None:
    changes: list[ConnectionChange] = []
    await error_of(quick(url, on_change=changes.append), ConnectionFailed)
    assert [c.ready_state for c in changes] == ["connecting", "closed"]


async def test_a_rejected_certificate_fails_at_once(sse_server: StartSSEServer) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    server = sse_server(GONE, ssl_context=context)
    changes: list[ConnectionChange] = []
    source = quick(server.url, on_change=changes.append)
    _, error = await error_of(source, ConnectionFailed)
    assert "certificate" in str(error).lower()
    assert [c.ready_state for c in changes] == ["connecting", "closed"]


async def test_a_header_that_cannot_be_sent_fails_at_once_without_showing_it() -> None:
    source = quick("http://127.0.0.1:1/", headers={"X-Key": "sécret"})
    _, error = await error_of(source, ConnectionFailed)
    assert "sécret" not in str(error)


class Ring:
    """A client whose error has itself as an indirect cause."""

    def stream(self, *_: object, **__: object) -> NoReturn:
        error, cause = httpx.ReadError(""), ConnectionResetError()
        error.__cause__, cause.__context__ = cause, error
        raise error


async def test_an_error_that_is_its_own_cause_is_reported() -> None:
    """Chains of causes can be cyclic, if a cause is raised while handling its effect.
    Searching them has to end."""
    source = EventSource("http://127.0.0.1:1/", client=Ring(), retries=0)
    with pytest.raises(ConnectionLost, match="the connection was reset"):
        await anext(source)
