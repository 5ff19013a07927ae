"""Keep count of plain bodies that were cancelled and still run, and bound them.

A thread cannot be stopped from outside, so a body goes on to its next `yield`. A cell
that is run again must not wait for that, and the user has to know of it: the old run
may still train, write and pay beside the new one.
"""

from __future__ import annotations

import asyncio
from contextvars import ContextVar

from ..errors import BodiesStillRunning
from ..sse.from_python.thread import Leftover

MOST = 8
"""How many may still run in a process before a new body is refused."""

cell: ContextVar[str | None] = ContextVar("cell", default=None)
"""The cell that a body belongs to, set before it runs; None if unknown."""

# Seconds that bodies which were just cancelled have to end.
_GRACE = 0.5

_left: list[tuple[str | None, Leftover]] = []


def keep(leftover: Leftover) -> None:
    """Count a body as one of this cell until it has ended."""
    kept = (cell.get(), leftover)
    _left.append(kept)
    leftover.ended.add_done_callback(lambda _: _left.remove(kept))


def find_earlier() -> list[Leftover]:
    """Return the bodies of earlier runs of this cell that still run."""
    here = cell.get()
    return [left for of, left in tuple(_left) if here is not None and of == here]


async def wait_for_room() -> None:
    """Wait until one more body may run.

    Raises:
        BodiesStillRunning: if too many still run.
    """
    deadline = asyncio.get_running_loop().time() + _GRACE
    while len(_left) >= MOST:
        if asyncio.get_running_loop().time() > deadline:
            raise BodiesStillRunning(len(_left), _left[0][1].line)
        await asyncio.sleep(0.02)
