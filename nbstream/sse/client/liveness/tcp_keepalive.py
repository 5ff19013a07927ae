"""Probe whether a connection is alive, without sending data: TCP keep-alive
(RFC 9293, 3.8.4).

A peer without the connection answers with a reset, and an unreachable one not at all;
either way the pending read fails. A sound connection is not disturbed, however long it
is silent.
"""

from __future__ import annotations

import asyncio
import socket
from contextlib import suppress
from typing import Any

# Seconds of silence before the first probe, and between probes; and how many.
_IDLE, _BETWEEN, _COUNT = 1, 1, 3
# Seconds after which every probe has been answered, or was lost.
_FOR = 10.0

# macOS has another name for the first one.
_NAMES = {
    "TCP_KEEPIDLE": _IDLE,
    "TCP_KEEPALIVE": _IDLE,
    "TCP_KEEPINTVL": _BETWEEN,
    "TCP_KEEPCNT": _COUNT,
}


def socket_of(response: Any) -> Any:
    """Return the socket of a response; None if the client does not expose it
    (https://www.encode.io/httpcore/extensions/)."""
    stream = getattr(response, "extensions", {}).get("network_stream")
    get = getattr(stream, "get_extra_info", None)
    return None if get is None else get("socket")


def probe(response: Any) -> None:
    """Probe the connection of a response. If it is dead, reading from it fails within
    about four seconds."""
    sock = socket_of(response)
    if sock is None:
        return
    before: list[tuple[int, int, int]] = []
    with suppress(OSError):  # closed, or not TCP
        for name, value in _NAMES.items():
            if (option := getattr(socket, name, None)) is not None:
                level = socket.IPPROTO_TCP
                before.append((level, option, sock.getsockopt(level, option)))
                sock.setsockopt(level, option, value)
        alive = (socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        before.append((*alive, sock.getsockopt(*alive)))
        sock.setsockopt(*alive, 1)

    def restore() -> None:
        with suppress(OSError):
            for level, option, value in before:
                sock.setsockopt(level, option, value)

    asyncio.get_running_loop().call_later(_FOR, restore)
