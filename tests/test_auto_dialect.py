"""Detecting a stream's dialect from its first event."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import nbstream
from nbstream.dialects import dialect_named
from nbstream.display.snapshot import bundle
from nbstream.sse import ServerSentEvent
from nbstream.sse.from_python.events import to_event
from nbstream.testing import StartSSEServer, events
from nbstream.updates import Finished, Raw, Text

from .json_strategies import json_values
from .vendor_samples import bytes_of, dialect_of, events_of, names, read


@pytest.mark.parametrize("name", names())
def test_a_vendors_stream_is_recognised(name: str) -> None:
    events = events_of(name)
    assert read(events, "auto") == read(events, dialect_of(name))


def event_of(value: Any) -> ServerSentEvent:
    return ServerSentEvent(data=value if isinstance(value, str) else json.dumps(value))


STANDARD: list[Any] = [
    {"type": "content", "data": "Hi"},
    {"type": "error", "error": {"message": "no"}},
    {"type": "surprise", "delta": {}},
    {"type": "response.time", "ms": 3},
    {"event": "x", "choices": ["a", "b"]},
    {"error": None},
    {"error": "of measurement", "value": 3},
    "plain text",
    "[DONE]",
    "7",
]


@pytest.mark.parametrize("value", STANDARD)
def test_other_events_are_the_standard_protocol(value: Any) -> None:
    events = [event_of(value), event_of({"type": "content", "data": "more"})]
    assert read(events, "auto") == read(events, "standard")


@given(st.lists(json_values | st.text(max_size=10), min_size=1, max_size=4))
def test_values_that_python_yields_keep_their_meaning(values: list[Any]) -> None:
    """Objects that have a `type` already are parsed by it, whatever it is."""
    values = [v for v in values if not (isinstance(v, dict) and "type" in v)]
    events = [to_event(value) for value in values]
    assert read(events, "auto") == read(events, "standard")


def test_a_vendors_event_that_comes_later_switches_over() -> None:
    chunk = {"choices": [{"index": 0, "delta": {"content": "Hi"}}]}
    events = [event_of({"type": "content", "data": "Wait. "}), event_of(chunk)]
    assert read(events, "auto") == [Text("Wait. "), Text("Hi")]


def test_heartbeats_decide_nothing_and_leave_nothing() -> None:
    ping = event_of({"type": "ping", "time": 1764236400})
    assert read([ping, *[event_of({"type": "content", "data": "Hi"})]], "auto") == [
        Text("Hi")
    ]
    assert read([ping] * 1000, "auto") == []


@pytest.mark.anyio
async def test_a_vendors_stream_is_shown_as_an_answer(
    sse_server: StartSSEServer,
) -> None:
    """From the server to the frozen output: sources and usage are below the answer,
    though both were sent before its end."""
    server = sse_server(events(bytes_of("anthropic/citations").decode()))
    stream = nbstream.stream(server.url, method="POST", json={}, name="s")
    await stream
    assert stream.text == "The grass is green and the sky is blue."
    data, _ = bundle(stream)
    *lines, used = data["text/plain"].splitlines()
    assert lines == [
        "The grass is green and the sky is blue.",
        "Sources:",
        "[1] My Document",
        "    “The grass is green.”",
        "[2] Sky",
        "    “The sky is blue.”",
        "[3] Colours https://docs.example/sky",
        "    “Blue it is.”",
    ]
    assert "610 in" in used
    assert "58 out" in used


@pytest.mark.anyio
async def test_a_truncated_answer_has_a_notice_and_a_failed_one_raises(
    sse_server: StartSSEServer,
) -> None:
    server = sse_server(
        events(bytes_of("openai_chat/length").decode()),
        events(bytes_of("anthropic/error").decode()),
    )
    cut = await nbstream.stream(server.url, method="POST", json={})
    assert cut.state == "finished"
    assert [block.kind for block in cut.transcript.blocks] == ["text", "notice"]
    failed = nbstream.stream(server.url, method="POST", json={})
    with pytest.raises(nbstream.StreamFailed, match="Internal server error"):
        await failed
    assert failed.text == "Half an ans"


@pytest.mark.anyio
async def test_an_answer_whose_stream_just_ends_is_not_taken_for_a_whole_one(
    sse_server: StartSSEServer,
) -> None:
    whole = bytes_of("anthropic/text").decode()
    server = sse_server(events(whole[: whole.index("event: content_block_stop")]))
    stream = await nbstream.stream(server.url, method="POST", json={})
    assert stream.text == "Hello, wörld! ✓"
    assert "may be cut" in stream.transcript.blocks[-1].plain()


@pytest.mark.anyio
async def test_a_vendors_end_event_ends_the_stream() -> None:
    async def job() -> AsyncIterator[Any]:
        for event in events_of("openai_responses/text"):
            yield event
        raise AssertionError("nobody wants more than the answer")

    stream = await nbstream.stream(job())
    assert stream.text == "Hi there! ✓"
    updates = [update async for update in stream]
    assert updates[-1] == Finished()


@pytest.mark.anyio
@pytest.mark.parametrize(
    "end",
    [
        ServerSentEvent(event="end", data="{}"),
        ServerSentEvent(event="done"),
        ServerSentEvent(data='{"done": true}'),
    ],
)
async def test_an_answer_that_ends_with_a_common_end_event_is_complete(
    end: ServerSentEvent,
) -> None:
    """A server that relays a vendor's text and announces the end with an event of
    another format."""
    chunk = (
        '{"object": "chat.completion.chunk", "choices": [{"delta": {"content": "Hi"}}]}'
    )
    stream = await nbstream.stream(iter([ServerSentEvent(data=chunk), end]))
    assert stream.text == "Hi"
    assert stream.stop_reason is None


def test_a_vendors_event_without_content_decides_nothing() -> None:
    empty = {"id": "", "object": "", "model": "", "choices": []}
    events = [event_of(value) for value in (empty, {"token": "Hel"}, {"token": "lo"})]
    assert [u for u in read(events, "auto") if isinstance(u, Text)] == [
        Text("Hel"),
        Text("lo"),
    ]


@pytest.mark.parametrize("data", [":", ": wait", "::data", ":param x: the first"])
def test_data_that_begins_with_a_colon_is_kept_among_a_vendors_events(
    data: str,
) -> None:
    chunk = {"choices": [{"index": 0, "delta": {"content": "Hi"}}]}
    auto = dialect_named("auto")
    auto.read(event_of(chunk))

    assert auto.read(event_of(data)) == (Raw("message", data),)
    assert auto.read(event_of(": keepalive")) == ()
