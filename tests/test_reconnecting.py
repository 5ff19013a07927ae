"""EventSource after a connection has ended: the state it keeps, and its delays."""

from __future__ import annotations

import asyncio

import pytest

from nbstream.errors import (
    ConnectionLost,
)
from nbstream.sse import ConnectionChange
from nbstream.testing import Connection, StartSSEServer, events, status

from .sse_client import GONE, ONE, TWO, data_of, error_of, quick

pytestmark = pytest.mark.anyio


# -- reconnecting and resuming -------------------------------------------------------


async def test_the_first_request_has_no_last_event_id_and_later_ones_have_the_last(
    sse_server: StartSSEServer,
) -> None:
    server = sse_server(events(ONE), events("data: keeps the id\n\n"), GONE)
    await data_of(quick(server.url))
    assert "last-event-id" not in server.requests[0].headers
    assert [r.last_event_id for r in server.requests[1:]] == ["1", "1"]


async def test_the_first_request_resumes_from_the_callers_id(
    sse_server: StartSSEServer,
) -> None:
    server = sse_server(GONE)
    await data_of(quick(server.url, last_event_id="41"))
    assert server.requests[0].last_event_id == "41"


async def test_an_empty_id_resets_and_then_no_header_is_sent(
    sse_server: StartSSEServer,
) -> None:
    server = sse_server(events(ONE, "id\ndata: reset\n\n"), GONE)
    await data_of(quick(server.url))
    assert "last-event-id" not in server.requests[1].headers


async def test_an_id_without_data_counts(sse_server: StartSSEServer) -> None:
    server = sse_server(events("id: 7\n\n"), GONE)
    assert await data_of(quick(server.url)) == []
    assert server.requests[1].last_event_id == "7"


async def test_a_non_ascii_id_is_sent_as_its_utf8_bytes(
    sse_server: StartSSEServer,
) -> None:
    server = sse_server(events("id: zürich-✓\ndata: x\n\n"), GONE)
    await data_of(quick(server.url))
    assert server.requests[1].last_event_id == "zürich-✓"


async def test_white_space_around_an_id_is_trimmed(sse_server: StartSSEServer) -> None:
    server = sse_server(events("id:  \t 7 \t\ndata: x\n\n"), GONE)
    await data_of(quick(server.url))
    assert server.requests[1].last_event_id == "7"


@pytest.mark.parametrize("bad", ["\x01\x02", "a\x7fb", "x" * 5000])
async def test_an_id_that_no_header_can_carry_is_left_out_with_a_warning(
    sse_server: StartSSEServer, bad: str
) -> None:
    server = sse_server(events(f"id: {bad}\ndata: x\n\n"), events(TWO), GONE)
    with pytest.warns(UserWarning, match="cannot be sent in a header"):
        assert await data_of(quick(server.url)) == ["x", "two"]
    assert "last-event-id" not in server.requests[1].headers


async def test_an_id_of_only_white_space_is_not_sent_as_an_empty_header(
    sse_server: StartSSEServer,
) -> None:
    server = sse_server(events("id:   \ndata: x\n\n"), GONE)
    with pytest.warns(UserWarning, match="cannot be sent"):
        await data_of(quick(server.url))
    assert "last-event-id" not in server.requests[1].headers


async def test_nothing_of_a_cut_block_leaks_into_the_next_connection(
    sse_server: StartSSEServer,
) -> None:
    async def cut(connection: Connection) -> None:
        await connection.send(ONE, "id: 99\nevent: odd\ndata: half")
        await connection.reset()

    server = sse_server(cut, events("data: whole\n\n"), GONE)
    async with quick(server.url) as source:
        got = [(e.event, e.data, e.id) async for e in source]
    assert got == [("message", "one", "1"), ("message", "whole", "1")]
    assert server.requests[1].last_event_id == "1"


async def test_half_a_character_does_not_leak_into_the_next_connection(
    sse_server: StartSSEServer,
) -> None:
    async def cut(connection: Connection) -> None:
        await connection.send(b"data: \xe2\x82")
        await connection.cut()

    server = sse_server(cut, events(b"data: \xac\n\n"), GONE)
    assert await data_of(quick(server.url)) == ["\N{REPLACEMENT CHARACTER}"]


async def test_a_bom_is_stripped_on_every_connection(
    sse_server: StartSSEServer,
) -> None:
    server = sse_server(events(b"\xef\xbb\xbfdata: 1\n\n"), events(ONE), GONE)
    assert await data_of(quick(server.url, follow=True)) == ["1", "one"]
    server = sse_server(*[events(b"\xef\xbb\xbfdata: x\n\n")] * 2, GONE)
    assert await data_of(quick(server.url, follow=True)) == ["x", "x"]


async def test_the_body_is_sent_again_where_sending_again_is_allowed(
    sse_server: StartSSEServer,
) -> None:
    async def drops(connection: Connection) -> None:
        await connection.reset()

    server = sse_server(drops, events(ONE))
    assert await data_of(quick(server.url, content="ask", retries=1)) == ["one"]
    assert [r.body for r in server.requests] == [b"ask", b"ask"]


async def test_a_server_that_is_away_for_a_while_is_found_again(
    sse_server: StartSSEServer,
) -> None:
    async def drops(connection: Connection) -> None:
        await connection.send(ONE)
        await connection.wait("door is shut")
        await connection.cut()

    server = sse_server(drops, events(TWO), GONE)
    tried = asyncio.Event()

    def on_change(change: ConnectionChange) -> None:
        if "attempts failed" in change.reason or "refused" in change.reason.lower():
            tried.set()

    source = quick(server.url, on_change=on_change, retries=10_000)
    reading = asyncio.create_task(data_of(source))
    await server.until(lambda: server.connections)
    server.refuse()
    server.signal("door is shut")
    await tried.wait()
    server.accept()
    assert await reading == ["one", "two"]


# -- never pay twice -----------------------------------------------------------------


async def test_a_clean_end_of_a_post_is_the_end(sse_server: StartSSEServer) -> None:
    server = sse_server(events("data: one\n\n"))
    assert await data_of(quick(server.url, json={})) == ["one"]
    assert len(server.connections) == 1


async def test_a_clean_end_of_a_post_is_the_end_even_where_it_could_resume(
    sse_server: StartSSEServer,
) -> None:
    server = sse_server(events(ONE))
    assert await data_of(quick(server.url, json={}, retries=5)) == ["one"]
    assert len(server.connections) == 1


async def test_a_dropped_post_is_an_error_that_keeps_the_events_so_far(
    sse_server: StartSSEServer,
) -> None:
    async def drops(connection: Connection) -> None:
        await connection.send("data: one\n\n")
        await connection.reset()

    server = sse_server(drops)
    got, error = await error_of(quick(server.url, json={}), ConnectionLost)
    assert got == ["one"]
    assert "retries=N" in str(error)
    assert len(server.connections) == 1


async def test_a_post_that_may_have_arrived_is_not_sent_again(
    sse_server: StartSSEServer,
) -> None:
    """Dropped before any response: it is unknown whether the server acted."""

    async def drops(connection: Connection) -> None:
        await connection.reset()

    server = sse_server(drops)
    await error_of(quick(server.url, json={}), ConnectionLost)
    assert len(server.connections) == 1


async def test_a_post_that_can_resume_by_id_is_sent_again(
    sse_server: StartSSEServer,
) -> None:
    async def drops(connection: Connection) -> None:
        await connection.send(ONE)
        await connection.reset()

    server = sse_server(drops, events(TWO))
    assert await data_of(quick(server.url, json={})) == ["one", "two"]
    assert server.requests[1].last_event_id == "1"


async def test_retries_allow_a_post_to_be_sent_again_that_often_at_most(
    sse_server: StartSSEServer,
) -> None:
    async def drops(connection: Connection) -> None:
        await connection.send("data: again\n\n")
        await connection.reset()

    server = sse_server(drops)
    source = quick(server.url, json={}, retries=2)
    got, _ = await error_of(source, ConnectionLost)
    assert got == ["again"] * 3
    assert len(server.connections) == 3


async def test_a_post_that_was_refused_is_sent_again(
    sse_server: StartSSEServer,
) -> None:
    server = sse_server(status(429), events("data: one\n\n"))
    assert await data_of(quick(server.url, json={})) == ["one"]
