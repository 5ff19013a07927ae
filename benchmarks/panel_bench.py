"""What the parts of `benchmarks.panel` share: notebooks, and measurements of a page."""

from __future__ import annotations

import bisect
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
from playwright.sync_api import Browser, Page

from tests.browser.jupyter import Jupyter, Notebook

from .panel_server import Server

_PROBE = Path(__file__).with_name("panel_probe.js")
CURRENT_PANEL = "window.jupyterapp.shell.currentWidget"
_CELL = f"{CURRENT_PANEL}.content.widgets[index].node"

# Imports what a cell would import, before anything is measured.
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


class Bench:
    """Share one JupyterLab, one browser and one server."""

    def __init__(self, browser: Browser, lab: Jupyter, server: Server) -> None:
        self._browser = browser
        self._lab = lab
        self.server = server
        self._number = 0

    def new_name(self) -> str:
        self._number += 1
        return f"r{self._number}"

    @contextmanager
    def notebook(self, *cells: str) -> Iterator[Notebook]:
        """Open a notebook with a new kernel and page, and run its first cell."""
        browser: Any = _ProbedBrowser(self._browser)
        notebook = self._lab.open(browser, f"{self.new_name()}.ipynb", [_SETUP, *cells])
        notebook.run(0)
        try:
            yield notebook
        finally:
            end_sessions(notebook, self._lab.url)
            notebook.page.context.close()


class _ProbedBrowser:
    """Open pages that run the probe before their own scripts."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser

    def new_page(self, **options: Any) -> Page:
        page = self._browser.new_page(**options)
        page.add_init_script(path=_PROBE)
        return page


def end_sessions(notebook: Notebook, url: str) -> None:
    """Shut the kernels down through the server, since the page may be overloaded."""
    context = notebook.page.context
    cookies = {c["name"]: c["value"] for c in context.cookies(url)}
    headers = {"X-XSRFToken": cookies["_xsrf"]}
    for session in context.request.get(f"{url}api/sessions").json():
        path = f"{url}api/sessions/{session['id']}"
        assert context.request.delete(path, headers=headers).ok


def find_kernel(notebook: Notebook) -> psutil.Process:
    return psutil.Process(int(notebook.evaluate("__import__('os').getpid()")))


def read_cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    return times.user + times.system


def watch(notebook: Notebook, index: int, selector: str) -> None:
    notebook.page.evaluate(
        f"([index, selector]) => window.probe.watch({_CELL}, selector)",
        [index, selector],
    )


def last_seen(notebook: Notebook) -> int:
    return int(notebook.page.evaluate("() => window.probe.seen.at(-1)?.[1] ?? -1"))


def wait_seen(notebook: Notebook, number: int, patience: float) -> bool:
    """Wait until this number is in the page; return False after `patience` seconds."""
    until = time.monotonic() + patience
    while time.monotonic() < until:
        if last_seen(notebook) >= number:
            return True
        time.sleep(0.25)
    return False


def read_probe(notebook: Notebook) -> dict[str, Any]:
    return dict(
        notebook.page.evaluate(
            "() => ({ bytes: probe.bytes, types: probe.types, "
            "longTasks: probe.longTasks, seen: probe.seen })"
        )
    )


def compute_latencies(
    sent: list[tuple[int, float]], seen: list[tuple[float, int]], now: float
) -> list[float]:
    """Return the latency of each token in ms; of one not in the page yet, its age."""
    latencies: list[float] = []
    numbers = [number for _, number in seen]
    first = 0
    for last, at in sent:
        for number in range(first, last + 1):
            i = bisect.bisect_left(numbers, number)
            shown = seen[i][0] if i < len(seen) else now
            latencies.append((shown - at) * 1000)
        first = last + 1
    return latencies


def find_long_tasks(probe: dict[str, Any], since: float) -> list[float]:
    return [took for at, took in probe["longTasks"] if at >= since * 1000]
