"""The mock response of the testing package."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from nbstream.sse import EventSource, ServerSentEvent
from nbstream.testing import (
    mock_sse_response,
)

pytestmark = pytest.mark.anyio


def client_of(response: Any) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.MockTransport(lambda _: response))


async def test_mock_response_is_an_event_stream_for_an_event_source() -> None:
    response = mock_sse_response([b"data: o", b"ne\n\n", ServerSentEvent(data="two")])
    async with (
        client_of(response) as client,
        EventSource("http://mock/", client=client, retries=0) as source,
    ):
        assert [event.data async for event in source] == ["one", "two"]


async def test_mock_response_gives_each_chunk_by_itself() -> None:
    chunks = [b"da", b"ta: 1\n", b"\n"]
    async with (
        client_of(mock_sse_response(chunks)) as client,
        client.stream("GET", "http://mock/") as response,
    ):
        assert [chunk async for chunk in response.aiter_raw()] == chunks


def test_mock_response_works_in_a_sync_client() -> None:
    response = mock_sse_response(["data: 1\n\n"], headers={"X-Mine": "yes"})
    with httpx.Client(transport=httpx.MockTransport(lambda _: response)) as client:
        got = client.get("http://mock/")
    assert got.text == "data: 1\n\n"
    assert got.headers["content-type"] == "text/event-stream"
    assert got.headers["x-mine"] == "yes"


def test_mock_response_can_be_a_refusal() -> None:
    response = mock_sse_response(
        [b"no"], status_code=503, headers={"Content-Type": "text/plain"}
    )
    assert response.status_code == 503
    assert response.headers.get_list("content-type") == ["text/plain"]
