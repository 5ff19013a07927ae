"""Plain bodies that are cancelled while they are busy: a thread cannot be stopped, so
their output states that they still run, and their number is bounded."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator

import pytest

import nbstream
from nbstream.display import streams_table as table
from nbstream.sources import leftovers
from nbstream.updates import Note

pytestmark = [pytest.mark.slow, pytest.mark.anyio]


@pytest.fixture
def gate() -> Iterator[threading.Event]:
    made = threading.Event()
    yield made
    made.set()


def busy(gate: threading.Event) -> Iterator[str]:
    yield "begun"
    gate.wait()
    yield "never"


async def wait_until_started(stream: nbstream.Stream) -> nbstream.Stream:
    async for _ in stream:
        break
    return stream


async def state_after(stream: nbstream.Stream, gone: str) -> str:
    """The next state, once it is no longer this one."""
    changed = asyncio.Event()
    stop = stream.observe(changed.set)
    while stream.state == gone:
        changed.clear()
        await asyncio.wait_for(changed.wait(), 10)
    stop()
    return stream.state


async def first_note(stream: nbstream.Stream) -> str:
    async for update in stream:
        if isinstance(update, Note):
            return update.message
    raise AssertionError("no note came")


async def test_it_is_stopping_until_its_thread_has_ended(gate: threading.Event) -> None:
    """Waiters continue; readers see which bodies still run."""
    stream = await wait_until_started(nbstream.stream(busy(gate), name="job"))
    async with stream:
        pass  # leaving cancels it
    assert (stream.state, stream.done) == ("stopping", False)
    assert [update async for update in stream][-1].text == "begun"  # type: ignore[union-attr]
    assert "stopping at its next yield" in table.plain([stream])
    assert "[Stopping at its next `yield`]" in stream.mimebundle()["text/plain"]
    stream.cancel()  # again, which changes nothing
    assert stream.state == "stopping"
    gate.set()
    assert await state_after(stream, "stopping") == "cancelled"
    assert stream.text == "begun"
    assert "[Cancelled]" in stream.mimebundle()["text/plain"]


async def test_a_time_limit_does_not_stop_it_either(gate: threading.Event) -> None:
    stream = await nbstream.stream(busy(gate), max_time=0.1)
    assert stream.state == "stopping"
    gate.set()
    assert await state_after(stream, "stopping") == "finished"
    assert "as --max-time asks" in stream.mimebundle()["text/plain"]


async def test_one_that_comes_to_its_next_yield_at_once_is_just_cancelled() -> None:
    def quick() -> Iterator[str]:
        while True:
            yield "x"

    stream = await wait_until_started(nbstream.stream(quick()))
    stream.cancel()
    assert (await stream).state == "cancelled"


async def test_a_rerun_of_a_cell_reports_that_the_last_run_is_still_busy(
    gate: threading.Event,
) -> None:
    leftovers.cell.set("the cell")
    old = await wait_until_started(nbstream.stream(busy(gate)))
    old.cancel()
    leftovers.cell.set("another cell")
    other = nbstream.stream(busy(gate))
    leftovers.cell.set("the cell")
    new = nbstream.stream(busy(gate))
    assert await first_note(new) == (
        "The cell's previous run still goes on at `gate.wait()`: it stops at its next "
        "`yield`."
    )
    new.cancel()
    await new
    newest = nbstream.stream(busy(gate))
    assert "2 earlier runs of the cell still go on, the oldest at `gate.wait()`" in (
        await first_note(newest)
    )
    for stream in (other, newest):
        stream.cancel()
        await stream
    notes = [u async for u in other if isinstance(u, Note)]
    assert notes == [], "another cell has nothing to do with it"


async def test_a_blocked_body_can_be_run_again_only_so_often(
    gate: threading.Event,
) -> None:
    before = threading.active_count()
    for _ in range(leftovers.MOST):
        stream = await wait_until_started(nbstream.stream(busy(gate)))
        stream.cancel()
    await stream
    for _ in range(2):
        with pytest.raises(nbstream.BodiesStillRunning) as refused:
            await nbstream.stream(busy(gate))
        assert "there are 8, the oldest at `gate.wait()`" in str(refused.value)
        assert "or restart the kernel" in str(refused.value)
    assert threading.active_count() - before <= leftovers.MOST

    async def awaits() -> AsyncIterator[str]:
        yield "fine"

    assert (await nbstream.stream(awaits())).text == "fine"
    gate.set()
    assert (await nbstream.stream(["fine"])).text == "fine"
