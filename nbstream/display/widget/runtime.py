"""The widget that carries the front end, one a kernel; see `panel.py` for the other.

Two, because a widget sends its code once an instance (manzt/anywidget#613): the
runtime carries the whole front end, and each panel only a few kilobytes that look the
runtime up.

The page's messages about all panels travel on the runtime's comm, on which the kernel
sends nothing: so ipykernel hands them to the page's own subshell even while a cell
computes; those of a page without one are read off the shell channel early. Their
handlers may thus run on any thread.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import traitlets

from .batching import Batch, MessageBatcher
from .frame_clock import FrameBudget
from .front_end import FrontEndWidget, read_built, slot_name
from .ipykernel_comm import Message, receive_beside_cells, sender_without_parent
from .panel import Panel
from .shell_channel import ShellChannelReader, read_shell_channel

SenderOf = Callable[[Any], Callable[[Message], None] | None]
"""Returns what sends messages on a panel's comm; None: the widget's own `send` does."""


class Runtime(FrontEndWidget):
    """Carries the front end to the page, and the page's messages to the kernel. Never
    displayed.

    Args:
        sender_of: how messages reach a panel in this host.
        runs_cell: returns whether a cell runs now.
    """

    _esm = traitlets.Unicode().tag(sync=True)
    slot = traitlets.Unicode().tag(sync=True)
    has_page = False
    """Whether a page has sent a message."""

    def __init__(
        self,
        sender_of: SenderOf = sender_without_parent,
        runs_cell: Callable[[], bool] = lambda: False,
    ) -> None:
        self.sender_of = sender_of
        self._runs_cell = runs_cell
        # Whether a page's messages have arrived on a thread beside the cells'.
        self._receives_beside_cells = False
        self._reader: ShellChannelReader | None = None
        # Where cells run: in the main thread, or in marimo's thread of the page.
        self._cell_threads = {threading.main_thread(), threading.current_thread()}
        # Panels open and close in the threads of their streams, while messages arrive
        # on the page's.
        self._lock = threading.Lock()
        self._panels: dict[str, Panel] = {}
        self.batch_panel: Panel | None = None
        """Receives the batches of all panels, once there are two; never displayed."""
        super().__init__(_esm=read_built("runtime.js"), slot=slot_name())
        receive_beside_cells(self.comm)
        self.budget = FrameBudget()
        """The frames that its panels share."""
        self._batcher = MessageBatcher(self._send_batch)
        self.on_msg(lambda _widget, content, _buffers: self._receive(content))
        self._reader = read_shell_channel(self.comm, self._receive, runs_cell)

    def hears_page(self) -> bool:
        """Return whether what a page has sent would have arrived by now, as far as this
        thread can know; while a cell runs, some kernels receive nothing."""
        if self._receives_beside_cells or not self._runs_cell():
            return True
        # If this is the cell's thread, the cell awaits; then the shell channel is read.
        reader = self._reader
        return reader is not None and (reader.is_beside_cells or self._in_cell_thread())

    def connect(self, panel: Panel) -> None:
        """Pass the page's messages about this panel on to it."""
        with self._lock:
            self._panels[panel.key] = panel
            if len(self._panels) > 1 and self.batch_panel is None:
                self.batch_panel = Panel(self, view="batch", title="")

    def disconnect(self, panel: Panel) -> None:
        """Pass no more messages on to this panel."""
        self._panels.pop(panel.key, None)

    def close(self) -> None:
        """Close it in the kernel and in pages, after its panels; later messages are
        dropped, either way."""
        with self._lock:
            batch_panel, self.batch_panel = self.batch_panel, None
            self._panels.clear()
        if batch_panel is not None:
            batch_panel.close()
        if self._reader is not None:
            self._reader.close()
        super().close()

    def send_soon(self, panel: Panel, message: Message) -> None:
        """Send a message to a panel in the page: by itself while one stream runs, else
        in a batch with those of other panels."""
        alone = self.budget.clocks <= 1 and self._batcher.empty
        if self.batch_panel is None or alone:
            panel.send(message)
        else:
            self._batcher.put(panel.key, message)

    def _send_batch(self, batch: Batch) -> None:
        batch_panel = self.batch_panel
        if batch_panel is None:
            return  # closed meanwhile
        open_ones = [[key, message] for key, message in batch if key in self._panels]
        batch_panel.send({"type": "batch", "messages": open_ones})

    def _receive(self, content: Any) -> None:
        self.has_page = True
        if not self._in_cell_thread():
            self._receives_beside_cells = True
        for message in content.get("messages", [content]):
            panel = self._panels.get(message.get("panel", ""))
            if panel is not None:
                panel.receive(message)

    def _in_cell_thread(self) -> bool:
        return threading.current_thread() in self._cell_threads
