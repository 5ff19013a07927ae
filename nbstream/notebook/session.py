"""The streams of one IPython shell: their cells, their names, and when they end."""

from __future__ import annotations

import sys
import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..models import Chat
from ..sources import leftovers
from ..streams.event_loops import running_loop
from ..streams.handle import Stream
from .background_loop import BackgroundLoops
from .cells.current_cell import is_in_cell
from .cells.requests import CellRequests
from .closing import close_when_ended
from .hosts import Host
from .presenter import Presenter
from .shown import SHOWN_TYPES, Shown, streams_of
from .waiting import Waiting, cancelled_by_interrupt, join, runs_beside

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

# Ended streams stay listed, and their panels known to late pages, up to this many.
_REMEMBERED = 50


class Session:
    """The streams of one shell, from their start to the end."""

    _of_shell: Session | None = None

    def __init__(self, shell: InteractiveShell) -> None:
        self.shell = shell
        self.streams: list[Stream] = []
        """Every stream started here, oldest first; the oldest ended ones are forgotten
        when there are many."""
        self._cells: dict[str, list[Stream]] = {}
        self._lock = threading.RLock()  # a subshell runs cells in a thread of its own
        self._background = BackgroundLoops()
        self.requests = CellRequests(shell, lambda: self._presenter.has_page)
        """The cells that run, and their host."""
        self._presenter = Presenter(
            self.requests, lambda: tuple(self.streams), remembered=_REMEMBERED
        )
        self._waiting = Waiting(self.requests, self._presenter.show)
        self.requests.detect()  # a wrong setting raises, before any hook is registered
        self._hooks = {
            "pre_run_cell": self._before_cell,
            "post_run_cell": self._after_cell,
        }
        for event, hook in self._hooks.items():
            shell.events.register(event, hook)
        assert shell.display_formatter is not None
        formatter = shell.display_formatter.ipython_display_formatter
        for shown in SHOWN_TYPES:
            formatter.for_type(shown, self.show)

    @classmethod
    def of(cls, shell: InteractiveShell) -> Session:
        """Return the session of this shell, made at the first call."""
        known = cls._of_shell
        if known is None or known.shell is not shell:
            known = cls._of_shell = cls(shell)
        return known

    @classmethod
    def here(cls) -> Session | None:
        """Return the session of the running shell; None outside of IPython."""
        # Whoever runs in IPython has imported it.
        ipython = sys.modules.get("IPython")
        shell = ipython.get_ipython() if ipython is not None else None
        return None if shell is None else cls.of(shell)

    def close(self) -> None:
        """Cancel every stream and remove every hook, at once. Outputs freeze as the
        streams end, and then every widget is closed; see `close_when_ended`."""
        for event, hook in self._hooks.items():
            self.shell.events.unregister(event, hook)
        assert self.shell.display_formatter is not None
        for shown in SHOWN_TYPES:
            self.shell.display_formatter.ipython_display_formatter.pop(shown, None)
        if type(self)._of_shell is self:
            type(self)._of_shell = None
        # A stream is joined a moment after it is done: its outputs freeze in between.
        running = [stream for stream in self.streams if not stream.join(0)]
        live = self._presenter.live
        for stream in running:
            stream.cancel()
        self._background.close()

        def release() -> None:
            self._presenter.close(live)
            with self._lock:
                self._cells.clear()
                self.streams.clear()

        close_when_ended(running, release)

    # -- the cell that runs ------------------------------------------------------

    @property
    def host(self) -> Host:
        """Where the running code is shown."""
        return self.requests.host

    @property
    def cell(self) -> str | None:
        """The id of the running cell; None if the request does not name it."""
        return self.requests.cell

    # -- streams -----------------------------------------------------------------

    def start(self, stream: Stream, *, in_thread: bool) -> None:
        """Start a new stream for the running cell.

        Args:
            stream: a new stream. In a terminal, where no event loop runs between two
                cells, the first await starts it.
            in_thread: run it in the event loop of a thread beside the kernel's.

        Raises:
            RuntimeError: if the host has no threads.
        """
        if in_thread:
            if not (host := self.host).has_threads:
                raise RuntimeError(
                    f"Expected a host with threads, got {host.name}: await the stream "
                    "in a cell, or let it run in the kernel's loop."
                )
            self._background.call(stream.start)
        elif running_loop() is not None:
            stream.start()
        self.adopt(stream)

    def adopt(self, stream: Stream) -> None:
        """Add a stream to those of the running cell; it is cancelled when that cell
        runs again or is deleted."""
        with self._lock:
            for same in [s for s in self.streams if s.name == stream.name and s.done]:
                self._forget(same)
            ended = [s for s in self.streams if s.done]
            for old in ended[: max(0, len(ended) - _REMEMBERED)]:
                self._forget(old)
            self.streams.append(stream)
            if (cell := self.cell) is not None:
                self._cells.setdefault(cell, []).append(stream)

    def named(self, name: str) -> Stream | None:
        """Return the last stream with this name."""
        return next((s for s in reversed(self.streams) if s.name == name), None)

    def _forget(self, stream: Stream) -> None:
        """Release an ended stream and its panels; with the lock."""
        self.streams.remove(stream)
        self._presenter.forget(stream)
        for cell, streams in list(self._cells.items()):
            if stream in streams:
                streams.remove(stream)
            if not streams:
                del self._cells[cell]

    # -- showing and waiting -----------------------------------------------------

    def show(self, shown: Shown) -> None:
        """Show a stream, or several side by side, under the running cell. A stream
        that was made by hand is started, in the kernel's loop."""
        streams = streams_of(shown)
        for stream in streams:
            if stream not in self.streams:
                self.start(stream, in_thread=False)
        host = self.host
        ends_with_cell = host.runs_between_cells and not host.updates_outputs_after_cell
        waits = ends_with_cell and self.requests.in_cell and self._runs_beside(streams)
        if waits and not host.displays:
            self.block(shown)  # what is printed later would be under another cell
            return
        self._presenter.show(shown)
        if waits:  # what is refreshed later would be dropped
            self.block_until_ended(streams)

    def show_table(self) -> None:
        """Show the table of all streams under the running cell."""
        self._presenter.show_table()

    def show_chat(self, chat: Chat) -> None:
        """Show a conversation under the running cell."""
        self._presenter.show_chat(chat)

    async def show_and_wait(self, shown: Shown) -> None:
        """Show streams and wait for their end; see `Waiting.show_and_wait`."""
        await self._waiting.show_and_wait(shown)

    async def wait(self, *streams: Stream) -> None:
        """Wait until these have ended; see `Waiting.wait`."""
        await self._waiting.wait(streams)

    def block(self, shown: Shown) -> None:
        """Show streams and wait for their end in this thread; see `Waiting.block`."""
        self._waiting.block(shown)

    def block_until_ended(self, streams: Sequence[Stream]) -> None:
        """Wait in this thread until these have ended. An interrupt cancels them and
        ends the wait."""
        with cancelled_by_interrupt(streams):
            join(streams)

    def can_block(self, streams: Sequence[Stream]) -> bool:
        """Return whether these end while this thread waits."""
        return all(stream.done or runs_beside(stream) for stream in streams)

    def _runs_beside(self, streams: Sequence[Stream]) -> bool:
        running = [stream for stream in streams if not stream.done]
        return bool(running) and self.can_block(running)

    @property
    def is_in_background(self) -> bool:
        """Whether this code runs in a background loop, as a body that awaits may."""
        return self._background.runs_here

    # -- hooks -------------------------------------------------------------------

    def _before_cell(self, info: Any) -> None:
        """Cancel the streams of a cell that runs again, or that was deleted since."""
        if is_in_cell(self.shell):
            return  # a part of a cell, such as the code under `%%capture`
        self.requests.start()
        leftovers.cell.set(self.cell)
        ended = [*self.requests.deleted_cells, self.cell]
        with self._lock:
            lists = [self._cells.pop(cell, ()) for cell in ended if cell is not None]
        for streams in lists:
            for stream in streams:
                stream.cancel()

    def _after_cell(self, result: Any) -> None:
        if is_in_cell(self.shell):
            return
        self.requests.end()
        self._presenter.update_late_outputs()
