"""Cancelling a stream: by its handle, by a wait, by a reader, and from other
threads."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

import nbstream

from .python_streams import forever, until_text

pytestmark = pytest.mark.anyio


async def test_cancel_keeps_the_content_so_far_and_is_harmless_twice() -> None:
    closed = asyncio.Event()

    async def job() -> AsyncIterator[str]:
        try:
            yield "partial"
            await asyncio.Event().wait()
        finally:
            closed.set()

    stream = nbstream.stream(job())
    await until_text(stream, "partial")
    stream.cancel()
    await stream
    assert (stream.state, stream.text) == ("cancelled", "partial")
    assert closed.is_set(), "the generator was closed, not dropped"
    stream.cancel()
    assert stream.state == "cancelled"


async def test_cancel_before_the_first_step() -> None:
    stream = nbstream.stream(forever("never"))
    stream.cancel()
    await stream
    assert (stream.state, stream.text) == ("cancelled", "")


async def test_cancel_from_another_thread() -> None:
    stream = nbstream.stream(forever("a"))
    await until_text(stream, "a")
    await asyncio.to_thread(stream.cancel)
    await stream
    assert stream.state == "cancelled"


async def test_cancelling_the_wait_cancels_the_stream() -> None:
    """As with a task; so an interrupted cell ends its stream."""
    stream = nbstream.stream(forever("a"))
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(stream.wait(), 0.01)
    await stream.wait()
    assert stream.state == "cancelled"


async def test_cancelling_a_reader_cancels_the_stream() -> None:
    """So interrupting a cell that iterates closes the connection too."""
    stream = nbstream.stream(forever("a"))

    async def read() -> None:
        async for _ in stream:
            pass

    reader = asyncio.create_task(read())
    await until_text(stream, "a")
    reader.cancel()
    await stream.wait()
    assert (stream.state, stream.text) == ("cancelled", "a")


async def test_leaving_the_block_cancels() -> None:
    async with nbstream.stream(forever("a")) as stream:
        await until_text(stream, "a")
    assert stream.state == "cancelled"
