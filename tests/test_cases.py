"""Streams as servers send them, from a real server, and the user's results."""

from __future__ import annotations

import asyncio

import pytest

import nbstream
from nbstream.testing import Connection, SSEServer

from .stream_cases import CASES, differences, everything_received, outcome_of

pytestmark = [pytest.mark.slow, pytest.mark.anyio]

CUTS = {"whole": None, "cut": 7}
"""Bytes in a piece; None is the whole body at once."""


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("cut", CUTS)
async def test_a_user_gets_what_the_server_meant(name: str, cut: str) -> None:
    case, size = CASES[name], CUTS[cut]
    asked_too_often = asyncio.Event()
    loop = asyncio.get_running_loop()

    async def serve(connection: Connection) -> None:
        if connection.number >= case.requests:
            loop.call_soon_threadsafe(asked_too_often.set)
        await connection.head(case.status, content_type=case.content_type)
        body = case.body(connection.number)
        await connection.drip(body, size or max(len(body), 1))
        if case.stays_open:
            await connection.stall()
        if case.breaks_off and connection.number == 0:
            await connection.cut()

    with SSEServer(serve) as server:
        stream = nbstream.stream(server.url, method=case.method, content=case.content)
        if case.is_cancelled:
            await everything_received(stream, case.body(0))
            assert not stream.done, f"It ended by itself: {stream!r} {stream.reason}"
            stream.cancel()
        ended = await ends_in_time(stream, asked_too_often, case.patience)
        outcome = await outcome_of(stream)
        outcome["requests"] = len(server.requests)

    found = differences({"requests": 1, **case.expect}, outcome)
    assert not found, "\n".join(found)
    assert ended, f"It did not end by itself within {case.patience:g} s."


async def ends_in_time(
    stream: nbstream.Stream, asked_too_often: asyncio.Event, patience: float
) -> bool:
    """Wait for the end of a stream; return whether it ended without cancelling: in
    time, and without repeated requests to the server."""
    end = asyncio.create_task(stream.wait())
    too_often = asyncio.create_task(asked_too_often.wait())
    await asyncio.wait(
        {end, too_often}, timeout=patience, return_when=asyncio.FIRST_COMPLETED
    )
    too_often.cancel()
    if by_itself := end.done():
        return by_itself
    stream.cancel()
    await end
    return False
