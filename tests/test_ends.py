"""How streams end: on a real connection, for an EventSource and for a Stream."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest

import nbstream
from nbstream.content.blocks import ErrorBlock
from nbstream.display import snapshot
from nbstream.errors import ConnectionFailed, ConnectionLost
from nbstream.sse import Backoff
from nbstream.testing import (
    QUICK,
    Connection,
    StartSSEServer,
    events,
    numbered_blocks,
    status,
)
from nbstream.updates import Note

from .sse_client import GONE, ONE, TWO, data_of, error_of, quick

pytestmark = [pytest.mark.slow, pytest.mark.anyio]


FINITE = events("data: one\n\n", "data: two\n\n")


async def test_a_finite_answer_is_read_once(sse_server: StartSSEServer) -> None:
    server = sse_server(FINITE)
    source = quick(server.url)
    assert await data_of(source) == ["one", "two"]
    assert len(server.connections) == 1
    assert source.end_reason == "the server ended the stream"


@pytest.mark.parametrize("option", ["follow", "strict"])
async def test_a_finite_answer_is_requested_again_where_configured(
    sse_server: StartSSEServer, option: str
) -> None:
    server = sse_server(FINITE, FINITE, GONE)
    assert await data_of(quick(server.url, **{option: True})) == ["one", "two"] * 2


async def test_an_answer_without_an_event_is_an_error(
    sse_server: StartSSEServer,
) -> None:
    server = sse_server(events(": only a comment\n\n"))
    _, error = await error_of(quick(server.url), ConnectionFailed)
    assert "ended without an event" in str(error)
    assert len(server.connections) == 1


async def test_retries_wait_for_the_first_event(sse_server: StartSSEServer) -> None:
    server = sse_server(events(": not yet\n\n"), events(": not yet\n\n"), FINITE)
    assert await data_of(quick(server.url, retries=2)) == ["one", "two"]


async def test_a_server_that_restarts_its_stream_has_ended_and_nothing_is_repeated(
    sse_server: StartSSEServer,
) -> None:
    server = sse_server(events(ONE, TWO))
    source = quick(server.url)
    assert await data_of(source) == ["one", "two"]
    assert len(server.connections) == 2
    await server.until(lambda: all(c.left or c.closed for c in server.connections))
    assert source.last_event_id == "2"


async def test_a_repeat_that_comes_with_new_events_is_cut_off_there(
    sse_server: StartSSEServer,
) -> None:
    blocks = numbered_blocks(1, 4)
    server = sse_server(
        events(b"".join(blocks[:2])), events(blocks[2] + b"".join(blocks))
    )
    got = await data_of(quick(server.url))
    assert got == ["event 1", "event 2", "event 3"]


async def test_events_that_only_keep_the_id_are_no_repeat(
    sse_server: StartSSEServer,
) -> None:
    server = sse_server(events(ONE), events("data: more\n\n"), GONE)
    async with quick(server.url) as source:
        got = [(event.data, event.id) async for event in source]
    assert got == [("one", "1"), ("more", "1")]


async def test_a_server_that_has_nothing_more_is_tried_three_times(
    sse_server: StartSSEServer,
) -> None:
    server = sse_server(events(ONE), events(": nothing new\n\n"))
    assert await data_of(quick(server.url)) == ["one"]
    assert len(server.connections) == 4


@pytest.mark.parametrize("retries", [0, 2])
async def test_retries_bound_the_requests_after_ends_in_all(
    sse_server: StartSSEServer, retries: int
) -> None:
    connection = iter(range(1, 100))

    async def next_one(played: Any) -> None:
        await played.send(*numbered_blocks(n := next(connection), n))

    server = sse_server(next_one)
    got = await data_of(quick(server.url, retries=retries))
    assert len(got) == len(server.connections) == retries + 1


async def test_a_break_after_an_announced_end_is_no_failure(
    sse_server: StartSSEServer,
) -> None:
    async def announces_its_end(connection: Connection) -> None:
        await connection.send(ONE)
        await connection.wait("said")
        await connection.reset()

    server = sse_server(announces_its_end)
    async with quick(server.url) as source:
        await anext(source)
        source.stop_reconnecting()
        server.signal("said")
        assert [event async for event in source] == []
    assert len(server.connections) == 1


async def test_a_server_that_is_gone_is_lost_and_the_content_so_far_is_kept(
    sse_server: StartSSEServer,
) -> None:
    async def leaves(connection: Connection) -> None:
        await connection.send(ONE)
        await connection.wait("door is shut")

    server = sse_server(leaves)
    source = quick(server.url)
    reading = asyncio.create_task(error_of(source, ConnectionLost))
    await server.until(lambda: server.connections)
    server.refuse()
    server.signal("door is shut")
    got, error = await reading
    assert got == ["one"]
    assert "refused" in str(error)
    assert error.last_event_id == "1"


# -- how a Stream handles it ----------------------------------------------------------


TEXT = events("data: one\n\n", "data:  two \n\n")


async def test_a_stream_reports_which_side_ended_it(sse_server: StartSSEServer) -> None:
    stream = nbstream.stream(sse_server(TEXT).url)
    await stream
    assert (stream.state, stream.text) == ("finished", "one two ")
    assert stream.reason == "the server ended the stream"


async def test_an_announced_end_needs_no_reason(
    sse_server: StartSSEServer,
) -> None:
    stream = nbstream.stream(sse_server(events(ONE, "data: [DONE]\n\n")).url)
    await stream
    assert (stream.state, stream.reason) == ("finished", "")


async def test_follow_passes_through(sse_server: StartSSEServer) -> None:
    server = sse_server(TEXT, TEXT, status(204))
    stream = nbstream.stream(server.url, follow=True, backoff=QUICK)
    await stream
    assert stream.text == "one two one two "


async def ended_after(server: Any, seconds: float, **options: Any) -> list[str]:
    """The notes in a stream that the server ends so long after it began."""
    stream = nbstream.stream(server.url, **options)
    updates = aiter(stream)
    await anext(updates)
    stream.timing.clock = lambda: time.monotonic() + seconds
    server.signal("end")
    return [update.message async for update in updates if isinstance(update, Note)]


async def feed(connection: Connection) -> None:
    await connection.send("data: one\n\n")
    await connection.wait("end")


async def test_that_a_long_feed_was_ended_is_noted(sse_server: StartSSEServer) -> None:
    (note,) = await ended_after(sse_server(feed), 7 * 3600 + 12 * 60)
    assert note == "The server ended the stream. --follow follows it further."


@pytest.mark.parametrize(
    ("seconds", "options"),
    [(500, {}), (5000, {"json": {}}), (5000, {"retries": 0})],
    ids=["short", "a POST", "as asked"],
)
async def test_other_ends_are_not_noted(
    sse_server: StartSSEServer, seconds: int, options: dict[str, Any]
) -> None:
    assert await ended_after(sse_server(feed), seconds, **options) == []


async def test_a_server_that_has_gone_leaves_all_that_came(
    sse_server: StartSSEServer,
) -> None:
    """The state is failed, but the frozen output contains no failure and no time of
    day."""

    async def leaves(connection: Connection) -> None:
        await connection.send(ONE, TWO)
        await connection.wait("door is shut")

    server = sse_server(leaves)
    stream = nbstream.stream(server.url, backoff=QUICK)
    await server.until(lambda: server.connections)
    server.refuse()
    server.signal("door is shut")
    await stream.wait()
    assert stream.state == "failed"
    assert isinstance(stream.error, ConnectionLost)
    (block,) = [b for b in stream.transcript.blocks if isinstance(b, ErrorBlock)]
    what, count, since = block.state()["lost"]
    assert (what, count) == ("The server has gone", 2)
    assert stream.timing.started <= since
    data, metadata = snapshot.bundle(stream)
    for kind in data.values():
        assert "The server has gone" in kind
        assert "all up to event 2 is kept" in kind
        assert "Failed" not in kind
    assert "#b35900" in data["text/html"]
    assert metadata["nbstream"]["lost_since"].startswith("20")


async def test_a_server_that_was_never_there_has_just_failed(
    sse_server: StartSSEServer,
) -> None:
    server = sse_server(GONE)
    server.refuse()
    stream = nbstream.stream(server.url, backoff=QUICK)
    await stream.wait()
    assert stream.state == "failed"
    data, metadata = snapshot.bundle(stream)
    assert data["text/plain"].startswith("Failed: ")
    assert "lost_since" not in metadata["nbstream"]


def test_a_client_waits_three_seconds_after_an_end_by_default() -> None:
    assert Backoff().after_end == 3.0


@pytest.mark.parametrize("word", ["end", "done", "CLOSE"])
async def test_an_end_without_data_is_an_end(
    sse_server: StartSSEServer, word: str
) -> None:
    """Ids were sent and the server stays up: only the event marks the end."""
    server = sse_server(events(ONE, f"event: {word}\n\n", stay=True))
    stream = await nbstream.stream(server.url)
    assert (stream.state, stream.text) == ("finished", "one")
    assert len(server.connections) == 1
    # A browser's EventSource does not see it.
    server = sse_server(events(ONE, f"event: {word}\n\n"), GONE)
    assert await data_of(quick(server.url, strict=True)) == ["one"]
