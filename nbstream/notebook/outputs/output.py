"""Outputs of cells: live panels while streams run, ordinary output once frozen."""

from __future__ import annotations

import asyncio
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Protocol

from ...content.mimebundle import limit_side_by_side
from ...display import comparison, snapshot, streams_table
from ...limits import MAX_OUTPUT
from ...streams.handle import Stream
from .displays import Bundle, Displayed
from .refreshing import Refresher

if TYPE_CHECKING:
    from ...display.widget.panel import MakeOutput, Panel

Display = Callable[[Bundle, Bundle], Displayed]
"""Displays a mime bundle with its metadata under the cell that runs."""

_UNTIL_DRAWN = (
    "A live panel is drawn here where the page shows widgets; elsewhere this text is "
    "refreshed while the stream runs."
)
_UNDRAWN = (
    "Refreshed while it runs. To cancel it, run %streams cancel {name}, or interrupt "
    "the cell if it waits. (A live panel needs a page with widgets, and a notebook "
    "that is trusted.)"
)
_WITHOUT_PANEL = "Refreshed while it runs."


class View(Protocol):
    """What keeps a panel up to date."""

    panel: Panel
    """The widget."""

    def freeze(self, make: MakeOutput) -> None:
        """Put ordinary output in the panel's place."""

    def close(self) -> None:
        """Close the panel."""


class Output(ABC):
    """An output that is replaced by ordinary output when it freezes.

    Args:
        display: displays a mime bundle with its metadata.
        data: the mime bundle to display until then, for readers without a panel.
        metadata: of the bundle.
        view: what draws a panel in its place; None if nothing does.
    """

    final = False
    """Whether it is frozen."""

    def __init__(
        self,
        display: Display,
        data: Bundle,
        metadata: Bundle | None = None,
        view: View | None = None,
    ) -> None:
        self.view = view
        """What draws a panel in its place; None once closed, or if nothing does."""
        self._shown_version: object = None
        self._refresher: Refresher[tuple[Bundle, Bundle] | None] | None = None
        # It may be refreshed in one thread while it freezes in another.
        self._updating = threading.Lock()
        self._displayed = display(data | self._reference, metadata or {})

    @property
    def _reference(self) -> Bundle:
        """The reference to the panel in a mime bundle."""
        if self.view is None:
            return {}
        reference = {"version_major": 2, "version_minor": 0}
        return {
            "application/vnd.jupyter.widget-view+json": {
                **reference,
                "model_id": self.view.panel.model_id,
            }
        }

    @abstractmethod
    def make(self) -> tuple[Bundle, Bundle]:
        """Return the ordinary output as of now: a mime bundle, and its metadata."""

    @property
    @abstractmethod
    def version(self) -> object:
        """What differs whenever `make_so_far` returns something else."""

    @abstractmethod
    def make_so_far(self) -> tuple[Bundle, Bundle]:
        """Return what to show meanwhile where no panel is drawn."""

    def freeze(self) -> None:
        """Replace it by ordinary output, here and in pages."""
        self._freeze(self.make)

    def leave(self) -> None:
        """Send the ordinary output to every page without being asked, before the panel
        closes; of a stream that still runs, what it has received so far."""
        if not self.final:
            self._freeze_as_it_is()
        if self.view is not None:
            self.view.panel.send_output()

    def refresh_while(
        self,
        is_needed: Callable[[float], bool | None],
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        """Refresh it while needed, until it freezes; see `Refresher`."""
        self._refresher = Refresher(
            loop, self._make_meanwhile, self._show_meanwhile, is_needed
        )
        if self.final:
            self._refresher.stop()

    def close(self) -> None:
        """Close the panel; nothing changes the output any more."""
        self._stop_refreshing()
        if self.view is not None:
            self.view.close()
            self.view = None

    def _make_meanwhile(self) -> tuple[Bundle, Bundle] | None:
        version = self.version
        panel = None if self.view is None else self.view.panel
        lost = panel is not None and panel.has_unconfirmed_refresh
        if self.final or (version == self._shown_version and not lost):
            return None
        self._shown_version = version
        return self.make_so_far()

    def _show_meanwhile(self, made: tuple[Bundle, Bundle] | None) -> None:
        with self._updating:
            if made is None or self.final:
                return
            data, metadata = made[0] | self._reference, made[1]
            # An open page replaces it also where the host drops display updates, as
            # jupyter_server_nbmodel does.
            view = self.view
            if view is None or not view.panel.send_refreshed(data, metadata):
                self._displayed.replace(data, metadata)

    def _stop_refreshing(self) -> None:
        if self._refresher is not None:
            self._refresher.stop()

    def _freeze_as_it_is(self) -> None:
        """Freeze it while what it shows may still change."""
        made = self.make()
        self._freeze(lambda: made)

    def _freeze(self, make: MakeOutput) -> None:
        with self._updating:
            self.final = True
            data, metadata = make()
            self._displayed.replace(data, metadata)
        self._stop_refreshing()  # one that starts meanwhile sees that it is final
        if self.view is not None:
            self.view.freeze(make)


class StreamOutput(Output):
    """A stream under a cell, or several side by side: freezes when all have ended."""

    def __init__(
        self, display: Display, streams: Sequence[Stream], view: View | None
    ) -> None:
        self._streams = tuple(streams)
        self._running = set(self._streams)
        self._stops: list[Callable[[], None]] = []
        self.late = False
        """Whether it has frozen since it was first displayed."""
        if all(stream.has_ended for stream in self._streams):
            self.final = True
            if view is not None:
                view.close()  # they ended while it was made
            super().__init__(display, *self.make())
            return
        note = _WITHOUT_PANEL if view is None else _UNTIL_DRAWN
        data = comparison.bundle_so_far(self._streams, note)
        super().__init__(display, {**data}, view=view)
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

    @property
    def version(self) -> object:
        """The changes and the states of the streams."""
        return [(stream.transcript.seq, stream.state) for stream in self._streams]

    def make_so_far(self) -> tuple[Bundle, Bundle]:
        """Return the snapshot so far, in a size that can be sent every second."""
        data = comparison.bundle_so_far(self._streams, self._note)
        return {**data}, snapshot.metadata(self._streams)

    def close(self) -> None:
        """Close the panel, and stop waiting for the ends."""
        self._stop()
        super().close()

    @property
    def _note(self) -> str:
        if self.view is None:
            return _WITHOUT_PANEL
        name = self._streams[0].name if len(self._streams) == 1 else "NAME"
        return _UNDRAWN.format(name=name)

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
        display: displays a mime bundle with its metadata.
        list_streams: returns the streams to list; called for each update.
        view_of: makes the view, which calls its argument when no stream runs any more.
    """

    def __init__(
        self,
        display: Display,
        list_streams: Callable[[], Sequence[Stream]],
        view_of: Callable[[Callable[[], None]], View],
    ) -> None:
        self._list_streams = list_streams
        text = streams_table.plain(list_streams())
        super().__init__(display, {"text/plain": text}, view=view_of(self.freeze))

    def make(self) -> tuple[Bundle, Bundle]:
        """Return the table as it is now."""
        return streams_table.bundle(self._list_streams())

    @property
    def version(self) -> object:
        """Another one each time: ages grow."""
        return object()

    def make_so_far(self) -> tuple[Bundle, Bundle]:
        """Return the table as it is now."""
        return self.make()

    def freeze(self) -> None:
        """Replace it by the table as it is now: streams that start later are not part
        of it."""
        self._freeze_as_it_is()


def limit_of_each(streams: Sequence[Stream]) -> int:
    """Return the bytes that each of these may take in one output."""
    return MAX_OUTPUT if len(streams) == 1 else limit_side_by_side(len(streams))


def make_snapshot(streams: Sequence[Stream]) -> tuple[Bundle, Bundle]:
    """Return the mime bundle of these streams, side by side if there are several, and
    its metadata."""
    if len(streams) == 1:
        return snapshot.bundle(streams[0])
    return comparison.bundle(streams)
