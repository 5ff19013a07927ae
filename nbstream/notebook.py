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
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import anyio

from .background import BackgroundLoop
from .models import Chat, Comparison, ModelStream
from .outputs import LiveView, Output, StreamOutput
from .stream import Stream
from .views import columns, conversation, snapshot, table
from .views.terminal import TerminalView
from .wellformed import harmless

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from .views.runtime import Runtime

S = TypeVar("S", bound=Stream)
Host = Literal["live", "headless", "terminal"]

# What a cell can show.
_SHOWN = (Stream, ModelStream, Comparison)

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
        for shown in _SHOWN:
            formatter.for_type(shown, self.show)

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
        for shown in _SHOWN:
            self.shell.display_formatter.ipython_display_formatter.pop(shown, None)
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
        return "live" if takes_input or self.cell else "headless"

    @property
    def waits(self) -> bool:
        """Whether a cell waits for its stream unless told otherwise."""
        # Colab shows no update of a widget whose cell has ended.
        return self.host != "live" or "google.colab" in sys.modules

    def _parent(self) -> dict[str, Any]:
        get_parent = getattr(self.shell, "get_parent", None)
        return (get_parent() if get_parent is not None else None) or {}

    @property
    def cell(self) -> str | None:
        """The cell that runs now, where the page names it."""
        cell = self._parent().get("metadata", {}).get("cellId")
        return cell if isinstance(cell, str) else None

    # -- a stream's life ---------------------------------------------------------

    def begin(self, make: Callable[[], S], *, in_thread: bool) -> S:
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
        if (cell := self.cell) is not None:
            self._cells.setdefault(cell, []).append(stream)

    def named(self, name: str) -> Stream | None:
        """The last stream of this name."""
        return next((s for s in reversed(self.streams) if s.name == name), None)

    def show(self, shown: Stream | Comparison) -> None:
        """Show a stream, or several side by side, under the cell that runs now: live
        while they run and a page looks on, and as ordinary output when they have
        ended."""
        streams = _streams_of(shown)
        for stream in streams:
            if stream not in self.streams:
                self.adopt(stream)
        host = self.host
        if host == "terminal":
            if shown.done:
                print(harmless(_plain(streams)))
            else:
                print(shown)
            return
        view = self._view_of(streams) if host == "live" and not shown.done else None
        for stream in streams:
            if host == "headless" and not stream.done and self._runs_beside(stream):
                stream.join()  # such tools keep one display, so it had better be whole
        output = StreamOutput(streams, view)
        if not output.final:
            for stream in streams:
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

    def show_chat(self, chat: Chat) -> None:
        """Show a conversation under the cell that runs now."""
        shown = conversation.bundle(chat)
        if self.host == "terminal":
            print(harmless(shown["text/plain"]))
        else:
            Output(shown)

    def block(self, shown: Stream | Comparison) -> None:
        """Wait in this thread for what runs in the background, where there is no
        awaiting it, and show it. An interrupt cancels it and ends the wait.

        Raises:
            BaseException: what made it fail.
        """
        assert self._background is not None
        if self.host == "live":
            self.show(shown)
        try:
            if self.host == "terminal" and isinstance(shown, Stream):
                self._background.begin(TerminalView(sys.stdout).follow(shown)).result()
            for stream in _streams_of(shown):
                stream.join()
        except KeyboardInterrupt:
            shown.cancel()
            for stream in _streams_of(shown):
                stream.join()
        self._show_late(shown)
        _raise_failure(shown)

    async def show_and_wait(self, shown: Stream | Comparison) -> None:
        """Show what a cell waits for.

        Raises:
            BaseException: what made it fail; of several, only if all have.
        """
        if self.host == "live":
            self.show(shown)
        if isinstance(shown, Stream):
            await self.wait(shown)
        else:
            await self._interruptible(shown.streams, _ended)
        if self.host == "headless":
            for stream in _streams_of(shown):
                await stream.rendered()
        self._show_late(shown)
        _raise_failure(shown)

    def _show_late(self, shown: Stream | Comparison) -> None:
        # Tools that run notebooks keep one display, so they get it when it is whole;
        # and a terminal has no columns to follow several in.
        if self.host == "headless" or (
            self.host == "terminal" and not isinstance(shown, Stream)
        ):
            self.show(shown)

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
        await self._interruptible(streams, self._followed)

    async def _followed(self, streams: Sequence[Stream]) -> None:
        if self.host == "terminal":
            for stream in streams:
                await TerminalView(sys.stdout).follow(stream)
        await _ended(streams)

    async def _interruptible(
        self,
        streams: Sequence[Stream],
        wait: Callable[[Sequence[Stream]], Awaitable[None]],
    ) -> None:
        with self._interrupts(streams):
            task = asyncio.current_task()
            assert task is not None
            try:
                await wait(streams)
            except asyncio.CancelledError:
                # ipykernel turns an interrupt of a cell that awaits into this.
                for stream in streams:
                    stream.cancel()
                task.uncancel()
                with anyio.CancelScope(shield=True):
                    await _ended(streams)
        # The ends are shown by callbacks, which have their turn before this cell ends.
        await asyncio.sleep(0)

    @contextlib.contextmanager
    def _interrupts(self, streams: Sequence[Stream]) -> Iterator[None]:
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

    def _view_of(self, streams: Sequence[Stream]) -> LiveView:
        from .views.columns_widget import ColumnsView
        from .views.widget import WidgetView

        runtime = self._runtime_here()
        views = [WidgetView(s, runtime, lambda: self._cell_runs) for s in streams]
        return views[0] if len(views) == 1 else ColumnsView(views, runtime)

    def _runtime_here(self) -> Runtime:
        # Widgets cost a second to import, and only panels need them.
        from .views.runtime import Runtime

        if self._runtime is None:
            self._runtime = Runtime()
        return self._runtime

    def _forget(self, stream: Stream) -> None:
        self.streams.remove(stream)
        for output in self._outputs.pop(stream, ()):
            # Side by side, others may still be in it.
            if not any(output in others for others in self._outputs.values()):
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
        gone = [*metadata.get("deletedCells", ()), self.cell]
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


async def _ended(streams: Sequence[Stream]) -> None:
    for stream in streams:
        await stream.wait()


def _streams_of(shown: Stream | Comparison) -> tuple[Stream, ...]:
    return (shown,) if isinstance(shown, Stream) else shown.streams


def _plain(streams: Sequence[Stream]) -> str:
    if len(streams) == 1:
        return str(snapshot.bundle(streams[0])[0]["text/plain"])
    return str(columns.bundle(streams)[0]["text/plain"])


def _raise_failure(shown: Stream | Comparison) -> None:
    """Raise what made it fail; several that are compared fail only together."""
    errors = [stream.error for stream in _streams_of(shown)]
    if errors[0] is not None and all(errors):
        raise errors[0]
