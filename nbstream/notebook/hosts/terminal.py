"""IPython in a terminal: text is printed while the cell waits."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from ...display.streams_table import COLUMNS
from ...display.terminal import print_stream
from ...platforms.interrupts import call_on_ctrl_c
from ...streams.handle import Stream
from ..outputs.displays import Bundle, Displayed, DisplayedById
from .surroundings import Surroundings


class Terminal:
    """A shell without a kernel. Its event loop runs only while a cell awaits."""

    name = "terminal"
    displays = False
    draws_panels = False
    shows_while_running = True
    updates_outputs_after_cell = False
    runs_between_cells = False
    has_threads = True
    waits = True
    table_columns = COLUMNS

    def is_detected(self, here: Surroundings) -> bool:
        return not here.has_kernel

    def display(self, data: Bundle, metadata: Bundle) -> Displayed:
        return DisplayedById(data, metadata)

    def sender_of(self, comm: Any) -> Callable[[dict[str, Any]], None] | None:
        return None

    def call_on_interrupt(
        self, call: Callable[[], None]
    ) -> AbstractContextManager[None]:
        return call_on_ctrl_c(call)

    async def print_stream(self, stream: Stream) -> None:
        await print_stream(stream)
