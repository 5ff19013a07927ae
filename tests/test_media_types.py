"""Content types other than text/event-stream, from a real server."""

from __future__ import annotations

from typing import Any

import pytest

import nbstream
from nbstream.errors import ConnectionFailed, EventTooLarge
from nbstream.sse import ConnectionChange
from nbstream.testing import QUICK, Connection, Script, StartSSEServer
from nbstream.updates import Note

from .sse_client import data_of, error_of, quick

pytestmark = pytest.mark.anyio


def body(
    text: str | bytes, kind: Any, *, size: int = 0, length: bool = False
) -> Script:
    """Return a script that sends this body, whole or in pieces of `size` bytes."""
    data = text.encode() if isinstance(text, str) else text

    async def play(connection: Connection) -> None:
        await connection.head(content_type=kind, length=len(data) if length else None)
        await connection.drip(data, size or len(data) or 1)

    return play


async def read(server: Any, **options: Any) -> tuple[list[tuple[str, str]], list[str]]:
    """Return the events, and the notes about them."""
    notes: list[str] = []

    def note(change: ConnectionChange) -> None:
        if change.note:
            notes.append(change.note)

    source = quick(server.url, on_change=note, **options)
    async with source:
        return [(event.event, event.data) async for event in source], notes


LINES = '{"token": "Silt"}\n{"token": " and"}\n'
LINE_EVENTS = [("message", line) for line in LINES.splitlines()]
SIZES = pytest.mark.parametrize("size", [0, 1, 7])


@SIZES
@pytest.mark.parametrize(
    "kind",
    [
        "application/x-ndjson",
        "application/jsonl; charset=utf-8",
        "application/json-lines",
        "application/stream+json",
        "Application/JSON",
    ],
)
@pytest.mark.parametrize("options", [{}, {"json": {}}], ids=["GET", "POST"])
async def test_json_lines_are_events(
    sse_server: StartSSEServer, kind: str, size: int, options: dict[str, Any]
) -> None:
    server = sse_server(body(LINES, kind, size=size))
    assert await read(server, **options) == (LINE_EVENTS, [])
    assert len(server.connections) == 1
    assert server.requests[0].headers["accept"] == "text/event-stream"


async def test_a_line_is_read_before_the_next_is_sent(
    sse_server: StartSSEServer,
) -> None:
    async def watch(connection: Connection) -> None:
        await connection.head(content_type="application/json")
        await connection.send('{"type": "ADDED"}\n')
        await connection.stall()

    async with quick(sse_server(watch).url) as source:
        assert (await anext(source)).data == '{"type": "ADDED"}'


SSE = ": hello\n\nretry: 1\nid: 1\ndata: one\n\ndata: two\n\n"


@SIZES
@pytest.mark.parametrize(
    ("kind", "says"),
    [("text/plain", "sends text/plain"), (None, "names no media type")],
)
async def test_an_event_stream_by_another_name_is_read_with_a_note(
    sse_server: StartSSEServer, kind: str | None, says: str, size: int
) -> None:
    server = sse_server(body(SSE, kind, size=size))
    events, (note,) = await read(server)
    assert events == [("message", "one"), ("message", "two")]
    assert says in note
    assert "media_type='text/event-stream'" in note
    assert len(server.connections) == 2, "its id and its retry count"


@SIZES
@pytest.mark.parametrize("kind", ["text/plain", None])
async def test_json_lines_by_another_name_are_read_with_a_note(
    sse_server: StartSSEServer, kind: str | None, size: int
) -> None:
    events, (note,) = await read(sse_server(body(LINES, kind, size=size)))
    assert events == LINE_EVENTS
    assert "application/x-ndjson" in note


TEXTS = [
    "The tide turns.\n\n- low at six\n",
    "date: today\nidle\ndata",
    "event: a party\nbring: cake",
    "{x} is a set\n",
    ":) hello",
    "\n\n  é",
    "id",
]


@SIZES
@pytest.mark.parametrize("text", TEXTS)
async def test_plain_text_is_content_as_it_comes(
    sse_server: StartSSEServer, text: str, size: int
) -> None:
    events, notes = await read(sse_server(body(text, "text/plain", size=size)))
    assert {event for event, _ in events} == {"content"}
    assert "".join(data for _, data in events) == text
    assert notes == []


async def test_text_comes_without_waiting_for_a_newline(
    sse_server: StartSSEServer,
) -> None:
    async def tokens(connection: Connection) -> None:
        await connection.head(content_type="text/plain; charset=utf-8")
        await connection.send("The")
        await connection.stall()

    async with quick(sse_server(tokens).url) as source:
        assert (await anext(source)).data == "The"


async def test_text_of_an_unnamed_type_is_read_with_a_note(
    sse_server: StartSSEServer,
) -> None:
    events, (note,) = await read(sse_server(body("The tide", None)))
    assert events == [("content", "The tide")]
    assert "media_type='text/plain'" in note


REFUSED = {
    "a page": body("<html><b>Please log in", "text/html"),
    "a page of no type": body("<!DOCTYPE html>Please log in", None),
    "a file of no type": body(b"\x89PNG\x00\xff Please log in", None),
    "a text with its length": body("Please log in", "text/plain", length=True),
    "a document": body('{"detail": "Please log in"}', "application/json"),
    "a document with a newline": body(
        '{"detail":\n"Please log in"}', "application/json"
    ),
    "a document with its length": body(
        '{"detail": "Please log in"}\n', "application/json", length=True
    ),
    "another type": body("Please log in", "application/xml"),
}


@pytest.mark.parametrize("script", REFUSED.values(), ids=REFUSED)
async def test_a_document_is_refused_with_its_message(
    sse_server: StartSSEServer, script: Any
) -> None:
    server = sse_server(script)
    got, error = await error_of(quick(server.url), ConnectionFailed)
    assert got == []
    assert "Please log in" in str(error)
    assert "text/event-stream" in str(error)
    assert error.status_code == 200
    assert len(server.connections) == 1


@pytest.mark.parametrize("kind", ["text/plain", "application/x-ndjson", None])
async def test_strict_allows_only_the_one_type(
    sse_server: StartSSEServer, kind: str | None
) -> None:
    server = sse_server(body(LINES, kind))
    await error_of(quick(server.url, strict=True), ConnectionFailed)


DOCUMENT = '{"choices": [\n  {"message": "Aye"}\n]}'


@SIZES
@pytest.mark.parametrize("length", [True, False])
@pytest.mark.parametrize("document", [DOCUMENT, '{"answer": "Aye"}', '{"a": 1}\n'])
async def test_a_document_in_response_to_a_post_has_advice(
    sse_server: StartSSEServer, document: Any, length: bool, size: int
) -> None:
    server = sse_server(body(document, "application/json", size=size, length=length))
    events, (note,) = await read(server, json={"model": "dab"})
    assert events == [("message", document.strip())]
    assert '"stream": true' in note


async def test_a_request_that_has_stream_true_gets_no_advice_to_add_it(
    sse_server: StartSSEServer,
) -> None:
    server = sse_server(body(DOCUMENT, "application/json"))
    _, (note,) = await read(server, json={"stream": True})
    assert '"stream"' not in note


async def test_the_size_of_a_document_and_of_a_line_is_bounded(
    sse_server: StartSSEServer,
) -> None:
    for kind in ("application/json", "application/x-ndjson"):
        server = sse_server(body("[" + " " * 5000, kind, size=1000))
        source = quick(server.url, json={}, max_event_size=2000)
        await error_of(source, EventTooLarge)


async def test_a_last_line_that_was_cut_off_is_dropped(
    sse_server: StartSSEServer,
) -> None:
    async def breaks(connection: Connection) -> None:
        await connection.head(content_type="application/x-ndjson")
        await connection.send('{"a": 1}\n{"b"')
        await connection.cut()

    server = sse_server(breaks, body('{"c": 3}\n', "application/x-ndjson"))
    assert await data_of(quick(server.url)) == ['{"a": 1}', '{"c": 3}']


async def test_the_note_reaches_the_reader_once(sse_server: StartSSEServer) -> None:
    server = sse_server(body("retry: 1\ndata: one\n\n", "text/plain"))
    stream = nbstream.stream(server.url, retries=2, backoff=QUICK)
    await stream
    notes = [u.message async for u in stream if isinstance(u, Note)]
    assert len(notes) == 1
    assert stream.text == "one" * 3
