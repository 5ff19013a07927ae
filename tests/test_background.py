"""A loop beside the kernel's."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from functools import partial

import pytest

from nbstream.background import BackgroundLoop
from nbstream.sources import source_of
from nbstream.stream import Stream

pytestmark = pytest.mark.anyio


@pytest.fixture
def background() -> Iterator[BackgroundLoop]:
    loop = BackgroundLoop()
    yield loop
    loop.close()


async def words(*first: str, end: bool = True) -> AsyncIterator[str]:
    for word in first:
        yield word
    if not end:
        await asyncio.Event().wait()


async def test_a_stream_there_is_read_from_here(background: BackgroundLoop) -> None:
    stream = background.call(partial(Stream, source_of(words("a", "b"))))
    assert [event.json()["data"] async for event in stream.events()] == ["a", "b"]
    assert (await stream).text == "ab"


def test_it_runs_while_this_thread_waits(background: BackgroundLoop) -> None:
    """No loop runs here at all, as while a cell computes."""
    came = threading.Event()
    stream = background.call(partial(Stream, source_of(words("a", end=False))))
    stop = stream.observe(lambda: came.set() if stream.text == "a" else None)
    if stream.text != "a":
        assert came.wait(10)
    stop()
    ended = threading.Event()
    stream.observe(lambda: ended.set() if stream.done else None)
    stream.cancel()
    assert ended.wait(10)
    assert (stream.state, stream.text) == ("cancelled", "a")


def test_closing_ends_its_streams_and_its_thread() -> None:
    before = threading.active_count()
    background = BackgroundLoop()
    stream = background.call(partial(Stream, source_of(words("a", end=False))))
    background.close()
    assert stream.state == "cancelled"
    assert threading.active_count() == before
