"""A real server on loopback that does what a script says."""

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
    """A scripted HTTP/1.1 server in a thread of its own, as a context manager.

    It is not built on a web framework, since its purpose is to break the protocol
    where a test wants it broken. It says what it saw, and lets a test wait for it
    instead of sleeping:

        with SSEServer(script) as server:
            ...
            server.wait_for(lambda: server.connections[0].left)

    Args:
        scripts: what happens on the first connection, the second, and so on; the
            last one goes for all that follow.
        ssl_context: speak TLS, with this server-side context.

    Attributes:
        connections: every connection whose request was read, in order.
    """

    def __init__(
        self, *scripts: Script, ssl_context: ssl.SSLContext | None = None
    ) -> None:
        self.script = answers(*scripts)
        """What each connection gets; a test may put another in its place."""
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
        # A script that failed explains a test's failure better than what came of it.
        if self._failures:
            raise self._failures[0]

    # -- what a test asks --------------------------------------------------------

    @property
    def origin(self) -> str:
        """Scheme, host and port, such as `http://127.0.0.1:40123`."""
        scheme = "https" if self._ssl else "http"
        return f"{scheme}://127.0.0.1:{self._port}"

    @property
    def url(self) -> str:
        """An address to read from; every path is answered by the same script."""
        return f"{self.origin}/events"

    @property
    def requests(self) -> list[ReceivedRequest]:
        """Every request, in order."""
        return [connection.request for connection in self.connections]

    def wait_for(self, condition: Callable[[], object], timeout: float = 10.0) -> None:
        """Block until the condition holds. It is looked at whenever something
        happens on the server: a connection, a close, a client that leaves.

        Raises:
            TimeoutError: if it does not within `timeout` seconds.
        """
        with self._changed:
            if not self._changed.wait_for(condition, timeout):
                raise TimeoutError(f"not within {timeout:g} s: {self.connections}")

    async def until(
        self, condition: Callable[[], object], timeout: float = 10.0
    ) -> None:
        """`wait_for`, without blocking the caller's loop."""
        await anyio.to_thread.run_sync(self.wait_for, condition, timeout)

    def signal(self, name: str) -> None:
        """Let scripts go on that wait, or will wait, for this signal."""
        self._loop.call_soon_threadsafe(lambda: self._signal(name).set())

    def refuse(self) -> None:
        """Stop listening: new connections are refused, open ones stay."""
        self._do(self._refuse)

    def accept(self) -> None:
        """Listen again, on the same port."""
        self._do(self._listen)

    # -- the thread --------------------------------------------------------------

    async def _run(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        self._tasks: dict[asyncio.StreamWriter, asyncio.Task[None]] = {}
        self._listener: asyncio.Server | None = None
        await self._listen()
        self._started.set()
        await self._stop.wait()
        await self._refuse()
        # What was accepted just before reaches `_accepted` within a few turns; a task
        # that is cancelled before its first step would leave its socket open.
        for _ in range(3):
            await asyncio.sleep(0)
        for writer, task in self._tasks.items():
            writer.transport.abort()
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    async def _listen(self) -> None:
        self._listener = await asyncio.start_server(
            self._accepted, "127.0.0.1", self._port, ssl=self._ssl, backlog=4096
        )
        self._port = self._listener.sockets[0].getsockname()[1]

    async def _refuse(self) -> None:
        if self._listener is not None:
            self._listener.close()
            self._listener = None

    def _do(self, action: Callable[[], Coroutine[Any, Any, None]]) -> None:
        asyncio.run_coroutine_threadsafe(action(), self._loop).result(10)

    def _signal(self, name: str) -> asyncio.Event:
        return self._signals.setdefault(name, asyncio.Event())

    def _notify(self) -> None:
        with self._changed:
            self._changed.notify_all()

    def _accepted(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._tasks[writer] = asyncio.create_task(self._answer(reader, writer))

    async def _answer(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        try:
            await self._serve(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the client left, which is its right
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
                signal=self._signal,
            )
            self.connections.append(connection)
            self._changed.notify_all()
        watching = asyncio.create_task(connection.watch(reader))
        try:
            await self.script(connection)
            if not connection.closed:
                await connection.end()
        finally:
            await connection.cut()
            if self._stop.is_set():
                watching.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await watching


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
