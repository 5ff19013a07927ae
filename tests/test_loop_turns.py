"""The event loop stays responsive while one stream processes a large input."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable
from typing import Any

import pytest

import nbstream
from nbstream.notebook.outputs.displays import DisplayedById
from nbstream.notebook.outputs.output import StreamOutput
from nbstream.sse import ServerSentEvent
from nbstream.sse.from_python.iteration import event_batches
from nbstream.updates import Row

pytestmark = [pytest.mark.slow, pytest.mark.anyio]


async def turns_during(work: Awaitable[Any]) -> int:
    """How often another task of the loop had its turn until this was done."""
    turns = 0

    async def others() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    other = asyncio.create_task(others())
    await work
    other.cancel()
    return turns


async def events_with(*data: str) -> AsyncIterator[ServerSentEvent]:
    for each in data:
        yield ServerSentEvent(data=each)


ROWS = 4_000
MANY_ROWS = json.dumps(
    [{"city": f"c{n}", "price": n / 7, "sold": n % 5} for n in range(ROWS)]
)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(MANY_ROWS, id="rows"),
        pytest.param(json.dumps({f"k{n}": {} for n in range(4_000)}), id="fields"),
        pytest.param(
            json.dumps({"step": 1} | {f"m{n}": n / 3 for n in range(4_000)}),
            id="metrics",
        ),
        pytest.param(
            json.dumps({"type": "log", "message": "\x1b[1mline\x1b[0m\n" * 10_000}),
            id="log",
        ),
        pytest.param(
            json.dumps({"type": "log", "message": "line\n" * 50_000}), id="lines"
        ),
        pytest.param(
            json.dumps({"type": "item", "data": {"x": [[n] for n in range(60_000)]}}),
            id="one large row",
        ),
    ],
)
async def test_others_have_turns_while_one_event_is_taken_in(data: str) -> None:
    stream = nbstream.stream(events_with(data))

    assert await turns_during(stream.wait()) > 5


async def test_others_have_turns_while_a_large_value_of_python_is_written() -> None:
    value = {"x": [{"n": n, "and": (n, [n])} for n in range(20_000)]}

    async def source() -> AsyncIterator[Any]:
        yield value

    events: list[ServerSentEvent] = []

    async def read() -> None:
        async for batch in event_batches(source()):
            events.extend(batch)

    assert await turns_during(read()) > 5
    [event] = events
    last = {"n": 19_999, "and": [19_999, [19_999]]}
    assert json.loads(event.data)["data"]["x"][-1] == last


async def test_an_event_of_many_rows_is_read_whole() -> None:
    stream = nbstream.stream(events_with(MANY_ROWS))
    rows = [update.data["city"] async for update in stream if isinstance(update, Row)]

    assert rows == [f"c{n}" for n in range(ROWS)]


async def test_others_have_turns_while_tiny_events_of_one_batch_are() -> None:
    class Batch:
        label = "batch"
        bytes_received = 0

        def secrets(self) -> list[str]:
            return []

        def stop_reconnecting(self) -> None:
            pass

        async def batches(self, on_change: Any) -> AsyncIterator[list[ServerSentEvent]]:
            yield [ServerSentEvent(data="a")] * 10_000

    stream = nbstream.stream(Batch())

    assert await turns_during(stream.wait()) > 5
    assert stream.text == "a" * 10_000


async def test_a_large_event_that_is_read_when_the_stream_is_cancelled_stays() -> None:
    closed = asyncio.Event()

    async def source() -> AsyncIterator[ServerSentEvent]:
        try:
            yield ServerSentEvent(data=MANY_ROWS)
            await asyncio.Event().wait()
        finally:
            closed.set()

    stream = nbstream.stream(source())
    while not stream.events_received:
        await asyncio.sleep(0)
    assert not stream.transcript.seq, "it is read in a thread"
    stream.cancel()
    await closed.wait()
    await stream.wait()

    assert stream.state == "cancelled"
    assert f"c{ROWS - 1}" in stream.mimebundle()["text/plain"]


async def test_large_events_of_an_undocumented_stream_are_read_again_together() -> None:
    # One alone is a row; two show that these are the points of a chart.
    filler = "x" * 10_000
    first, second = ({"step": n, "loss": 0.5, "note": filler} for n in (1, 2))
    alike = nbstream.stream(events_with(json.dumps(first), json.dumps(second)))
    small = {"step": 3, "loss": 0.25, "note": filler[:10]}
    then = nbstream.stream(
        events_with(json.dumps(small), json.dumps(small | {"step": 4}))
    )
    await alike
    await then

    kinds = [block.kind for block in alike.transcript.blocks]
    assert kinds == [block.kind for block in then.transcript.blocks]


async def test_others_have_turns_while_the_output_is_rendered_that_remains() -> None:
    markdown = "| *a* | [b](https://host/x) |\n|---|---|\n| `c` | **d** |\n\n" * 200
    stream = nbstream.stream(
        events_with(json.dumps({"type": "content", "data": markdown}))
    )
    output = StreamOutput(DisplayedById, [stream], None)

    async def end() -> None:
        await stream
        assert output.final, "the output is in place when the waiting is over"

    assert await turns_during(end()) > 10


@pytest.mark.parametrize("how", ["cancelled", "failed", "loop closed"])
def test_the_output_is_in_place_however_a_stream_ends(how: str) -> None:
    async def source() -> AsyncIterator[ServerSentEvent]:
        yield ServerSentEvent(data="hello there")
        if how == "failed":
            raise ValueError("broken")
        await asyncio.Event().wait()

    async def main() -> tuple[nbstream.Stream, StreamOutput]:
        stream = nbstream.stream(source())
        output = StreamOutput(DisplayedById, [stream], None)
        while not stream.events_received:
            await asyncio.sleep(0)
        if how == "cancelled":
            stream.cancel()
        if how != "loop closed":
            await stream.wait()
        return stream, output

    stream, output = asyncio.run(main())

    assert output.final
    assert "hello there" in stream.mimebundle()["text/html"]
