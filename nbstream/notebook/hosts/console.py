"""A console with a kernel: jupyter console, `jupyter run`, qtconsole, Spyder."""

from __future__ import annotations

from ...display.terminal import print_stream
from ...streams.handle import Stream
from .kernel import KernelHost
from .surroundings import Surroundings


class Console(KernelHost):
    """Takes input but names no cell, and no Jupyter server started its kernel. It shows
    what a cell prints while it runs, so cells wait, and drops display updates."""

    name = "console"
    displays = False
    draws_panels = False
    shows_while_running = True
    updates_outputs_after_cell = False
    waits = True

    def is_detected(self, here: Surroundings) -> bool:
        return here.takes_input

    async def print_stream(self, stream: Stream) -> None:
        await print_stream(stream)
