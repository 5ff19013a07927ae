"""The error for a server's refusal: its message, once, and fitting advice."""

from __future__ import annotations

from typing import Any

import pytest

from nbstream.errors import ConnectionFailed, ConnectionLost
from nbstream.testing import StartSSEServer, redirect, status

from .sse_client import error_of, quick

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("sent", "allow", "advice"),
    [
        (
            {"json": {}},
            None,
            "another method than POST, for example -X GET, or no body?",
        ),
        ({}, None, "another method than GET, for example -X POST?"),
        ({"json": {}}, "GET, HEAD", "the server takes GET: -X GET, or no body."),
        ({"method": "REPORT"}, "get,post", "takes GET, POST: -X GET, or no body."),
        ({}, "POST, OPTIONS", "A GET was sent, and the server takes POST: -X POST."),
        ({"json": {}}, "PUT", "A POST was sent, and the server takes PUT: -X PUT."),
        ({"json": {}}, "POST", "It allows POST only. Is the path right?"),
        ({}, "<script>", "for example -X POST?"),
    ],
)
async def test_a_405_is_advised_by_what_was_sent_and_what_is_allowed(
    sse_server: StartSSEServer, sent: dict[str, Any], allow: str | None, advice: str
) -> None:
    headers = {} if allow is None else {"Allow": allow}
    server = sse_server(status(405, headers=headers))
    _, error = await error_of(quick(server.url, **sent), ConnectionFailed)
    assert str(error).endswith(advice)


async def test_a_405_to_a_post_that_a_redirect_made_a_get_explains_it(
    sse_server: StartSSEServer,
) -> None:
    """As where a slash is missing at the end: the server moves it on with a 301."""
    server = sse_server(redirect("/events/", 301), status(405))
    _, error = await error_of(quick(server.url, json={}), ConnectionFailed)
    assert "A redirect made the POST a GET" in str(error)


@pytest.mark.parametrize(
    ("headers", "body", "advice"),
    [
        (
            {},
            "Client must accept both application/json and text/event-stream",
            "'text/event-stream' was accepted; "
            'send -H "Accept: application/json, text/event-stream".',
        ),
        (
            {"accept": "text/html"},
            '{"available": ["Application/X-NDJSON"]}',
            "'text/html' was accepted; send -H \"Accept: application/x-ndjson\".",
        ),
        ({}, "No.", "'text/event-stream' was accepted; -H 'Accept: TYPE'"),
        ({"Accept": "a/b"}, "No.", "The Accept header that was sent, 'a/b', does not"),
    ],
)
async def test_a_406_is_advised_by_what_was_accepted_and_what_there_is(
    sse_server: StartSSEServer, headers: dict[str, Any], body: str, advice: str
) -> None:
    server = sse_server(status(406, body))
    _, error = await error_of(quick(server.url, headers=headers), ConnectionFailed)
    assert advice in str(error)


_NGINX = """<html>
<head><title>502 Bad Gateway</title></head>
<body>
<center><h1>502 Bad Gateway</h1></center>
<hr><center>nginx/1.24.0</center>
</body>
</html>
"""


async def test_a_page_that_repeats_its_status_is_shown_once(
    sse_server: StartSSEServer,
) -> None:
    page = status(502, _NGINX, content_type="text/html")
    _, error = await error_of(quick(sse_server(page).url, retries=0), ConnectionLost)
    assert "the server answered 502 Bad Gateway: nginx/1.24.0." in str(error)
    nothing_more = status(404, '{"detail": "Not Found"}')
    _, error = await error_of(quick(sse_server(nothing_more).url), ConnectionFailed)
    assert "got 404 Not Found. Is the path right?" in str(error)


async def test_a_page_with_an_informative_title_keeps_it(
    sse_server: StartSSEServer,
) -> None:
    page = "<title>Gateway of Example</title><h1>Out of order</h1>"
    _, error = await error_of(
        quick(sse_server(status(404, page)).url), ConnectionFailed
    )
    assert "got 404 Not Found: Gateway of Example Out of order." in str(error)


@pytest.mark.parametrize(
    "body",
    [
        'data: {"error": {"message": "Out of memory"}}\n\ndata: [DONE]\n\n',
        'event: error\ndata: {"detail": "Out of memory"}\n\n',
        ": comment\n\ndata: hello\n\nevent: error\ndata: Out of memory",
        "id: 1\ndata: Out of\ndata: memory\n\n",
    ],
)
async def test_an_error_that_is_itself_an_event_stream_is_quoted_in_words(
    sse_server: StartSSEServer, body: str
) -> None:
    server = sse_server(status(400, body, content_type="text/event-stream"))
    _, error = await error_of(quick(server.url), ConnectionFailed)
    assert str(error).endswith("got 400 Bad Request: Out of memory.")
    assert error.body == body
