"""A real server on loopback that runs a script for each connection."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Coroutine
from typing import Any, Protocol, Self

import anyio.to_thread
import httpx

from .connection import Connection, ReceivedRequest
from .script import Script, answers


class SSEServer:
    """Run a scripted HTTP/1.1 server in a thread, as a context manager.

    It uses no web framework, since a test must be able to violate the protocol. It
    records connections, and a test waits for them instead of sleeping:

        with SSEServer(script) as server:
            ...
            server.wait_for(lambda: server.connections[0].left)

    Args:
        scripts: for the first connection, the second, and so on; the last one repeats.
        ssl_context: serve TLS with this server-side context.

    Attributes:
        connections: every connection whose request was read, in order.
    """

    def __init__(
        self, *scripts: Script, ssl_context: ssl.SSLContext | None = None
    ) -> None:
        self.script = answers(*scripts)
        """The script of each new connection; a test may replace it."""
        self.connections: list[Connection] = []
        self._ssl = ssl_context
        self._changed = threading.Condition()
        self._signals: dict[str, asyncio.Event] = {}
        self._failures: list[BaseException] = []
        self._started = threading.Event()
        self._thread = threading.Thread(
            target=lambda: asyncio.run(self._run()), name="SSEServer", daemon=True
        )
        self._port = 0

    def __enter__(self) -> Self:
        self._thread.start()
        self._started.wait(10)
        return self

    def __exit__(self, exc_type: object, *exc: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)
        # A script's exception explains a test's failure better than its consequences.
        if self._failures:
            raise self._failures[0]

    # -- for the test ------------------------------------------------------------

    @property
    def origin(self) -> str:
        """Scheme, host and port, such as `http://127.0.0.1:40123`."""
        scheme = "https" if self._ssl else "http"
        return f"{scheme}://127.0.0.1:{self._port}"

    @property
    def url(self) -> str:
        """A URL to read from; every path runs the same script."""
        return f"{self.origin}/events"

    @property
    def requests(self) -> list[ReceivedRequest]:
        """Every request, in order."""
        return [connection.request for connection in self.connections]

    def wait_for(self, condition: Callable[[], object], timeout: float = 10.0) -> None:
        """Block until the condition holds. It is checked after every change on the
        server: a connection, a close, a client that disconnects.

        Raises:
            TimeoutError: if it does not hold within `timeout` seconds.
        """
        with self._changed:
            if not self._changed.wait_for(condition, timeout):
                raise TimeoutError(f"not within {timeout:g} s: {self.connections}")

    async def until(
        self, condition: Callable[[], object], timeout: float = 10.0
    ) -> None:
        """Wait as `wait_for` does, without blocking the caller's event loop."""
        await anyio.to_thread.run_sync(self.wait_for, condition, timeout)

    def signal(self, name: str) -> None:
        """Resume the scripts that wait, or will wait, for this signal."""
        self._loop.call_soon_threadsafe(lambda: self._event_of(name).set())

    def refuse(self) -> None:
        """Stop listening: new connections are refused, open ones stay open."""
        self._run_in_thread(self._close_listener)

    def accept(self) -> None:
        """Listen again, on the same port."""
        self._run_in_thread(self._listen)

    # -- the thread --------------------------------------------------------------

    async def _run(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        self._tasks: dict[asyncio.StreamWriter, asyncio.Task[None]] = {}
        self._listener: asyncio.Server | None = None
        await self._listen()
        self._started.set()
        await self._stop.wait()
        await self._close_listener()
        # A connection accepted just before reaches `_on_connection` within a few turns
        # of the loop; a task cancelled before its first step leaves its socket open.
        for _ in range(3):
            await asyncio.sleep(0)
        for writer, task in self._tasks.items():
            writer.transport.abort()
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    async def _listen(self) -> None:
        self._listener = await asyncio.start_server(
            self._on_connection, "127.0.0.1", self._port, ssl=self._ssl, backlog=4096
        )
        self._port = self._listener.sockets[0].getsockname()[1]

    async def _close_listener(self) -> None:
        if self._listener is not None:
            self._listener.close()
            self._listener = None

    def _run_in_thread(self, action: Callable[[], Coroutine[Any, Any, None]]) -> None:
        asyncio.run_coroutine_threadsafe(action(), self._loop).result(10)

    def _event_of(self, name: str) -> asyncio.Event:
        return self._signals.setdefault(name, asyncio.Event())

    def _notify(self) -> None:
        with self._changed:
            self._changed.notify_all()

    def _on_connection(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._tasks[writer] = asyncio.create_task(self._handle(reader, writer))

    async def _handle(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        try:
            await self._serve(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the client disconnected, which is not an error
        except asyncio.CancelledError:
            pass  # the server stops
        except Exception as error:
            self._failures.append(error)
        finally:
            writer.transport.abort() if self._stop.is_set() else writer.close()
            self._tasks.pop(writer, None)

    async def _serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        sock = writer.get_extra_info("socket")
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        request = await _read_request(reader)
        with self._changed:
            connection = Connection(
                len(self.connections),
                request,
                writer,
                notify=self._notify,
                signal=self._event_of,
            )
            self.connections.append(connection)
            self._changed.notify_all()
        watcher = asyncio.create_task(connection.watch(reader))
        try:
            await self.script(connection)
            if not connection.closed:
                await connection.end()
        finally:
            await connection.cut()
            if self._stop.is_set():
                watcher.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await watcher


class StartSSEServer(Protocol):
    """The type of the fixture `sse_server`."""

    def __call__(
        self, *scripts: Script, ssl_context: ssl.SSLContext | None = None
    ) -> SSEServer:
        """Start a server, which stops with the test."""


async def _read_request(reader: asyncio.StreamReader) -> ReceivedRequest:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head.split("\r\n")[:-2]
    method, path, _ = first.split(" ")
    pairs = [line.partition(":")[::2] for line in lines]
    headers = httpx.Headers(
        [
            (name.encode("latin-1"), value.strip(" \t").encode("latin-1"))
            for name, value in pairs
        ],
        encoding="latin-1",
    )
    body = b""
    if headers.get("transfer-encoding", "").lower() == "chunked":
        while size := int(await reader.readuntil(b"\r\n"), 16):
            body += (await reader.readexactly(size + 2))[:-2]
        await reader.readuntil(b"\r\n")
    elif length := int(headers.get("content-length", "0")):
        body = await reader.readexactly(length)
    return ReceivedRequest(method, path, headers, body)
