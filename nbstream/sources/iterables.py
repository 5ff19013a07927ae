"""Events from Python: what an iterator yields is the stream."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Any

from ..sse import ConnectionChange, ServerSentEvent
from ..sse.from_python.iteration import event_batches


class IterableSource:
    """Iterates an async iterable in the loop of the stream, and a plain one in a
    thread of its own, so that the loop stays free; see `event_batches`.

    Args:
        items: what to iterate: what `can_iterate` allows.
        label: what to call it.
    """

    def __init__(self, items: Any, *, label: str) -> None:
        self._items = items
        self.label = label
        self.bytes_received = 0

    def secrets(self) -> list[str]:
        return []

    def stop_reconnecting(self) -> None:
        pass  # an iterator has one end

    async def batches(
        self, on_change: Callable[[ConnectionChange], None]
    ) -> AsyncGenerator[list[ServerSentEvent], None]:
        on_change(ConnectionChange("open"))
        async with aclosing(event_batches(self._items, name=self.label)) as batches:
            async for events in batches:
                self.bytes_received += sum(len(event.data) for event in events)
                yield events
