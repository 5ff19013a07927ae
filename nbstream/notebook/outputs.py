"""Outputs of cells: live panels while streams run, ordinary output once frozen."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from ..content.mimebundle import limit_side_by_side
from ..display import comparison, snapshot, streams_table
from ..limits import MAX_OUTPUT
from ..streams.handle import Stream

if TYPE_CHECKING:
    from ..display.widget.panel import MakeOutput, Panel

Bundle = dict[str, Any]


class View(Protocol):
    """What keeps a panel up to date."""

    panel: Panel
    """The widget."""

    def freeze(self, make: MakeOutput) -> None:
        """Put ordinary output in the panel's place."""

    def close(self) -> None:
        """Close the panel."""


def display_bundle(data: Bundle, metadata: Bundle | None = None) -> Any:
    """Display a mime bundle under the cell that runs. Returns IPython's handle, which
    can replace it."""
    from IPython.display import display

    return display(  # type: ignore[no-untyped-call]
        data, metadata=metadata or {}, raw=True, display_id=True
    )


class Output(ABC):
    """An output that is replaced by ordinary output when it freezes.

    Args:
        data: the mime bundle to display until then, for readers without a panel.
        metadata: of the bundle.
        view: what draws a panel in its place; None if nothing does.
    """

    final = False
    """Whether it is frozen."""

    def __init__(
        self, data: Bundle, metadata: Bundle | None = None, view: View | None = None
    ) -> None:
        self._view = view
        if view is not None:
            data = data | {
                "application/vnd.jupyter.widget-view+json": {
                    "version_major": 2,
                    "version_minor": 0,
                    "model_id": view.panel.model_id,
                }
            }
        self._handle = display_bundle(data, metadata)

    @abstractmethod
    def make(self) -> tuple[Bundle, Bundle]:
        """Return the ordinary output as of now: a mime bundle, and its metadata."""

    def freeze(self) -> None:
        """Replace it by ordinary output, here and in pages."""
        self._freeze(self.make)

    def leave(self) -> None:
        """Send the ordinary output to every page without being asked, before the panel
        closes; of a stream that still runs, what it has received so far."""
        if not self.final:
            self._freeze_as_it_is()
        if self._view is not None:
            self._view.panel.send_output()

    def close(self) -> None:
        """Close the panel; nothing changes the output any more."""
        if self._view is not None:
            self._view.close()
            self._view = None

    def _freeze_as_it_is(self) -> None:
        """Freeze it while what it shows may still change."""
        made = self.make()
        self._freeze(lambda: made)

    def _freeze(self, make: MakeOutput) -> None:
        self.final = True
        data, metadata = make()
        self._handle.update(data, metadata=metadata, raw=True)
        if self._view is not None:
            self._view.freeze(make)


class StreamOutput(Output):
    """A stream under a cell, or several side by side: freezes when all have ended."""

    def __init__(self, streams: Sequence[Stream], view: View | None) -> None:
        self._streams = tuple(streams)
        self._running = set(self._streams)
        self._stops: list[Callable[[], None]] = []
        self.late = False
        """Whether it has frozen since it was first displayed."""
        if all(stream.has_ended for stream in self._streams):
            self.final = True
            if view is not None:
                view.close()  # they ended while it was made
            super().__init__(*self.make())
            return
        super().__init__(comparison.placeholder(self._streams), view=view)
        limit = limit_of_each(self._streams)
        for stream in self._streams:
            stop = stream.at_end(partial(self._on_end, stream), limit)
            if stop is None:
                self._on_end(stream)
            else:
                self._stops.append(stop)

    def make(self) -> tuple[Bundle, Bundle]:
        """Return the snapshot of the streams."""
        return make_snapshot(self._streams)

    def close(self) -> None:
        """Close the panel, and stop waiting for the ends."""
        self._stop()
        super().close()

    def _on_end(self, stream: Stream) -> None:
        self._running.discard(stream)
        if not self._running and not self.final:
            self.late = True
            self.freeze()

    def _freeze_as_it_is(self) -> None:
        self._stop()
        super()._freeze_as_it_is()

    def _stop(self) -> None:
        for stop in self._stops:
            stop()


class TableOutput(Output):
    """The table of all streams under a cell: live while one of them runs.

    Args:
        list_streams: returns the streams to list; called for each update.
        view_of: makes the view, which calls its argument when no stream runs any more.
    """

    def __init__(
        self,
        list_streams: Callable[[], Sequence[Stream]],
        view_of: Callable[[Callable[[], None]], View],
    ) -> None:
        self._list_streams = list_streams
        text = streams_table.plain(list_streams())
        super().__init__({"text/plain": text}, view=view_of(self.freeze))

    def make(self) -> tuple[Bundle, Bundle]:
        """Return the table as it is now."""
        return streams_table.bundle(self._list_streams())

    def freeze(self) -> None:
        """Replace it by the table as it is now: streams that start later are not part
        of it."""
        self._freeze_as_it_is()


class ShownOutputs:
    """The outputs that pages may still ask about. Cells may run in several threads.

    Args:
        remembered: how many tables are kept, and how many outputs of one stream. An
            output is closed with the last of its streams.
    """

    def __init__(self, remembered: int) -> None:
        self._lock = threading.Lock()
        self._remembered = remembered
        self._of: dict[Stream, list[StreamOutput]] = {}
        self._tables: list[TableOutput] = []

    def add(self, output: StreamOutput, streams: Sequence[Stream]) -> None:
        """Keep the output of these streams until all of them are forgotten. The oldest
        of very many freezes as it is."""
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
        """Keep a table, and close the oldest of very many."""
        with self._lock:
            self._tables.append(output)
            old = self._tables[: -self._remembered]
            del self._tables[: -self._remembered]
        for dropped in old:
            dropped.close()

    def forget(self, stream: Stream) -> None:
        """Close the outputs of a stream, but not those that show another one too."""
        with self._lock:
            outputs = self._of.pop(stream, [])
            kept = {output for others in self._of.values() for output in others}
        for output in outputs:
            if output not in kept:
                output.close()

    @property
    def of_streams(self) -> list[StreamOutput]:
        """Every output of streams, each once."""
        with self._lock:
            return list(dict.fromkeys(o for some in self._of.values() for o in some))

    @property
    def live(self) -> list[Output]:
        """Those that are not frozen yet."""
        return [output for output in self._all if not output.final]

    def close(self) -> None:
        """Close all."""
        outputs = self._all
        with self._lock:
            self._of, self._tables = {}, []
        for output in outputs:
            output.close()

    @property
    def _all(self) -> list[Output]:
        return [*self.of_streams, *self._tables]


def limit_of_each(streams: Sequence[Stream]) -> int:
    """Return the bytes that each of these may take in one output."""
    return MAX_OUTPUT if len(streams) == 1 else limit_side_by_side(len(streams))


def make_snapshot(streams: Sequence[Stream]) -> tuple[Bundle, Bundle]:
    """Return the mime bundle of these streams, side by side if there are several, and
    its metadata."""
    if len(streams) == 1:
        return snapshot.bundle(streams[0])
    return comparison.bundle(streams)
