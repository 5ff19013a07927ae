"""Streams in IPython: which cell they belong to, where they are shown, when they end.

The only module that knows kernels. One `Notebook` serves one shell; it holds every
stream that was shown there.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Literal

import anyio

from .background import BackgroundLoop
from .outputs import Output, StreamOutput
from .stream import Stream
from .views import snapshot, table
from .views.terminal import TerminalView

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from .views.runtime import Runtime
    from .views.widget import WidgetView

Host = Literal["live", "headless", "terminal"]

# Ended streams stay listed, and their panels known to late pages, up to this many.
_REMEMBERED = 50


class Notebook:
    """The streams of one shell."""

    _of_shell: Notebook | None = None

    def __init__(self, shell: InteractiveShell) -> None:
        self.shell = shell
        self.streams: list[Stream] = []
        """Every stream begun here, oldest first; ended ones are forgotten in time."""
        self._cells: dict[str, list[Stream]] = {}
        self._outputs: dict[Stream, list[StreamOutput]] = {}
        self._tables: list[Output] = []
        self._runtime: Runtime | None = None
        self._background: BackgroundLoop | None = None
        self._cell_runs = True  # the one that made us, or asked for us first
        self._hooks = {
            "pre_run_cell": self._before_cell,
            "post_run_cell": self._after_cell,
        }
        for event, hook in self._hooks.items():
            shell.events.register(event, hook)
        assert shell.display_formatter is not None
        formatter = shell.display_formatter.ipython_display_formatter
        formatter.for_type(Stream, self.show)

    @classmethod
    def of(cls, shell: InteractiveShell) -> Notebook:
        """The notebook of this shell, made when first asked for."""
        known = cls._of_shell
        if known is None or known.shell is not shell:
            known = cls._of_shell = cls(shell)
        return known

    @classmethod
    def here(cls) -> Notebook | None:
        """The notebook of the running shell; None outside of IPython."""
        # Whoever runs in IPython has imported it.
        ipython = sys.modules.get("IPython")
        shell = ipython.get_ipython() if ipython is not None else None
        return None if shell is None else cls.of(shell)

    def close(self) -> None:
        """Cancel every stream and take every hook away."""
        for stream in self.streams:
            stream.cancel()
        for event, hook in self._hooks.items():
            self.shell.events.unregister(event, hook)
        assert self.shell.display_formatter is not None
        self.shell.display_formatter.ipython_display_formatter.pop(Stream, None)
        if self._background is not None:
            self._background.close()
            self._background = None
        type(self)._of_shell = None

    # -- where we are ------------------------------------------------------------

    @property
    def host(self) -> Host:
        """Who reads the output: a page, a tool that runs notebooks, or a terminal.

        Tools that run notebooks (nbclient, and so nbconvert and papermill; nbval)
        name no cell and take no input; pages do at least one of the two.
        """
        if not hasattr(self.shell, "kernel"):
            return "terminal"
        parent = self._parent()
        takes_input = parent.get("content", {}).get("allow_stdin", False)
        return "live" if takes_input or self._cell() else "headless"

    @property
    def waits(self) -> bool:
        """Whether a cell waits for its stream unless told otherwise."""
        # Colab shows no update of a widget whose cell has ended.
        return self.host != "live" or "google.colab" in sys.modules

    def _parent(self) -> dict[str, Any]:
        get_parent = getattr(self.shell, "get_parent", None)
        return (get_parent() if get_parent is not None else None) or {}

    def _cell(self) -> str | None:
        cell = self._parent().get("metadata", {}).get("cellId")
        return cell if isinstance(cell, str) else None

    # -- a stream's life ---------------------------------------------------------

    def begin(self, make: Callable[[], Stream], *, in_thread: bool) -> Stream:
        """A new stream of the cell that runs now, made by `make` in the kernel's loop,
        or in the one of a thread beside it."""
        if in_thread and self._background is None:
            self._background = BackgroundLoop()
        if in_thread and self._background is not None:
            stream = self._background.call(make)
        else:
            stream = make()
        self.adopt(stream)
        return stream

    def adopt(self, stream: Stream) -> None:
        """Take a new stream in: it belongs to the cell that runs now, and is
        cancelled when that cell runs again or is deleted."""
        for same in [s for s in self.streams if s.name == stream.name and s.done]:
            self._forget(same)
        ended = [s for s in self.streams if s.done]
        for old in ended[: max(0, len(ended) - _REMEMBERED)]:
            self._forget(old)
        self.streams.append(stream)
        if (cell := self._cell()) is not None:
            self._cells.setdefault(cell, []).append(stream)

    def named(self, name: str) -> Stream | None:
        """The last stream of this name."""
        return next((s for s in reversed(self.streams) if s.name == name), None)

    def show(self, stream: Stream) -> None:
        """Show a stream under the cell that runs now: live while it runs and a page
        looks on, and as ordinary output when it has ended."""
        if stream not in self.streams:
            self.adopt(stream)
        host = self.host
        if host == "terminal":
            if stream.done:
                print(snapshot.bundle(stream)[0]["text/plain"])
            else:
                print(stream)
            return
        view = self._view_of(stream) if host == "live" and not stream.done else None
        if host == "headless" and not stream.done and self._runs_beside(stream):
            stream.join()  # such tools keep one display, so it had better be whole
        output = StreamOutput(stream, view)
        if not output.final:
            self._outputs.setdefault(stream, []).append(output)

    def show_table(self) -> None:
        """Show every stream under the cell that runs now: live while one runs and a
        page looks on."""
        if self.host == "terminal":
            print(table.plain(self.streams))
            return
        if self.host == "headless" or all(stream.done for stream in self.streams):
            Output(table.bundle(self.streams))
            return
        from .views.table_widget import TableView

        def settle() -> None:
            output.settle(table.bundle(self.streams), {})

        view = TableView(lambda: tuple(self.streams), self._runtime_here(), settle)
        output = Output({"text/plain": table.plain(self.streams)}, view=view)
        for old in self._tables[:-_REMEMBERED]:
            old.close()
        self._tables = [*self._tables[-_REMEMBERED:], output]

    def block(self, stream: Stream) -> None:
        """Wait in this thread for a stream that runs in the background, where there is
        no awaiting it, and show it. An interrupt cancels it and ends the wait.

        Raises:
            BaseException: what made the stream fail.
        """
        assert self._background is not None
        if self.host == "live":
            self.show(stream)
        try:
            if self.host == "terminal":
                self._background.begin(TerminalView(sys.stdout).follow(stream)).result()
            stream.join()
        except KeyboardInterrupt:
            stream.cancel()
            stream.join()
        if self.host == "headless":
            self.show(stream)
        if stream.error is not None:
            raise stream.error

    def _runs_beside(self, stream: Stream) -> bool:
        try:
            return stream.loop not in (None, asyncio.get_running_loop())
        except RuntimeError:
            return stream.loop is not None

    async def wait(self, *streams: Stream) -> None:
        """Wait until these have ended, showing them meanwhile if the host can only
        print. An interrupt cancels them and ends the wait, without an error: what
        came so far is kept.

        Raises:
            BaseException: what made a stream fail, where the host only prints; in a
                notebook its output shows that.
        """
        with self._interrupts(streams):
            task = asyncio.current_task()
            assert task is not None
            try:
                if self.host == "terminal":
                    for stream in streams:
                        await TerminalView(sys.stdout).follow(stream)
                for stream in streams:
                    await stream.wait()
            except asyncio.CancelledError:
                # ipykernel turns an interrupt of a cell that awaits into this.
                for stream in streams:
                    stream.cancel()
                task.uncancel()
                with anyio.CancelScope(shield=True):
                    for stream in streams:
                        await stream.wait()
        # The ends are shown by callbacks, which have their turn before this cell ends.
        await asyncio.sleep(0)

    @contextlib.contextmanager
    def _interrupts(self, streams: tuple[Stream, ...]) -> Iterator[None]:
        """In a terminal, Ctrl-C cancels the streams; a kernel has its own way."""
        loop = asyncio.get_running_loop()
        main = threading.current_thread() is threading.main_thread()
        if self.host != "terminal" or not main:
            yield
            return

        def cancel() -> None:
            for stream in streams:
                stream.cancel()

        try:
            loop.add_signal_handler(signal.SIGINT, cancel)
        except NotImplementedError:  # Windows has no such handlers
            yield
            return
        try:
            yield
        finally:
            loop.remove_signal_handler(signal.SIGINT)

    def _view_of(self, stream: Stream) -> WidgetView:
        from .views.widget import WidgetView

        return WidgetView(stream, self._runtime_here(), lambda: self._cell_runs)

    def _runtime_here(self) -> Runtime:
        # Widgets cost a second to import, and only panels need them.
        from .views.runtime import Runtime

        if self._runtime is None:
            self._runtime = Runtime()
        return self._runtime

    def _forget(self, stream: Stream) -> None:
        self.streams.remove(stream)
        for output in self._outputs.pop(stream, ()):
            output.close()
        for cell, streams in list(self._cells.items()):
            if stream in streams:
                streams.remove(stream)
            if not streams:
                del self._cells[cell]

    # -- hooks -------------------------------------------------------------------

    def _before_cell(self, info: Any) -> None:
        """A cell that runs again, or that was deleted since, has no use for the
        streams it had."""
        self._cell_runs = True
        metadata = self._parent().get("metadata", {})
        gone = [*metadata.get("deletedCells", ()), self._cell()]
        for cell in gone:
            for stream in self._cells.pop(cell, ()):
                stream.cancel()

    def _after_cell(self, result: Any) -> None:
        """What nbclient is told of an earlier cell's output, it only takes while a
        cell runs."""
        self._cell_runs = False
        if self.host == "headless":
            for output in [o for some in self._outputs.values() for o in some]:
                if output.late:
                    output.late = False
                    output.settle()
