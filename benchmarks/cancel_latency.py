"""Measure the time from a click on Cancel until the server sees the disconnect.

    python -m benchmarks.cancel_latency [ROUNDS]

A real JupyterLab in a real Chromium, a real server on loopback. Once with the kernel
idle, once while another cell awaits. Both ends read one clock: the page records the
time of the click event, the server that of the disconnect.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import expect, sync_playwright

from tests.browser.conftest import ARGUMENTS, chromium
from tests.browser.jupyter import Jupyter, Notebook, panel_text
from tests.channel_server import Source

_RECORD_CLICK = """() => document.addEventListener('click', () => {
    window.clicked = performance.timeOrigin + performance.now();
}, { capture: true })"""


def measure_cancel(
    notebook: Notebook, source: Source, path: str, *, while_awaiting: bool
) -> float:
    """Return the milliseconds from one click to its disconnect."""
    notebook.run(1)
    source.wait_present(path)
    source.text(path, "so far")
    expect(panel_text(notebook.panel(1))).to_contain_text("so far")
    waiting = notebook.cell(2).locator(".jp-InputPrompt")
    if while_awaiting:
        notebook.start(2)
        expect(waiting).to_have_text("[*]:")
    notebook.panel(1).get_by_role("button", name="Cancel the stream").click()
    left_at = source.wait_left(path, len(source.requests(path)))
    clicked = notebook.page.evaluate("() => window.clicked")
    notebook.wait_frozen(1)
    if while_awaiting:
        notebook.command("notebook:interrupt-kernel")
        expect(waiting).not_to_have_text("[*]:")
    return left_at * 1000 - float(clicked)


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    source = Source()
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        browser = playwright.chromium.launch(executable_path=chromium(), args=ARGUMENTS)
        lab = Jupyter("lab", Path(folder) / "lab")
        print(f"{'kernel':<24}{'median':>10}{'worst':>10}   ms, {rounds} rounds")
        for name in ("idle", "another cell awaits"):
            path = f"/{name.replace(' ', '-')}"
            notebook = lab.open(
                browser,
                f"{name}.ipynb",
                [
                    "%load_ext nbstream",
                    f"%stream {source.url}{path}",
                    "import asyncio\nwhile True:\n    await asyncio.sleep(0.05)",
                ],
            )
            notebook.run(0)
            notebook.page.evaluate(_RECORD_CLICK)
            taken = [
                measure_cancel(notebook, source, path, while_awaiting=name != "idle")
                for _ in range(rounds)
            ]
            print(f"{name:<24}{statistics.median(taken):>10.1f}{max(taken):>10.1f}")
            notebook.shut_kernel_down()
            notebook.close()
        lab.close()
        browser.close()
    source.close()


if __name__ == "__main__":
    main()
