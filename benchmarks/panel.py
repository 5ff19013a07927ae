"""Measure tokens from a server to the page: nbstream beside what people use today.

    python -m benchmarks.panel            # the table, and the other measurements
    python -m benchmarks.panel --quick    # one round, no slow peers

A real JupyterLab in a real Chromium; the server is a separate process. The latency of a
token is the time from the server's write until the page's document has it (a
MutationObserver checks after each change), on one machine's clock. Bytes are what the
page's WebSockets received while tokens arrived; CPU is the kernel's alone.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

from tests.browser.conftest import ARGUMENTS, chromium
from tests.browser.jupyter import Jupyter

from .panel_bench import (
    Bench,
    compute_latencies,
    find_kernel,
    find_long_tasks,
    read_cpu,
    read_probe,
    wait_seen,
    watch,
)
from .panel_goals import (
    measure_log,
    measure_markdown,
    measure_million,
    measure_other_cell,
    measure_second_stream,
    measure_weight,
)
from .panel_server import TOKEN_BYTES, Server

# Seconds that a way may lag behind the server's last token.
PATIENCE = 10.0


@dataclass(frozen=True)
class Way:
    """One way to show tokens in a notebook."""

    name: str
    cell: str
    selector: str = ".jp-OutputArea"
    # The seconds of tokens for each rate: shorter for a way that cannot keep up.
    seconds: tuple[float, float, float] = (5, 5, 5)


WAYS = [
    Way("nbstream", "%stream {url}", ".nbs-text"),
    Way(
        "`print(flush=True)`",
        "async for t in tokens('{url}'):\n    print(t, end='', flush=True)",
    ),
    Way("`print`, buffered", "async for t in tokens('{url}'):\n    print(t, end='')"),
    Way(
        "`update_display(Markdown)`",
        "h = display(Markdown(''), display_id=True)\ntext = ''\n"
        "async for t in tokens('{url}'):\n    text += t\n    h.update(Markdown(text))",
        seconds=(5, 1, 0),
    ),
    Way(
        "… at most 10 a second",
        "h = display(Markdown(''), display_id=True)\ntext, due = '', 0.0\n"
        "async for t in tokens('{url}'):\n    text += t\n"
        "    if time.monotonic() >= due:\n"
        "        due = time.monotonic() + 0.1\n        h.update(Markdown(text))",
        seconds=(5, 5, 0),
    ),
    Way(
        "`HTML.value +=`",
        "box = ipywidgets.HTML()\ndisplay(box)\n"
        "async for t in tokens('{url}'):\n    box.value += t",
        seconds=(5, 1, 0),
    ),
    Way(
        "`Output.append_stdout`",
        "out = ipywidgets.Output()\ndisplay(out)\n"
        "async for t in tokens('{url}'):\n    out.append_stdout(t)",
        seconds=(2, 0, 0),
    ),
]
RATES = (200, 2_000, 20_000)


@dataclass
class Result:
    """The measurements of one run."""

    p50: float
    p99: float
    worst: float
    shown: float  # the share of the tokens that was in the page at the end
    bytes: float
    cpu: float
    long_tasks: float
    longest_task: float
    freeze_bytes: float

    @classmethod
    def median(cls, results: list[Result]) -> Result:
        names = cls.__dataclass_fields__
        return cls(
            **{n: statistics.median(getattr(r, n) for r in results) for n in names}
        )


def measure_way(bench: Bench, way: Way, rate: int, seconds: float) -> Result:
    """Measure one run of one way at one rate."""
    count = int(rate * seconds)
    warm, run = bench.new_name(), bench.new_name()
    url = bench.server.url(warm, "text", 50, 10)
    cells = [way.cell.replace("{url}", url)]
    url = bench.server.url(run, "text", rate, count)
    cells.append(way.cell.replace("{url}", url))
    with bench.notebook(*cells) as notebook:
        watch(notebook, 1, way.selector)
        notebook.start(1)
        wait_seen(notebook, 9, 10)
        bench.server.release(warm)
        time.sleep(1)
        process = find_kernel(notebook)
        watch(notebook, 2, way.selector)
        before, cpu = read_probe(notebook), read_cpu(process)
        started = time.time()
        notebook.start(2)
        complete = wait_seen(notebook, count - 1, seconds + PATIENCE)
        now = time.time()
        time.sleep(0.3)
        cpu = read_cpu(process) - cpu
        after = read_probe(notebook)
        sent = bench.server.sent(run)
        bench.server.release(run)
        frozen = 0
        if way.name == "nbstream" and complete:
            notebook.wait_frozen(2)
            time.sleep(0.3)
            frozen = read_probe(notebook)["bytes"] - after["bytes"]
    tasks = find_long_tasks(after, started)
    late = sorted(compute_latencies(sent, after["seen"], now))
    _print_messages(way, rate, before["types"], after["types"])
    return Result(
        p50=late[len(late) // 2],
        p99=late[int(len(late) * 0.99)],
        worst=late[-1],
        shown=(after["seen"][-1][1] + 1) / count if after["seen"] else 0.0,
        bytes=after["bytes"] - before["bytes"],
        cpu=cpu,
        long_tasks=len(tasks),
        longest_task=max(tasks, default=0.0),
        freeze_bytes=frozen,
    )


def _print_messages(way: Way, rate: int, before: Any, after: Any) -> None:
    """Print to stderr the number and bytes of each type of message."""
    parts = []
    for kind, (size, number) in after.items():
        old_size, old_number = before.get(kind, (0, 0))
        if number > old_number:
            parts.append(f"{kind} {number - old_number}: {size - old_size:,} B")
    print(f"  {way.name} {rate}/s: {'; '.join(parts)}", file=sys.stderr, flush=True)


def print_table(bench: Bench, rounds: int, quick: bool) -> None:
    results: dict[tuple[str, int], list[Result]] = {}
    for turn in range(rounds):
        # In turn, so that other load on the machine affects all of them.
        for way in WAYS[::-1] if turn % 2 else WAYS:
            for rate, seconds in zip(RATES, way.seconds, strict=True):
                slow = way not in WAYS[:3]
                if seconds == 0 or (slow and (quick or turn > 0)):
                    continue
                result = measure_way(bench, way, rate, seconds)
                results.setdefault((way.name, rate), []).append(result)
    print(
        "| tokens | way | p50 | p99 | worst | socket | × payload | kernel CPU "
        "| long tasks |\n|---|---|---|---|---|---|---|---|---|"
    )
    for i, rate in enumerate(RATES):
        ours = Result.median(results["nbstream", rate])
        for way in WAYS:
            if (way.name, rate) not in results:
                continue
            got = Result.median(results[way.name, rate])
            seconds = way.seconds[i]
            payload = rate * seconds * TOKEN_BYTES
            note = "" if seconds == 5 else f", {seconds:g} s"
            if got.shown < 0.999:
                note += f", {got.shown:.0%} shown after {PATIENCE:.0f} s more"
            # CPU a second, since some runs are shorter.
            per = got.cpu / seconds / (ours.cpu / 5)
            ratios = "" if way.name == "nbstream" else f" ({per:.1f}×)"
            later = "" if way.name == "nbstream" else f" ({got.p99 / ours.p99:.1f}×)"
            print(
                f"| {rate:,}/s | {way.name}{note} | {got.p50:,.0f} ms "
                f"| {got.p99:,.0f} ms{later} | {got.worst:,.0f} ms "
                f"| {got.bytes / 1000:,.0f} KB | {got.bytes / payload:.1f} "
                f"| {got.cpu:.2f} s{ratios} "
                f"| {got.long_tasks:.0f}, {got.longest_task:.0f} ms |"
            )
    for rate in RATES:
        ours = Result.median(results["nbstream", rate])
        print(f"\nFreezing {rate * 5:,} tokens: {ours.freeze_bytes / 1000:,.0f} KB")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one round, fast ways")
    parser.add_argument("--rounds", type=int, default=3)
    parts: dict[str, Callable[[Bench], None]] = {
        "log": measure_log,
        "million": lambda bench: measure_million(bench, 1_000_000),
        "cell": measure_other_cell,
        "second": measure_second_stream,
        "answer": measure_markdown,
        "measure_weight": lambda _: measure_weight(),
    }
    parser.add_argument("--only", choices=["table", *parts], action="append")
    options = parser.parse_args()
    rounds = 1 if options.quick else options.rounds
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        browser = playwright.chromium.launch(executable_path=chromium(), args=ARGUMENTS)
        lab, server = Jupyter("lab", Path(folder) / "lab"), Server()
        bench = Bench(browser, lab, server)
        try:
            if options.only is None or "table" in options.only:
                print_table(bench, rounds, options.quick)
            for name, part in parts.items():
                if options.only is None or name in options.only:
                    part(bench)
        finally:
            server.close()
            lab.close()
            browser.close()


if __name__ == "__main__":
    main()
