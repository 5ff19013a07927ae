"""Proxies between an EventSource and its server: the error names them where they are
the cause, with advice, and never with their password."""

from __future__ import annotations

import asyncio
import math
import socket
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
import trustme

from nbstream.errors import ConnectionFailed, ConnectionLost
from nbstream.sources import ConnectOptions, HttpSource
from nbstream.sse import ConnectionChange, EventSource
from nbstream.streams.handle import Stream
from nbstream.testing import Connection, StartSSEServer, events, status

from .proxy import Proxy
from .sse_client import GONE, ONE, data_of, error_of, quick

pytestmark = [
    pytest.mark.slow,
    pytest.mark.anyio,
    pytest.mark.usefixtures("no_proxies"),
]


@pytest.fixture
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def tls(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ssl.SSLContext:
    """Return a server's context, whose certificate is trusted."""
    authority, context = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    return context


def closed_address() -> str:
    """Return an address where nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return f"127.0.0.1:{taken.getsockname()[1]}"


async def test_streams_come_through_a_forward_proxy_and_a_tunnel(
    sse_server: StartSSEServer, monkeypatch: pytest.MonkeyPatch, tls: ssl.SSLContext
) -> None:
    with Proxy(password="s3cret") as proxy:
        for name in ("HTTP_PROXY", "HTTPS_PROXY"):
            monkeypatch.setenv(name, f"http://me:s3cret@{proxy.address}")
        plain, secure = (
            sse_server(events(ONE), GONE),
            sse_server(events(ONE), GONE, ssl_context=tls),
        )
        assert await data_of(quick(plain.url)) == ["one"]
        assert await data_of(quick(secure.url)) == ["one"]
    assert proxy.heads[0].startswith(f"GET {plain.url} ")
    assert any(head.startswith("CONNECT ") for head in proxy.heads)


@pytest.mark.parametrize("secure", [False, True])
@pytest.mark.parametrize("body", [None, "ask"])
async def test_a_407_names_the_proxy_and_how_to_set_its_password(
    sse_server: StartSSEServer,
    monkeypatch: pytest.MonkeyPatch,
    tls: ssl.SSLContext,
    secure: bool,
    body: str | None,
) -> None:
    server = sse_server(events(ONE), ssl_context=tls if secure else None)
    setting = "HTTPS_PROXY" if secure else "HTTP_PROXY"
    with Proxy(password="right") as proxy:
        monkeypatch.setenv(setting, f"http://me:wrong-one@{proxy.address}")
        source = quick(server.url, content=body)
        _, error = await error_of(source, ConnectionFailed)
    assert error.status_code == 407
    assert f"the proxy {proxy.address} wants a user name and a password" in str(error)
    assert f"{setting}=http://USER:PASSWORD@{proxy.address}" in str(error)
    assert "wrong-one" not in str(error)
    assert "retries=N" not in str(error)
    assert server.connections == []
    assert len(proxy.heads) == 1, "asking again would not help"


@pytest.mark.parametrize("secure", [False, True])
@pytest.mark.parametrize("body", [None, "ask"])
async def test_a_dead_proxy_is_named_and_not_the_server_blamed(
    sse_server: StartSSEServer,
    monkeypatch: pytest.MonkeyPatch,
    tls: ssl.SSLContext,
    secure: bool,
    body: str | None,
) -> None:
    server = sse_server(events(ONE), ssl_context=tls if secure else None)
    setting, dead = "HTTPS_PROXY" if secure else "HTTP_PROXY", closed_address()
    monkeypatch.setenv(setting, f"http://me:s3cret@{dead}")
    _, error = await error_of(quick(server.url, content=body), ConnectionLost)
    assert f"the proxy {dead} cannot be reached: the connection was refused" in str(
        error
    )
    assert f"Is {setting} right? NO_PROXY=127.0.0.1 goes without it." in str(error)
    assert "Is the server running" not in str(error)
    assert "retries=N" not in str(error)
    assert "s3cret" not in str(error)
    assert error.attempts == 3, "it was never sent, so it may be sent again"


async def test_a_dead_proxy_of_the_callers_own_client_is_named(
    sse_server: StartSSEServer,
) -> None:
    server, dead = sse_server(events(ONE)), closed_address()
    async with httpx.AsyncClient(proxy=f"http://me:s3cret@{dead}") as client:
        _, error = await error_of(quick(server.url, client=client), ConnectionLost)
    assert f"the proxy {dead} cannot be reached" in str(error)
    assert "Is the address of the proxy right?" in str(error)


class Elsewhere:
    """A client that is not httpx's, around one that uses the environment's proxy; it
    rejects unknown extensions."""

    def stream(
        self,
        method: str,
        url: str,
        *,
        headers: Any,
        content: Any,
        timeout: Any,
        follow_redirects: Any,
    ) -> Any:
        return httpx.AsyncClient().stream(method, url, headers=headers)


async def test_a_dead_proxy_behind_a_client_of_another_kind_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    dead = closed_address()
    monkeypatch.setenv("ALL_PROXY", f"http://me:s3cret@{dead}")
    source = quick("http://127.0.0.1:1/", client=Elsewhere())
    _, error = await error_of(source, ConnectionLost)
    assert f"the proxy {dead} cannot be reached" in str(error)
    assert "Is ALL_PROXY right?" in str(error)


async def test_a_dead_server_is_not_taken_for_a_proxy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    dead = closed_address()
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("HTTP_PROXY", f"http://{closed_address()}")
    _, error = await error_of(quick(f"http://{dead}/"), ConnectionLost)
    assert "proxy" not in str(error)
    assert "Is the server running" in str(error)


async def test_a_proxy_that_does_not_reach_the_server_is_tried_again(
    monkeypatch: pytest.MonkeyPatch, tls: ssl.SSLContext
) -> None:
    with Proxy(says="502 Bad Gateway") as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://{proxy.address}")
        source = quick("https://127.0.0.1:1/", content="ask")
        _, error = await error_of(source, ConnectionLost)
    assert f"the proxy {proxy.address} did not connect to the server: 502" in str(error)
    assert error.status_code == 502
    assert "A POST that was answered" not in str(error)
    assert len(proxy.heads) == 3


async def test_a_proxy_that_forbids_the_server_fails_at_once(
    monkeypatch: pytest.MonkeyPatch, tls: ssl.SSLContext
) -> None:
    with Proxy(says="403 Forbidden") as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://{proxy.address}")
        _, error = await error_of(quick("https://127.0.0.1:1/"), ConnectionFailed)
    assert f"the proxy {proxy.address} did not connect to the server: 403" in str(error)
    assert len(proxy.heads) == 1


async def test_a_407_without_a_configured_proxy_still_explains_it(
    sse_server: StartSSEServer,
) -> None:
    server = sse_server(status(407))
    _, error = await error_of(quick(server.url), ConnectionFailed)
    assert "the proxy wants a user name and a password" in str(error)


# -- buffering -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("holds", "state", "words"),
    [("all", "connecting", "no answer yet"), ("body", "open", "nothing has come yet")],
)
async def test_a_proxy_that_buffers_is_named_while_the_client_waits(
    sse_server: StartSSEServer, holds: Any, state: str, words: str
) -> None:
    """The server streams, and a proxy like nginx buffers by default."""

    async def slow(connection: Connection) -> None:
        await connection.send(ONE)
        await connection.wait("end")

    server = sse_server(slow)
    hinted = asyncio.Event()
    changes: list[ConnectionChange] = []

    def on_change(change: ConnectionChange) -> None:
        changes.append(change)
        if change.ready_state == state and words in change.reason:
            hinted.set()

    with Proxy(upstream=server.url.split("/")[2], holds=holds) as proxy:
        url = f"http://{proxy.address}/events"
        source = quick(url, hint_after=0.05, on_change=on_change, content="once")
        reading = asyncio.create_task(data_of(source))
        await hinted.wait()
        assert not reading.done()
        server.signal("end")
        assert await reading == ["one"]
    (hint,) = [c for c in changes if words in c.reason]  # reported once
    assert "X-Accel-Buffering: no" in hint.reason
    assert "proxy_buffering off" in hint.reason
    # It is withdrawn as soon as a byte arrives.
    assert changes[-2].ready_state == "open"
    assert changes[-2].reason == ""


async def test_a_stream_shows_the_hint_until_a_byte_arrives(
    sse_server: StartSSEServer,
) -> None:
    async def held(connection: Connection) -> None:
        await connection.wait("answer")
        await connection.head()
        await connection.wait("send")
        await connection.send(ONE)
        await connection.stall()

    server = sse_server(held)
    stream = Stream(HttpSource(server.url, ConnectOptions(hint_after=0.05)))
    stream.start()
    changed = asyncio.Event()
    stream.observe(changed.set)

    async def until(condition: Callable[[], object]) -> None:
        while not condition():
            changed.clear()
            await changed.wait()

    async with stream:
        await until(lambda: "no answer yet" in stream.reason)
        assert stream.state == "connecting"
        assert stream.timing.retry_in is None, "it waits, but not for a next try"
        server.signal("answer")
        await until(lambda: "nothing has come yet" in stream.reason)
        assert stream.state == "live"
        server.signal("send")
        await until(lambda: stream.events_received)
        assert (stream.state, stream.reason) == ("live", "")
        assert stream.reconnects == 0


async def test_a_connection_given_up_after_the_hint_keeps_its_advice(
    sse_server: StartSSEServer,
) -> None:
    async def nothing(connection: Connection) -> None:
        await connection.head()
        await connection.stall()

    server = sse_server(nothing)
    source = quick(server.url, hint_after=0.02, idle_timeout=0.2, retries=0)
    _, error = await error_of(source, ConnectionLost)
    assert "nothing came for 0.2 s" in str(error)
    assert "X-Accel-Buffering: no" in str(error)


async def test_a_slow_refusal_is_not_blamed_on_a_proxy(
    sse_server: StartSSEServer,
) -> None:
    async def refuses(connection: Connection) -> None:
        await connection.head(404, content_type="text/plain")
        await connection.send("one moment")
        await asyncio.sleep(0.8)

    changes: list[ConnectionChange] = []
    source = quick(sse_server(refuses).url, hint_after=0.4, on_change=changes.append)
    _, error = await error_of(source, ConnectionFailed)
    assert "one moment" in str(error)
    assert [c.ready_state for c in changes] == ["connecting", "closed"]


async def test_a_stream_that_falls_silent_is_not_blamed_on_a_proxy(
    sse_server: StartSSEServer,
) -> None:
    server = sse_server(events(": hello\n\n", stay=True), GONE)
    changes: list[ConnectionChange] = []
    source = quick(
        server.url, hint_after=0.4, idle_timeout=0.8, on_change=changes.append
    )
    assert await data_of(source) == []
    assert [c.reason for c in changes if c.reason] == [
        "nothing came for 0.8 s",
        "the server answered 204 No Content",
    ]


async def test_a_server_that_cannot_be_reached_is_not_taken_for_a_slow_one() -> None:
    """Nothing has received the request yet, so nothing can be slow to answer it."""
    changes: list[ConnectionChange] = []
    source = quick(
        f"http://{closed_address()}/",
        hint_after=0.0,
        retries=3,
        on_change=changes.append,
    )
    await error_of(source, ConnectionLost)
    assert not [c for c in changes if "X-Accel-Buffering" in c.reason]


def test_the_hint_appears_after_ten_seconds_or_never() -> None:
    assert EventSource("http://h/").hint_after == 10.0
    assert EventSource("http://h/", hint_after=math.inf).hint_after == math.inf
