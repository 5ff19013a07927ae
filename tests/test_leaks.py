"""However many streams begin and end, what the kernel holds stays as it was."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import weakref
from collections.abc import AsyncIterator
from typing import Any

import pytest

from nbstream.sources import source_of
from nbstream.streams.handle import Stream
from nbstream.testing import Answer, StartModelServer, events

from .kernel import Kernel

pytestmark = [pytest.mark.slow, pytest.mark.anyio, pytest.mark.timeout(300)]

# What can be counted of a process from inside. The kernel's garbage is collected first,
# since it would be later anyway.
LOOK = """
import asyncio, gc, json, threading
import comm, ipywidgets, psutil
import itertools, time
def ticks():
    for number in itertools.count():
        yield number
        time.sleep(0.01)
def look():
    gc.collect()
    states = ipywidgets.Widget.get_manager_state()["state"].values()
    process = psutil.Process()
    print(json.dumps({
        "widgets": len(states),
        "layouts": sum(state["model_name"] == "LayoutModel" for state in states),
        "comms": len(comm.get_comm_manager().comms),
        "tasks": len(asyncio.all_tasks()),
        "threads": len(threading.enumerate()),
        "sockets": len(process.net_connections()),
        "files": process.num_fds(),
    }))
"""

# Each is a cell that is run again and again, and so cancels what it began before.
# The executor of a loop adds threads up to a bound, as many calls come at once: all of
# them from the start, so that what grows is a leak.
FILL_EXECUTOR = """
import asyncio, os, threading
threads = (os.cpu_count() or 1) + 4
barrier = threading.Barrier(threads)
await asyncio.gather(*(asyncio.to_thread(barrier.wait) for _ in range(threads)))
"""
CELLS = [
    "%stream {end}",
    "%stream {stay} -n cancelled",
    "%stream {stay} --thread -n beside",
    "%stream iter(['a', 'b']) -n short",
    "%stream ticks() -n endless",
    "%%stream -n awaits\nyield 'a'\nawait __import__('asyncio').sleep(3600)",
    "%%stream -n plain\nyield 'a'",
    "%%stream -n fails\nyield 'a'\n1 / 0",
    "%%stream claude -n answer\nHello",
    "%%stream claude claude -n answers\nHello",
    "display(cancelled)",
    "%streams",
]
# This many ended streams and tables stay available to late pages; then the oldest are
# evicted.
REMEMBERED = 50
ROUNDS = 100


async def test_what_a_kernel_holds_stays_flat(
    sse_server: Any,
    vendor_server: StartModelServer,
) -> None:
    """Streams that finish, fail and are cancelled, of every kind of source."""
    vendor_server(Answer("Hello."))
    urls = {
        "end": sse_server(events("data: one\n\n")).url,
        "stay": sse_server(events("data: one\n\n", stay=True)).url,
    }
    async with Kernel() as kernel:
        await kernel.run(LOOK)
        await kernel.run(FILL_EXECUTOR)
        await kernel.run(f"%%stream --thread --wait{FILL_EXECUTOR}yield 'filled'")

        async def run_all(rounds: int) -> None:
            for _ in range(rounds):
                for number, cell in enumerate(CELLS):
                    outputs = await kernel.run(
                        cell.format(**urls) if "%%" not in cell else cell,
                        f"cell {number}",
                    )
                    assert not any("traceback" in output for output in outputs)

        async def look() -> dict[str, int]:
            """Return what it holds when all streams have ended."""
            await kernel.run("%streams cancel all")
            await until_idle()
            await kernel.run("%stream ['a new one makes old ones go']", "last")
            return await until_idle()

        async def until_idle() -> dict[str, int]:
            while True:
                seen: dict[str, int] = json.loads(await kernel.printed("look()"))
                if not idle or seen["tasks"] <= idle["tasks"]:
                    return seen

        idle: dict[str, int] = {}
        idle = await until_idle()
        await run_all(REMEMBERED + 1)
        before = await look()
        await run_all(ROUNDS - REMEMBERED)
        after = await look()

        def find_growth() -> dict[str, tuple[int, int]]:
            pairs = {kind: (before[kind], after[kind]) for kind in before}
            return {kind: pair for kind, pair in pairs.items() if pair[1] > pair[0]}

        # A thread or a socket that has just ended may still be there for a moment.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(10):
                while find_growth():
                    after = await until_idle()
        assert not find_growth()
        assert after["layouts"] == 0


@pytest.mark.parametrize("end", ["finishes", "fails", "is cancelled"])
async def test_a_stream_that_has_ended_is_collected(end: str) -> None:
    """Nothing holds on to it but its user: no loop, observer or traceback."""

    async def source() -> AsyncIterator[str]:
        yield "text"
        if end == "fails":
            raise ValueError
        if end == "is cancelled":
            own = reference()
            assert own is not None
            own.cancel()
            await asyncio.Event().wait()

    async def ended(stream: Stream | None) -> None:
        assert stream is not None
        await stream

    def begin() -> weakref.ref[Stream]:
        stream = Stream(source_of(source()))
        stream.start()
        return weakref.ref(stream)

    reference = begin()
    with contextlib.suppress(ValueError):
        await ended(reference())
    await asyncio.sleep(0)
    gc.collect()
    assert reference() is None


async def test_a_stream_that_is_forgotten_is_collected_with_its_panel() -> None:
    async with Kernel() as kernel:
        await kernel.run(
            "import weakref, gc, ipywidgets\n"
            "def count():\n"
            "    gc.collect()\n"
            "    import nbstream\n"
            "    kept = (isinstance(o, nbstream.Stream) for o in gc.get_objects())\n"
            "    print(sum(kept))\n"
        )
        for _ in range(5):
            await kernel.run("%%stream -n s\nyield 'a'\n1 / 0", "cell")
            await kernel.run("%stream ['a'] -n t", "other")
        await kernel.run("s = t = None")
        assert int(await kernel.printed("count()")) <= 4


async def test_the_oldest_of_many_panels_of_one_stream_shows_the_content_so_far() -> (
    None
):
    """A cell that displays a handle, run again and again while the stream runs."""
    async with Kernel() as kernel:
        await kernel.run("import asyncio")
        await kernel.run("%%stream -n s\nyield 'so far'\nawait asyncio.sleep(99)")
        await kernel.until_prints("print(s.text)", "so far")
        await kernel.run(LOOK)
        await kernel.run(f"for _ in range({REMEMBERED + 10}): display(s)")
        seen = json.loads(await kernel.printed("look()"))
        assert seen["widgets"] <= REMEMBERED + 2, "and the runtime and batches"
        assert len(kernel.updates) == 11
        assert {update["data"]["text/plain"] for update in kernel.updates} == {"so far"}
