"""Probe whether a connection is alive, without sending data: TCP keep-alive
(RFC 9293, 3.8.4).

A peer without the connection answers with a reset, and an unreachable one not at all;
either way the pending read fails. A sound connection is not disturbed, however long it
is silent.
"""

from __future__ import annotations

import asyncio
from typing import Any

from ....platforms.keepalive import set_keepalive

# Seconds of silence before the first probe, and between probes; and how many.
_IDLE, _BETWEEN, _COUNT = 1, 1, 3
# Seconds after which every probe has been answered, or was lost.
_FOR = 10.0


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
    restore = set_keepalive(sock, idle=_IDLE, between=_BETWEEN, count=_COUNT)
    asyncio.get_running_loop().call_later(_FOR, restore)
