"""The questions that each host answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

from ...streams.handle import Stream
from ..outputs.displays import Bundle, Displayed
from .surroundings import Surroundings


class Host(Protocol):
    """A kind of place where cells run.

    A new one is a file beside this one and a row in `HOSTS`, before the hosts that
    would be detected in the same surroundings.
    """

    name: str
    displays: bool
    """Whether outputs are displayed by mime type. Elsewhere text is printed, in the
    order in which it is written."""
    draws_panels: bool
    """Whether a widget manager draws live panels."""
    shows_while_running: bool
    """Whether the output of a stream is displayed before its end: as a panel, or as
    text that display updates refresh."""
    updates_outputs_after_cell: bool
    """Whether display updates still replace an output after its cell has ended. Where
    not, a stream runs beside the cell, which waits."""
    runs_between_cells: bool
    """Whether the event loop runs on when a cell has ended."""
    has_threads: bool
    """Whether an event loop can run in another thread."""
    waits: bool
    """Whether a cell waits for its stream by default."""

    table_columns: Sequence[str]
    """The columns of the table of streams, once it is ordinary output."""

    def is_detected(self, here: Surroundings) -> bool:
        """Return whether these surroundings are signs of this host, given that none of
        the hosts before it in `HOSTS` was detected."""

    def display(self, data: Bundle, metadata: Bundle) -> Displayed:
        """Display a mime bundle under the cell that runs."""

    def sender_of(self, comm: Any) -> Callable[[dict[str, Any]], None] | None:
        """Return what sends messages to the panel of this comm; None where the widget's
        own `send` does. Called only where panels are drawn."""

    def call_on_interrupt(
        self, call: Callable[[], None]
    ) -> AbstractContextManager[None]:
        """Within the returned context, call `call` on an interrupt of a cell that
        awaits. Does nothing where the kernel cancels the cell's task itself."""

    async def print_stream(self, stream: Stream) -> None:
        """Print a stream until it ends, in its own event loop. Does nothing where it is
        displayed."""
