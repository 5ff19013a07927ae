"""The delay before EventSource reconnects, and the limit of tries."""

from __future__ import annotations

from typing import Any

import pytest

from nbstream.errors import (
    ConnectionFailed,
    ConnectionLost,
)
from nbstream.sse import Backoff, ConnectionChange
from nbstream.testing import Connection, StartSSEServer, events, status

from .sse_client import GONE, ONE, data_of, quick

pytestmark = pytest.mark.anyio


async def delays_of(url: str, **options: Any) -> list[float]:
    delays = []

    def on_change(change: ConnectionChange) -> None:
        if change.reason:
            delays.append(change.delay)

    source = quick(url, on_change=on_change, **options)
    try:
        async with source:
            async for _ in source:
                pass
    except (ConnectionLost, ConnectionFailed):
        pass
    return delays[:-1]  # the last one is the close


async def test_the_servers_retry_is_honoured(sse_server: StartSSEServer) -> None:
    server = sse_server(events("retry: 7\n\n"), GONE)
    assert await delays_of(server.url) == [0.007]


async def test_the_servers_retry_has_a_floor(sse_server: StartSSEServer) -> None:
    server = sse_server(events("retry: 0\n\n"), GONE)
    backoff = Backoff(floor=0.011)
    assert await delays_of(server.url, backoff=backoff) == [0.011]


async def test_a_retry_in_a_block_that_was_cut_counts(
    sse_server: StartSSEServer,
) -> None:
    server = sse_server(events("retry: 7\nda"), GONE)
    assert await delays_of(server.url) == [0.007]


async def test_retry_of_anything_but_digits_is_ignored(
    sse_server: StartSSEServer,
) -> None:
    server = sse_server(events("retry: 7\n\nretry: 1_0\n\nretry: +9\n\n"), GONE)
    assert await delays_of(server.url) == [0.007]


def test_delays_grow_with_full_jitter_up_to_the_cap() -> None:
    backoff = Backoff(initial=1.0, factor=2.0, cap=8.0, floor=0.0)
    for failures, bound in [(1, 1), (2, 2), (3, 4), (4, 8), (5, 8), (10_000, 8)]:
        drawn = [backoff.delay(failures) for _ in range(300)]
        assert 0 <= min(drawn) < bound / 4, "jitter reaches down to nothing"
        assert bound * 3 / 4 < max(drawn) <= bound


def test_delays_grow_from_the_servers_retry_and_never_below_it() -> None:
    backoff = Backoff(cap=8.0)
    assert backoff.delay(1, server=2.0) == 2.0
    drawn = [backoff.delay(3, server=2.0) for _ in range(300)]
    assert min(drawn) >= 2.0
    assert max(drawn) > 4.0


def test_a_servers_retry_beyond_the_cap_is_honoured() -> None:
    assert Backoff(cap=1.0).delay(5, server=60.0) == 60.0


async def test_delays_start_small_again_after_a_healthy_time(
    sse_server: StartSSEServer,
) -> None:
    """With `healthy=0` every connection was open long enough."""
    backoff = Backoff(initial=0.001, factor=1000.0, floor=0.0, healthy=0.0)

    async def drops(connection: Connection) -> None:
        await connection.send(": hello\n\n")
        await connection.reset()

    server = sse_server(*[drops] * 5, GONE)
    assert max(await delays_of(server.url, backoff=backoff)) <= 0.001


async def test_delays_grow_while_connections_break_at_once(
    sse_server: StartSSEServer,
) -> None:
    seen = []

    class Watched(Backoff):
        def delay(self, failures: int, **_: Any) -> float:
            seen.append(failures)
            return 0.0

    async def drops(connection: Connection) -> None:
        await connection.send(": hello\n\n")
        await connection.reset()

    server = sse_server(*[drops] * 4, GONE)
    await data_of(quick(server.url, backoff=Watched()))
    assert seen == [1, 2, 3, 4]


async def test_drops_that_each_brought_events_never_use_up_the_tries(
    sse_server: StartSSEServer,
) -> None:
    async def drops(connection: Connection) -> None:
        await connection.send(ONE)
        await connection.reset()

    server = sse_server(*[drops] * 50, GONE)
    assert len(await data_of(quick(server.url))) == 50


async def test_clean_ends_never_use_up_the_tries_where_they_are_followed(
    sse_server: StartSSEServer,
) -> None:
    server = sse_server(*[events(": nothing\n\n")] * 50, status(503), GONE)
    assert await data_of(quick(server.url, follow=True)) == []
    assert len(server.connections) == 52
