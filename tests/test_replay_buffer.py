"""What readers of a stream receive when they are slow, late or absent."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

import nbstream
from nbstream import ServerSentEvent
from nbstream.content.transcript import Transcript
from nbstream.dialects import Reread
from nbstream.streams.intake import Intake
from nbstream.streams.pipeline import Pipeline
from nbstream.updates import Failed, Gap, LogLine, Row, Text, Update

pytestmark = pytest.mark.anyio

LIMITS = nbstream.Limits(events=10, memory=200_000)


async def numbers(count: int = 2_000) -> AsyncIterator[str]:
    for number in range(count):
        yield f"{number} "


async def numbers_after(begun: asyncio.Event) -> AsyncIterator[str]:
    """Return the first number, and the others once a reader has started."""
    async for number in numbers():
        yield number
        await begun.wait()


def watched(stream: nbstream.Stream) -> nbstream.Stream:
    """Return the stream as one that a view shows."""
    stream.observe(lambda: None)
    return stream


async def test_a_view_never_waits_for_a_reader_that_receives_its_losses() -> None:
    begun = asyncio.Event()
    stream = watched(nbstream.stream(numbers_after(begun), limits=LIMITS))
    reader = aiter(stream)
    assert await anext(reader) == Text("0 ")
    begun.set()
    reasons: set[str] = set()
    stop = stream.observe(lambda: reasons.add(stream.reason))
    await stream
    stop()
    assert (stream.state, stream.events_received) == ("finished", 2_000)
    gap, *rest = [update async for update in reader]
    assert isinstance(gap, Gap)
    # Every event was either read or counted, and the reader continued where they end.
    assert gap.lost is not None
    assert 1 + gap.lost + len(rest) == 2_000
    assert rest[0] == Text(f"{1 + gap.lost} ")
    assert rest[-1] == Text("1999 ")
    losses = [reason for reason in reasons if reason]
    assert losses
    assert all("a reader fell behind and has lost" in reason for reason in losses)


async def test_the_panel_shows_the_loss_until_the_reader_has_left() -> None:
    more = asyncio.Event()

    async def job() -> AsyncIterator[str]:
        async for piece in numbers():
            yield piece
        await more.wait()
        yield "more"
        await more.wait()

    stream = watched(nbstream.stream(job(), limits=LIMITS))
    came: asyncio.Queue[str] = asyncio.Queue()
    stream.observe(lambda: came.put_nowait(stream.reason))
    reader = aiter(stream)
    await anext(reader)
    while "has lost" not in await came.get():
        pass
    assert stream.state == "live"
    await reader.aclose()
    more.set()
    while await came.get():
        pass
    assert stream.reason == ""
    await stream


async def test_events_have_a_gap_in_their_place_as_the_protocol_has() -> None:
    begun = asyncio.Event()
    stream = watched(nbstream.stream(numbers_after(begun), limits=LIMITS))
    reader = stream.events()
    await anext(reader)
    begun.set()
    await stream
    gap, first, *_ = [event async for event in reader]
    assert gap.event == "gap"
    assert gap.json() == {"type": "gap", "lost": int(first.json()["data"]) - 1}


async def test_without_a_view_the_stream_waits_and_reports_the_reason() -> None:
    stream = nbstream.stream(numbers(), limits=LIMITS)
    reader = aiter(stream)
    await anext(reader)
    while not stream.reason:
        await asyncio.sleep(0)
    assert "waiting for a reader" in stream.reason
    came = stream.events_received
    assert 100 < came < 2_000, "it goes by bytes, and not by the number of events"
    read = [update async for update in reader]
    assert read[-1] == Text("1999 ")
    assert len(read) == 1_999


async def test_a_new_view_ends_the_waiting() -> None:
    stream = nbstream.stream(numbers(), limits=LIMITS)
    reader = aiter(stream)
    await anext(reader)
    while not stream.reason:
        await asyncio.sleep(0)
    watched(stream)
    await stream
    assert stream.state == "finished"
    await reader.aclose()


async def test_a_held_reader_of_small_events_is_far_from_the_budget() -> None:
    """As when a cell peeked at the first event and left its reader."""
    stream = nbstream.stream(numbers(5_000))
    reader = aiter(stream)
    await anext(reader)
    await stream
    assert len([update async for update in reader]) == 4_999


async def test_a_reader_of_events_larger_than_the_budget_gets_each() -> None:
    async def large() -> AsyncIterator[str]:
        for number in range(20):
            yield f"{number} " + "x" * 300_000
            await asyncio.sleep(0)

    stream = watched(nbstream.stream(large(), limits=LIMITS))
    read = [update async for update in stream]
    assert [u.text.split()[0] for u in read if isinstance(u, Text)] == [
        str(number) for number in range(20)
    ]


async def test_updates_before_a_failure_in_one_event_reach_every_reader() -> None:
    failing = {"error": {"message": "boom", "code": 500}, "new_field": 1}
    chunk = {
        "id": "1",
        "object": "chat.completion.chunk",
        "choices": [{"index": 0, "delta": {"content": "hi"}}],
    }

    async def job() -> AsyncIterator[ServerSentEvent]:
        for value in (chunk, failing):
            yield ServerSentEvent(data=json.dumps(value))

    stream = nbstream.stream(job(), dialect="openai")
    updates: list[Update] = []
    with pytest.raises(nbstream.StreamFailed, match="boom"):
        async for update in stream:
            updates.append(update)  # noqa: PERF401 - some come before it raises
    assert [type(update).__name__ for update in updates] == ["Text", "Raw"]
    events: list[ServerSentEvent] = []
    with pytest.raises(nbstream.StreamFailed, match="boom"):
        async for event in stream.events():
            events.append(event)  # noqa: PERF401 - some come before it raises
    assert len(events) == 2
    assert [block.kind for block in stream.transcript.blocks] == [
        "text",
        "raw",
        "error",
    ]


async def test_a_failure_among_events_that_are_read_again_fails_the_stream() -> None:
    """A stage's delayed reading: the updates next to the failure are kept."""

    class Late(Pipeline):
        seen = 0

        def read(self, event: ServerSentEvent) -> Any:
            self.seen += 1
            if self.seen < 3:
                return (Row(self.seen),)
            return Reread(
                ((LogLine("one"), Failed("it broke")), (LogLine("two"),), (Text("3"),))
            )

    received = Intake(Late("auto"), Transcript())
    received.take(ServerSentEvent(data="1"))
    reader = received.replay.read()
    await anext(reader)
    received.take(ServerSentEvent(data="2"))
    with pytest.raises(nbstream.StreamFailed, match="it broke"):
        received.take(ServerSentEvent(data="3"))
    received.replay.end()
    assert [b.plain() for b in received.transcript.blocks] == ["one\ntwo", "3"]
    read = [update async for _, updates in reader for update in updates]
    assert read == [LogLine("one"), LogLine("two"), Text("3")]
