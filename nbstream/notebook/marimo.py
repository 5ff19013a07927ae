"""Streams in marimo: started for its cells, and shown as live panels under them.

marimo has no IPython shell, and so no `Session`. It calls `_display_` of what a cell
shows, loads a widget's code where the widget is displayed, and closes the widgets of a
cell when the cell runs again.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ..models import Comparison
from ..streams.event_loops import call_in
from ..streams.handle import Stream
from .shown import Shown

if TYPE_CHECKING:
    from ..display.widget.panel import Panel
    from ..display.widget.runtime import Runtime

# Seconds until a snapshot is sent to a page that cannot ask for it, and the factor from
# each wait to the next.
_FIRST_WAIT = 0.25
_BACKOFF = 1.5


def is_here() -> bool:
    """Return whether this code runs in a marimo notebook, edited or run as an app; not
    if it runs as a script."""
    # Whoever runs in marimo has imported it.
    marimo = sys.modules.get("marimo")
    return marimo is not None and bool(marimo.running_in_notebook())


def start(stream: Stream) -> None:
    """Start a stream in marimo's event loop. It is cancelled when the running cell runs
    again or is deleted."""
    stream.start()
    _call_when_replaced(stream.cancel)


def display(shown: Shown) -> Any:
    """Return what marimo shows of a stream, or of several side by side: a live panel
    while it runs, which stays at the end; ordinary output of one that has ended."""
    import marimo

    if isinstance(shown, Comparison):
        columns = [display(stream) for stream in shown.streams]
        return marimo.hstack(columns, widths="equal", align="start")
    if shown.has_ended:
        return marimo.Html(shown.mimebundle()["text/html"])
    return marimo.Html(_display_panel(shown, marimo.ui.anywidget))


def install() -> None:
    """Let marimo show streams and comparisons: it looks for a method of this name."""
    Stream._display_ = display
    Comparison._display_ = display


def _display_panel(stream: Stream, display_widget: Callable[[Any], Any]) -> str:
    """Return the HTML of a panel of this stream."""
    # Widgets take a second to import.
    from ..display.widget.runtime import Runtime
    from ..display.widget.stream_view import StreamView

    if stream.loop is None:  # made by hand
        start(stream)
    # Each panel has a runtime: one that all share would be closed with the cell that
    # made it. A page loads the code of all from one address.
    runtime = Runtime(runs_cell=_cell_runs)
    view = StreamView(stream, runtime)
    snapshots = _SnapshotsWhileCellRuns(stream, runtime, view.panel)

    def close() -> None:
        snapshots.stop()
        view.close()
        runtime.close()

    _call_when_replaced(close)
    code, panel = display_widget(runtime), display_widget(view.panel)
    return f"<div hidden>{code.text}</div>{panel.text}"


class _SnapshotsWhileCellRuns:
    """Sends the whole content again, ever more rarely, until the page is heard.

    A page misses what is sent before it has mounted the panel, and asks for it; but
    marimo reads no message while a cell runs, such as one that awaits the stream.
    """

    def __init__(self, stream: Stream, runtime: Runtime, panel: Panel) -> None:
        assert stream.loop is not None
        self._loop = stream.loop
        self._panel = panel
        self._wait = _FIRST_WAIT
        self._timer: asyncio.TimerHandle | None = None
        call_in(self._loop, self._schedule)
        runtime.on_msg(lambda *_: self.stop())

    def stop(self) -> None:
        """Send no more."""
        if self._timer is not None:
            self._timer.cancel()

    def _schedule(self) -> None:
        self._timer = self._loop.call_later(self._wait, self._send)
        self._wait *= _BACKOFF

    def _send(self) -> None:
        if _cell_runs():  # else the page's own request is read
            self._panel.receive({"type": "sync"})
            self._schedule()


# What marimo can do but offers no public way to.


def _call_when_replaced(call: Callable[[], None]) -> None:
    """Call `call()` when the running cell runs again or is deleted; never if this
    marimo has no list of what to call then."""

    class Item:  # marimo's CellLifecycleItem
        def create(self, context: Any) -> None:
            pass

        def dispose(self, context: Any, deletion: bool) -> bool:
            call()
            return True  # it is done with

    registry = getattr(_context(), "cell_lifecycle_registry", None)
    if registry is not None:
        registry.add(Item())


def _cell_runs() -> bool:
    """Return whether a cell runs, which keeps marimo from reading a page's messages;
    True if that is unknown."""
    return getattr(_context(), "execution_context", True) is not None


def _context() -> Any:
    """Return what marimo knows of the notebook that runs here; None if that is not to
    be had."""
    try:
        from marimo._runtime.context import get_context

        return get_context()
    except Exception:  # another marimo, or a thread of no notebook
        return None
