"""Streams, tables and conversations under the cell that runs, as its host can show
them."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from ..display import conversation, streams_table
from ..display.terminal import print_text
from ..models import Chat
from ..streams.event_loops import running_loop
from ..streams.handle import Stream
from .cells.requests import CellRequests
from .hosts import Host
from .outputs.output import (
    Output,
    StreamOutput,
    TableOutput,
    View,
    make_snapshot,
)
from .outputs.shown_outputs import ShownOutputs
from .shown import Shown, streams_of
from .waiting import cancelled_by_interrupt, join, runs_beside

if TYPE_CHECKING:
    from ..display.widget.runtime import Runtime

# Seconds in which a page draws a panel. After them its output is refreshed, until one
# does: the notebook may not be trusted, or its cell not be in sight.
_DRAWN_WITHIN = 2.0

_log = logging.getLogger("nbstream")


class Presenter:
    """Shows streams, and holds their outputs and the widgets of one kernel.

    Args:
        requests: the cells that run, and their host.
        list_streams: returns every stream of the kernel.
        remembered: how many tables are kept, and how many outputs of one stream.
    """

    def __init__(
        self,
        requests: CellRequests,
        list_streams: Callable[[], Sequence[Stream]],
        *,
        remembered: int,
    ) -> None:
        self._requests = requests
        self._list_streams = list_streams
        self._outputs = ShownOutputs(remembered)
        self._runtime: Runtime | None = None
        self._lock = threading.Lock()  # a subshell runs cells in a thread of its own

    def show(self, shown: Shown) -> None:
        """Show a stream, or several side by side: live while they run, if the host
        draws panels, else as ordinary output."""
        host = self._requests.host
        streams = streams_of(shown)
        if not host.displays:
            data = make_snapshot(streams)[0] if shown.done else {}
            print_text(data.get("text/plain", repr(shown)))
            return
        if not host.shows_while_running and self._requests.in_cell:
            # The one display had better be whole.
            with cancelled_by_interrupt(streams):
                join([s for s in streams if not s.done and runs_beside(s)])
        live = host.shows_while_running and not shown.done
        view = self._make_view(streams, host) if live and host.draws_panels else None
        output = StreamOutput(host.display, streams, view)
        if view is not None or not output.final:
            self._outputs.add(output, streams)
        running = [stream.loop for stream in streams if not stream.done]
        if live and (loop := next(filter(None, running), running_loop())):
            output.refresh_while(partial(self._lacks_panel, view), loop)

    def show_table(self) -> None:
        """Show every stream of the kernel: live while one of them runs and the host
        draws panels."""
        host = self._requests.host
        streams = self._list_streams()
        if not host.displays:
            print_text(streams_table.plain(streams))
            return
        if not host.draws_panels or all(stream.done for stream in streams):
            host.display(*streams_table.bundle(streams, host.table_columns))
            return
        from ..display.widget.table_view import TableView

        runtime = self._load_runtime(host)

        def view_of(on_end: Callable[[], None]) -> View:
            return TableView(self._list_streams, runtime, on_end)

        output = TableOutput(host.display, self._list_streams, view_of)
        self._outputs.add_table(output)
        if loop := running_loop():
            output.refresh_while(partial(self._lacks_panel, output.view), loop)

    def show_chat(self, chat: Chat) -> None:
        """Show a conversation."""
        bundle, host = conversation.bundle(chat), self._requests.host
        if host.displays:
            host.display({**bundle}, {})
        else:
            print_text(bundle["text/plain"])

    def update_late_outputs(self) -> None:
        """Update the outputs again that froze since they were displayed, for a host
        that takes updates of earlier cells' outputs only while a cell runs."""
        if self._requests.host.updates_outputs_after_cell:
            return
        for output in self._outputs.of_streams:
            if output.late:
                output.late = False
                output.freeze()

    def forget(self, stream: Stream) -> None:
        """Close the panels of an ended stream."""
        self._outputs.forget(stream)

    @property
    def has_page(self) -> bool:
        """Whether a page has sent a message of a panel."""
        return self._runtime is not None and self._runtime.has_page

    @property
    def live(self) -> list[Output]:
        """The outputs that are not frozen yet."""
        return self._outputs.live

    def close(self, live: Sequence[Output]) -> None:
        """Close every widget. Where one is live, or was among these, ordinary output
        takes its place, also in pages that did not ask for it."""
        for output in live:
            try:
                output.leave()
            except Exception:
                # One that cannot be written out keeps no other open.
                _log.exception("An output could not be left as ordinary output")
        self._outputs.close()
        with self._lock:
            runtime, self._runtime = self._runtime, None
        if runtime is not None:
            runtime.close()

    def _lacks_panel(self, view: View | None, seconds: float) -> bool | None:
        """Return whether no page draws a view, so many seconds after it was displayed;
        None while no page could say that it does."""
        if view is None:
            return True
        if view.panel.is_drawn:
            return False
        runtime = self._runtime
        if runtime is None or not runtime.hears_page():
            return None
        return seconds >= _DRAWN_WITHIN

    def _make_view(self, streams: Sequence[Stream], host: Host) -> View:
        from ..display.widget.comparison_view import ComparisonView
        from ..display.widget.stream_view import StreamView

        runtime = self._load_runtime(host)
        views = [StreamView(stream, runtime) for stream in streams]
        return views[0] if len(views) == 1 else ComparisonView(views, runtime)

    def _load_runtime(self, host: Host) -> Runtime:
        # Widgets take a second to import, and only panels need them.
        from ..display.widget.runtime import Runtime

        with self._lock:
            if self._runtime is None:
                self._runtime = Runtime(host.sender_of, self._requests.runs_cell)
            return self._runtime
