"""Batch the messages of many panels: JupyterLab's cost is per message, not per byte.

It spends a millisecond on each, and the Jupyter server drops what exceeds 1,000 a
second: fifty streams with messages of their own leave a page no time to draw.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

# Seconds in which the frames of several panels that are due together are gathered.
_GATHER = 0.003

Batch = list[tuple[str, dict[str, Any]]]
"""Messages, each with the key of its panel."""


class MessageBatcher:
    """Gathers the messages that panels send within 3 ms of each other in one loop.

    Args:
        send: sends a batch.
    """

    def __init__(self, send: Callable[[Batch], None]) -> None:
        self._send = send
        # Streams may run in several loops, each in a thread of its own.
        self._waiting: dict[asyncio.AbstractEventLoop, Batch] = {}

    def put(self, key: str, message: dict[str, Any]) -> None:
        """Send this soon, in one batch with the messages that follow until then."""
        loop = asyncio.get_running_loop()
        batch = self._waiting.get(loop)
        if batch is None:
            # A loop that was closed never sends its batch.
            for other in [other for other in tuple(self._waiting) if other.is_closed()]:
                self._waiting.pop(other, None)
            batch = self._waiting[loop] = []
            loop.call_later(_GATHER, self._send_waiting, loop)
        batch.append((key, message))

    @property
    def empty(self) -> bool:
        """Whether no message of the running loop waits."""
        return asyncio.get_running_loop() not in self._waiting

    def _send_waiting(self, loop: asyncio.AbstractEventLoop) -> None:
        self._send(self._waiting.pop(loop))
