"""The questions that each host answers, and the signs that it is detected by."""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Protocol

from ...streams.handle import Stream


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What can be observed of the place where a cell runs."""

    has_kernel: bool
    """Whether a Jupyter kernel runs the shell."""
    cell: str | None = None
    """The id of the cell, if the request names one."""
    takes_input: bool = False
    """Whether the one who sent the request answers `input()`."""
    is_captured: bool = False
    """Whether `%%capture` keeps what is displayed."""
    is_timed: bool = False
    """Whether `%timeit` repeats the code that runs."""
    modules: Container[str] = field(default=frozenset())
    """The names of the modules that are imported."""


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
    updates_outputs_after_cell: bool
    """Whether display updates still replace an output after its cell has ended. Where
    not, a stream runs beside the cell, which waits, and is displayed once, whole."""
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
