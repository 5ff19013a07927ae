"""A demo server for nbstream: no API key, no network, one process.

    demo = nbstream.demo.serve()
    demo.url              # http://127.0.0.1:PORT

    GET  /chat            an answer, token by token
    POST /chat            the same, with the request's prompt
    GET  /training        progress bars, metrics and log lines
    GET  /items           rows
    GET  /logs            endless log lines
    GET  /failing         a stream that fails in mid-stream

Paths take `?pace=SECONDS`, the time between events.
"""

from __future__ import annotations

import json
import math
import threading
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import parse_qs

import anyio

from .sse import EventStreamResponse
from .sse.server.response import Receive, Scope, Send

_ANSWER = """A stream is a promise kept in small pieces.

While this text arrives, the kernel stays free: run another cell and see. Press
Cancel, and the connection really closes; what has come so far stays here. When the
stream ends, the panel becomes ordinary output, and the notebook can be saved, sent
and read anywhere.
"""

Message = dict[str, Any]


async def _chat(pace: float, prompt: str) -> AsyncIterator[Message]:
    answer = f"You asked: {prompt}\n\n{_ANSWER}" if prompt else _ANSWER
    for word in answer.split(" "):
        yield {"type": "content", "data": f"{word} "}
        await anyio.sleep(pace)


async def _training(pace: float, _: str) -> AsyncIterator[Message]:
    epochs, batches = 3, 20
    for epoch in range(1, epochs + 1):
        yield {"type": "log", "level": "info", "message": f"epoch {epoch} begins"}
        for batch in range(1, batches + 1):
            step = (epoch - 1) * batches + batch
            loss = round(2.5 * math.exp(-step / 25) + 0.05 * math.cos(step), 4)
            yield {
                "type": "progress",
                "name": f"epoch {epoch}",
                "current": batch,
                "total": batches,
            }
            yield {"type": "metric", "name": "loss", "step": step, "value": loss}
            await anyio.sleep(pace)
    yield {"type": "log", "level": "warning", "message": "no validation set was given"}


async def _items(pace: float, _: str) -> AsyncIterator[Message]:
    planets = [("Mercury", 0), ("Venus", 0), ("Earth", 1), ("Mars", 2)]
    for number, (planet, moons) in enumerate(planets, 1):
        item = {"planet": planet, "place": number, "moons": moons}
        yield {"type": "item", "data": item}
        await anyio.sleep(pace)


async def _logs(pace: float, _: str) -> AsyncIterator[Message]:
    number = 0
    while True:
        number += 1
        level = "warning" if number % 10 == 0 else "info"
        yield {"type": "log", "level": level, "message": f"request {number} served"}
        await anyio.sleep(pace)


async def _failing(pace: float, _: str) -> AsyncIterator[Message]:
    for word in ("This ", "will ", "not ", "end ", "well."):
        yield {"type": "content", "data": word}
        await anyio.sleep(pace)
    yield {"type": "error", "message": "the demo broke, as it was asked to"}


_STREAMS = {
    "/chat": _chat,
    "/training": _training,
    "/items": _items,
    "/logs": _logs,
    "/failing": _failing,
}


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Serve the demo as an ASGI application."""
    if scope["type"] != "http":
        return
    stream = _STREAMS.get(scope["path"])
    if stream is None:
        await _send_not_found(scope["path"], send)
        return
    query = parse_qs(scope["query_string"].decode("latin-1"))
    try:
        pace = min(max(float(query["pace"][-1]), 0.0), 60.0)
    except (KeyError, ValueError):
        pace = 0.05
    prompt = await _read_prompt(receive) if scope["method"] == "POST" else ""
    messages = _with_connected(stream(pace, prompt))
    await EventStreamResponse(messages)(scope, receive, send)


async def _with_connected(messages: AsyncIterator[Message]) -> AsyncIterator[Message]:
    yield {"type": "connected"}
    async for message in messages:
        yield message


async def _read_prompt(receive: Receive) -> str:
    body = b""
    more = True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    try:
        parsed = json.loads(body)
    except ValueError:
        return body.decode("utf-8", "replace").strip()
    return str(parsed.get("prompt", parsed) if isinstance(parsed, dict) else parsed)


async def _send_not_found(path: str, send: Send) -> None:
    known = ", ".join(_STREAMS)
    body = {"error": {"message": f"There is no {path} here; there are {known}."}}
    headers = [(b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": 404, "headers": headers})
    await send({"type": "http.response.body", "body": json.dumps(body).encode()})


class DemoServer:
    """Run the demo server in a thread, on a free port of loopback."""

    def __init__(self) -> None:
        try:
            import uvicorn
        except ImportError:
            raise ImportError(
                "The demo server requires the 'uvicorn' package. "
                "Please install it with `pip install 'nbstream[demo]'`."
            ) from None
        config = uvicorn.Config(
            app,
            host="127.0.0.1",
            port=0,
            log_level="warning",
            timeout_graceful_shutdown=1,
        )
        self._server = uvicorn.Server(config)
        self._socket = config.bind_socket()
        self._socket.listen()  # a stream may connect before the thread serves
        port = self._socket.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        self._thread = threading.Thread(
            target=self._server.run,
            kwargs={"sockets": [self._socket]},
            name="nbstream demo",
            daemon=True,
        )
        self._thread.start()

    def close(self) -> None:
        """Stop the server."""
        self._server.should_exit = True
        self._thread.join()
        self._socket.close()

    def __str__(self) -> str:
        # Makes `{demo}/chat` in a magic's line a URL.
        return self.url

    def __repr__(self) -> str:
        return "<DemoServer on this machine>"


def serve() -> DemoServer:
    """Start the demo server and return it."""
    return DemoServer()
