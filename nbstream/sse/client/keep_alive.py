"""Ask the other end of a connection whether it is still there, without sending data.

TCP's keep-alive (RFC 9293, 3.8.4): a peer that has forgotten the connection answers
with a reset, and one that cannot be reached does not answer; either way the read that
waits fails. A sound connection is not disturbed, however long it has nothing to say.
"""

from __future__ import annotations

import asyncio
import socket
from contextlib import suppress
from typing import Any

# Seconds of silence before the first question, and between them; and how many.
_IDLE, _BETWEEN, _COUNT = 1, 1, 3
# Seconds after which the questions have been answered.
_FOR = 10.0

# macOS calls the first one otherwise.
_NAMES = {
    "TCP_KEEPIDLE": _IDLE,
    "TCP_KEEPALIVE": _IDLE,
    "TCP_KEEPINTVL": _BETWEEN,
    "TCP_KEEPCNT": _COUNT,
}


def socket_of(response: Any) -> Any:
    """The socket that a response comes from, where the client says so
    (https://www.encode.io/httpcore/extensions/); None where it does not."""
    stream = getattr(response, "extensions", {}).get("network_stream")
    get = getattr(stream, "get_extra_info", None)
    return None if get is None else get("socket")


def probe(response: Any) -> None:
    """Find out within about four seconds whether the connection of this response is
    dead; if it is, reading from it fails."""
    sock = socket_of(response)
    if sock is None:
        return
    before: list[tuple[int, int, int]] = []
    with suppress(OSError):  # closed, or no TCP
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
