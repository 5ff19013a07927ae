"""A key does not leak in other ways: logs, errors, labels, reprs, redirects."""

from __future__ import annotations

import base64
import json
import logging
import traceback
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import httpx
import pytest

import nbstream
from nbstream.errors import ConnectionFailed, NbstreamError
from nbstream.sse import EventSource
from nbstream.testing import (
    Connection,
    StartSSEServer,
    events,
    redirect,
    status,
)

from .ipython_shell import Shell
from .sse_client import GONE, ONE, data_of, error_of, quick

pytestmark = pytest.mark.anyio

KEY = "tr0ub4dor+/=x9"
FORMS = (KEY, quote(KEY, safe=""), base64.b64encode(f"joe:{KEY}".encode()).decode())


def assert_kept(*texts: object) -> None:
    for text in map(str, texts):
        for form in FORMS:
            assert form not in text


def everything_of(error: BaseException) -> list[str]:
    """Return everything an error can show: its text, its attributes, and its causes."""
    shown_parts = ["".join(traceback.format_exception(error)), repr(vars(error))]
    cause: BaseException | None = error
    while cause is not None:
        shown_parts += [str(cause), repr(cause), *getattr(cause, "__notes__", ())]
        cause = cause.__cause__ or cause.__context__
    return shown_parts


# -- logs ----------------------------------------------------------------------------

CREDENTIAL_USES: list[Callable[[str], EventSource]] = [
    lambda url: quick(f"{url}?api_key={quote(KEY, safe='')}"),
    lambda url: quick(f"{url}?jwt={quote(KEY, safe='')}&page=2"),
    lambda url: quick(url.replace("//", f"//joe:{quote(KEY, safe='')}@")),
    lambda url: quick(url, headers={"X-Api-Key": KEY}),
    lambda url: quick(url, json={"password": KEY}),
]


async def echoes(connection: Connection) -> None:
    """Return everything received, the response's headers included."""
    echoed = json.dumps(
        [connection.request.path, connection.request.headers.raw], default=str
    )
    await connection.head(
        200, content_type="text/event-stream", headers={"X-Echo": echoed[:4000]}
    )
    await connection.send("id: 1\ndata: one\n\n")


@pytest.mark.parametrize("ask", CREDENTIAL_USES)
async def test_clients_log_no_key_of_our_requests(
    sse_server: StartSSEServer,
    ask: Callable[[str], EventSource],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    server = sse_server(echoes, GONE)
    await data_of(ask(server.url))
    logged = [record.name for record in caplog.records]
    assert "httpx" in logged and any(name.startswith("httpcore") for name in logged)
    assert_kept(caplog.text, *(vars(record) for record in caplog.records))
    assert "HTTP Request: " in caplog.text


async def test_requests_of_others_are_logged_as_ever(
    sse_server: StartSSEServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    server = sse_server(events(ONE), GONE, GONE)
    await data_of(quick(f"{server.url}?api_key={KEY}"))
    caplog.clear()
    async with httpx.AsyncClient() as client:
        await client.get(f"{server.url}?api_key=of-another-request")
    assert "api_key=of-another-request" in caplog.text


# -- errors --------------------------------------------------------------------------


async def says_its_type(connection: Connection) -> None:
    key = connection.request.headers["x-api-key"]
    await connection.head(200, content_type=f"text/{key}")


async def says_a_bad_header(connection: Connection) -> None:
    key = connection.request.headers["x-api-key"]
    await connection.send_raw(f"HTTP/1.1 200 OK\r\nX {key} \r\n\r\n".encode())


REFUSALS: dict[str, Any] = {
    "its type": says_its_type,
    "a malformed header": says_a_bad_header,
    "its body": status(403, json.dumps({"error": f"{KEY} or {quote(KEY, safe='')}"})),
    "a redirect to another scheme": redirect(f"ftp://{KEY}/"),
    "a redirect to no URL": redirect(f"http://[{KEY}"),
    "a redirect to a host of that name": redirect(f"http://{KEY.rstrip('=x9')}:1x/"),
    "a redirect with it in the query": redirect(f"http://127.0.0.1:1/?x={KEY}"),
}


@pytest.mark.parametrize("what", REFUSALS)
async def test_no_error_quotes_the_key(sse_server: StartSSEServer, what: str) -> None:
    changes: list[Any] = []
    source = quick(
        sse_server(REFUSALS[what]).url,
        headers={"X-Api-Key": KEY},
        retries=0,
        on_change=changes.append,
    )
    _, error = await error_of(source, NbstreamError)
    assert_kept(*everything_of(error), repr(source), source.end_reason, changes)


@pytest.mark.parametrize(
    "url",
    [
        f"http://joe:{KEY}@[::1/x",
        f"http://joe:{KEY}@127.0.0.1:99999/x",
        f"http://joe:{KEY}@/x",
        f"http://joe:{KEY}?x@127.0.0.1:1/x",
        f"http://joe:{KEY}#x@127.0.0.1:1/x",
        f"http://127.0.0.1:1/x?api_key={KEY}#{KEY}",
        "http://127.0.0.1:1/bot123456789:AA" + "a1B2c3D4e5F" * 3 + "/updates",
        "http://127.0.0.1:1/x?anything=sk-proj-" + "a1B2" * 10,
    ],
)
async def test_no_label_shows_what_an_address_holds(url: str) -> None:
    stream = nbstream.stream(url, retries=0)
    await stream.wait()
    assert stream.state == "failed"
    shown = [stream.label, repr(stream), stream.reason, str(stream.mimebundle())]
    for text in (*shown, *everything_of(stream.error or Exception())):
        assert_kept(text)
        assert "a1B2c3D4e5F" not in text and "a1B2a1B2" not in text


def test_no_error_shows_what_an_address_of_an_unknown_scheme_holds() -> None:
    """It is refused before there is a stream, with what is known."""
    with pytest.raises(ValueError, match="begins with one of http://, https://") as got:
        nbstream.stream(f"ftp://joe:{KEY}@h/x?password={KEY}")
    assert_kept(*everything_of(got.value))


async def test_a_header_that_cannot_be_sent_is_not_the_cause_of_the_error(
    sse_server: StartSSEServer,
) -> None:
    source = quick(sse_server(GONE).url, headers={"X-Api-Key": f"{KEY}\n"})
    _, error = await error_of(source, NbstreamError)
    assert "header" in str(error)
    assert_kept(*everything_of(error))


def test_the_value_of_a_name_in_braces_is_a_secret_if_its_name_is_one(
    shell: Shell, sse_server: StartSSEServer
) -> None:
    """Also in a header, or in a path, whose name does not mark it as a secret."""

    async def echo(connection: Connection) -> None:
        request = connection.request
        echoed = json.dumps([request.path, request.headers["x-custom"]])
        await connection.head(200, content_type="text/event-stream")
        await connection.send(f"data: You sent {echoed}\n\ndata: [DONE]\n\n")

    server = sse_server(echo)
    shell.run(f"my_token = {KEY!r}")
    url = f"{server.origin}/hook/{{my_token}}/events"
    printed = shell.run(f"%stream {url} -n s -H 'X-Custom: {{my_token}}'")
    assert "You sent" in printed and "***" in printed
    assert_kept(printed, shell["s"], shell["s"].label, shell.run("%streams"))


# -- redirects -----------------------------------------------------------------------

CARRIED = {
    "Accept": "text/event-stream",
    "Accept-Language": "de",
    "Content-Type": "application/json",
    "User-Agent": "mine/1",
    "Cache-Control": "no-store",
}
# Named like a credential or not: their names cannot all be known.
DROPPED = [
    "Authorization", "X-Api-Key", "Cookie", "Proxy-Authorization", "X-JWT-Assertion",
    "CF-Access-Jwt-Assertion", "X-Session", "X-PAT", "X-Pwd", "X-Custom", "Referer",
    "Origin", "Mcp-Session-Id", "X-Forwarded-For", "Forwarded", "X-Amz-Date",
]  # fmt: skip


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
async def test_only_harmless_headers_go_to_another_origin(
    sse_server: StartSSEServer, code: int
) -> None:
    there = sse_server(GONE)
    here = sse_server(redirect(there.url, code))
    headers = {**CARRIED, **dict.fromkeys(DROPPED, KEY)}
    async with httpx.AsyncClient(headers={"X-Of-The-Client": KEY}) as client:
        source = quick(here.url, headers=headers, content='{"a": 1}', client=client)
        await data_of(source)
    (request,) = there.requests
    assert_kept(request.headers.raw)
    body_stays = code in (307, 308)
    assert request.body == (b'{"a": 1}' if body_stays else b"")
    for name, value in CARRIED.items():
        if name != "Content-Type" or body_stays:
            assert request.headers[name] == value


BODIES = [
    json.dumps({"messages": [], "api_key": "anything-long"}),
    json.dumps({"config": [{"clientSecret": "anything-long"}]}),
    "user=joe&password=anything-long",
    json.dumps({"text": "sk-proj-" + "a1B2" * 10}),
]


@pytest.mark.parametrize("body", BODIES)
async def test_a_body_with_a_key_does_not_go_to_another_origin(
    sse_server: StartSSEServer, body: str
) -> None:
    there = sse_server(GONE)
    here = sse_server(redirect(there.url), redirect("/again"), GONE)
    _, error = await error_of(quick(here.url, content=body), ConnectionFailed)
    assert there.requests == []
    assert f"redirected to another origin, {there.url}" in str(error)
    assert "anything-long" not in str(error) and "a1B2" not in str(error)
    # Within the same origin, it is.
    await data_of(quick(here.url, content=body))
    assert [request.body.decode() for request in here.requests] == [body] * 3
