"""Loops over an EventSource that are left half-way, without `async with`."""

from __future__ import annotations

import asyncio
import sys

import anyio
import pytest

from nbstream.errors import StreamClosed
from nbstream.testing import StartSSEServer, events

from .sse_client import GONE, ONE, TWO, quick

pytestmark = pytest.mark.anyio


async def test_a_loop_that_was_left_can_be_gone_on_with(
    sse_server: StartSSEServer,
) -> None:
    source = quick(sse_server(events(ONE, TWO), GONE).url)
    async for event in source:
        assert event.data == "one"
        break
    assert [event.data async for event in source] == ["two"]


async def test_a_loop_that_was_left_for_good_closes_its_connection(
    sse_server: StartSSEServer,
) -> None:
    server = sse_server(events(ONE, stay=True))
    async for _ in quick(server.url):
        break
    await server.until(lambda: server.connections[0].left)


async def test_a_wait_that_a_scope_cancels_closes_the_connection(
    sse_server: StartSSEServer,
) -> None:
    server = sse_server(events(ONE, stay=True))
    source = quick(server.url)
    assert (await anext(source)).data == "one"
    with anyio.move_on_after(0.01) as scope:
        await anext(source)
    assert scope.cancelled_caught
    assert source.ready_state == "closed"
    await server.until(lambda: server.connections[0].left)
    with pytest.raises(StreamClosed, match="broke off"):
        await anext(source)


LEAVES_A_LOOP = """
import asyncio, gc, sys
from nbstream.sse import EventSource

kept = []

async def main(url, how):
    source = EventSource(url)
    if how == "kept":
        kept.append(source)
    async for event in source:
        if how == "raises":
            raise SystemExit
        break
    if how == "collected":
        del source
        gc.collect()
        await asyncio.sleep(0)
        gc.collect()

asyncio.run(main(*sys.argv[1:]))
"""


@pytest.mark.parametrize("how", ["left", "kept", "raises", "collected"])
async def test_a_loop_that_was_left_prints_nothing(
    sse_server: StartSSEServer, how: str
) -> None:
    """Neither at the exit of the process, nor when it is collected before."""
    server = sse_server(events(ONE, stay=True))
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-X", "dev", "-c", LEAVES_A_LOOP, server.url, how),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    printed, _ = await process.communicate()
    # Warnings of asyncio's debug mode about slow steps depend on the machine.
    lines = [line for line in printed.decode().splitlines() if "took" not in line]
    assert lines == []
    assert process.returncode == 0
