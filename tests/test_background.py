"""An event loop in a background thread."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator

import pytest

from nbstream.notebook.background_loop import BackgroundLoop, BackgroundLoops
from nbstream.sources import source_of
from nbstream.streams.handle import Stream

pytestmark = [pytest.mark.slow, pytest.mark.anyio]


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


def start_in(
    loops: BackgroundLoop | BackgroundLoops,
    items: AsyncIterator[str],
    name: str | None = None,
) -> Stream:
    """Follow these items in a background loop."""
    stream = Stream(source_of(items), name=name)
    loops.call(stream.start)
    return stream


async def test_a_stream_there_is_read_from_here(background: BackgroundLoop) -> None:
    stream = start_in(background, words("a", "b"))
    assert [event.json()["data"] async for event in stream.events()] == ["a", "b"]
    assert (await stream).text == "ab"


def test_it_runs_while_this_thread_waits(background: BackgroundLoop) -> None:
    """The main thread has no running loop, as while a cell computes."""
    came = threading.Event()
    stream = start_in(background, words("a", end=False))
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
    stream = start_in(background, words("a", end=False))
    background.close()
    assert stream.state == "cancelled"
    assert threading.active_count() == before


async def blocking_body(
    began: threading.Event, free: threading.Event
) -> AsyncIterator[str]:
    """Return a body that blocks its loop: it computes, and does not await."""
    yield "so far"
    began.set()
    free.wait()
    yield "after"


@pytest.fixture
def free() -> Iterator[threading.Event]:
    event = threading.Event()
    yield event
    event.set()


def test_a_stream_starts_while_the_loop_is_held(
    free: threading.Event, caplog: pytest.LogCaptureFixture
) -> None:
    """In a separate loop; the streams of the blocked one continue when it is free."""
    began = threading.Event()
    loops = BackgroundLoops()
    held = start_in(loops, blocking_body(began, free), name="held")
    assert began.wait(10)
    for _ in range(2):
        other = start_in(loops, words("a"))
        assert other.join(10)
        assert other.text == "a"
    (warning,) = caplog.messages
    assert "held up (by nbstream held, at line" in warning
    assert "of blocking_body()" in warning
    held.cancel()
    assert not held.join(0.1), "it is stopping, and that does not hold us"
    free.set()
    assert held.join(10)
    assert held.state == "cancelled"
    loops.close()


def test_a_body_there_begins_a_stream_in_its_own_loop(
    caplog: pytest.LogCaptureFixture,
) -> None:
    loops = BackgroundLoops()
    inner: list[Stream] = []

    async def body() -> AsyncIterator[str]:
        inner.append(start_in(loops, words("inner")))
        yield (await inner[0]).text

    outer = start_in(loops, body())
    assert outer.join(10)
    assert (outer.text, outer.loop) == ("inner", inner[0].loop)
    assert caplog.messages == []
    loops.close()


def test_a_loop_that_was_held_closes_itself_when_it_is_free(
    free: threading.Event,
) -> None:
    threads = set(threading.enumerate())
    began = threading.Event()
    loops = BackgroundLoops()
    held = start_in(loops, blocking_body(began, free))
    assert began.wait(10)
    loops.call(lambda: None)
    (first, second) = set(threading.enumerate()) - threads
    free.set()
    assert held.join(10)
    assert (held.state, held.text) == ("finished", "so farafter")
    while first.is_alive() and second.is_alive():
        first.join(0.01)
    loops.close()
    assert set(threading.enumerate()) == threads


def test_closing_leaves_a_held_loop_behind_and_names_what_holds_it(
    free: threading.Event, caplog: pytest.LogCaptureFixture
) -> None:
    threads = set(threading.enumerate())
    began = threading.Event()
    loops = BackgroundLoops()
    held = start_in(loops, blocking_body(began, free), name="held")
    assert began.wait(10)
    loops.close()
    assert not held.done
    assert "held up by nbstream held" in caplog.text
    free.set()
    assert held.join(10)
    for thread in set(threading.enumerate()) - threads:
        thread.join(10)
    assert set(threading.enumerate()) == threads


def test_a_stream_may_be_cancelled_before_its_task_has_started(
    background: BackgroundLoop,
) -> None:
    """From another thread, at any moment of its start."""
    for _ in range(200):
        made: list[Stream] = []
        ready = threading.Event()

        def make() -> None:
            stream = Stream(source_of(words("a", end=False)))
            stream.start()
            made.append(stream)  # noqa: B023
            ready.set()  # noqa: B023

        thread = threading.Thread(target=background.call, args=(make,))
        thread.start()
        assert ready.wait(10)
        made[0].cancel()
        assert made[0].join(10)
        assert made[0].state == "cancelled"
        thread.join()


def test_observers_may_change_while_the_stream_notifies_them(
    background: BackgroundLoop,
) -> None:
    """The kernel's thread adds and removes panels, and each change reaches the
    others."""

    async def endless() -> AsyncIterator[str]:
        while True:
            yield "a"
            await asyncio.sleep(0)

    stream = Stream(source_of(endless()))
    background.call(stream.start)
    heard = threading.Event()
    stream.observe(heard.set)
    for _ in range(300):
        stops = [stream.observe(lambda: None) for _ in range(5)]
        heard.clear()
        assert heard.wait(10)
        for stop in (*stops, *stops):
            stop()
    stream.cancel()
    assert stream.join(10)
