"""One connection of a scripted server: what came in, and what to do with it."""

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

# Linger on, for zero seconds: the kernel then sends RST instead of FIN.
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)
_WBITS = {"gzip": 31, "deflate": 15, "raw-deflate": -15}


@dataclass(frozen=True, slots=True)
class ReceivedRequest:
    """One request as the server received it."""

    method: str
    path: str
    """The target of the request line, query included."""
    headers: httpx.Headers = field(default_factory=httpx.Headers)
    """Every header; names in any case. Values are Latin-1 text, byte for byte."""
    body: bytes = b""

    @property
    def last_event_id(self) -> str:
        """The `Last-Event-ID`, decoded as the standard sends it; empty without one."""
        value: str = self.headers.get("last-event-id", "")
        return value.encode("latin-1").decode()


class Connection:
    """One connection: its request, and the words a script answers with.

    A connection serves one request. A script that returns without an end gets a
    proper one. Once the client is gone, `send` raises `ConnectionError`, which ends
    the script quietly.

    Attributes:
        number: 0 for the server's first connection, and so on.
        request: what the client asked.
        left_at: `time.monotonic()` of when the client closed the connection; None
            while it has not, and for ever if the server closed it first.
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
        self._gone = asyncio.Event()
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
            until_close: neither length nor chunks: the body ends with the connection.
            coding: compress what is sent, each `send` flushed.
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
        """Send parts of the body: bytes as they are, events as their blocks.

        Each part is an HTTP chunk of its own, so the client reads it by itself.
        Without a `head` before it, `head()` goes out first.
        """
        if not self._framing:
            await self.head()
        framed = []
        for data in map(to_bytes, parts):
            if self._coding is not None:
                data = self._coding.compress(data)
                data += self._coding.flush(zlib.Z_SYNC_FLUSH)
            framed.append(self._framed(data))
        await self.send_raw(b"".join(framed))

    async def drip(self, data: bytes | str, size: int = 1) -> None:
        """Send the data `size` bytes at a time, each in an HTTP chunk of its own."""
        whole = to_bytes(data)
        for at in range(0, len(whole), size):
            await self.send(whole[at : at + size])

    async def send_raw(self, data: bytes) -> None:
        """Send bytes on the socket as they are: no framing, no head."""
        if self._gone.is_set():
            raise ConnectionResetError("the client has left")
        self._writer.write(data)
        try:
            await self._writer.drain()
        except ConnectionError:
            # Where the client resets, this may be told before `watch` is.
            self._note_gone()
            raise

    async def truncated(self, data: bytes | str) -> None:
        """Send part of an HTTP chunk that promises more than it holds, then close."""
        if not self._framing:
            await self.head()
        body = to_bytes(data)
        await self.send_raw(b"%x\r\n%b" % (len(body) + 100, body))
        await self.cut()

    # -- waiting -----------------------------------------------------------------

    async def stall(self) -> None:
        """Do nothing until the client goes away."""
        await self._gone.wait()

    async def wait(self, signal: str) -> None:
        """Wait until the test calls `server.signal(signal)`."""
        await self._signal(signal).wait()

    # -- ending ------------------------------------------------------------------

    async def end(self) -> None:
        """End the body as HTTP has it, and close."""
        if not self._framing:
            await self.head()
        if self._coding is not None:
            rest = self._coding.flush()
            await self.send_raw(self._framed(rest))
        if self._framing == "chunked":
            await self.send_raw(b"0\r\n\r\n")
        await self.cut()

    async def cut(self) -> None:
        """Close (FIN), whatever was promised: a truncated or a short body."""
        if not self.closed:
            self.closed = True
            self._writer.close()
            self._notify()

    async def reset(self) -> None:
        """Close with RST, as a crashed peer or an impatient router does."""
        sock = self._writer.get_extra_info("socket")
        if not self.closed and sock is not None:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
            self.closed = True
            self._writer.transport.abort()
            self._notify()

    # -- for the server ----------------------------------------------------------

    async def watch(self, reader: asyncio.StreamReader) -> None:
        """Read until the client goes away, and say when. The server runs this."""
        try:
            while await reader.read(65536):
                pass
        except OSError:
            pass
        self._note_gone()

    def _note_gone(self) -> None:
        if not self.closed and self.left_at is None:
            self.left_at = time.monotonic()
        self._gone.set()
        self._notify()

    def _framed(self, data: bytes) -> bytes:
        if self._framing != "chunked":
            return data
        # An empty chunk would end the body.
        return b"%x\r\n%b\r\n" % (len(data), data) if data else b""
