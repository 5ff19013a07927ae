"""What all hosts with a Jupyter kernel have in common."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from ...display.streams_table import COLUMNS
from ...display.widget.ipykernel_comm import sender_without_parent
from ...streams.handle import Stream
from ..outputs.displays import Bundle, Displayed, DisplayedById


class KernelHost:
    """A host whose cells run in a Jupyter kernel."""

    displays = True
    runs_between_cells = True
    has_threads = True
    table_columns = COLUMNS

    def display(self, data: Bundle, metadata: Bundle) -> Displayed:
        return DisplayedById(data, metadata)

    def sender_of(self, comm: Any) -> Callable[[dict[str, Any]], None] | None:
        return None

    def call_on_interrupt(
        self, call: Callable[[], None]
    ) -> AbstractContextManager[None]:
        return contextlib.nullcontext()  # ipykernel cancels the task of the cell

    async def print_stream(self, stream: Stream) -> None:
        pass


class PageHost(KernelHost):
    """A host whose pages draw live panels at any time."""

    draws_panels = True
    shows_while_running = True
    updates_outputs_after_cell = True
    waits = False

    def sender_of(self, comm: Any) -> Callable[[dict[str, Any]], None] | None:
        return sender_without_parent(comm)
