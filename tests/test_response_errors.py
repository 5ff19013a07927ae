"""EventStreamResponse when the events raise, cannot be sent, or announce an end."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest

import nbstream
from nbstream.sse import (
    EventStreamDecoder,
    ServerSentEvent,
)

from .asgi_server import app_of, served, three

pytestmark = [pytest.mark.slow, pytest.mark.anyio]


def events_in(response: Any) -> list[ServerSentEvent]:
    """Return the events of a whole response."""
    return EventStreamDecoder().feed(response.content)


async def fails() -> AsyncIterator[Any]:
    yield ServerSentEvent(id="1", data="one")
    raise ValueError("a bug in the application")


def fails_in_a_thread() -> Iterator[ServerSentEvent]:
    yield ServerSentEvent(id="1", data="one")
    raise ValueError("a bug in the application")


@pytest.mark.parametrize("make", [fails, fails_in_a_thread])
async def test_an_exception_is_an_error_event_and_the_response_ends_properly(
    make: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """The reader receives an error event, the server's log has the traceback, and the
    body is whole, so that the events before it are not lost."""
    async with served(app_of(make)) as url, httpx.AsyncClient() as client:
        one, error = events_in(await client.get(url))
    assert one.data == "one"
    message = "ValueError: a bug in the application"
    assert error.json() == {"type": "error", "message": message}
    assert "Traceback" in caplog.text
    async with served(app_of(make)) as url:
        with pytest.raises(nbstream.StreamFailed, match=message):
            await nbstream.stream(url)


async def test_an_event_that_cannot_be_sent_is_an_error_too() -> None:
    async def sends_what_cannot_be_sent() -> AsyncIterator[Any]:
        yield ServerSentEvent(id="1", data="one")
        yield ServerSentEvent(event="two\nlines")

    app = app_of(sends_what_cannot_be_sent)
    async with served(app) as url, httpx.AsyncClient() as client:
        one, error = events_in(await client.get(url))
    assert one.data == "one"
    assert "without CR or LF" in error.json()["message"]


async def test_what_a_client_reads_of_an_exception_can_be_chosen(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Its text may contain private details."""
    app = app_of(fails, error_message=lambda error: "The job failed.")
    async with served(app) as url, httpx.AsyncClient() as client:
        *_, error = events_in(await client.get(url))
    assert error.json()["message"] == "The job failed."
    app = app_of(fails, error_message=lambda error: 1 / 0)
    async with served(app) as url, httpx.AsyncClient() as client:
        *_, error = events_in(await client.get(url))
    assert error.json()["message"] == "the stream failed"
    assert "ZeroDivisionError" in caplog.text


@pytest.mark.parametrize(
    "last",
    ["[DONE]", {"type": "done"}, ServerSentEvent(event="done", data="{}")],
    ids=["text", "message", "event"],
)
async def test_an_announced_end_is_not_sent_again(last: Any) -> None:
    app = app_of(lambda: ["one", last])
    async with served(app) as url, httpx.AsyncClient() as client:
        assert len(events_in(await client.get(url))) == 2


async def test_a_stream_that_will_be_resumed_does_not_send_its_end() -> None:
    app = app_of(three, done=False)
    async with served(app) as url, httpx.AsyncClient() as client:
        assert len(events_in(await client.get(url))) == 3
