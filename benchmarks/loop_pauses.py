"""Measure how long one stream blocks the event loop: the longest pause of each step.

    python -m benchmarks.loop_pauses                 # every kind, 1 KB to 8 MB
    python -m benchmarks.loop_pauses --only rows     # kinds with this in their name
    python -m benchmarks.loop_pauses --steps         # every step

A task in the same loop sleeps for a millisecond at a time. The pause is its longest
delay during a step, or the CPU time that this process used meanwhile, if that is less:
the rest was spent in waiting for a CPU. Of several rounds the shortest counts. Prints a
table of kinds and sizes, each with its longest pause and the step it was in: `decode`
is bytes to events, `take` events to content, `show` what a page is sent every 40 ms,
`merge` all changes since the start, `reload` what a page is sent after a reload,
`freeze` the ordinary output that remains, `record` and `replay` a recording.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gc
import json
import tempfile
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from pathlib import Path
from typing import Any

from IPython.core.displaypub import CapturingDisplayPublisher
from IPython.core.interactiveshell import InteractiveShell

from nbstream.notebook.outputs.output import StreamOutput
from nbstream.sources import RecordedSource, ReplayOptions, ReplaySource
from nbstream.sse import ConnectionChange, ServerSentEvent
from nbstream.sse.decoder import EventStreamDecoder
from nbstream.streams.handle import Stream

from .loop_pauses_loads import KINDS, OTHER_FORMATS

CHUNK = 64 * 1024
SIZES = {"1 KB": 1024, "100 KB": 100 * 1024, "1 MB": 1000_000, "8 MB": 8_000_000}
FRAME = 0.04


class PreparedSource:
    """Yield events that are already in memory, in batches."""

    label = "benchmark"
    bytes_received = 0

    def __init__(self, batches: list[list[ServerSentEvent]]) -> None:
        self._batches = batches

    def secrets(self) -> list[str]:
        return []

    def stop_reconnecting(self) -> None:
        pass

    async def batches(
        self, on_change: Callable[[ConnectionChange], None]
    ) -> AsyncGenerator[list[ServerSentEvent], None]:
        on_change(ConnectionChange("open"))
        for batch in self._batches:
            yield batch


class LoopLag:
    """Measure the longest time that the event loop is blocked, in seconds."""

    def __init__(self) -> None:
        self.longest = 0.0
        self.collecting = 0.0
        """The longest garbage collection, which stops every thread."""

    async def __aenter__(self) -> LoopLag:
        gc.callbacks.append(self._on_collection)
        self._task = asyncio.create_task(self._tick())
        await asyncio.sleep(0.005)
        self.longest = self.collecting = 0.0
        return self

    async def __aexit__(self, *exc: object) -> None:
        await asyncio.sleep(0.002)
        gc.callbacks.remove(self._on_collection)
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task

    def _on_collection(self, phase: str, info: dict[str, int]) -> None:
        if phase == "start":
            self._collection_started = time.thread_time()
        else:
            self.collecting = max(
                self.collecting, time.thread_time() - self._collection_started
            )

    async def _tick(self) -> None:
        while True:
            started, cpu = time.perf_counter(), time.process_time()
            await asyncio.sleep(0.001)
            late = time.perf_counter() - started - 0.001
            cpu = time.process_time() - cpu
            self.longest = max(self.longest, min(late, cpu))


async def decode(wire: bytes, decoder: Any) -> list[list[ServerSentEvent]]:
    batches = []
    for at in range(0, len(wire), CHUNK):
        if events := decoder.feed(wire[at : at + CHUNK]):
            batches.append(events)
        await asyncio.sleep(0)
    if events := decoder.finish():
        batches.append(events)
    return batches


async def poll_as_page(stream: Stream) -> None:
    """Read the stream as a page's view does, until its end."""
    sent = 0
    while not stream.done:
        seq, patches = stream.transcript.frame_after(sent)
        if patches is None:
            seq, parts = stream.transcript.snapshot_in_parts()
        else:
            parts = [patches]
        sent = seq
        for part in parts:
            json.dumps([p.payload for p in part])
            await asyncio.sleep(FRAME)
    stream.transcript.changes_after(sent)


async def measure_steps(
    wire: bytes, new_decoder: Callable[[], Any]
) -> dict[str, float]:
    """Return the longest pause of each step, in seconds."""
    longest: dict[str, float] = {}

    async def step(name: str, run: Callable[[], Awaitable[Any]]) -> Any:
        async with LoopLag() as lag:
            result = await run()
        if lag.collecting > lag.longest / 2:
            name = f"{name} (collector)"
        longest[name] = max(longest.get(name, 0.0), lag.longest)
        return result

    batches = await step("decode", lambda: decode(wire, new_decoder()))

    async def take() -> Stream:
        return await Stream(PreparedSource(batches)).wait()

    stream: Stream = await step("take", take)

    async def show() -> None:
        stream = Stream(PreparedSource(batches))
        await asyncio.gather(stream.wait(), poll_as_page(stream))

    await step("show", show)

    async def merge() -> None:
        stream.transcript.changes_after(0)

    await step("merge", merge)

    async def reload() -> None:
        for part in stream.transcript.snapshot_in_parts()[1]:
            json.dumps([p.payload for p in part])
            await asyncio.sleep(0)

    await step("reload", reload)

    async def freeze() -> None:
        stream = Stream(PreparedSource(batches))
        output = StreamOutput([stream], None)
        await stream.wait()
        assert output.final
        output.freeze()

    await step("freeze", freeze)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "recording"

        async def read_all(source: Any) -> None:
            # The recording only; interpreting its events is measured above.
            async for _ in source.batches(lambda change: None):
                await asyncio.sleep(0)

        await step(
            "record", lambda: read_all(RecordedSource(PreparedSource(batches), file))
        )
        await step(
            "replay",
            lambda: read_all(ReplaySource(file, ReplayOptions(speed=float("inf")))),
        )
    return longest


def describe_worst(longest: dict[str, float]) -> str:
    name = max(longest, key=lambda key: longest[key])
    mark = "**" if longest[name] > 0.05 else ""
    return f"{mark}{longest[name] * 1000:.0f} ms{mark} {name}"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", default="")
    parser.add_argument("--sizes", default=",".join(SIZES))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--steps", action="store_true")
    options = parser.parse_args()
    shell = InteractiveShell.instance()
    shell.display_pub = CapturingDisplayPublisher()
    kinds = {name: (make, EventStreamDecoder) for name, make in KINDS.items()}
    kinds |= OTHER_FORMATS
    sizes = options.sizes.split(",")
    print("| kind |", " | ".join(sizes), "|")
    print("|---|" + "---|" * len(sizes))
    for name, (make_wire, decoder) in kinds.items():
        if options.only not in name:
            continue
        cells = []
        for size in sizes:
            payload = make_wire(SIZES[size])
            if len(payload) > SIZES[size]:  # JSON escapes make it longer
                payload = make_wire(SIZES[size] ** 2 // len(payload))
            rounds = []
            for _ in range(options.rounds):
                rounds.append(asyncio.run(measure_steps(payload, decoder)))
                shell.display_pub.outputs.clear()
                if max(rounds[-1].values()) > 1:
                    break  # more than noise
            names = dict.fromkeys(step for r in rounds for step in r)
            least = {
                step: min(r[step] for r in rounds if step in r)
                for step in names
                # A step with a collection counts only if no round was without one.
                if not any(step.startswith(f"{other} ") for other in names)
            }
            cells.append(describe_worst(least))
            if options.steps:
                steps = " ".join(f"{k} {v * 1000:.0f}" for k, v in least.items())
                cells[-1] += f" ({steps})"
        print(f"| {name} |", " | ".join(cells), "|", flush=True)


if __name__ == "__main__":
    main()
