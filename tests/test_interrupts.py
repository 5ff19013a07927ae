"""An interrupt ends a cell that waits, even if the stream cannot end yet."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable
from pathlib import Path
from typing import Any

import pytest

from .kernel import Kernel

pytestmark = [pytest.mark.slow, pytest.mark.anyio]

# A body that blocks the background loop, by not awaiting. It waits at two pipes until
# their other ends are opened.
BLOCKS = """
import asyncio
async def blocks(began, free):
    yield "so far"
    await asyncio.sleep(0)
    open(began, "w").close()
    open(free).close()
    await asyncio.sleep(3600)
"""


class Held:
    """A background loop that a body blocks."""

    def __init__(self, folder: Path) -> None:
        self._began, self._free = folder / "began", folder / "free"
        for pipe in (self._began, self._free):
            os.mkfifo(pipe)
        self.body = f"blocks({str(self._began)!r}, {str(self._free)!r})"

    async def began(self) -> None:
        await asyncio.to_thread(self._began.read_bytes)

    def release(self) -> None:
        self._free.write_bytes(b"")


async def printed(cell: Awaitable[list[dict[str, Any]]]) -> str:
    return "".join(output.get("text", "") for output in await cell)


@pytest.mark.parametrize(
    "cell",
    [
        "%stream --thread --wait {body} -n s",
        # A magic in a function cannot be awaited: it blocks the thread instead.
        "def f():\n    %stream --wait {body} -n s\nf()",
    ],
)
async def test_an_interrupt_of_a_cell_that_waits_for_a_blocked_loop(
    tmp_path: Path, cell: str
) -> None:
    async with Kernel() as kernel:
        await kernel.run(BLOCKS)
        held = Held(tmp_path)
        waiting = asyncio.ensure_future(
            printed(kernel.begin(cell.format(body=held.body)))
        )
        await held.began()
        await kernel.interrupt()
        assert "s is stopping" in await waiting
        assert await kernel.printed("print(s.state, s.text)") == "live so far\n"
        held.release()
        await kernel.until_prints("print(s.state, s.text)", "cancelled so far")


async def test_the_next_stream_starts_and_unloading_ends_while_a_loop_is_blocked(
    tmp_path: Path,
) -> None:
    async with Kernel() as kernel:
        await kernel.run(BLOCKS)
        held = Held(tmp_path)
        await kernel.run(f"%stream --thread {held.body} -n s", "a")
        await held.began()
        output = await printed(kernel.begin("%stream --thread ['next'] -n t", "b"))
        assert "held up (by nbstream s, at line" in output
        await kernel.until_prints("print(t.state, t.text)", "finished next")
        assert "behind, held up by nbstream s" in await printed(
            kernel.begin("%unload_ext nbstream")
        )
        held.release()
        await kernel.until_prints("print(s.state, s.text)", "cancelled so far")
        await kernel.until_prints(
            "import threading\n"
            "print([t.name for t in threading.enumerate() if 'nbstream' in t.name])",
            "[]",
        )
