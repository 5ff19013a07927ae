"""The streams of a kernel as a live table in a page; `protocol.ts` mirrors this file.

kernel → page, on the panel's comm:
rows      {rows, all}                     the rows that changed, or all there are
frozen, freeze                            as in widget.py
page → kernel, on the runtime's comm, each with the panel's key:
sync {}   freeze {}
cancel {number}   cancel {}               one stream, or all
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

from ...streams.event_loops import call_in
from ...streams.handle import Stream
from .runtime import Panel, Runtime

_EVERY = 0.5
_RATE_OVER = 4  # of these


class TableView:
    """Keeps a table of streams up to date until none of them runs.

    Args:
        streams: what to show, asked again each time.
        runtime: the kernel's runtime.
        on_end: called once, when none runs any more.
    """

    def __init__(
        self,
        streams: Callable[[], Sequence[Stream]],
        runtime: Runtime,
        on_end: Callable[[], None],
    ) -> None:
        self._streams = streams
        self._runtime = runtime
        self._on_end = on_end
        self._loop = asyncio.get_running_loop()
        self._told: dict[int, dict[str, Any]] = {}
        self._counts: dict[int, deque[int]] = {}
        self.panel = Panel(runtime, view="table", title="Streams")
        runtime.connect(self.panel, self)
        self._timer = self._loop.call_soon(self._tick)

    def freeze(self, data: dict[str, Any], metadata: dict[str, Any]) -> None:
        """Leave this in the panel's place."""
        self._timer.cancel()
        self.panel.freeze(data, metadata)

    def close(self) -> None:
        """Release the panel; its drawings in pages go."""
        self._timer.cancel()
        self._runtime.disconnect(self.panel)
        self.panel.close()

    def receive(self, message: dict[str, Any]) -> None:
        """Take a message of the page; on any thread."""
        if message.get("type") == "cancel":
            number = message.get("number")
            for stream in self._streams():
                if number is None or stream.number == number:
                    stream.cancel()
        elif message.get("type") == "sync":
            call_in(self._loop, self._tell_all)

    def _tick(self) -> None:
        rows = self._rows()
        changed = [row for row in rows if self._told.get(row["number"]) != row]
        if self._told.keys() - {row["number"] for row in rows}:
            self._tell(rows, everything=True)  # some were forgotten
        elif changed:
            self._tell(changed, everything=False)
        if all(stream.done for stream in self._streams()):
            self._on_end()
        else:
            self._timer = self._loop.call_later(_EVERY, self._tick)

    def _tell_all(self) -> None:
        self._tell(self._rows(), everything=True)
        self.panel.tell_frozen()

    def _tell(self, rows: list[dict[str, Any]], *, everything: bool) -> None:
        told = {row["number"]: row for row in rows}
        self._told = told if everything else self._told | told
        self.panel.tell({"type": "rows", "rows": rows, "all": everything})

    def _rows(self) -> list[dict[str, Any]]:
        rows = []
        streams = self._streams()
        listed = {stream.number for stream in streams}
        for number in self._counts.keys() - listed:
            del self._counts[number]
        for stream in streams:
            counts = self._counts.setdefault(
                stream.number, deque(maxlen=_RATE_OVER + 1)
            )
            counts.append(stream.events_received)
            over = (len(counts) - 1) * _EVERY
            rows.append(
                {
                    "number": stream.number,
                    "name": stream.name,
                    "source": stream.label,
                    "state": stream.state,
                    "elapsed": round(stream.elapsed, 1),
                    "events": stream.events_received,
                    "bytes": stream.bytes_received,
                    "rate": (counts[-1] - counts[0]) / over if over else 0.0,
                }
            )
        return rows
