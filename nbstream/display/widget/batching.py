"""Frames of several panels in one message.

JupyterLab spends a millisecond on each message, whatever is in it, and the Jupyter
server drops what goes beyond 1,000 a second: fifty streams with messages of their own
leave a page no time to draw.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

# Panels whose frames are due at the same time are asked one after the other.
_GATHER = 0.003

Post = list[tuple[str, dict[str, Any]]]
"""Messages, each with the key of its panel."""


class Outbox:
    """Gathers what panels send in one turn of a loop.

    Args:
        send: sends a post.
    """

    def __init__(self, send: Callable[[Post], None]) -> None:
        self._send = send
        # Streams may run in several loops, each in a thread of its own.
        self._waiting: dict[asyncio.AbstractEventLoop, Post] = {}

    def put(self, key: str, message: dict[str, Any]) -> None:
        """Send this soon, with what others put here until then."""
        loop = asyncio.get_running_loop()
        post = self._waiting.get(loop)
        if post is None:
            # A loop that was closed never sends what it had gathered.
            for other in [other for other in tuple(self._waiting) if other.is_closed()]:
                self._waiting.pop(other, None)
            post = self._waiting[loop] = []
            loop.call_later(_GATHER, self._close, loop)
        post.append((key, message))

    @property
    def empty(self) -> bool:
        """Whether nothing of this loop waits."""
        return asyncio.get_running_loop() not in self._waiting

    def _close(self, loop: asyncio.AbstractEventLoop) -> None:
        self._send(self._waiting.pop(loop))
