"""One connection of a scripted server: its request, and how a script answers it."""

from __future__ import annotations

import asyncio
import socket
import struct
import time
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

import httpx

from ..sse import ServerSentEvent
from .mock import to_bytes

# SO_LINGER of zero seconds: close() sends RST instead of FIN.
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)
_WBITS = {"gzip": 31, "deflate": 15, "raw-deflate": -15}


@dataclass(frozen=True, slots=True)
class ReceivedRequest:
    """A request, as received."""

    method: str
    path: str
    """The request target, query included."""
    headers: httpx.Headers = field(default_factory=httpx.Headers)
    """Every header; names in any case. Values are Latin-1 text, byte for byte."""
    body: bytes = b""

    @property
    def last_event_id(self) -> str:
        """The `Last-Event-ID`, decoded from UTF-8; empty without one."""
        value: str = self.headers.get("last-event-id", "")
        return value.encode("latin-1").decode()


class Connection:
    """Serve one request of a client.

    If the script returns without ending the body, the server ends it. Once the client
    has disconnected, `send` raises `ConnectionError`, which ends the script silently.

    Attributes:
        number: 0 for the server's first connection, and so on.
        request: the client's request.
        left_at: `time.monotonic()` of when the client closed the connection; None
            while it is open, or if the server closed it first.
    """

    def __init__(
        self,
        number: int,
        request: ReceivedRequest,
        writer: asyncio.StreamWriter,
        *,
        notify: Callable[[], None],
        signal: Callable[[str], asyncio.Event],
    ) -> None:
        self.number = number
        self.request = request
        self.left_at: float | None = None
        self.closed = False
        self._writer = writer
        self._notify = notify
        self._signal = signal
        self._disconnected = asyncio.Event()
        self._framing = ""
        self._coding: zlib._Compress | None = None

    def __repr__(self) -> str:
        request = self.request
        state = "left" if self.left else "closed" if self.closed else "open"
        return f"<Connection {self.number} {request.method} {request.path} {state}>"

    @property
    def left(self) -> bool:
        """Whether the client closed the connection before the server did."""
        return self.left_at is not None

    # -- answering ---------------------------------------------------------------

    async def head(
        self,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        *,
        content_type: str | None = "text/event-stream",
        length: int | None = None,
        until_close: bool = False,
        coding: Literal["gzip", "deflate", "raw-deflate"] | None = None,
    ) -> None:
        """Send the status line and the headers.

        Args:
            status: default 200.
            headers: more headers.
            content_type: None leaves it out.
            length: announce this Content-Length; the default is a chunked body.
            until_close: send neither length nor chunks; closing ends the body.
            coding: compress the body; each part is flushed.
        """
        lines = [f"HTTP/1.1 {status} Scripted", "Connection: close"]
        if content_type is not None:
            lines.append(f"Content-Type: {content_type}")
        if coding is not None:
            self._coding = zlib.compressobj(wbits=_WBITS[coding])
            lines.append(f"Content-Encoding: {coding.removeprefix('raw-')}")
        if length is not None:
            self._framing = "length"
            lines.append(f"Content-Length: {length}")
        elif until_close or status in (204, 304):
            self._framing = "close"
        else:
            self._framing = "chunked"
            lines.append("Transfer-Encoding: chunked")
        lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
        await self.send_raw("\r\n".join([*lines, "", ""]).encode("latin-1"))

    async def send(self, *parts: bytes | str | ServerSentEvent) -> None:
        """Send parts of the body: bytes unchanged, events encoded as their blocks.

        Each part is one HTTP chunk, so the client reads it separately. `head()` is
        sent first if the script has not called it.
        """
        if not self._framing:
            await self.head()
        chunks = []
        for data in map(to_bytes, parts):
            if self._coding is not None:
                data = self._coding.compress(data)
                data += self._coding.flush(zlib.Z_SYNC_FLUSH)
            chunks.append(self._frame(data))
        await self.send_raw(b"".join(chunks))

    async def drip(self, data: bytes | str, size: int = 1) -> None:
        """Send the data `size` bytes at a time, each in one HTTP chunk."""
        whole = to_bytes(data)
        for at in range(0, len(whole), size):
            await self.send(whole[at : at + size])

    async def send_raw(self, data: bytes) -> None:
        """Write bytes to the socket unchanged: no framing, no head."""
        if self._disconnected.is_set():
            raise ConnectionResetError("the client has left")
        self._writer.write(data)
        try:
            await self._writer.drain()
        except ConnectionError:
            # A reset by the client can surface here before `watch` reads it.
            self._record_disconnect()
            raise

    async def truncated(self, data: bytes | str) -> None:
        """Send an HTTP chunk 100 bytes short of its announced size, then close."""
        if not self._framing:
            await self.head()
        body = to_bytes(data)
        await self.send_raw(b"%x\r\n%b" % (len(body) + 100, body))
        await self.cut()

    # -- waiting -----------------------------------------------------------------

    async def stall(self) -> None:
        """Send nothing until the client disconnects."""
        await self._disconnected.wait()

    async def wait(self, signal: str) -> None:
        """Wait until the test calls `server.signal(signal)`."""
        await self._signal(signal).wait()

    # -- ending ------------------------------------------------------------------

    async def end(self) -> None:
        """End the body as its framing requires, and close."""
        if not self._framing:
            await self.head()
        if self._coding is not None:
            rest = self._coding.flush()
            await self.send_raw(self._frame(rest))
        if self._framing == "chunked":
            await self.send_raw(b"0\r\n\r\n")
        await self.cut()

    async def cut(self) -> None:
        """Close with FIN at once, which truncates a body that is not complete."""
        if not self.closed:
            self.closed = True
            self._writer.close()
            self._notify()

    async def reset(self) -> None:
        """Close with RST, as a crashed peer or a router with a timeout does."""
        sock = self._writer.get_extra_info("socket")
        if not self.closed and sock is not None:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
            self.closed = True
            self._writer.transport.abort()
            self._notify()

    # -- for the server ----------------------------------------------------------

    async def watch(self, reader: asyncio.StreamReader) -> None:
        """Read until the client disconnects, and record when. The server runs this."""
        try:
            while await reader.read(65536):
                pass
        except OSError:
            pass
        self._record_disconnect()

    def _record_disconnect(self) -> None:
        if not self.closed and self.left_at is None:
            self.left_at = time.monotonic()
        self._disconnected.set()
        self._notify()

    def _frame(self, data: bytes) -> bytes:
        if self._framing != "chunked":
            return data
        # An empty chunk would end the body.
        return b"%x\r\n%b\r\n" % (len(data), data) if data else b""
