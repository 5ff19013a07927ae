"""Serve `benchmarks.panel` from a separate process: numbered events at a given rate,
and the time when each was sent.

    /run/NAME?kind=text&rate=2000&count=10000   the events; then silence until released
    /sent/NAME                                  [[number, seconds since the epoch], ...]
    /release/NAME                               ends the run

Each write has the events that became due since the last one, in one HTTP chunk. The
clock is read just before it.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import multiprocessing
import time
import urllib.request
from collections import defaultdict
from collections.abc import Callable
from multiprocessing.connection import Connection as Pipe
from typing import Any
from urllib.parse import parse_qsl, urlsplit

TOKEN_BYTES = 7
_INTERVAL = 0.002
_HEAD = "HTTP/1.1 200 OK\r\nContent-Type: {}\r\n"


def _make_text(n: int) -> str:
    """Return seven bytes of text; a hundred of them make a paragraph."""
    end = "data: \ndata: \n\n" if n % 100 == 99 else "\n"
    space = "" if n % 100 == 99 else "  "
    return f"data: {n % 100_000:05d}{space}\n{end}"


def _make_log(n: int) -> str:
    level = "warning" if n % 50 == 0 else "info"
    words = f"worker {n % 8} read a shard in {n % 97} ms, its lines from {n:06d}"
    message = {"type": "log", "level": level, "message": words}
    return f"data: {json.dumps(message)}\n\n"


_ANSWER = (
    "## Part {n}\n\nA paragraph of **bold** words, `code`, a [link](https://example.org)"
    " and what else an answer has, long enough to be read and wrapped.\n\n"
    "- first of a list\n- second, with *stress*\n\n"
    "| name | value |\n|---|---|\n| a | 1 |\n| b | 2 |\n\n"
    "```python\ndef part_{n}(x):\n    return x + {n}  # a comment\n```\n\n"
)
_ANSWER_DELTA = 40


def _make_markdown(
    n: int, text: str = "".join(_ANSWER.format(n=i) for i in range(600))
) -> str:
    delta = text[n * _ANSWER_DELTA : (n + 1) * _ANSWER_DELTA]
    return f"data: {json.dumps({'type': 'content', 'data': delta})}\n\n"


_KINDS: dict[str, Callable[[int], str]] = {
    "text": _make_text,
    "log": _make_log,
    "markdown": _make_markdown,
}


class _Run:
    def __init__(self) -> None:
        self.sent: list[tuple[int, float]] = []
        self.released = asyncio.Event()


def _serve(pipe: Pipe) -> None:
    runs: defaultdict[str, _Run] = defaultdict(_Run)

    async def stream(writer: asyncio.StreamWriter, run: _Run, query: Any) -> None:
        event = _KINDS[query["kind"]]
        rate, count = float(query["rate"]), int(query["count"])
        head = _HEAD.format("text/event-stream") + "Transfer-Encoding: chunked\r\n\r\n"
        writer.write(head.encode())
        started = time.perf_counter()
        n = 0
        while n < count and not writer.is_closing():
            due = min(count, int((time.perf_counter() - started) * rate) + 1)
            if due > n:
                block = "".join(map(event, range(n, due))).encode()
                run.sent.append((due - 1, time.time()))
                writer.write(b"%x\r\n%b\r\n" % (len(block), block))
                n = due
                # No backpressure: a slow reader is late and must not delay the clock.
                # `wait` turns it on, for runs that measure no latency.
                if "wait" in query:
                    await writer.drain()
            await asyncio.sleep(_INTERVAL)
        await run.released.wait()
        writer.write(b"e\r\ndata: [DONE]\n\n\r\n0\r\n\r\n")

    async def handle(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            request = await reader.readuntil(b"\r\n\r\n")
            url = urlsplit(request.split(b" ", 2)[1].decode())
            _, action, name = url.path.split("/")
            if action == "run":
                await stream(writer, runs[name], dict(parse_qsl(url.query)))
            else:
                if action == "release":
                    runs[name].released.set()
                body = json.dumps(runs[name].sent).encode()
                head = _HEAD.format("application/json")
                head += f"Content-Length: {len(body)}\r\n\r\n"
                writer.write(head.encode() + body)
            await writer.drain()
        writer.close()

    async def main() -> None:
        server = await asyncio.start_server(handle, "127.0.0.1", 0)
        pipe.send(server.sockets[0].getsockname()[1])
        await asyncio.Event().wait()

    asyncio.run(main())


class Server:
    """Start the server process, and query it."""

    def __init__(self) -> None:
        ours, theirs = multiprocessing.Pipe()
        context = multiprocessing.get_context("spawn")
        self._process = context.Process(target=_serve, args=(theirs,), daemon=True)
        self._process.start()
        self._url = f"http://127.0.0.1:{ours.recv()}"

    def close(self) -> None:
        self._process.terminate()
        self._process.join()

    def url(self, name: str, kind: str, rate: float, count: int, **more: int) -> str:
        extra = "".join(f"&{key}={value}" for key, value in more.items())
        return f"{self._url}/run/{name}?kind={kind}&rate={rate}&count={count}{extra}"

    def sent(self, name: str) -> list[tuple[int, float]]:
        return self._get("sent", name)

    def release(self, name: str) -> None:
        self._get("release", name)

    def _get(self, action: str, name: str) -> Any:
        with urllib.request.urlopen(
            f"{self._url}/{action}/{name}", timeout=30
        ) as response:
            return json.load(response)
