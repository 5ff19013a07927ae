"""Compressed answers: one coding is decoded, a bounded piece at a time, and every other
is a clear error."""

from __future__ import annotations

import gzip
import tracemalloc
import zlib
from typing import Any

import httpx
import pytest

from nbstream.errors import ConnectionFailed, ConnectionLost
from nbstream.testing import Connection, Script, StartSSEServer, events, status

from .sse_client import GONE, ONE, TWO, data_of, error_of, quick

pytestmark = pytest.mark.anyio

POST = {"method": "POST", "content": "{}"}


def coded(coding: Any, body: bytes, **more: Any) -> Script:
    """An answer with this Content-Encoding: one header for each line of it."""
    head = "".join(f"Content-Encoding: {line}\r\n" for line in coding.splitlines())

    async def script(connection: Connection) -> None:
        kind = more.get("content_type", "text/event-stream")
        await connection.send_raw(
            f"HTTP/1.1 {more.get('status', 200)} Scripted\r\nContent-Type: {kind}\r\n"
            f"{head}{more.get('headers', '')}Connection: close\r\n\r\n".encode()
            + body
        )
        await connection.cut()

    return script


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        ("gzip", gzip.compress(ONE.encode())),
        ("GZip", gzip.compress(ONE.encode())),
        ("x-gzip", gzip.compress(ONE.encode())),
        ("deflate", zlib.compress(ONE.encode())),
        ("identity", ONE.encode()),
        ("identity, gzip", gzip.compress(ONE.encode())),
        (" , ", ONE.encode()),
    ],
    # gzip's header contains the time of day; ids must be the same in each process.
    ids=lambda value: repr(value) if isinstance(value, str) else "",
)
async def test_one_coding_is_decoded(
    sse_server: StartSSEServer, coding: str, body: bytes
) -> None:
    assert await data_of(quick(sse_server(coded(coding, body), GONE).url)) == ["one"]


@pytest.mark.parametrize(
    ("coding", "named"),
    [
        ("br", "'br'"),
        ("zstd", "'zstd'"),
        ("compress", "'compress'"),
        ("gzip, gzip", "'gzip, gzip'"),
        ("gzip\ngzip", "'gzip, gzip'"),
        ("deflate,gzip", "'deflate,gzip'"),
        ("gzip;q=1", "'gzip;q=1'"),
        ("x" * 5000, f"'{'x' * 79}…'"),
    ],
)
@pytest.mark.parametrize("request_is", [{}, POST], ids=["GET", "POST"])
async def test_any_other_coding_is_an_error_that_names_it(
    sse_server: StartSSEServer, coding: str, named: str, request_is: Any
) -> None:
    server = sse_server(coded(coding, gzip.compress(gzip.compress(ONE.encode()))))
    _, error = await error_of(quick(server.url, **request_is), ConnectionFailed)
    assert f"expected Content-Encoding gzip, deflate or none, got {named}" in str(error)
    assert "Have the server, or the proxy before it, send" in str(error)
    assert error.status_code == 200
    assert len(server.connections) == 1


async def test_a_chain_of_codings_is_not_decoded_at_all(
    sse_server: StartSSEServer,
) -> None:
    """Few bytes, that the client's own decoder would make 100 MB of in one step."""
    bomb = gzip.compress(gzip.compress(b"data: " + b"x" * 100_000_000, 9), 9)
    tracemalloc.start()
    try:
        await error_of(
            quick(sse_server(coded("gzip, gzip", bomb)).url), ConnectionFailed
        )
        assert tracemalloc.get_traced_memory()[1] < 10_000_000
    finally:
        tracemalloc.stop()


async def test_an_error_page_that_cannot_be_decoded_is_still_the_error(
    sse_server: StartSSEServer,
) -> None:
    page = coded("br", b"\x8b\x02\x80nope\x03", status=404, content_type="text/html")
    _, error = await error_of(quick(sse_server(page).url), ConnectionFailed)
    assert "expected 200 OK, got 404 Not Found" in str(error)
    assert "its words have Content-Encoding 'br', not decoded" in str(error)
    assert error.body == ""


async def test_a_busy_servers_page_that_cannot_be_decoded_is_tried_again(
    sse_server: StartSSEServer,
) -> None:
    page = coded("gzip, gzip", b"...", status=503, content_type="text/html")
    assert await data_of(quick(sse_server(page, events(ONE), GONE).url)) == ["one"]


async def test_neither_a_redirects_body_nor_that_of_no_content_is_looked_at(
    sse_server: StartSSEServer,
) -> None:
    away = coded("br", b"x", status=302, headers="Location: /there\r\n")
    nothing = coded("br", b"", status=204)
    server = sse_server(away, events(ONE), nothing)
    assert await data_of(quick(server.url)) == ["one"]


@pytest.mark.parametrize("coding", ["gzip", "br"])
async def test_a_json_answer_is_decoded_or_refused_as_events_are(
    sse_server: StartSSEServer, coding: str
) -> None:
    body = gzip.compress(b'{"answer": 42}')
    server = sse_server(coded(coding, body, content_type="application/json"))
    source = quick(server.url, **POST)
    if coding == "gzip":
        assert await data_of(source) == ['{"answer": 42}']
    else:
        _, error = await error_of(source, ConnectionFailed)
        assert "got 'br'" in str(error)


@pytest.mark.parametrize(
    ("coding", "read"), [("gzip", True), ("gzip, gzip", False), ("br", False)]
)
async def test_an_answer_that_a_mock_has_read_already_is_no_other_case(
    coding: str, read: bool
) -> None:
    body = gzip.compress(ONE.encode())
    if coding == "gzip, gzip":
        body = gzip.compress(body)

    def answer(request: Any) -> httpx.Response:
        headers = {"Content-Type": "text/event-stream", "Content-Encoding": coding}
        if "last-event-id" in request.headers:
            return httpx.Response(204)
        return httpx.Response(200, headers=headers, content=body)

    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as client:
        source = quick("http://h/", client=client)
        if read:
            assert await data_of(source) == ["one"]
        else:
            await error_of(source, ConnectionFailed)


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        (None, "gzip, deflate"),
        ("gzip, deflate, br, zstd", "gzip, deflate"),
        ("br;q=1.0, gzip;q=0.8, *;q=0.1", "gzip;q=0.8"),
        ("identity", "identity"),
        ("br", "gzip, deflate"),
        ("br, identity;q=0", "gzip, deflate"),
        ("zstd, gzip;q=0", "gzip, deflate"),
        ("", "gzip, deflate"),
    ],
)
async def test_only_supported_codings_are_accepted(
    sse_server: StartSSEServer, given: str | None, sent: str
) -> None:
    """Regardless of the user's headers and the client's: a request copied from a
    browser accepts more."""
    server = sse_server(events(ONE), GONE)
    headers = {} if given is None else {"accept-ENCODING": given}
    own = {"Accept-Encoding": "br"}
    async with httpx.AsyncClient(headers=own) as client:
        await data_of(quick(server.url, headers=headers, client=client))
    assert [r.headers.get_list("accept-encoding") for r in server.requests] == [
        [sent]
    ] * 2


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
async def test_a_body_that_was_cut_off_inside_its_coding_is_no_end(
    sse_server: StartSSEServer, coding: str
) -> None:
    """Though the connection itself came to its end: the content so far is kept, and the
    error reports it."""
    compressor = zlib.compressobj(wbits=31 if coding == "gzip" else 15)
    body = compressor.compress(ONE.encode()) + compressor.flush(zlib.Z_SYNC_FLUSH)
    server = sse_server(coded(coding, body))
    got, error = await error_of(quick(server.url, retries=0), ConnectionLost)
    assert got == ["one"]
    assert f"the body was cut off: its {coding} has no end" in str(error)
    server = sse_server(coded(coding, body), events(TWO), GONE)
    assert await data_of(quick(server.url)) == ["one", "two"]


async def test_zeros_may_fill_up_a_gzip_body_and_nothing_else_may_follow(
    sse_server: StartSSEServer,
) -> None:
    body = gzip.compress(ONE.encode())
    server = sse_server(coded("gzip", body + bytes(20_000)), GONE)
    assert await data_of(quick(server.url)) == ["one"]
    server = sse_server(coded("gzip", body + b"<!-- served by"))
    got, error = await error_of(quick(server.url, retries=0), ConnectionLost)
    assert got == ["one"]
    assert "the body goes on with what is not gzip" in str(error)


async def test_very_many_members_are_read_to_the_last(
    sse_server: StartSSEServer,
) -> None:
    body = gzip.compress(b"") * 20_000 + gzip.compress(ONE.encode())
    assert await data_of(quick(sse_server(coded("gzip", body), GONE).url)) == ["one"]


async def test_an_empty_body_is_empty_in_any_coding(
    sse_server: StartSSEServer,
) -> None:
    server = sse_server(coded("gzip", b""))
    _, error = await error_of(quick(server.url), ConnectionFailed)
    assert "the stream ended without an event" in str(error)


async def test_the_words_of_a_compressed_refusal_are_read(
    sse_server: StartSSEServer,
) -> None:
    body = gzip.compress(b'{"error": "no such job"}')
    server = sse_server(status(404, body, headers={"Content-Encoding": "x-gzip"}))
    _, error = await error_of(quick(server.url), ConnectionFailed)
    assert "no such job" in str(error)
