"""Faults at the end of a stream: of stages, callbacks, outputs and event loops."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator, Sequence

import anyio
import pytest

import nbstream
from nbstream.sources import source_of
from nbstream.sse import ConnectionChange
from nbstream.streams.pipeline import Stage
from nbstream.testing import SSEServer, events
from nbstream.updates import Note, Text, Update

from .python_streams import forever, until_text

pytestmark = pytest.mark.anyio


class RaisesAtTheEnd(Stage):
    """A stage that raises at its end."""

    def end(self) -> Sequence[Update]:
        raise ZeroDivisionError("in the stage")


@pytest.mark.parametrize("cancelled", [True, False])
async def test_a_stage_that_raises_at_the_end_ends_the_stream(cancelled: bool) -> None:
    items = forever("kept") if cancelled else iter(["kept"])
    stream = nbstream.Stream(source_of(items), stages=[RaisesAtTheEnd()])
    stream.start()
    if cancelled:
        await until_text(stream, "kept")
        stream.cancel()
    await stream.wait()
    assert (stream.state, stream.text) == ("failed", "kept")
    assert stream.reason == "ZeroDivisionError: in the stage"
    assert "in the stage" in stream.mimebundle()["text/plain"]
    with pytest.raises(ZeroDivisionError):
        stream.raise_error()


async def test_a_stage_that_raises_at_a_failure_is_reported_with_it() -> None:
    def job() -> Iterator[str]:
        yield "kept"
        raise ValueError("in the body")

    stream = nbstream.Stream(source_of(job()), stages=[RaisesAtTheEnd()])
    with pytest.raises(ValueError, match="in the body") as caught:
        await stream
    assert caught.value.__notes__ == [
        "Then, at the end: ZeroDivisionError: in the stage"
    ]


@pytest.mark.parametrize("end", ["finished", "cancelled"])
async def test_when_done_is_called_once_before_observers_see_the_end(end: str) -> None:
    """Also if another such call raises, which is logged and does not block the
    others."""
    stream = nbstream.Stream(source_of(iter(["a"]) if end == "finished" else forever()))
    seen: list[str] = []
    stream.when_done(lambda: 1 / 0)  # type: ignore[arg-type]
    stream.when_done(lambda: seen.append(f"done: {stream.state}"))
    stream.observe(lambda: seen.append("observed") if stream.done else None)
    stream.at_end(lambda: seen.append("at the end"))
    stream.start()
    if end == "cancelled":
        stream.cancel()
    await stream.wait()
    assert seen == [f"done: {end}", "observed", "at the end"]


async def test_an_interrupt_at_the_end_keeps_nobody_waiting() -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    stream = nbstream.Stream(source_of(forever()))
    stream.when_done(interrupt)
    with pytest.raises(KeyboardInterrupt):
        stream.cancel()
    with anyio.fail_after(5):
        assert [update async for update in stream] == []
        await stream.wait()
    assert stream.state == "cancelled"


async def test_a_stage_adds_updates_where_the_connection_opens() -> None:
    class Marks(Stage):
        def on_connection(self, change: ConnectionChange) -> Sequence[Update]:
            return (Text(f"<{change.ready_state}>"),)

    with SSEServer(events("data: a\n\n")) as server:
        stream = nbstream.Stream(source_of(server.url), stages=[Marks()])
        await stream
    assert stream.text == "<connecting><open>a<closed>"


async def test_notes_come_before_the_content() -> None:
    stream = nbstream.Stream(source_of(iter(["a"])), notes=["Of x, only half."])
    assert [update async for update in stream] == [Note("Of x, only half."), Text("a")]


async def test_an_interrupted_output_does_not_block_waiters() -> None:
    stream = nbstream.stream(iter(["a"]))

    def interrupted() -> None:
        raise asyncio.CancelledError

    stream.at_end(interrupted)
    await stream.wait()
    assert stream.state == "finished"


def test_a_loop_that_was_closed_in_mid_stream_keeps_the_content_so_far() -> None:
    """With an output that waits for the end, and no cancellation of its task."""
    loop = asyncio.new_event_loop()

    async def begin() -> nbstream.Stream:
        stream = nbstream.stream(forever("kept"))
        await until_text(stream, "kept")
        return stream

    stream = loop.run_until_complete(begin())
    ended: list[str] = []
    stream.at_end(lambda: ended.append(stream.mimebundle()["text/plain"]))
    loop.run_until_complete(loop.shutdown_asyncgens())
    loop.close()
    stream.cancel()
    assert stream.join(0)
    assert (stream.state, ended) == ("cancelled", ["kept\n[Cancelled]"])


def test_a_body_that_outlives_its_loop_ends_its_stream_all_the_same() -> None:
    gate, ended = threading.Event(), threading.Event()

    def job() -> Iterator[str]:
        yield "one"
        gate.wait()
        yield "two"

    async def cancelled() -> nbstream.Stream:
        stream = nbstream.stream(job())
        await until_text(stream, "one")
        stream.cancel()
        return await stream

    stream = asyncio.run(cancelled())
    assert stream.state == "stopping"
    stream.at_end(ended.set)
    gate.set()
    assert ended.wait(10)
    assert (stream.state, stream.text) == ("cancelled", "one")
