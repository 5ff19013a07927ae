"""Streams in IPython: which cell they belong to, where they are shown, when they end.

The only module that knows kernels. One `Session` serves one shell; it holds every
stream that was shown there.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from concurrent.futures import Future
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

import anyio

from ..display import conversation
from ..display import streams_table as table
from ..display.terminal import TerminalView
from ..display.widget.ipykernel_comm import sender_without_parent
from ..models import Chat, Comparison, ModelStream
from ..sources import leftovers
from ..streams.event_loops import running_loop
from ..streams.handle import Stream
from ..text.visible import harmless
from .background_loop import BackgroundLoops
from .closing import close_when_ended
from .current_cell import is_in_cell, is_timed
from .outputs import (
    Output,
    ShownOutputs,
    StreamOutput,
    TableOutput,
    View,
    display_bundle,
    limit_of_each,
    make_snapshot,
)

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from ..display.widget.runtime import Runtime

Host = Literal["live", "headless", "terminal"]

# What a cell can show.
_SHOWN = (Stream, ModelStream, Comparison)

# Ended streams stay listed, and their panels known to late pages, up to this many.
_REMEMBERED = 50
# What is cancelled by an interrupt ends within so many seconds, or is held up by the
# user's own code; the cell does not wait for that.
_AFTER_INTERRUPT = 2.0

_log = logging.getLogger("nbstream")


class Session:
    """The streams of one shell."""

    _of_shell: Session | None = None

    def __init__(self, shell: InteractiveShell) -> None:
        self.shell = shell
        self.streams: list[Stream] = []
        """Every stream begun here, oldest first; ended ones are forgotten in time."""
        self._cells: dict[str, list[Stream]] = {}
        self._outputs = ShownOutputs(_REMEMBERED)
        self._runtime: Runtime | None = None
        self._background = BackgroundLoops()
        # A subshell runs cells in a thread of its own.
        self._lock = threading.RLock()
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
    def of(cls, shell: InteractiveShell) -> Session:
        """The notebook of this shell, made when first asked for."""
        known = cls._of_shell
        if known is None or known.shell is not shell:
            known = cls._of_shell = cls(shell)
        return known

    @classmethod
    def here(cls) -> Session | None:
        """The notebook of the running shell; None outside of IPython."""
        # Whoever runs in IPython has imported it.
        ipython = sys.modules.get("IPython")
        shell = ipython.get_ipython() if ipython is not None else None
        return None if shell is None else cls.of(shell)

    def close(self) -> None:
        """Cancel every stream and take every hook away, at once. The outputs freeze
        as the streams end, and then every widget is closed; see `close_when_ended`."""
        for event, hook in self._hooks.items():
            self.shell.events.unregister(event, hook)
        assert self.shell.display_formatter is not None
        for shown in _SHOWN:
            self.shell.display_formatter.ipython_display_formatter.pop(shown, None)
        if type(self)._of_shell is self:
            type(self)._of_shell = None
        # Its end comes after its state: the last outputs freeze in between.
        running = [stream for stream in self.streams if not stream.join(0)]
        live = self._outputs.live
        for stream in running:
            stream.cancel()
        self._background.close()
        close_when_ended(running, partial(self._release, live))

    def _release(self, live: Sequence[Output]) -> None:
        """Close every widget; where one was live, ordinary output takes its place."""
        for output in live:
            try:
                output.leave()
            except Exception:
                # One that cannot be written out keeps no other open.
                _log.exception("An output could not be left as ordinary output")
        self._outputs.close()
        with self._lock:
            self._cells.clear()
            self.streams.clear()
            runtime, self._runtime = self._runtime, None
        if runtime is not None:
            runtime.close()

    # -- where we are ------------------------------------------------------------

    @property
    def host(self) -> Host:
        """Who reads the output: a page, a tool that runs notebooks, or a terminal.

        Tools that run notebooks (nbclient, and so nbconvert and papermill; nbval)
        name no cell and take no input; pages do at least one of the two.
        """
        if not hasattr(self.shell, "kernel"):
            return "terminal"
        if is_timed() or self._is_captured:
            return "headless"  # no page shows what changes later
        parent = self._parent()
        takes_input = parent.get("content", {}).get("allow_stdin", False)
        return "live" if takes_input or self.cell else "headless"

    @property
    def _is_captured(self) -> bool:
        """Whether `%%capture` keeps what is displayed."""
        from IPython.core.displaypub import CapturingDisplayPublisher

        return isinstance(self.shell.display_pub, CapturingDisplayPublisher)

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

    def start(self, stream: Stream, *, in_thread: bool) -> None:
        """Start a stream of the cell that runs now.

        Args:
            stream: a new stream. In a terminal, where no event loop runs between two
                cells, the first await starts it.
            in_thread: run it in the event loop of a thread beside the kernel's.
        """
        if in_thread:
            self._background.call(stream.start)
        elif running_loop() is not None:
            stream.start()
        self.adopt(stream)

    def adopt(self, stream: Stream) -> None:
        """Take a new stream in: it belongs to the cell that runs now, and is
        cancelled when that cell runs again or is deleted."""
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
                print(harmless(repr(shown)))
            return
        view = self._view_of(streams) if host == "live" and not shown.done else None
        if host == "headless":
            # Such tools keep one display, so it had better be whole.
            with _cancelled_by_interrupt(streams):
                for stream in streams:
                    if not stream.done and self._runs_beside(stream):
                        stream.join()
        output = StreamOutput(streams, view)
        if view is not None or not output.final:
            self._outputs.add(output, streams)

    def show_table(self) -> None:
        """Show every stream under the cell that runs now: live while one runs and a
        page looks on."""
        if self.host == "terminal":
            print(harmless(table.plain(self.streams)))
            return
        if self.host == "headless" or all(stream.done for stream in self.streams):
            display_bundle(table.bundle(self.streams))
            return
        from ..display.widget.table_view import TableView

        runtime = self._runtime_here()

        def listed() -> Sequence[Stream]:
            return tuple(self.streams)

        def view_of(on_end: Callable[[], None]) -> View:
            return TableView(listed, runtime, on_end)

        self._outputs.add_table(TableOutput(listed, view_of))

    def show_chat(self, chat: Chat) -> None:
        """Show a conversation under the cell that runs now."""
        shown = conversation.bundle(chat)
        if self.host == "terminal":
            print(harmless(shown["text/plain"]))
        else:
            display_bundle({**shown})

    def block(self, shown: Stream | Comparison) -> None:
        """Wait in this thread for what runs in the background, where there is no
        awaiting it, and show it. An interrupt cancels it and ends the wait.

        Raises:
            BaseException: what made it fail.
        """
        streams = _streams_of(shown)
        timed = is_timed()  # then it runs many times, and nobody reads it
        view: Future[None] | None = None
        with _cancelled_by_interrupt(streams):
            if self.host == "live":
                self.show(shown)
            prints = self.host == "terminal" and not timed
            if prints and isinstance(shown, Stream) and shown.loop:
                view = asyncio.run_coroutine_threadsafe(
                    TerminalView(sys.stdout).follow(shown), shown.loop
                )
                view.result()
            _join(streams)
        if not all(stream.done for stream in streams):
            return
        if view is not None:
            view.result()  # it still writes how an interrupted stream ended
        if not timed:
            self._show_late(shown)
        _raise_failure(shown)

    @property
    def is_in_background(self) -> bool:
        """Whether this code runs in the background loop, as a body that awaits may."""
        return self._background.runs_here

    def can_block(self, streams: Sequence[Stream]) -> bool:
        """Whether these end while this thread waits: they run beside its loop."""
        return all(stream.done or self._runs_beside(stream) for stream in streams)

    def block_until_ended(self, streams: Sequence[Stream]) -> None:
        """Wait in this thread until these have ended. An interrupt cancels them and
        ends the wait."""
        with _cancelled_by_interrupt(streams):
            _join(streams)

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
            streams = _streams_of(shown)
            for stream in streams:
                await stream.render(limit_of_each(streams))
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
        return stream.loop is not None and stream.loop is not running_loop()

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
                with anyio.move_on_after(_AFTER_INTERRUPT, shield=True):
                    await _ended(streams)
                _say_held(streams)
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

    def _view_of(self, streams: Sequence[Stream]) -> View:
        from ..display.widget.comparison_view import ComparisonView
        from ..display.widget.stream_view import StreamView

        runtime = self._runtime_here()
        views = [StreamView(s, runtime, lambda: self._cell_runs) for s in streams]
        return views[0] if len(views) == 1 else ComparisonView(views, runtime)

    def _runtime_here(self) -> Runtime:
        # Widgets cost a second to import, and only panels need them.
        from ..display.widget.runtime import Runtime

        with self._lock:
            if self._runtime is None:
                self._runtime = Runtime(_sender_of)
            return self._runtime

    def _forget(self, stream: Stream) -> None:
        """Let go of an ended stream and its panels; with the lock."""
        self.streams.remove(stream)
        self._outputs.forget(stream)
        for cell, streams in list(self._cells.items()):
            if stream in streams:
                streams.remove(stream)
            if not streams:
                del self._cells[cell]

    # -- hooks -------------------------------------------------------------------

    def _before_cell(self, info: Any) -> None:
        """A cell that runs again, or that was deleted since, has no use for the
        streams it had."""
        if is_in_cell(self.shell):
            return  # a part of a cell, such as what `%%capture` runs
        self._cell_runs = True
        leftovers.cell.set(self.cell)
        metadata = self._parent().get("metadata", {})
        gone = [*metadata.get("deletedCells", ()), self.cell]
        with self._lock:
            lists = [self._cells.pop(cell, ()) for cell in gone]
        for streams in lists:
            for stream in streams:
                stream.cancel()

    def _after_cell(self, result: Any) -> None:
        """What nbclient is told of an earlier cell's output, it only takes while a
        cell runs."""
        if is_in_cell(self.shell):
            return
        self._cell_runs = False
        if self.host == "headless":
            for output in self._outputs.of_streams:
                if output.late:
                    output.late = False
                    output.freeze()


async def _ended(streams: Sequence[Stream]) -> None:
    for stream in streams:
        await stream.wait()


def _join(streams: Sequence[Stream]) -> None:
    for stream in streams:
        stream.join()


def _streams_of(shown: Stream | Comparison) -> tuple[Stream, ...]:
    return (shown,) if isinstance(shown, Stream) else shown.streams


@contextlib.contextmanager
def _cancelled_by_interrupt(streams: Sequence[Stream]) -> Iterator[None]:
    """While this thread waits for streams of others, an interrupt cancels them, and is
    over. Those that their own code holds up are left to end later."""
    try:
        yield
    except KeyboardInterrupt:
        for stream in streams:
            stream.cancel()
        until = time.monotonic() + _AFTER_INTERRUPT
        for stream in streams:
            stream.join(max(0.0, until - time.monotonic()))
        _say_held(streams)


def _say_held(streams: Sequence[Stream]) -> None:
    """Name those that did not end in time when they were cancelled."""
    if held := [stream.name for stream in streams if not stream.done]:
        _log.warning(
            "%s is stopping: cancelled, but held up by its own code, which does not "
            "await. It ends when that does.",
            ", ".join(held),
        )


def _plain(streams: Sequence[Stream]) -> str:
    return str(make_snapshot(streams)[0]["text/plain"])


def _sender_of(comm: Any) -> Callable[[dict[str, Any]], None] | None:
    # Colab only takes messages in the name of a cell that runs.
    return None if "google.colab" in sys.modules else sender_without_parent(comm)


def _raise_failure(shown: Stream | Comparison) -> None:
    """Raise what made it fail; several that are compared fail only together."""
    streams = _streams_of(shown)
    if all(stream.error is not None for stream in streams):
        streams[0].raise_error()
