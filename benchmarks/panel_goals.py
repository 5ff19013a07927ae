"""The measurements of `benchmarks.panel` other than the table: nbstream alone."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import CDPSession, expect

from tests.browser.jupyter import Notebook

from .panel_bench import (
    CURRENT_PANEL,
    Bench,
    compute_latencies,
    find_kernel,
    find_long_tasks,
    last_seen,
    read_cpu,
    read_probe,
    wait_seen,
    watch,
)


def measure_log(bench: Bench) -> None:
    run, count, rate = bench.new_name(), 100_000, 20_000
    url = bench.server.url(run, "log", rate, count)
    with bench.notebook(f"%stream {url}") as notebook:
        process = find_kernel(notebook)
        watch(notebook, 1, ".nbs-log")
        started, cpu = time.time(), read_cpu(process)
        notebook.start(1)
        scroller = notebook.panel(1).locator(".nbs-log")
        expect(scroller).to_be_visible(timeout=10_000)
        time.sleep(2)
        left = time.time()
        beside = scroller.evaluate("(el) => window.probe.scroll(el, 1500)")
        # Scrolling to the end makes the log follow it again.
        scroller.evaluate("(el) => { el.scrollTop = el.scrollHeight; }")
        complete = wait_seen(notebook, count - 1, 30)
        time.sleep(0.3)
        cpu = read_cpu(process) - cpu
        sent = [(n, at) for n, at in bench.server.sent(run) if at < left - 0.5]
        seen = read_probe(notebook)["seen"]
        late = sorted(compute_latencies(sent, seen, time.time()))
        after = scroller.evaluate("(el) => window.probe.scroll(el, 2000)")
        tasks = find_long_tasks(read_probe(notebook), started)
        bench.server.release(run)
        notebook.wait_frozen(1)
        ending = find_long_tasks(read_probe(notebook), started)[len(tasks) :]
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


def read_heap(notebook: Notebook) -> int:
    session = notebook.page.context.new_cdp_session(notebook.page)
    for _ in range(2):
        session.send("HeapProfiler.collectGarbage")
    used = int(session.send("Runtime.getHeapUsage")["usedSize"])
    session.detach()
    return used


def measure_million(bench: Bench, count: int) -> None:
    warm, run = bench.new_name(), bench.new_name()
    first = bench.server.url(warm, "text", 50, 10)
    url = bench.server.url(run, "text", 50_000, count, wait=1)
    with bench.notebook(f"%stream {first}", f"%stream -n s {url}") as notebook:
        notebook.run(1)
        time.sleep(1)
        bench.server.release(warm)
        notebook.wait_frozen(1)
        process = find_kernel(notebook)
        memory, heap = process.memory_info().rss, read_heap(notebook)
        started, cpu = time.time(), read_cpu(process)
        notebook.start(2)
        time.sleep(1)
        until = time.monotonic() + 120
        while time.monotonic() < until:
            if int(notebook.evaluate("s.events_received")) >= count:
                break
            time.sleep(0.5)
        took = time.time() - started
        time.sleep(1)
        cpu = read_cpu(process) - cpu
        # Garbage collections are among them.
        tasks = find_long_tasks(read_probe(notebook), started)
        kernel = process.memory_info().rss - memory
        page = read_heap(notebook) - heap
        bench.server.release(run)
        notebook.wait_frozen(2)
        time.sleep(1)
        frozen_kernel = process.memory_info().rss - memory
        frozen_page = read_heap(notebook) - heap
    print(
        f"\n{count:,} events ({took:.0f} s, kernel CPU {cpu:.1f} s): "
        f"kernel +{kernel / 1e6:.0f} MB, page's heap {page / 1e6:+.0f} MB, long tasks "
        f"{len(tasks)}, longest {max(tasks, default=0):.0f} ms; once frozen: "
        f"kernel +{frozen_kernel / 1e6:.0f} MB, heap {frozen_page / 1e6:+.0f} MB"
    )


def measure_other_cell(bench: Bench, rate: int = 10_000) -> None:
    run, count = bench.new_name(), rate * 15
    url = bench.server.url(run, "text", rate, count)
    timed = f"""async (index) => {{
        const panel = {CURRENT_PANEL};
        panel.content.activeCellIndex = index;
        panel.content.deselectAll();
        const started = performance.now();
        await window.jupyterapp.commands.execute('notebook:run-cell');
        return performance.now() - started;
    }}"""
    request = f"""async () => {{
        const kernel = {CURRENT_PANEL}.sessionContext.session.kernel;
        const started = performance.now();
        await kernel.requestExecute({{ code: '1+1' }}).done;
        return performance.now() - started;
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
        idle_request = median(lambda: page.evaluate(request))
        watch(notebook, 1, ".nbs-text")
        notebook.start(1)
        time.sleep(2)
        busy = median(lambda: page.evaluate(timed, 2))
        busy_request = median(lambda: page.evaluate(request))
        still = last_seen(notebook) < count - 1
        bench.server.release(run)
    print(
        f"\n`1+1` in another cell beside {rate:,} events/s, medians of 25: "
        f"{idle:.0f} ms idle, {busy:.0f} ms beside ({busy / idle:.2f}×); "
        f"the request without the notebook's drawing: {idle_request:.0f} ms idle, "
        f"{busy_request:.0f} ms beside ({busy_request / idle_request:.2f}×)"
        + ("" if still else " (the stream had ended)")
    )


def measure_second_stream(bench: Bench) -> None:
    names = [bench.new_name() for _ in range(2)]
    urls = [bench.server.url(name, "text", 50, 5) for name in names]
    with bench.notebook(*(f"%stream {url}" for url in urls)) as notebook:
        sizes = []
        for index, name in enumerate(names, 1):
            before = read_probe(notebook)["bytes"]
            watch(notebook, index, ".nbs-text")
            notebook.run(index)
            wait_seen(notebook, 4, 10)
            time.sleep(0.5)
            sizes.append(read_probe(notebook)["bytes"] - before)
            bench.server.release(name)
            notebook.wait_frozen(index)
    print(
        f"\nOn the wire until its first words are shown: the first stream "
        f"{sizes[0] / 1000:.0f} KB, the second {sizes[1] / 1000:.1f} KB"
    )


def measure_markdown(bench: Bench) -> None:
    """Measure a delta of a markdown answer in the page, at its start and its end."""
    warm, run = bench.new_name(), bench.new_name()
    rate, count, some = 200, 2_500, 2.5
    urls = [
        bench.server.url(warm, "markdown", rate, 300),
        bench.server.url(run, "markdown", rate, count),
    ]
    with bench.notebook(*(f"%stream {url}" for url in urls)) as notebook:
        session = notebook.page.context.new_cdp_session(notebook.page)
        session.send("Performance.enable")

        def busy(seconds: float) -> float:
            """Return the milliseconds of the page's tasks within `seconds`."""
            before = _task_time(session)
            time.sleep(seconds)
            return (_task_time(session) - before) * 1000

        notebook.run(1)
        time.sleep(2.5)
        bench.server.release(warm)
        notebook.wait_frozen(1)
        idle = busy(some)
        notebook.run(2)
        started = time.monotonic()
        first = busy(some) - idle
        time.sleep(max(0.0, count / rate - some - (time.monotonic() - started)))
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


def measure_weight() -> None:
    import nbstream

    static = Path(nbstream.__file__).with_name("static")
    sizes = {path.name: path.stat().st_size for path in sorted(static.glob("*.js"))}
    listed = ", ".join(f"{name} {size / 1000:.0f} KB" for name, size in sizes.items())
    print(f"\nBundle: {listed}, minified")
    code = (
        "import sys, time, ipykernel.zmqshell\n"
        "from IPython.core.interactiveshell import InteractiveShell\n"
        "shell = InteractiveShell.instance()\n"
        "if sys.argv[1] == 'after': import ipywidgets\n"
        "started = time.process_time()\n"
        "shell.run_line_magic('load_ext', 'nbstream')\n"
        "print((time.process_time() - started) * 1000)\n"
    )
    taken = {}
    with tempfile.TemporaryDirectory() as folder:
        # Compiled beforehand, as installed packages are.
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
