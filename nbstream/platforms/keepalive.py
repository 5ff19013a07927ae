"""Set the TCP keep-alive of a socket: each system has other options, and may lack
some."""

from __future__ import annotations

import socket
from collections.abc import Callable
from contextlib import suppress
from typing import Any


def set_keepalive(
    sock: Any, *, idle: int, between: int, count: int
) -> Callable[[], None]:
    """Let the system probe the peer of a connection. Options that the system lacks, or
    refuses, keep their values; a socket that is closed or not TCP is left alone.

    Args:
        sock: the socket.
        idle: seconds of silence before the first probe.
        between: seconds between two probes.
        count: how many go unanswered until the connection fails.

    Returns:
        a function that restores what was set before.
    """
    values = {
        "TCP_KEEPIDLE": idle,
        "TCP_KEEPALIVE": idle,  # what macOS calls it
        "TCP_KEEPINTVL": between,
        "TCP_KEEPCNT": count,
    }
    wanted = [
        (socket.IPPROTO_TCP, getattr(socket, name), value)
        for name, value in values.items()
        if hasattr(socket, name)
    ]
    before: list[tuple[int, int, int]] = []
    for level, option, value in (*wanted, (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)):
        with suppress(OSError):
            kept = sock.getsockopt(level, option)
            sock.setsockopt(level, option, value)
            before.append((level, option, kept))

    def restore() -> None:
        for level, option, kept in before:
            with suppress(OSError):
                sock.setsockopt(level, option, kept)

    return restore
