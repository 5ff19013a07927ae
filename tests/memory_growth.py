"""Receive a large amount of one kind of content, and print by how many MB the process
grew: a script that `test_memory_growth` runs in a separate process.

    python -m tests.memory_growth BUDGET SIZE COUNT FIELD…

for example `64 1024 1000000 Row.data`.

The budget is in MB, and is the memory limit of the stream.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import gc
import resource
import sys
from collections.abc import Callable, Sequence
from typing import Any, get_args

import nbstream
from nbstream import ServerSentEvent, updates
from nbstream.content.transcript import Transcript
from nbstream.limits import Limits
from nbstream.streams.intake import Intake
from nbstream.streams.pipeline import Pipeline
from nbstream.updates import Update

KINDS = {kind.__name__: kind for kind in get_args(updates.Update)}
_OTHERS: dict[str, Any] = {"int": 0, "float": 0.5, "bool": False, "Any": "", "str": "x"}


def text_fields() -> list[str]:
    """Return each field of an update that holds text, as `Kind.field`."""
    return [
        f"{name}.{field.name}"
        for name, kind in KINDS.items()
        for field in dataclasses.fields(kind)
        if field.type in ("str", "Any")
    ]


def maker_of(field: str) -> Callable[[str], Update]:
    """Return a function that builds an update with a text in one field and valid values
    in the others."""
    kind_name, _, name = field.partition(".")
    kind = KINDS[kind_name]
    needed = {
        f.name: _OTHERS[str(f.type)]
        for f in dataclasses.fields(kind)
        if f.default is dataclasses.MISSING and f.default_factory is dataclasses.MISSING
    }

    def make(text: str) -> Update:
        made: Update = kind(**(needed | {name: text}))
        return made

    return make


class SingleFieldPipeline(Pipeline):
    """Read every event as one field of an update."""

    def __init__(self, field: str) -> None:
        super().__init__("auto")
        self._made = maker_of(field)

    def read(self, event: ServerSentEvent) -> Sequence[Update]:
        return self.insert((self._made(event.data),))


async def receive(field: str, budget: int, size: int, count: int) -> None:
    """Receive this many texts of a size, each different, while one reader is paused and
    a view shows the content."""
    received = Intake(
        SingleFieldPipeline(field), Transcript(Limits(memory=budget << 20))
    )
    received.replay.may_lose = True
    reader = received.replay.read()
    filling = "x" * size
    for number in range(count):
        with contextlib.suppress(nbstream.StreamFailed):
            received.take(ServerSentEvent(data=f"{number} {filling}"))
        if number == 0:
            await anext(reader)
    lost = 1
    received.replay.end()
    async for event, shown in reader:
        gaps = [u.lost or 0 for u in shown if isinstance(u, updates.Gap)]
        lost += (event is not None) + sum(gaps)
    assert lost == count, f"{lost} of {count} events are accounted for"
    bundle = received.transcript.mimebundle()
    assert sum(len(text.encode()) for text in bundle.values()) <= 2 * 1024 * 1024


def peak() -> int:
    """Return the peak memory of this process, in MB.

    On Linux, `ru_maxrss` starts with the parent's value, which may be more than is
    measured here.
    """
    with contextlib.suppress(OSError), open("/proc/self/status") as status:
        (line,) = (line for line in status if line.startswith("VmHWM:"))
        return int(line.split()[1]) >> 10
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return used >> (20 if sys.platform == "darwin" else 10)


if __name__ == "__main__":
    budget, size, count = map(int, sys.argv[1:4])
    asyncio.run(receive("Text.text", budget, 10, 100))  # loads what is loaded once
    gc.disable()  # it takes a fifth of the time, and no code may depend on it
    before = peak()
    for each in sys.argv[4:]:
        asyncio.run(receive(each, budget, size, count))
        print(each, peak() - before, flush=True)
