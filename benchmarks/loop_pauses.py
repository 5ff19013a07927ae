"""How long does one stream hold the event loop? The longest pause of each step.

    python -m benchmarks.loop_pauses                 # every kind, 1 KB to 8 MB
    python -m benchmarks.loop_pauses --only rows     # kinds whose name has this
    python -m benchmarks.loop_pauses --steps         # each step by itself

A task in the same loop asks to be woken every millisecond. The pause is how late it
was woken at worst while a step went on, or the processor's time that this process took
meanwhile, if that is less: on a machine that does other work, the rest was spent in
waiting for a processor. Of several rounds the least counts. Prints a table of kinds and
sizes, each with its longest pause and the step that it was in: `decode` is bytes to
events, `take` events to content, `show` what a page is sent every 40 ms and `reload`
after a reload, `freeze` the ordinary output that remains, `record` and `replay` a
recording.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gc
import json
import random
import tempfile
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from pathlib import Path
from typing import Any

from IPython.core.displaypub import CapturingDisplayPublisher
from IPython.core.interactiveshell import InteractiveShell

from nbstream.notebook.outputs import StreamOutput
from nbstream.sources import RecordedSource, ReplayOptions, ReplaySource
from nbstream.sse import ConnectionChange, ServerSentEvent
from nbstream.sse.decoder import EventStreamDecoder
from nbstream.sse.ndjson import NdjsonDecoder
from nbstream.sse.plain_text import PlainTextDecoder
from nbstream.streams.handle import Stream

CHUNK = 64 * 1024
SIZES = {"1 KB": 1024, "100 KB": 100 * 1024, "1 MB": 1000_000, "8 MB": 8_000_000}
FRAME = 0.04
WORDS = ["the", "model", "reads", "events", "and", "shows", "what", "they", "mean"]

Wire = Callable[[int], bytes]


def event(data: str, kind: str = "") -> bytes:
    """One event of the standard."""
    lines = "".join(f"data: {line}\n" for line in data.split("\n"))
    return f"{f'event: {kind}' + chr(10) if kind else ''}{lines}\n".encode()


def message(kind: str, **fields: Any) -> bytes:
    return event(json.dumps({"type": kind, **fields}))


def filled(piece: str, size: int) -> str:
    return (piece * (size // len(piece) + 1))[:size]


def listed(size: int, item: Callable[[int], str]) -> str:
    """Items apart by commas, of about a size together."""
    count = max(1, size // (len(item(1000)) + 1))
    return ",".join(map(item, range(count)))


def an_array(size: int, item: Callable[[int], str]) -> bytes:
    return event(f"[{listed(size, item)}]")


def an_object(size: int, field: Callable[[int], str]) -> bytes:
    return event(f"{{{listed(size, field)}}}")


def prose(size: int) -> str:
    words = random.Random(1).choices(WORDS, k=size // 5)
    return " ".join(words)[:size]


HARD = (
    "| a | *b* | [c](http://x) |\n|---|---|---|\n| `d` | **e _f_ g** | ~~h~~ |\n\n"
    "1. *one _two **three***\n   - [x] `y` <b> ![i](http://h/i.png)\n\n"
    "> quote $x_1^2$ \\(y\\) https://host/a_b_c?d=e\n\n***bold _and* both_**\n\n"
)
CODE = "```python\ndef f(x: int) -> str:\n    return f'{x!r}' + \"y\"  # why\n```\n\n"
ANSI = "\x1b[38;5;196m12:00:01\x1b[0m \x1b[1mINFO\x1b[22m \x1b[3mstep\x1b[0m done "
SDK = json.dumps(
    {
        "id": "m1",
        "object": "thing",
        "choices": [{"index": 0, "delta": {"role": None, "parts": [{"x": [1, 2]}]}}],
        "metadata": {"a": None, "b": {}, "c": [], "t": "2026-01-01T00:00:00Z"},
    }
)
DIFF = json.dumps(
    {
        "msg": "process_generating",
        "event_id": "e",
        "output": {"data": [[["append", [], "word "]]]},
    }
)
DIFF_FIRST = json.dumps(
    {"msg": "process_generating", "event_id": "e", "output": {"data": ["Hello "]}}
)
ANSWER = 'data: {"choices":[{"delta":{"content":"word "}}]}\n\n'


def patches(size: int) -> bytes:
    changes = listed(size, lambda n: f'["append",[0,"content"],"w{n} "]')
    said = [[{"role": "assistant", "content": "Hello "}]]
    first = {"msg": "process_generating", "event_id": "e", "output": {"data": said}}
    second = json.dumps(first | {"output": {"data": ["CHANGES"]}})
    return event(json.dumps(first)) + event(second.replace('"CHANGES"', f"[{changes}]"))


def deep(size: int) -> bytes:
    depth = min(900, size // 8)
    one = '{"a":' * depth + "1" + "}" * depth
    return an_array(size, lambda n: one)


KINDS: dict[str, Wire] = {
    "text": lambda n: message("content", data=prose(n)),
    "text, bare": lambda n: event(prose(n)),
    "code": lambda n: message("content", data=filled(CODE, n)),
    "code, one fence": lambda n: message(
        "content", data="```python\n" + filled("x = [1, 'a']  # b\n", n)
    ),
    "markdown": lambda n: message("content", data=filled(HARD, n)),
    "markdown, stars": lambda n: message("content", data=filled("*a **b ", n)),
    "markdown, brackets": lambda n: message("content", data=filled("[a](", n)),
    "blank lines": lambda n: message("content", data=filled("a\n\n", n)),
    "reasoning": lambda n: message("reasoning", data=prose(n)),
    "rows": lambda n: an_array(n, lambda i: json.dumps({"a": i % 10})),
    "rows, wide": lambda n: an_array(
        n, lambda i: json.dumps({"id": i, "name": f"n{i}", "v": i / 7})
    ),
    "row, large": lambda n: message("item", data={"x": [[i] for i in range(n // 8)]}),
    "object of objects": lambda n: an_object(n, lambda i: f'"k{i}":{{}}'),
    "list of lists": lambda n: an_array(n, lambda i: "[]"),
    "fields": lambda n: an_object(n, lambda i: f'"k{i}":"v"'),
    "metrics": lambda n: an_object(n, lambda i: f'"m{i}":0.5' if i else '"step":1'),
    "metric events": lambda n: b"".join(
        message("metric", name=f"n{i}", step=i, value=i / 3) for i in range(n // 70 + 1)
    ),
    "progress, nested": lambda n: b"".join(
        message("progress", name="/".join("abcdefgh"[: i % 9]) + f"/{i}", percent=5)
        for i in range(n // 70 + 1)
    ),
    "deep": deep,
    "numbers": lambda n: an_array(n, lambda i: "1"),
    "log of lines": lambda n: message("log", message=filled("a\n", n)),
    "log of colours": lambda n: message("log", message=filled(ANSI, n)),
    "log, both": lambda n: message("log", message=filled(f"{ANSI}\n", n)),
    "log, escapes": lambda n: message("log", message=filled("\x1b]", n)),
    "log, redrawn": lambda n: message("log", message=filled("1 %\r", n)),
    "log events": lambda n: b"".join(
        message("log", level="info", message=f"line {i}") for i in range(n // 60 + 1)
    ),
    "tool call": lambda n: message(
        "tool_call", index=0, name="f", arguments=f'{{"x":"{prose(n)}"}}'
    ),
    "tool call, lists": lambda n: message(
        "tool_call", index=0, name="f", arguments=f"[{listed(n, lambda i: '[1]')}]"
    ),
    "SDK dump": lambda n: an_array(n, lambda i: SDK),
    "SDK dump, one": lambda n: event(
        f'{{"id":"m","object":"x","parts":[{listed(n, lambda i: SDK)}]}}'
    ),
    "base64": lambda n: event(json.dumps({"type": "image", "data": filled("iVBO", n)})),
    "base64, bare": lambda n: event(filled("iVBORw0KGgo", n)),
    "digits": lambda n: event(filled("1", n)),
    "spaces": lambda n: event(f"x{filled(' ', n)}x"),
    "tiny events": lambda n: b"data:a\n\n" * (n // 8 + 1),
    "tiny answers": lambda n: ANSWER.encode() * (n // len(ANSWER) + 1),
    "tiny lines": lambda n: event(filled("a\n", n)),
    "rows in events": lambda n: b"".join(
        event(json.dumps({"id": i, "v": i / 7})) for i in range(n // 40 + 1)
    ),
    "gradio diffs": lambda n: event(DIFF_FIRST) + event(DIFF) * (n // len(DIFF) + 1),
    "json patch": patches,
    "think": lambda n: event(filled("<think>", n)),
}
OTHERS: dict[str, tuple[Wire, Callable[[], Any]]] = {
    "plain text": (lambda n: filled("ab cd ", n).encode(), PlainTextDecoder),
    "plain text, log": (
        lambda n: filled("2026-01-01 10:00:00 INFO x\n", n).encode(),
        PlainTextDecoder,
    ),
    "json lines": (lambda n: b'{"id":1,"v":0.5}\n' * (n // 17 + 1), NdjsonDecoder),
    "json line": (
        lambda n: f"[{listed(n, lambda i: '[1]')}]\n".encode(),
        NdjsonDecoder,
    ),
}


class Ready:
    """A source whose events are there already, as they would come."""

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


class Pauses:
    """How long the loop was held at worst, in seconds."""

    def __init__(self) -> None:
        self.longest = 0.0
        self.collecting = 0.0
        """How long the garbage collector held every thread at worst."""

    async def __aenter__(self) -> Pauses:
        gc.callbacks.append(self._collects)
        self._task = asyncio.create_task(self._tick())
        await asyncio.sleep(0.005)
        self.longest = self.collecting = 0.0
        return self

    async def __aexit__(self, *exc: object) -> None:
        await asyncio.sleep(0.002)
        gc.callbacks.remove(self._collects)
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task

    def _collects(self, phase: str, info: dict[str, int]) -> None:
        if phase == "start":
            self._since = time.thread_time()
        else:
            self.collecting = max(self.collecting, time.thread_time() - self._since)

    async def _tick(self) -> None:
        while True:
            before, worked = time.perf_counter(), time.process_time()
            await asyncio.sleep(0.001)
            late = time.perf_counter() - before - 0.001
            worked = time.process_time() - worked
            self.longest = max(self.longest, min(late, worked))


async def decode(wire: bytes, decoder: Any) -> list[list[ServerSentEvent]]:
    batches = []
    for at in range(0, len(wire), CHUNK):
        if events := decoder.feed(wire[at : at + CHUNK]):
            batches.append(events)
        await asyncio.sleep(0)
    if events := decoder.finish():
        batches.append(events)
    return batches


async def show(stream: Stream) -> None:
    """What the view of a page asks, until the end, and after a reload."""
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


async def measured(wire: bytes, new_decoder: Callable[[], Any]) -> dict[str, float]:
    """The longest pause of each step, in seconds."""
    found: dict[str, float] = {}

    async def step(name: str, run: Callable[[], Awaitable[Any]]) -> Any:
        async with Pauses() as pauses:
            result = await run()
        if pauses.collecting > pauses.longest / 2:
            name = f"{name} (collector)"
        found[name] = max(found.get(name, 0.0), pauses.longest)
        return result

    batches = await step("decode", lambda: decode(wire, new_decoder()))

    async def taken() -> Stream:
        return await Stream(Ready(batches)).wait()

    stream: Stream = await step("take", taken)

    async def shown() -> None:
        stream = Stream(Ready(batches))
        await asyncio.gather(stream.wait(), show(stream))

    await step("show", shown)

    async def all_told() -> None:
        stream.transcript.changes_after(0)

    await step("merge", all_told)

    async def reloaded() -> None:
        for part in stream.transcript.snapshot_in_parts()[1]:
            json.dumps([p.payload for p in part])
            await asyncio.sleep(0)

    await step("reload", reloaded)

    async def frozen() -> None:
        stream = Stream(Ready(batches))
        output = StreamOutput([stream], None)
        await stream.wait()
        assert output.final
        output.freeze()

    await step("freeze", frozen)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "recording"

        async def through(source: Any) -> None:
            # The recording alone: what is made of its events was measured above.
            async for _ in source.batches(lambda change: None):
                await asyncio.sleep(0)

        await step("record", lambda: through(RecordedSource(Ready(batches), file)))
        await step(
            "replay",
            lambda: through(ReplaySource(file, ReplayOptions(speed=float("inf")))),
        )
    return found


def worst(found: dict[str, float]) -> str:
    name = max(found, key=lambda key: found[key])
    mark = "**" if found[name] > 0.05 else ""
    return f"{mark}{found[name] * 1000:.0f} ms{mark} {name}"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", default="")
    parser.add_argument("--sizes", default=",".join(SIZES))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--steps", action="store_true")
    options = parser.parse_args()
    shell = InteractiveShell.instance()
    shell.display_pub = CapturingDisplayPublisher()
    kinds = {name: (wire, EventStreamDecoder) for name, wire in KINDS.items()} | OTHERS
    sizes = options.sizes.split(",")
    print("| kind |", " | ".join(sizes), "|")
    print("|---|" + "---|" * len(sizes))
    for name, (wire, decoder) in kinds.items():
        if options.only not in name:
            continue
        cells = []
        for size in sizes:
            payload = wire(SIZES[size])
            if len(payload) > SIZES[size]:  # what JSON escapes is longer
                payload = wire(SIZES[size] ** 2 // len(payload))
            rounds = []
            for _ in range(options.rounds):
                rounds.append(asyncio.run(measured(payload, decoder)))
                shell.display_pub.outputs.clear()
                if max(rounds[-1].values()) > 1:
                    break  # no noise is so loud
            names = dict.fromkeys(step for r in rounds for step in r)
            least = {
                step: min(r[step] for r in rounds if step in r)
                for step in names
                # A step that was longer because of the collector counts without it.
                if not any(step.startswith(f"{other} ") for other in names)
            }
            cells.append(worst(least))
            if options.steps:
                told = " ".join(f"{k} {v * 1000:.0f}" for k, v in least.items())
                cells[-1] += f" ({told})"
        print(f"| {name} |", " | ".join(cells), "|", flush=True)


if __name__ == "__main__":
    main()
