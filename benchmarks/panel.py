"""From a server to the page: nbstream beside what people use today.

    python -m benchmarks.panel            # the table, and the numbers of issue 4
    python -m benchmarks.panel --quick    # one round, no slow peers

A real JupyterLab in a real Chromium; the server is a process of its own. The latency of
a token is the time from the server's write to the moment at which the page's document
holds it (a MutationObserver looks after each change), on one machine's clock. Bytes are
those that the page's WebSockets received while tokens came; CPU is the kernel's alone.
"""

from __future__ import annotations

import argparse
import bisect
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
from playwright.sync_api import Browser, CDPSession, Page, expect, sync_playwright

from tests.browser.conftest import ARGUMENTS, chromium
from tests.browser.jupyter import Jupyter, Notebook

from .panel_server import TOKEN_BYTES, Server

_PROBE = Path(__file__).with_name("panel_probe.js")
_PANEL = "window.jupyterapp.shell.currentWidget"
_CELL = f"{_PANEL}.content.widgets[index].node"
# How long a peer may lag behind the server's last token.
_PATIENCE = 10.0

# Everything that is imported once is, before anything is measured.
_SETUP = """\
import httpx, httpx_sse, time, ipywidgets, anywidget
from IPython.display import Markdown, display
%load_ext nbstream

async def tokens(url):
    async with httpx.AsyncClient(timeout=None) as client:
        async with httpx_sse.aconnect_sse(client, "GET", url) as source:
            async for event in source.aiter_sse():
                if event.data == "[DONE]":
                    return
                yield event.data
"""


@dataclass(frozen=True)
class Way:
    """A way to show tokens."""

    name: str
    cell: str
    selector: str = ".jp-OutputArea"
    # The seconds of tokens for each rate: those that cannot keep up are spared the
    # rest, which would only make the same point later.
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
    """What one run cost."""

    p50: float
    p99: float
    worst: float
    shown: float  # of the tokens, the share that was in the page when time was up
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


class Bench:
    """One JupyterLab, one browser, one server."""

    def __init__(self, browser: Browser, lab: Jupyter, server: Server) -> None:
        self._browser = browser
        self._lab = lab
        self.server = server
        self._number = 0

    def name(self) -> str:
        self._number += 1
        return f"r{self._number}"

    @contextmanager
    def notebook(self, *cells: str) -> Iterator[Notebook]:
        """A notebook with a kernel and a page of its own; the first cell has run."""
        probed: Any = _Probed(self._browser)
        notebook = self._lab.open(probed, f"{self.name()}.ipynb", [_SETUP, *cells])
        notebook.run(0)
        try:
            yield notebook
        finally:
            end_sessions(notebook, self._lab.url)
            notebook.page.context.close()


class _Probed:
    """A browser whose pages are probed from their beginning."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser

    def new_page(self, **options: Any) -> Page:
        page = self._browser.new_page(**options)
        page.add_init_script(path=_PROBE)
        return page


def end_sessions(notebook: Notebook, url: str) -> None:
    """Through the server: a page that is choking would not get round to it."""
    context = notebook.page.context
    cookies = {c["name"]: c["value"] for c in context.cookies(url)}
    headers = {"X-XSRFToken": cookies["_xsrf"]}
    for session in context.request.get(f"{url}api/sessions").json():
        path = f"{url}api/sessions/{session['id']}"
        assert context.request.delete(path, headers=headers).ok


def kernel_of(notebook: Notebook) -> psutil.Process:
    return psutil.Process(int(notebook.evaluate("__import__('os').getpid()")))


def cpu_of(process: psutil.Process) -> float:
    times = process.cpu_times()
    return times.user + times.system


def watch(notebook: Notebook, index: int, selector: str) -> None:
    notebook.page.evaluate(
        f"([index, selector]) => window.probe.watch({_CELL}, selector)",
        [index, selector],
    )


def seen_by(notebook: Notebook) -> int:
    return int(notebook.page.evaluate("() => window.probe.seen.at(-1)?.[1] ?? -1"))


def wait_seen(notebook: Notebook, number: int, patience: float) -> bool:
    """Wait until this number is in the page."""
    until = time.monotonic() + patience
    while time.monotonic() < until:
        if seen_by(notebook) >= number:
            return True
        time.sleep(0.25)
    return False


def probed(notebook: Notebook) -> dict[str, Any]:
    return dict(
        notebook.page.evaluate(
            "() => ({ bytes: probe.bytes, types: probe.types, "
            "longTasks: probe.longTasks, seen: probe.seen })"
        )
    )


def latencies(
    sent: list[tuple[int, float]], seen: list[tuple[float, int]], now: float
) -> list[float]:
    """Of each token in ms; of one that is not there yet, its age."""
    found: list[float] = []
    numbers = [number for _, number in seen]
    first = 0
    for last, at in sent:
        for number in range(first, last + 1):
            i = bisect.bisect_left(numbers, number)
            there = seen[i][0] if i < len(seen) else now
            found.append((there - at) * 1000)
        first = last + 1
    return found


def long_tasks(probe: dict[str, Any], since: float) -> list[float]:
    return [took for at, took in probe["longTasks"] if at >= since * 1000]


def follow(bench: Bench, way: Way, rate: int, seconds: float) -> Result:
    """One run of one way at one pace."""
    count = int(rate * seconds)
    warm, run = bench.name(), bench.name()
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
        process = kernel_of(notebook)
        watch(notebook, 2, way.selector)
        before, cpu = probed(notebook), cpu_of(process)
        began = time.time()
        notebook.start(2)
        complete = wait_seen(notebook, count - 1, seconds + _PATIENCE)
        now = time.time()
        time.sleep(0.3)
        cpu = cpu_of(process) - cpu
        after = probed(notebook)
        sent = bench.server.sent(run)
        bench.server.release(run)
        frozen = 0
        if way.name == "nbstream" and complete:
            notebook.wait_frozen(2)
            time.sleep(0.3)
            frozen = probed(notebook)["bytes"] - after["bytes"]
    tasks = long_tasks(after, began)
    late = sorted(latencies(sent, after["seen"], now))
    _breakdown(way, rate, before["types"], after["types"])
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


def _breakdown(way: Way, rate: int, before: Any, after: Any) -> None:
    """On stderr: which messages the bytes were."""
    parts = []
    for kind, (size, number) in after.items():
        old_size, old_number = before.get(kind, (0, 0))
        if number > old_number:
            parts.append(f"{kind} {number - old_number}: {size - old_size:,} B")
    print(f"  {way.name} {rate}/s: {'; '.join(parts)}", file=sys.stderr, flush=True)


# -- the table -----------------------------------------------------------------------


def table(bench: Bench, rounds: int, quick: bool) -> None:
    results: dict[tuple[str, int], list[Result]] = {}
    for turn in range(rounds):
        # In turn, so that what else the machine does falls on all of them.
        for way in WAYS[::-1] if turn % 2 else WAYS:
            for rate, seconds in zip(RATES, way.seconds, strict=True):
                slow = way not in WAYS[:3]
                if seconds == 0 or (slow and (quick or turn > 0)):
                    continue
                result = follow(bench, way, rate, seconds)
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
                note += f", {got.shown:.0%} shown after {_PATIENCE:.0f} s more"
            # Of runs that were shorter, a ratio of CPU would compare nothing.
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


# -- the other numbers of the issue ------------------------------------------------


def log_lines(bench: Bench) -> None:
    run, count, rate = bench.name(), 100_000, 20_000
    url = bench.server.url(run, "log", rate, count)
    with bench.notebook(f"%stream {url}") as notebook:
        process = kernel_of(notebook)
        watch(notebook, 1, ".nbs-log")
        began, cpu = time.time(), cpu_of(process)
        notebook.start(1)
        scroller = notebook.panel(1).locator(".nbs-log")
        expect(scroller).to_be_visible(timeout=10_000)
        time.sleep(2)
        left = time.time()
        beside = scroller.evaluate("(el) => window.probe.scroll(el, 1500)")
        # Back to the end, which is then followed again.
        scroller.evaluate("(el) => { el.scrollTop = el.scrollHeight; }")
        complete = wait_seen(notebook, count - 1, 30)
        time.sleep(0.3)
        cpu = cpu_of(process) - cpu
        sent = [(n, at) for n, at in bench.server.sent(run) if at < left - 0.5]
        late = sorted(latencies(sent, probed(notebook)["seen"], time.time()))
        after = scroller.evaluate("(el) => window.probe.scroll(el, 2000)")
        tasks = long_tasks(probed(notebook), began)
        bench.server.release(run)
        notebook.wait_frozen(1)
        ending = long_tasks(probed(notebook), began)[len(tasks) :]
    print(
        f"\n{count:,} log lines at {rate:,}/s{'' if complete else ' (not all shown)'}: "
        f"long tasks {len(tasks)}, longest {max(tasks, default=0):.0f} ms; at the "
        f"freeze longest {max(ending, default=0):.0f} ms; kernel CPU {cpu:.2f} s\n"
        f"  latency while the end is in view: p50 {late[len(late) // 2]:.0f} ms, "
        f"p99 {late[int(len(late) * 0.99)]:.0f} ms\n"
        f"  scrolling while they come: {beside['fps']:.0f} frames/s, longest "
        f"{beside['longest']:.0f} ms; after: {after['fps']:.0f} frames/s, longest "
        f"{after['longest']:.0f} ms"
    )


def heap_of(notebook: Notebook) -> int:
    session = notebook.page.context.new_cdp_session(notebook.page)
    for _ in range(2):
        session.send("HeapProfiler.collectGarbage")
    used = int(session.send("Runtime.getHeapUsage")["usedSize"])
    session.detach()
    return used


def a_million(bench: Bench, count: int) -> None:
    warm, run = bench.name(), bench.name()
    first = bench.server.url(warm, "text", 50, 10)
    url = bench.server.url(run, "text", 50_000, count, wait=1)
    with bench.notebook(f"%stream {first}", f"%stream -n s {url}") as notebook:
        notebook.run(1)
        time.sleep(1)
        bench.server.release(warm)
        notebook.wait_frozen(1)
        process = kernel_of(notebook)
        memory, heap = process.memory_info().rss, heap_of(notebook)
        began, cpu = time.time(), cpu_of(process)
        notebook.start(2)
        time.sleep(1)
        until = time.monotonic() + 120
        while time.monotonic() < until:
            if int(notebook.evaluate("s.events_received")) >= count:
                break
            time.sleep(0.5)
        took = time.time() - began
        time.sleep(1)
        cpu = cpu_of(process) - cpu
        tasks = long_tasks(probed(notebook), began)  # collecting garbage is one too
        kernel = process.memory_info().rss - memory
        page = heap_of(notebook) - heap
        bench.server.release(run)
        notebook.wait_frozen(2)
        time.sleep(1)
        frozen_kernel = process.memory_info().rss - memory
        frozen_page = heap_of(notebook) - heap
    print(
        f"\n{count:,} events ({took:.0f} s, kernel CPU {cpu:.1f} s): "
        f"kernel +{kernel / 1e6:.0f} MB, page's heap {page / 1e6:+.0f} MB, long tasks "
        f"{len(tasks)}, longest {max(tasks, default=0):.0f} ms; once frozen: "
        f"kernel +{frozen_kernel / 1e6:.0f} MB, heap {frozen_page / 1e6:+.0f} MB"
    )


def beside_another_cell(bench: Bench, rate: int = 10_000) -> None:
    run, count = bench.name(), rate * 15
    url = bench.server.url(run, "text", rate, count)
    timed = f"""async (index) => {{
        const panel = {_PANEL};
        panel.content.activeCellIndex = index;
        panel.content.deselectAll();
        const began = performance.now();
        await window.jupyterapp.commands.execute('notebook:run-cell');
        return performance.now() - began;
    }}"""
    asked = f"""async () => {{
        const kernel = {_PANEL}.sessionContext.session.kernel;
        const began = performance.now();
        await kernel.requestExecute({{ code: '1+1' }}).done;
        return performance.now() - began;
    }}"""

    def median(measure: Callable[[], Any]) -> float:
        taken = []
        for _ in range(25):
            taken.append(float(measure()))
            time.sleep(0.05)
        return statistics.median(taken)

    with bench.notebook(f"%stream {url}", "1+1") as notebook:
        page = notebook.page
        page.evaluate(timed, 2)
        idle = median(lambda: page.evaluate(timed, 2))
        idle_asked = median(lambda: page.evaluate(asked))
        watch(notebook, 1, ".nbs-text")
        notebook.start(1)
        time.sleep(2)
        busy = median(lambda: page.evaluate(timed, 2))
        busy_asked = median(lambda: page.evaluate(asked))
        still = seen_by(notebook) < count - 1
        bench.server.release(run)
    print(
        f"\n`1+1` in another cell beside {rate:,} events/s, medians of 25: "
        f"{idle:.0f} ms idle, {busy:.0f} ms beside ({busy / idle:.2f}×); "
        f"the request without the notebook's drawing: {idle_asked:.0f} ms idle, "
        f"{busy_asked:.0f} ms beside ({busy_asked / idle_asked:.2f}×)"
        + ("" if still else " (the stream had ended)")
    )


def second_stream(bench: Bench) -> None:
    names = [bench.name() for _ in range(2)]
    urls = [bench.server.url(name, "text", 50, 5) for name in names]
    with bench.notebook(*(f"%stream {url}" for url in urls)) as notebook:
        sizes = []
        for index, name in enumerate(names, 1):
            before = probed(notebook)["bytes"]
            watch(notebook, index, ".nbs-text")
            notebook.run(index)
            wait_seen(notebook, 4, 10)
            time.sleep(0.5)
            sizes.append(probed(notebook)["bytes"] - before)
            bench.server.release(name)
            notebook.wait_frozen(index)
    print(
        f"\nOn the wire until its first words are shown: the first stream "
        f"{sizes[0] / 1000:.0f} KB, the second {sizes[1] / 1000:.1f} KB"
    )


def long_answer(bench: Bench) -> None:
    """What a delta of a markdown answer costs the page, at its start and at its end."""
    warm, run = bench.name(), bench.name()
    rate, count, some = 200, 2_500, 2.5
    urls = [
        bench.server.url(warm, "markdown", rate, 300),
        bench.server.url(run, "markdown", rate, count),
    ]
    with bench.notebook(*(f"%stream {url}" for url in urls)) as notebook:
        session = notebook.page.context.new_cdp_session(notebook.page)
        session.send("Performance.enable")

        def busy(seconds: float) -> float:
            """Milliseconds of the page's tasks in so many seconds."""
            before = _task_time(session)
            time.sleep(seconds)
            return (_task_time(session) - before) * 1000

        notebook.run(1)
        time.sleep(2.5)
        bench.server.release(warm)
        notebook.wait_frozen(1)
        idle = busy(some)
        notebook.run(2)
        began = time.monotonic()
        first = busy(some) - idle
        time.sleep(max(0.0, count / rate - some - (time.monotonic() - began)))
        last = busy(some) - idle
        bench.server.release(run)
    deltas = rate * some
    print(
        f"\nA markdown answer of 100 KB, a delta of 40 characters: the first fifth "
        f"costs the page {first / deltas:.2f} ms a delta, the last "
        f"{last / deltas:.2f} ms ({last / first:.2f}×)"
    )


def _task_time(session: CDPSession) -> float:
    metrics = session.send("Performance.getMetrics")["metrics"]
    return float(next(m["value"] for m in metrics if m["name"] == "TaskDuration"))


def weight() -> None:
    import nbstream

    static = Path(nbstream.__file__).with_name("static")
    sizes = {path.name: path.stat().st_size for path in sorted(static.glob("*.js"))}
    told = ", ".join(f"{name} {size / 1000:.0f} KB" for name, size in sizes.items())
    print(f"\nBundle: {told}, minified")
    code = (
        "import sys, time, ipykernel.zmqshell\n"
        "from IPython.core.interactiveshell import InteractiveShell\n"
        "shell = InteractiveShell.instance()\n"
        "if sys.argv[1] == 'after': import ipywidgets\n"
        "began = time.process_time()\n"
        "shell.run_line_magic('load_ext', 'nbstream')\n"
        "print((time.process_time() - began) * 1000)\n"
    )
    taken = {}
    with tempfile.TemporaryDirectory() as folder:
        # Compiled once, as installed packages are.
        compiled = {"PYTHONPYCACHEPREFIX": folder, "PYTHONDONTWRITEBYTECODE": ""}

        def run(when: str) -> float:
            done = subprocess.run(
                [sys.executable, "-c", code, when],
                capture_output=True,
                text=True,
                check=True,
                env=os.environ | compiled,
            )
            return float(done.stdout)

        for when in ("after", "without"):
            run(when)
            taken[when] = statistics.median(run(when) for _ in range(7))
    print(
        f"`%load_ext nbstream`: {taken['after']:.0f} ms of CPU after "
        f"`import ipywidgets`, {taken['without']:.0f} ms without; medians of 7"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one round, fast ways")
    parser.add_argument("--rounds", type=int, default=3)
    parts: dict[str, Callable[[Bench], None]] = {
        "log": log_lines,
        "million": lambda bench: a_million(bench, 1_000_000),
        "cell": beside_another_cell,
        "second": second_stream,
        "answer": long_answer,
        "weight": lambda _: weight(),
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
                table(bench, rounds, options.quick)
            for name, part in parts.items():
                if options.only is None or name in options.only:
                    part(bench)
        finally:
            server.close()
            lab.close()
            browser.close()


if __name__ == "__main__":
    main()
