"""IPython in a terminal: text is printed while the cell waits."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import threading
from collections.abc import Callable, Iterator
from typing import Any

from ...display.terminal import print_stream
from ...streams.handle import Stream
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

    def is_detected(self, here: Surroundings) -> bool:
        return not here.has_kernel

    def sender_of(self, comm: Any) -> Callable[[dict[str, Any]], None] | None:
        return None

    @contextlib.contextmanager
    def call_on_interrupt(self, call: Callable[[], None]) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        try:
            loop.add_signal_handler(signal.SIGINT, call)
        except NotImplementedError:  # Windows has no such handlers
            yield
            return
        try:
            yield
        finally:
            loop.remove_signal_handler(signal.SIGINT)

    async def print_stream(self, stream: Stream) -> None:
        await print_stream(stream)
