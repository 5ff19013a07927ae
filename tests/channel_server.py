"""Serve SSE from a test, one event at a time, over a real socket."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections import defaultdict
from collections.abc import AsyncIterator
from typing import Any

import uvicorn

from nbstream.sse import EventStreamResponse, ServerSentEvent

WAIT = 30.0


class Channel:
    """Keep the events of one path of the server, and count its clients."""

    def __init__(self) -> None:
        self.events: list[ServerSentEvent] = []
        self.requests: list[dict[str, Any]] = []
        self.present = 0
        self.left = 0
        self.left_at = 0.0
        self.changed = threading.Condition()


class Source:
    """Serve every path as a channel. A client receives the channel's events from the
    first, or from after its Last-Event-ID, and then each one the test sends."""

    def __init__(self) -> None:
        self._channels: defaultdict[str, Channel] = defaultdict(Channel)
        config = uvicorn.Config(
            self._app,
            host="127.0.0.1",
            port=0,
            interface="asgi3",
            lifespan="off",
            log_level="warning",
            timeout_graceful_shutdown=1,
        )
        self._server = uvicorn.Server(config)
        self._socket = config.bind_socket()
        self._socket.listen()  # a test may connect before the thread serves
        self._loop: asyncio.AbstractEventLoop | None = None
        self._wakes: set[asyncio.Event] = set()
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [self._socket]}, daemon=True
        )
        self._thread.start()

    def close(self) -> None:
        self._server.should_exit = True
        self._thread.join()
        self._socket.close()

    def send(self, path: str, *messages: Any) -> None:
        """Send events: objects of the standard protocol, or text as the data."""
        channel = self._channels[path]
        for message in messages:
            data = message if isinstance(message, str) else json.dumps(message)
            number = str(len(channel.events) + 1)
            channel.events.append(ServerSentEvent(data=data, id=number))
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._wake)

    def text(self, path: str, *texts: str) -> None:
        self.send(path, *({"type": "content", "data": text} for text in texts))

    def end(self, path: str) -> None:
        self.send(path, "[DONE]")

    def requests(self, path: str) -> list[dict[str, Any]]:
        return self._channels[path].requests

    def wait_present(self, path: str, count: int = 1) -> None:
        """Wait until this many clients listen."""
        channel = self._channels[path]
        with channel.changed:
            assert channel.changed.wait_for(lambda: channel.present == count, WAIT), (
                f"{channel.present} clients on {path}, expected {count}"
            )

    def wait_left(self, path: str, count: int = 1) -> float:
        """Wait until this many clients have left; return when the last one did."""
        channel = self._channels[path]
        with channel.changed:
            assert channel.changed.wait_for(lambda: channel.left >= count, WAIT), (
                f"{channel.left} clients left {path}, expected {count}"
            )
            return channel.left_at

    def _wake(self) -> None:
        for event in self._wakes:
            event.set()

    async def _app(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        self._loop = asyncio.get_running_loop()
        body = b""
        more = True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        headers = {k.decode(): v.decode("latin-1") for k, v in scope["headers"]}
        channel = self._channels[scope["path"]]
        channel.requests.append(
            {"method": scope["method"], "headers": headers, "body": body.decode()}
        )
        after = int(headers.get("last-event-id", 0))
        await EventStreamResponse(self._events(channel, after))(scope, receive, send)

    async def _events(
        self, channel: Channel, after: int
    ) -> AsyncIterator[ServerSentEvent]:
        wake = asyncio.Event()
        self._wakes.add(wake)
        with channel.changed:
            channel.present += 1
            channel.changed.notify_all()
        try:
            while True:
                wake.clear()
                for event in channel.events[after:]:
                    yield event
                    after += 1
                await wake.wait()
        finally:
            self._wakes.discard(wake)
            with channel.changed:
                channel.present -= 1
                channel.left += 1
                channel.left_at = time.time()
                channel.changed.notify_all()
