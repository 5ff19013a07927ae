"""The handle: states, results, readers, cancel, and its resources after the end."""

from __future__ import annotations

import asyncio
import gc
import threading
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import psutil
import pytest

import nbstream
from nbstream.demo import DemoServer
from nbstream.sources import source_of
from nbstream.sse import ServerSentEvent
from nbstream.updates import LogLine, Stopped, Text

from .python_streams import forever, until_text

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def demo() -> Iterator[DemoServer]:
    server = DemoServer()
    yield server
    server.close()


async def test_awaiting_gives_the_handle_at_the_end(demo: DemoServer) -> None:
    stream = nbstream.stream(f"{demo.url}/items?pace=0")
    assert stream.state == "connecting"
    assert await stream is stream
    assert stream.state == "finished"
    assert stream.events_received == 6  # connected, four items, [DONE]
    assert stream.bytes_received > 100
    assert stream.timing.to_first_event is not None
    assert 0 < stream.timing.to_first_event <= stream.elapsed
    elapsed = stream.elapsed
    assert stream.elapsed == elapsed, "the clock stops with the stream"


@pytest.mark.parametrize("max_time", [0, -1.0, float("nan")])
async def test_a_stream_needs_time_to_run(max_time: float) -> None:
    with pytest.raises(ValueError, match="Expected a max_time above 0"):
        nbstream.Stream(source_of([]), max_time=max_time)


async def test_buffered_text_precedes_the_end_by_timeout() -> None:
    log = "2026-11-27T10:00:00Z INFO up\n2026-11-27T10:00:01Z INFO on\nhalf a line"
    chunk = ServerSentEvent(event="content", data=log)
    stream = nbstream.stream(forever(chunk), max_time=0.2)
    *_, last, stopped = [update async for update in stream]
    assert last == LogLine("half a line")
    assert isinstance(stopped, Stopped)


async def test_text_is_the_content_so_far() -> None:
    async def words() -> AsyncIterator[str]:
        yield "one "
        yield "two"

    assert (await nbstream.stream(words())).text == "one two"


async def test_updates_and_events_can_be_iterated() -> None:
    """From the first on, also when iterating begins late."""

    async def job() -> AsyncIterator[Any]:
        yield "text"
        yield {"type": "log", "message": "line"}

    stream = nbstream.stream(job())
    assert [update async for update in stream] == [Text("text"), LogLine("line")]
    events = [event async for event in stream.events()]
    assert [event.json()["type"] for event in events] == ["content", "log"]


async def test_a_slow_reader_loses_nothing() -> None:
    """The stream waits for it, so that memory stays bounded."""
    made = 0

    async def fast() -> AsyncIterator[str]:
        nonlocal made
        for made in range(500):
            yield f"{made} "

    # An item counts for some 500 bytes, and the buffer is half of the memory limit.
    limits = nbstream.Limits(events=10, memory=20_000)
    stream = nbstream.stream(fast(), limits=limits)
    read = []
    async for update in stream:
        read.append(update)
        assert made <= len(read) + 40, "it did not run ahead"
        await asyncio.sleep(0)
    assert [u.text for u in read if isinstance(u, Text)] == [
        f"{n} " for n in range(500)
    ]


async def test_a_reader_that_leaves_does_not_block_the_stream() -> None:
    async def many() -> AsyncIterator[str]:
        for _ in range(100):
            yield "x"

    stream = nbstream.stream(many(), limits=nbstream.Limits(events=5))
    async for _ in stream:
        break
    await stream
    assert stream.text == "x" * 100


async def test_a_failing_body_raises_its_own_error() -> None:
    """With the traceback of the user's code, and what was yielded before it kept."""

    async def job() -> AsyncIterator[str]:
        yield "before"
        raise LookupError("no such thing")

    stream = nbstream.stream(job())
    with pytest.raises(LookupError, match="no such thing"):
        await stream
    assert (stream.state, stream.text) == ("failed", "before")
    shown = stream.transcript.blocks[-1].plain()
    assert "LookupError: no such thing" in shown
    assert 'raise LookupError("no such thing")' in shown
    assert "iterables.py" not in shown, "our own frames are nobody's business"


async def test_an_error_event_fails_the_stream(demo: DemoServer) -> None:
    stream = nbstream.stream(f"{demo.url}/failing?pace=0")
    with pytest.raises(nbstream.StreamFailed, match="as it was asked to"):
        await stream
    assert stream.text == "This will not end well."


async def test_an_iterator_in_a_thread() -> None:
    """A plain iterator runs in a thread and does not block the loop; on cancel it is
    closed at its next yield."""
    gate, closed, threads = threading.Event(), threading.Event(), []

    def job() -> Iterator[str]:
        threads.append(threading.current_thread())
        try:
            yield "one"
            gate.wait()
            yield "two"
        finally:
            closed.set()

    stream = nbstream.stream(job())
    await until_text(stream, "one")
    assert threads[0] is not threading.current_thread()
    stream.cancel()
    await stream
    assert stream.state == "stopping", "soon, though the body is still blocked"
    assert not closed.is_set()
    states = asyncio.Queue[str]()
    stream.observe(lambda: states.put_nowait(stream.state))
    gate.set()
    assert await states.get() == "cancelled"
    await asyncio.to_thread(threads[0].join)
    assert closed.is_set()
    assert stream.text == "one"


async def test_the_error_of_a_plain_iterator_is_kept() -> None:
    def job() -> Iterator[str]:
        yield "x"
        raise ZeroDivisionError

    stream = nbstream.stream(job())
    with pytest.raises(ZeroDivisionError):
        await stream
    assert stream.text == "x"


async def test_an_error_of_an_observer_does_not_fail_the_stream(
    caplog: pytest.LogCaptureFixture,
) -> None:
    stream = nbstream.stream(iter(["a"]))
    stream.observe(lambda: 1 / 0)  # type: ignore[arg-type]
    await stream
    assert stream.state == "finished"
    assert "ZeroDivisionError" in caplog.text


async def test_a_number_too_many_of_types() -> None:
    """The error for a source of the wrong type lists the right ones."""
    with pytest.raises(TypeError, match="Expected a URL, an iterator"):
        nbstream.stream(42)
    with pytest.raises(TypeError, match="Expected a URL such as"):
        nbstream.stream("just text")
    with pytest.raises(TypeError, match="Call it to get its iterator"):
        nbstream.stream(forever)
    with pytest.raises(ValueError, match="Expected a dialect of"):
        nbstream.stream([], dialect="klingon")


@pytest.mark.parametrize(
    "value",
    [object(), {1, 2}, {"k": object()}, {(1, 2): 3}, float("nan"), None],
)
async def test_any_value_can_be_yielded(value: Any) -> None:
    stream = await nbstream.stream([value, "after"])
    assert stream.state == "finished"
    assert stream.text == "after"


async def test_nothing_is_left_after_twenty_rounds(demo: DemoServer) -> None:
    """No more tasks, threads, sockets or clients than before."""

    def left() -> tuple[int, int, int, int]:
        gc.collect()
        # Not `isinstance`: a lazy module of the SDK would import what it stands for.
        clients = [
            o for o in gc.get_objects() if issubclass(type(o), httpx.AsyncClient)
        ]
        sockets = [
            c
            for c in psutil.Process().net_connections("tcp")
            # The server's half of a connection is in this process too, and closes a
            # moment later.
            if c.raddr and c.raddr.port == int(demo.url.rpartition(":")[2])
        ]
        return (
            len(asyncio.all_tasks()),
            threading.active_count(),
            len([s for s in sockets if s.status == "ESTABLISHED"]),
            len([client for client in clients if not client.is_closed]),
        )

    async def round_trip() -> None:
        stream = nbstream.stream(f"{demo.url}/logs?pace=0.001")
        plain = nbstream.stream(iter(range(10**9)))
        async for _ in stream:
            break
        async for _ in plain:
            break
        stream.cancel()
        plain.cancel()
        await stream
        await plain

    await round_trip()  # caches are filled now
    before = left()
    for _ in range(20):
        await round_trip()
    # A plain iterator ends at its next yield; remains of other tests may end meanwhile.
    while any(now > then for now, then in zip(left(), before, strict=True)):
        await asyncio.sleep(0)
