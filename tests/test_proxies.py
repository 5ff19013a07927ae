"""Proxies between an EventSource and its server: the error names them where they are
the cause, with advice, and never with their password."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Any

import httpx
import pytest
import trustme

from nbstream.errors import ConnectionFailed, ConnectionLost
from nbstream.testing import StartSSEServer, events, status

from .proxy import Proxy, closed_address
from .sse_client import GONE, ONE, data_of, error_of, quick

pytestmark = [
    pytest.mark.slow,
    pytest.mark.anyio,
    pytest.mark.usefixtures("no_proxies"),
]


@pytest.fixture
def tls(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ssl.SSLContext:
    """Return a server's context, whose certificate is trusted."""
    authority, context = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    return context


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
