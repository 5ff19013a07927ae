"""The testing package, for users' tests and ours: the mock response and the scripted
server."""

from __future__ import annotations

import asyncio
import socket
import struct
import subprocess
import sys
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from nbstream.sse import EventSource, EventStreamDecoder, ServerSentEvent
from nbstream.testing import (
    Connection,
    SSEServer,
    StartSSEServer,
    answers,
    events,
    numbered_events,
    redirect,
    status,
)

pytestmark = pytest.mark.anyio


async def chunks_from(url: str) -> AsyncIterator[bytes]:
    """Return every chunk of the response's body, as the client reads them."""
    async with httpx.AsyncClient() as client, client.stream("GET", url) as response:
        async for chunk in response.aiter_raw():
            yield chunk


async def test_parts_arrive_by_themselves_in_order(sse_server: StartSSEServer) -> None:
    server = sse_server(events(b"data: \xc3", b"\xa4\n\n", ServerSentEvent(data="b")))
    got = [chunk async for chunk in chunks_from(server.url)]
    assert got == [b"data: \xc3", b"\xa4\n\n", b"data: b\n\n"]


async def test_drip_sends_every_byte_by_itself(sse_server: StartSSEServer) -> None:
    async def script(connection: Connection) -> None:
        await connection.drip("data: slow\n\n")

    sizes = [len(chunk) async for chunk in chunks_from(sse_server(script).url)]
    assert sizes == [1] * 12


async def test_the_request_is_reported_with_method_path_headers_and_body(
    sse_server: StartSSEServer,
) -> None:
    server = sse_server(status(200, "thanks"))
    async with httpx.AsyncClient() as client:
        await client.post(
            server.origin + "/a/b?c=d",
            content=b"body",
            headers=[(b"X-Key", b"k"), (b"Last-Event-ID", "ü".encode())],
        )
    (request,) = server.requests
    assert (request.method, request.path, request.body) == ("POST", "/a/b?c=d", b"body")
    assert request.headers["x-key"] == "k"
    assert request.last_event_id == "ü"


async def test_a_chunked_request_body_is_read_whole(sse_server: StartSSEServer) -> None:
    async def body() -> AsyncIterator[bytes]:
        yield b"one"
        yield b"two"

    server = sse_server(status(200))
    async with httpx.AsyncClient() as client:
        await client.post(server.url, content=body())
    assert server.requests[0].body == b"onetwo"


async def test_a_client_that_leaves_is_noticed(sse_server: StartSSEServer) -> None:
    server = sse_server(events("data: 1\n\n", stay=True))
    async with EventSource(server.url) as source:
        await anext(source)
        assert not server.connections[0].left
    await server.until(lambda: server.connections[0].left)
    assert server.connections[0].left_at is not None


async def test_a_client_that_resets_while_it_is_sent_to_has_left(
    sse_server: StartSSEServer,
) -> None:
    async def endless(connection: Connection) -> None:
        while True:
            await connection.send(b"x" * 100_000)

    server = sse_server(endless)
    for _ in range(5):
        reader = socket.create_connection(("127.0.0.1", urlsplit(server.url).port))
        reader.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        reader.sendall(b"GET / HTTP/1.1\r\nhost: here\r\n\r\n")
        reader.recv(1000)
        reader.close()
    await server.until(lambda: sum(c.left for c in server.connections) == 5)


async def test_a_client_that_stays_to_the_end_did_not_leave(
    sse_server: StartSSEServer,
) -> None:
    server = sse_server(events("data: 1\n\n"))
    async with httpx.AsyncClient() as client:
        await client.get(server.url)
    await server.until(lambda: server.connections[0].closed)
    assert not server.connections[0].left


async def test_a_script_waits_for_a_signal_of_the_test(
    sse_server: StartSSEServer,
) -> None:
    async def script(connection: Connection) -> None:
        await connection.send("data: before\n\n")
        await connection.wait("go")
        await connection.send("data: after\n\n")

    server = sse_server(script)
    async with EventSource(server.url) as source:
        assert (await anext(source)).data == "before"
        server.signal("go")
        assert (await anext(source)).data == "after"


@pytest.mark.parametrize(
    ("end", "error"),
    [("reset", "ReadError"), ("cut", "RemoteProtocolError")],
)
async def test_connections_break_as_scripted(
    sse_server: StartSSEServer, end: str, error: str
) -> None:
    async def script(connection: Connection) -> None:
        await connection.send("data: 1\n\n")
        await getattr(connection, end)()

    async with httpx.AsyncClient() as client:
        with pytest.raises(getattr(httpx, error)):
            await client.get(sse_server(script).url)


async def test_a_body_can_be_truncated_within_a_chunk(
    sse_server: StartSSEServer,
) -> None:
    async def script(connection: Connection) -> None:
        await connection.truncated("data: 1")

    got = b""
    with pytest.raises(httpx.RemoteProtocolError):
        async for chunk in chunks_from(sse_server(script).url):
            got += chunk
    assert got == b"data: 1"


async def test_a_body_can_be_shorter_than_its_length(
    sse_server: StartSSEServer,
) -> None:
    async def script(connection: Connection) -> None:
        await connection.head(length=100)
        await connection.send("data: 1\n\n")

    async with httpx.AsyncClient() as client:
        with pytest.raises(httpx.RemoteProtocolError):
            await client.get(sse_server(script).url)


@pytest.mark.parametrize("coding", ["gzip", "deflate", "raw-deflate"])
async def test_compressed_parts_are_flushed_one_by_one(
    sse_server: StartSSEServer, coding: Any
) -> None:
    async def script(connection: Connection) -> None:
        await connection.head(coding=coding)
        await connection.send("data: 1\n\n")
        await connection.wait("go")
        await connection.send("data: 2\n\n")

    server = sse_server(script)
    async with (
        httpx.AsyncClient() as client,
        client.stream("GET", server.url) as response,
    ):
        text = response.aiter_text()
        assert await anext(text) == "data: 1\n\n"
        server.signal("go")
        assert await anext(text) == "data: 2\n\n"


async def test_numbered_events_continue_after_the_last_event_id(
    sse_server: StartSSEServer,
) -> None:
    server = sse_server(numbered_events(5))
    async with httpx.AsyncClient() as client:
        got = await client.get(server.url, headers={"Last-Event-ID": "3"})
        assert [e.id for e in EventStreamDecoder().feed(got.content)] == ["4", "5"]
        got = await client.get(server.url, headers={"Last-Event-ID": "5"})
        assert got.status_code == 204


async def test_answers_are_sent_in_turn_and_the_last_one_is_repeated(
    sse_server: StartSSEServer,
) -> None:
    server = sse_server(answers(status(500), redirect("/there"), status(404)))
    async with httpx.AsyncClient() as client:
        codes = [(await client.get(server.url)).status_code for _ in range(4)]
    assert codes == [500, 307, 404, 404]


async def test_a_server_can_refuse_for_a_while_and_accept_again(
    sse_server: StartSSEServer,
) -> None:
    server = sse_server(status(200))
    server.refuse()
    async with httpx.AsyncClient() as client:
        with pytest.raises(httpx.ConnectError):
            await client.get(server.url)
        server.accept()
        assert (await client.get(server.url)).status_code == 200


def test_waiting_in_vain_is_an_error_not_a_hang(sse_server: StartSSEServer) -> None:
    with pytest.raises(TimeoutError):
        sse_server().wait_for(lambda: False, timeout=0.01)


def test_a_script_that_fails_fails_its_test() -> None:
    async def script(connection: Connection) -> None:
        raise ValueError("a bug in the test itself")

    with (
        pytest.raises(ValueError, match="a bug in the test"),
        SSEServer(script) as server,
        pytest.raises(httpx.RemoteProtocolError),
    ):
        httpx.get(server.url)


def test_stopping_the_server_ends_the_connections_that_stall() -> None:
    async def read_forever(url: str) -> None:
        async with EventSource(url, retries=0) as source:
            async for _ in source:
                pass

    with SSEServer(events(stay=True)) as server:

        async def main() -> None:
            reading = asyncio.create_task(read_forever(server.url))
            await server.until(lambda: server.connections)
            reading.cancel()
            await asyncio.wait([reading])

        asyncio.run(main())


def test_importing_the_testing_package_does_not_import_pytest() -> None:
    code = "import sys, nbstream.testing; sys.exit('pytest' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
