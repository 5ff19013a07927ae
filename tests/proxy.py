"""Run a real HTTP proxy on loopback: forward and CONNECT, with a password, or
buffering."""

from __future__ import annotations

import base64
import socket
import socketserver
import threading
from contextlib import suppress
from typing import Literal, Self
from urllib.parse import urlsplit


class Proxy:
    """Forward connections to the requested address, or to one server.

    Args:
        password: required of a user `me`, if not empty.
        upstream: `host:port` of the one server behind this reverse proxy.
        holds: what a reverse proxy buffers until the server has ended: the `body`, or
            `all` of the response.
        says: the status line for every CONNECT, instead of connecting.

    Attributes:
        heads: the heads of the requests, as text.
    """

    def __init__(
        self,
        *,
        password: str = "",
        upstream: str = "",
        holds: Literal["", "body", "all"] = "",
        says: str = "",
    ) -> None:
        self.password = password
        self.upstream = upstream
        self.holds = holds
        self.says = says
        self.heads: list[str] = []
        proxy = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                with suppress(OSError):
                    proxy.serve(self.request)

        class Server(socketserver.ThreadingTCPServer):
            daemon_threads = True
            block_on_close = False

        self._server = Server(("127.0.0.1", 0), Handler)
        self.address = f"127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def serve(self, client: socket.socket) -> None:
        head = _read_head(client)
        self.heads.append(head)
        method, target, _ = head.split("\r\n", 1)[0].split(" ")
        expected = base64.b64encode(f"me:{self.password}".encode()).decode()
        if self.password and f"proxy-authorization: basic {expected}".lower() not in (
            head.lower()
        ):
            client.sendall(
                b"HTTP/1.1 407 Proxy Authentication Required\r\nConnection: close\r\n"
                b"Content-Type: text/plain\r\nContent-Length: 9\r\n\r\nWho goes?"
            )
            return
        if method == "CONNECT" and self.says:
            client.sendall(
                f"HTTP/1.1 {self.says}\r\nContent-Length: 0\r\n\r\n".encode()
            )
            return
        host, _, port = (
            self.upstream
            or (target if method == "CONNECT" else urlsplit(target).netloc)
        ).rpartition(":")
        with socket.create_connection((host, int(port))) as server:
            if method == "CONNECT":
                client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            else:
                server.sendall(head.encode("latin-1"))
            up = threading.Thread(target=_pass, args=(client, server), daemon=True)
            up.start()
            if self.holds == "body":
                client.sendall(_read_head(server).encode("latin-1"))
            if self.holds:
                held = b"".join(iter(lambda: server.recv(65536), b""))
                client.sendall(held)
            else:
                _pass(server, client)


def _read_head(sock: socket.socket) -> str:
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        byte = sock.recv(1)
        if not byte:
            raise ConnectionResetError
        head += byte
    return head.decode("latin-1")


def _pass(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)


def closed_address() -> str:
    """Return an address where nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return f"127.0.0.1:{taken.getsockname()[1]}"
