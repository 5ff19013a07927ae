"""Measure a model's answer, server to page: nbstream beside the bare SDK.

    python -m benchmarks.models [ROUNDS]

A real JupyterLab in a real Chromium, and a server with the Messages format; all on one
machine's clock. First, from the server's first token until it is in the page, and in an
`async for` of the bare SDK in the same kernel. Then from the click on Cancel until the
server sees the disconnect. Last, 50 answers at once, 100 tokens a second each.
"""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import expect, sync_playwright

from nbstream.testing import Connection, SSEServer
from tests.browser.conftest import ARGUMENTS, chromium
from tests.browser.jupyter import Jupyter, Notebook

_STREAMS, _TOKENS, _RATE = 50, 500, 100.0
# Seconds from the start of an answer to its first token; no model is faster.
_FIRST_TOKEN_DELAY = 0.3

# Records when each numbered token reached a panel. A token's number has three digits
# for its stream and three for its index there.
_PROBE = """() => {
  const wall = () => (performance.timeOrigin + performance.now()) / 1000;
  window.seen = [];
  const ALL = '.nbs-text, .jp-OutputArea-output pre';
  const highest = new Map();
  const look = (changes) => {
    const all = new Set();
    for (const { target } of changes) {
      const el = target.nodeType === 1 ? target : target.parentElement;
      const text = el?.closest(ALL);
      if (text) all.add(text);
      else el?.querySelectorAll(ALL).forEach((one) => all.add(one));
    }
    for (const text of all) {
      const last = text.textContent.slice(-60).match(/\\d{6}/g)?.at(-1);
      if (last === undefined || last === highest.get(text)) continue;
      highest.set(text, last);
      window.seen.push([wall(), Number(last)]);
    }
  };
  const everything = { subtree: true, childList: true, characterData: true };
  new MutationObserver(look).observe(document.body, everything);
  const click = () => { window.clicked = wall(); };
  document.addEventListener('click', click, { capture: true });
}"""

_SETUP = """\
%load_ext nbstream
import anthropic, asyncio, nbstream, time
from IPython.display import display

class LoopLag:
    '''Measure how long the event loop is blocked, with a timer of 5 ms.'''
    def __init__(self):
        self.longest, self._due = 0.0, 0.0
        self._task = asyncio.ensure_future(self._run())
    async def _run(self):
        while True:
            started = time.perf_counter()
            await asyncio.sleep(0.005)
            self.longest = max(self.longest, time.perf_counter() - started - 0.005)
"""

_BARE = """\
async with anthropic.AsyncAnthropic() as client:
    async with client.messages.stream(
        model='bare', max_tokens=9, messages=[{'role': 'user', 'content': 'x'}]
    ) as answer:
        async for text in answer.text_stream:
            print(repr(time.time()))
            break
"""

_PRINTED = """\
async with anthropic.AsyncAnthropic() as client:
    async with client.messages.stream(
        model='m', max_tokens=9, messages=[{'role': 'user', 'content': 'x'}]
    ) as answer:
        async for text in answer.text_stream:
            print(text, end='', flush=True)
"""

_MANY = f"""\
many = [nbstream.ask('claude:%d' % i, 'x') for i in range({_STREAMS})]
for one in many:
    display(one)
lag = LoopLag()
"""


class Server:
    """Answer in numbered tokens, and record when each was sent. The model's name is the
    number of the stream."""

    def __init__(self) -> None:
        self.tokens = 1
        self.sent: dict[int, float] = {}
        self._waiting = 0
        self.server = SSEServer(self._answer)

    async def _answer(self, connection: Connection) -> None:
        model = json.loads(connection.request.body)["model"]
        stream = int(model) if model.isdigit() else 0
        message = {"id": "m", "type": "message", "role": "assistant", "model": model}
        usage = {"input_tokens": 1, "output_tokens": 1}
        message |= {"content": [], "stop_reason": None, "usage": usage}
        await connection.send(_event("message_start", message=message))
        block = {"type": "text", "text": ""}
        await connection.send(
            _event("content_block_start", index=0, content_block=block)
        )
        if self.tokens > 1:  # all start together
            self._waiting += 1
            while self._waiting < _STREAMS:
                await asyncio.sleep(0.01)
        await asyncio.sleep(_FIRST_TOKEN_DELAY)
        started = time.time() + stream / _STREAMS / _RATE
        for n in range(self.tokens):
            await asyncio.sleep(max(0.0, started + n / _RATE - time.time()))
            number = stream * 1000 + n
            self.sent[number] = time.time()
            delta = {"type": "text_delta", "text": f"{number:06d} "}
            await connection.send(_event("content_block_delta", index=0, delta=delta))
        if self.tokens == 1:  # ours is cancelled, the others end by themselves
            await asyncio.sleep(60 if model.isdigit() else 0.3)
        await connection.send(_event("message_stop"))


def _event(kind: str, **rest: Any) -> str:
    return f"event: {kind}\ndata: {json.dumps({'type': kind, **rest})}\n\n"


def _print_row(name: str, values: list[float], unit: str = "ms") -> None:
    in_order = sorted(values)
    p99 = in_order[min(len(in_order) - 1, int(len(in_order) * 0.99))]
    print(
        f"| {name} | {statistics.median(values) * 1000:.1f} | {p99 * 1000:.1f} "
        f"| {in_order[-1] * 1000:.1f} | {len(values)} |",
        flush=True,
    )


def _wait_until(condition: Callable[[], object], notebook: Notebook) -> None:
    for _ in range(3000):
        if condition():
            return
        notebook.page.wait_for_timeout(5)
    raise TimeoutError


def _measure_first_tokens(notebook: Notebook, server: Server, rounds: int) -> None:
    page, latency = notebook.page, defaultdict[str, list[float]](list)
    cancelled = []
    for _ in range(rounds):
        page.evaluate("() => { window.seen.length = 0; }")
        notebook.run(1)
        _wait_until(lambda: page.evaluate("() => window.seen.length"), notebook)
        seen = page.evaluate("() => window.seen[0][0]")
        latency["nbstream, to the page"].append(seen - server.sent[0])
        connection = server.server.connections[-1]
        notebook.panel(1).get_by_role("button", name="Cancel the stream").click()
        server.server.wait_for(lambda c=connection: c.left)
        left = connection.left_at - time.monotonic() + time.time()
        cancelled.append(left - page.evaluate("() => window.clicked"))
        notebook.wait_frozen(1)

        notebook.run(2)
        text = notebook.output(2).locator("pre")
        expect(text).to_contain_text(".")
        arrived = float(text.inner_text())
        latency["bare SDK, to `async for`"].append(arrived - server.sent[0])

        page.evaluate("() => { window.seen.length = 0; }")
        notebook.start(3)
        _wait_until(lambda: page.evaluate("() => window.seen.length"), notebook)
        seen = page.evaluate("() => window.seen[0][0]")
        latency["bare SDK and `print(flush=True)`, to the page"].append(
            seen - server.sent[0]
        )
        expect(notebook.cell(3).locator(".jp-InputPrompt")).not_to_have_text("[*]:")
    print("| from the server's first token | median ms | p99 | worst | n |")
    print("| --- | ---: | ---: | ---: | ---: |")
    for name, values in latency.items():
        _print_row(name, values)
    _print_row("Cancel, from the click to the closed connection", cancelled)


def _measure_many(notebook: Notebook, server: Server) -> None:
    server.tokens = _TOKENS
    server.sent.clear()
    page = notebook.page
    page.evaluate("() => { window.seen.length = 0; }")
    notebook.run(4)
    _wait_until(lambda: len(server.sent) == _STREAMS * _TOKENS, notebook)
    page.wait_for_timeout(3000)
    # A panel that shows a token shows all earlier ones.
    lateness, shown = [], defaultdict[int, list[tuple[float, int]]](list)
    for at, number in page.evaluate("() => window.seen"):
        shown[number // 1000].append((at, number))
    missing = 0
    for number, sent in server.sent.items():
        at = next((t for t, n in shown[number // 1000] if n >= number), None)
        if at is None:
            missing += 1
        else:
            lateness.append(at - sent)
    _print_row(f"{_STREAMS} answers at {_RATE:.0f} tokens/s, to the page", lateness)
    lag = float(notebook.evaluate("lag.longest")) * 1000
    print(f"\nNever shown: {missing}. The loop was held for {lag:.0f} ms at most.")


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    server = Server()
    os.environ["ANTHROPIC_API_KEY"] = "none"
    with (
        server.server,
        sync_playwright() as playwright,
        tempfile.TemporaryDirectory() as folder,
    ):
        os.environ["ANTHROPIC_BASE_URL"] = server.server.origin
        browser = playwright.chromium.launch(executable_path=chromium(), args=ARGUMENTS)
        lab = Jupyter("lab", Path(folder) / "lab")
        cells = [_SETUP, "%%stream claude:0\nx", _BARE, _PRINTED, _MANY]
        notebook = lab.open(browser, "models.ipynb", cells)
        notebook.run(0)
        notebook.page.evaluate(_PROBE)
        _measure_first_tokens(notebook, server, rounds)
        _measure_many(notebook, server)
        notebook.close()
        lab.close()
        browser.close()


if __name__ == "__main__":
    main()
