"""The streams of a kernel as a live table in a page; `protocol.ts` mirrors this file.

kernel → page, on the panel's comm:
rows      {rows, all}                     the rows that changed, or all there are
frozen, freeze, refresh                   as in stream_view.py
page → kernel, on the runtime's comm, each with the panel's key:
sync, drawn, freeze                       as in stream_view.py
cancel {number}   cancel {}               one stream, or all
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

from ...streams.event_loops import call_in
from ...streams.handle import Stream
from .ipykernel_comm import Message
from .panel import MakeOutput, Panel
from .runtime import Runtime

# Seconds between two updates, and over how many of them the rate is measured.
_INTERVAL = 0.5
_RATE_OVER = 4

_Row = dict[str, Any]


class TableView:
    """Keeps a table of streams up to date while one of them runs.

    Args:
        list_streams: returns the streams to show; called for each update.
        runtime: the kernel's runtime.
        on_end: called once, when no stream runs any more.
    """

    def __init__(
        self,
        list_streams: Callable[[], Sequence[Stream]],
        runtime: Runtime,
        on_end: Callable[[], None],
    ) -> None:
        self._list_streams = list_streams
        self._on_end = on_end
        self._loop = asyncio.get_running_loop()
        self._sent: dict[int, _Row] = {}
        self._counts: dict[int, deque[int]] = {}
        self.panel = Panel(
            runtime, view="table", title="Streams", receive=self._receive
        )
        self._timer = self._loop.call_soon(self._update)

    def freeze(self, make: MakeOutput) -> None:
        """Put ordinary output in the panel's place."""
        self._timer.cancel()
        self.panel.freeze(make)

    def close(self) -> None:
        """Close the panel, also in pages."""
        self._timer.cancel()
        self.panel.close()

    def _receive(self, message: Message) -> None:
        if message.get("type") == "cancel":
            number = message.get("number")
            for stream in self._list_streams():
                if number is None or stream.number == number:
                    stream.cancel()
        elif message.get("type") == "sync":
            call_in(self._loop, self._send_all)

    def _update(self) -> None:
        rows = self._rows()
        changed = [row for row in rows if self._sent.get(row["number"]) != row]
        if self._sent.keys() - {row["number"] for row in rows}:
            self._send(rows, everything=True)  # some were forgotten
        elif changed:
            self._send(changed, everything=False)
        if all(stream.done for stream in self._list_streams()):
            self._on_end()
        else:
            self._timer = self._loop.call_later(_INTERVAL, self._update)

    def _send_all(self) -> None:
        self._send(self._rows(), everything=True)
        self.panel.send_frozen()

    def _send(self, rows: list[_Row], *, everything: bool) -> None:
        sent = {row["number"]: row for row in rows}
        self._sent = sent if everything else self._sent | sent
        self.panel.send({"type": "rows", "rows": rows, "all": everything})

    def _rows(self) -> list[_Row]:
        streams = self._list_streams()
        for number in self._counts.keys() - {stream.number for stream in streams}:
            del self._counts[number]
        return [
            {
                "number": stream.number,
                "name": stream.name,
                "source": stream.label,
                "state": stream.state,
                "elapsed": round(stream.elapsed, 1),
                "events": stream.events_received,
                "bytes": stream.bytes_received,
                "rate": self._measure_rate(stream),
            }
            for stream in streams
        ]

    def _measure_rate(self, stream: Stream) -> float:
        """Return its events a second over the last updates."""
        counts = self._counts.setdefault(stream.number, deque(maxlen=_RATE_OVER + 1))
        counts.append(stream.events_received)
        seconds = (len(counts) - 1) * _INTERVAL
        return (counts[-1] - counts[0]) / seconds if seconds else 0.0
