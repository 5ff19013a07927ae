"""Events from Python: each item of an iterator is an event."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Any

from ..sse import ConnectionChange, ServerSentEvent
from ..sse.from_python.iteration import event_batches, needs_loop
from ..sse.from_python.thread import Leftover
from . import leftovers

# Seconds after which a note names an earlier run that goes on: most end at once.
_NOTE_AFTER = 0.3


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
        self._left: Leftover | None = None

    @property
    def leftover(self) -> Leftover | None:
        left = self._left
        return None if left is None or left.ended.done() else left

    def secrets(self) -> list[str]:
        return []

    def stop_reconnecting(self) -> None:
        pass  # an iterator has one end

    async def batches(
        self, on_change: Callable[[ConnectionChange], None]
    ) -> AsyncGenerator[list[ServerSentEvent], None]:
        in_thread = not needs_loop(self._items)
        if in_thread:
            await leftovers.wait_for_room()
        on_change(ConnectionChange("open"))

        def note() -> None:
            if earlier := leftovers.find_earlier():
                on_change(ConnectionChange("open", note=_describe(earlier)))

        noting = asyncio.get_running_loop().call_later(_NOTE_AFTER, note)
        try:
            async with aclosing(
                event_batches(self._items, name=self.label, on_left=self._on_left)
            ) as batches:
                async for events in batches:
                    self.bytes_received += sum(len(event.data) for event in events)
                    yield events
        finally:
            noting.cancel()

    def _on_left(self, leftover: Leftover) -> None:
        self._left = leftover
        leftovers.keep(leftover)


def _describe(earlier: list[Leftover]) -> str:
    place = f" at `{earlier[0].line}`" if earlier[0].line else ""
    if len(earlier) == 1:
        what = f"The cell's previous run still goes on{place}: it stops at its"
    else:
        what = f"{len(earlier)} earlier runs of the cell still go on, the oldest{place}"
        what += ": each stops at its"
    return f"{what} next `yield`."
