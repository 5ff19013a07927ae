"""Outputs of cells: live while there is something to follow, ordinary at the end."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Protocol

from ..content.mimebundle import limit_side_by_side
from ..display import comparison as columns
from ..display import snapshot
from ..display import streams_table as table
from ..limits import FROZEN
from ..streams.handle import Stream


class LiveView(Protocol):
    """What keeps a panel up to date."""

    panel: Any
    """The widget."""

    def freeze(self, data: dict[str, Any], metadata: dict[str, Any]) -> None:
        """Leave this in the panel's place."""

    def close(self) -> None:
        """Release the panel."""


class Output:
    """One output under a cell, whose content can be replaced.

    Args:
        data: a mime bundle: all there is to see, or what stands in for a panel.
        metadata: of the bundle.
        view: what draws a panel in its place.
    """

    def __init__(
        self,
        data: dict[str, Any],
        metadata: dict[str, Any] | None = None,
        view: LiveView | None = None,
    ) -> None:
        from IPython.display import display

        self._view = view
        if view is not None:
            data = data | {
                "application/vnd.jupyter.widget-view+json": {
                    "version_major": 2,
                    "version_minor": 0,
                    "model_id": view.panel.model_id,
                }
            }
        handle: Any = display(  # type: ignore[no-untyped-call]
            data, metadata=metadata or {}, raw=True, display_id=True
        )
        self._handle = handle

    def settle(self, data: dict[str, Any], metadata: dict[str, Any]) -> None:
        """Put ordinary output in the place of what is there."""
        self._handle.update(data, metadata=metadata, raw=True)
        if self._view is not None:
            self._view.freeze(data, metadata)

    def leave(self) -> None:
        """Send what was put there to every page, asked or not: none can ask later."""
        if self._view is not None:
            self._view.panel.leave_behind()

    def close(self) -> None:
        """Release what a page could still ask of it."""
        if self._view is not None:
            self._view.close()
            self._view = None


class StreamOutput:
    """A stream under a cell, or several side by side: it settles when all have
    ended."""

    def __init__(self, streams: Sequence[Stream], view: LiveView | None) -> None:
        self._streams = tuple(streams)
        self._open = set(self._streams)
        self._stops: list[Callable[[], None]] = []
        self.final = all(stream.has_ended for stream in self._streams)
        self.late = False
        """Whether it has settled since it was first shown."""
        if self.final:
            if view is not None:
                view.close()  # they ended while it was made
            self._output = Output(*_bundle(self._streams))
            return
        self._output = Output(columns.placeholder(self._streams), view=view)
        limit = limit_of_each(self._streams)
        for stream in self._streams:
            stop = stream.at_end(partial(self._ended, stream), limit)
            if stop is None:
                self._ended(stream)
            else:
                self._stops.append(stop)

    def settle(self) -> None:
        """Put the snapshot in the place of what is there."""
        self._output.settle(*_bundle(self._streams))

    def leave(self) -> None:
        """Leave the snapshot in every page, of a stream that still runs what came."""
        if not self.final:
            self.final = True
            self._stop()
            self.settle()
        self._output.leave()

    def close(self) -> None:
        """Release what a page could still ask of it."""
        self._stop()
        self._output.close()

    def _ended(self, stream: Stream) -> None:
        self._open.discard(stream)
        if not self._open and not self.final:
            self.final = self.late = True
            self.settle()

    def _stop(self) -> None:
        for stop in self._stops:
            stop()


class TableOutput:
    """The table of all streams under a cell: live until none of them runs.

    Args:
        streams: what it lists, asked again each time.
        view_of: makes what keeps the panel up to date, and calls its argument once none
            runs any more.
    """

    def __init__(
        self,
        streams: Callable[[], Sequence[Stream]],
        view_of: Callable[[Callable[[], None]], LiveView],
    ) -> None:
        self._streams = streams
        self.final = False
        text = table.plain(streams())
        self._output = Output({"text/plain": text}, view=view_of(self._settle))

    def leave(self) -> None:
        """Leave the table as it is now in every page."""
        if not self.final:
            self._settle()
        self._output.leave()

    def close(self) -> None:
        """Release what a page could still ask of it."""
        self._output.close()

    def _settle(self) -> None:
        self.final = True
        self._output.settle(table.bundle(self._streams()), {})


class ShownOutputs:
    """The outputs that pages may still ask about; cells may run in several threads.

    Args:
        remembered: how many tables are kept, and outputs of one stream. These are kept
            no longer than the stream is.
    """

    def __init__(self, remembered: int) -> None:
        self._lock = threading.Lock()
        self._remembered = remembered
        self._of: dict[Stream, list[StreamOutput]] = {}
        self._tables: list[TableOutput] = []

    def add(self, output: StreamOutput, streams: Sequence[Stream]) -> None:
        """Keep the output of these streams, until all of them are forgotten. The oldest
        of very many shows what came so far from then on."""
        old: dict[StreamOutput, None] = {}
        with self._lock:
            for stream in streams:
                outputs = self._of.setdefault(stream, [])
                outputs.append(output)
                old |= dict.fromkeys(outputs[: -self._remembered])
                del outputs[: -self._remembered]
        for dropped in old:
            dropped.leave()
            dropped.close()

    def add_table(self, output: TableOutput) -> None:
        """Keep a table, and close the oldest."""
        with self._lock:
            self._tables.append(output)
            old = self._tables[: -self._remembered]
            del self._tables[: -self._remembered]
        for dropped in old:
            dropped.close()

    def forget(self, stream: Stream) -> None:
        """Close the outputs of a stream that show no other that is kept."""
        with self._lock:
            outputs = self._of.pop(stream, [])
            kept = {output for others in self._of.values() for output in others}
        for output in outputs:
            if output not in kept:
                output.close()

    def __len__(self) -> int:
        """How many streams have outputs here."""
        return len(self._of)

    @property
    def of_streams(self) -> list[StreamOutput]:
        """Every output of streams, each once."""
        with self._lock:
            return list(dict.fromkeys(o for some in self._of.values() for o in some))

    @property
    def live(self) -> list[StreamOutput | TableOutput]:
        """Those that have not become ordinary output yet."""
        tables = [table for table in self._tables if not table.final]
        return [o for o in self.of_streams if not o.final] + tables

    def close(self) -> None:
        """Close all."""
        outputs: list[StreamOutput | TableOutput] = [*self.of_streams, *self._tables]
        with self._lock:
            self._of, self._tables = {}, []
        for output in outputs:
            output.close()


def limit_of_each(streams: Sequence[Stream]) -> int:
    """Return the bytes that each of these may have in one output."""
    return FROZEN if len(streams) == 1 else limit_side_by_side(len(streams))


def _bundle(streams: Sequence[Stream]) -> tuple[dict[str, Any], dict[str, Any]]:
    return snapshot.bundle(streams[0]) if len(streams) == 1 else columns.bundle(streams)
