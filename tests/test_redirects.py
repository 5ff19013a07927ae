"""EventSource and redirects: followed, with credentials kept within the origin."""

from __future__ import annotations

import base64
from typing import Any

import httpx
import httpx2
import pytest

from nbstream.errors import (
    ConnectionFailed,
)
from nbstream.testing import StartSSEServer, events, redirect

from .sse_client import GONE, ONE, data_of, error_of, quick

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
async def test_redirects_are_followed_and_reconnects_go_to_the_original(
    sse_server: StartSSEServer, code: int
) -> None:
    server = sse_server(redirect("/there", code), events(ONE), GONE)
    assert await data_of(quick(server.url)) == ["one"]
    assert [r.path for r in server.requests] == ["/events", "/there", "/events"]


async def test_the_last_event_id_is_sent_to_another_origin(
    sse_server: StartSSEServer,
) -> None:
    there = sse_server(events(ONE), GONE)
    here = sse_server(redirect(there.url))
    assert await data_of(quick(here.url)) == ["one"]
    assert [r.last_event_id for r in there.requests] == ["", "1"]


SECRETS = {"Authorization": "Bearer s3cret", "X-Api-Key": "s3cret", "Cookie": "s3cret"}


async def test_credentials_stay_within_the_origin(sse_server: StartSSEServer) -> None:
    there = sse_server(GONE)
    here = sse_server(redirect("/again"), redirect(there.url))
    plain = {"Accept-Language": "de", "X-Whatever-It-Is": "s3cret"}
    await data_of(quick(here.url, headers={**SECRETS, **plain}))
    for request in here.requests:
        assert request.headers["authorization"] == "Bearer s3cret"
        assert request.headers["x-whatever-it-is"] == "s3cret"
    assert there.requests[0].headers["accept-language"] == "de"
    assert "s3cret" not in str(there.requests[0].headers.raw)


@pytest.mark.parametrize("library", [httpx, httpx2])
async def test_the_clients_own_credentials_stay_within_the_origin(
    sse_server: StartSSEServer, library: Any
) -> None:
    there = sse_server(GONE)
    here = sse_server(redirect(there.url))
    async with library.AsyncClient(
        headers={"X-Api-Key": "s3cret"}, auth=("me", "s3cret"), params={"k": "s3cret"}
    ) as client:
        await data_of(quick(here.url, client=client))
    assert here.requests[0].headers["authorization"].startswith("Basic ")
    (request,) = there.requests
    assert "authorization" not in request.headers
    assert "s3cret" not in str(request.headers.raw) + request.path


async def test_the_password_of_the_url_is_sent_within_the_origin_only(
    sse_server: StartSSEServer,
) -> None:
    there = sse_server(GONE)
    here = sse_server()
    here.script = lambda connection: redirect(
        [here.origin + "/again", there.url][min(connection.number, 1)]
    )(connection)
    await data_of(quick(here.url.replace("//", "//me:s3cret@")))
    basic = f"Basic {base64.b64encode(b'me:s3cret').decode()}"
    assert [r.headers["authorization"] for r in here.requests] == [basic, basic]
    assert "authorization" not in there.requests[0].headers


async def test_a_post_that_is_redirected_with_303_becomes_a_get(
    sse_server: StartSSEServer,
) -> None:
    server = sse_server(redirect("/there", 303), events(ONE))
    assert await data_of(quick(server.url, json=[1])) == ["one"]
    assert [r.method for r in server.requests] == ["POST", "GET"]
    assert server.requests[1].body == b""
    assert "content-type" not in server.requests[1].headers


async def test_a_post_that_is_redirected_with_307_stays_a_post(
    sse_server: StartSSEServer,
) -> None:
    server = sse_server(redirect("/there", 307), events(ONE))
    assert await data_of(quick(server.url, content="ask")) == ["one"]
    assert [(r.method, r.body) for r in server.requests] == [("POST", b"ask")] * 2


async def test_redirects_in_a_circle_are_an_error(sse_server: StartSSEServer) -> None:
    server = sse_server(redirect("/events"))
    _, error = await error_of(quick(server.url), ConnectionFailed)
    assert "redirected more than 20 times" in str(error)


@pytest.mark.parametrize("to", ["file:///etc/passwd", "javascript:1", "http://[bad"])
async def test_a_redirect_to_another_scheme_is_an_error(
    sse_server: StartSSEServer, to: str
) -> None:
    server = sse_server(redirect(to))
    await error_of(quick(server.url), ConnectionFailed)
