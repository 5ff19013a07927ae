"""Every kind of fault against a resumable server: nothing lost, nothing twice.

The server has 1,000 numbered events. The first connections each play the fault, with
an honest stretch between them; the client must end up with 1 to 1,000, in order.
"""

from __future__ import annotations

from typing import Any

import pytest

from nbstream.sse import Backoff, EventSource, encode_comment
from nbstream.testing import Connection, StartSSEServer, numbered_events

from .connection_faults import FAULTS, fault, honest, honest_to_the_end

pytestmark = [pytest.mark.slow, pytest.mark.anyio]

COUNT = 1000
QUICK = Backoff(
    initial=0.001, cap=0.002, floor=0.0, after_end=0.001, retry_after_cap=0.001
)


# -- refusals --------------------------------------------------------------------


def refusal(code: int, **headers: Any) -> None:
    async def play(connection: Connection, blocks: list[bytes]) -> None:
        await connection.head(code, headers, content_type="text/plain", length=4)
        await connection.send("busy")

    play.__name__ = f"status_{code}" + "".join(f"_{name}" for name in headers)
    fault(play)


for code in (408, 425, 429, 500, 502, 503, 504):
    refusal(code)
refusal(503, **{"Retry-After": "3600"})


@fault
async def redirect_to_itself(connection: Connection, blocks: list[bytes]) -> None:
    if connection.request.path == "/again":
        await connection.send(*blocks[:40])
        await connection.reset()
    else:
        await connection.head(307, {"Location": "/again"}, length=0)


# -- odd, but allowed ----------------------------------------------------------------


@fault
async def every_byte_by_itself(connection: Connection, blocks: list[bytes]) -> None:
    await connection.drip(b"".join(blocks[:40]))
    await connection.reset()


@fault
async def cut_in_threes(connection: Connection, blocks: list[bytes]) -> None:
    await connection.drip(b"".join(blocks[:40]), 3)
    await connection.reset()


@fault
async def one_burst(connection: Connection, blocks: list[bytes]) -> None:
    await connection.send(b"".join(blocks[:200]))
    await connection.reset()


@fault
async def heartbeats_between_events(
    connection: Connection, blocks: list[bytes]
) -> None:
    for block in blocks[:40]:
        await connection.send(block, encode_comment("heartbeat"))
    await connection.reset()


@fault
async def carriage_returns(connection: Connection, blocks: list[bytes]) -> None:
    await connection.drip(b"".join(blocks[:40]).replace(b"\n", b"\r"), 5)
    await connection.reset()


@fault
async def carriage_returns_and_newlines(
    connection: Connection, blocks: list[bytes]
) -> None:
    await connection.drip(b"".join(blocks[:40]).replace(b"\n", b"\r\n"), 5)
    await connection.reset()


@fault
async def byte_order_mark(connection: Connection, blocks: list[bytes]) -> None:
    await connection.send(b"\xef\xbb\xbf" + b"".join(blocks[:40]))
    await connection.reset()


@fault
async def bad_bytes_in_a_comment(connection: Connection, blocks: list[bytes]) -> None:
    await connection.send(*blocks[:40], b": \xff\xfe\xe2\x82")
    await connection.reset()


@fault
async def gzip_cut_off(connection: Connection, blocks: list[bytes]) -> None:
    await connection.head(coding="gzip")
    await connection.send(*blocks[:40], blocks[40][:9])
    await connection.reset()


@fault
async def deflate_without_its_end(connection: Connection, blocks: list[bytes]) -> None:
    await connection.head(coding="deflate")
    await connection.send(*blocks[:40])
    await connection.cut()


@fault
async def gzip_that_is_none(connection: Connection, blocks: list[bytes]) -> None:
    await connection.head(headers={"Content-Encoding": "gzip"})
    await connection.send(*blocks[:40])


@fault
async def a_retry_of_nothing(connection: Connection, blocks: list[bytes]) -> None:
    await connection.send(b"retry: 0\n\n", *blocks[:40])
    await connection.reset()


def test_there_are_at_least_thirty_faults() -> None:
    assert len(FAULTS) >= 30


@pytest.mark.parametrize("name", FAULTS)
async def test_nothing_is_lost_and_nothing_comes_twice(
    sse_server: StartSSEServer, name: str
) -> None:
    play = FAULTS[name]
    server = sse_server(
        numbered_events(COUNT, faults=[*[play, honest] * 3, honest_to_the_end] * 9)
    )
    silent = name.startswith("stall")
    async with EventSource(
        server.url,
        backoff=QUICK,
        retries=100,
        idle_timeout=0.1 if silent else 30.0,
    ) as source:
        got = [int(event.id) async for event in source]
    assert got == list(range(1, COUNT + 1))
    assert source.last_event_id == str(COUNT)
    assert len(server.connections) > 4, "the fault was really met, and more than once"


async def test_all_the_faults_one_after_another(sse_server: StartSSEServer) -> None:
    """Each in turn on one client, with a few honest events between them."""

    async def a_few(connection: Connection, blocks: list[bytes]) -> None:
        await connection.send(*blocks[:5])

    count = 3 * COUNT  # enough for all of them
    plays = list(FAULTS.values())
    script = numbered_events(
        count,
        faults=[step for play in plays for step in (play, a_few)] + [honest_to_the_end],
    )
    server = sse_server(script)
    async with EventSource(
        server.url, backoff=QUICK, retries=100, idle_timeout=0.1
    ) as source:
        got = [int(event.id) async for event in source]
    assert got == list(range(1, count + 1))
    assert len(server.connections) > len(plays)
