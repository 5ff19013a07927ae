"""Waits of cells and magics for streams, and the interrupts that end them."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from concurrent.futures import Future

import anyio

from ..streams.event_loops import running_loop
from ..streams.handle import Stream
from .cells.current_cell import is_timed
from .cells.requests import CellRequests
from .hosts import Host
from .outputs.output import limit_of_each
from .shown import Shown, streams_of

# Seconds that a wait goes on after an interrupt: the cancelled streams end within them,
# unless the user's own code holds them up, which the cell does not wait for.
_AFTER_INTERRUPT = 2.0

_log = logging.getLogger("nbstream")


class Waiting:
    """Waits for streams, and shows them before or after, as the host allows.

    Args:
        requests: the cells that run, and their host.
        show: shows streams under the one that runs.
    """

    def __init__(self, requests: CellRequests, show: Callable[[Shown], None]) -> None:
        self._requests = requests
        self._show = show

    async def show_and_wait(self, shown: Shown) -> None:
        """Show streams and wait until they have ended, without holding the event loop.
        An interrupt cancels them and ends the wait.

        Raises:
            BaseException: what made the stream fail; of several, only if all failed.
        """
        host = self._requests.host
        if host.displays and host.shows_while_running:
            self._show(shown)
        if isinstance(shown, Stream):
            await self.wait((shown,))
        else:
            await self._interruptible(shown.streams, _wait_for_all)
        if not _is_shown_meanwhile(shown, host):
            streams = streams_of(shown)
            for stream in streams:
                await stream.render(limit_of_each(streams))
            self._show(shown)
        _raise_failure(shown)

    async def wait(self, streams: Sequence[Stream]) -> None:
        """Wait until these have ended, without holding the event loop; where the host
        only prints, print them meanwhile. An interrupt cancels them and ends the wait
        without an error: what they have received is kept.

        Raises:
            BaseException: what made a stream fail, where the host only prints; in a
                notebook its output shows that.
        """
        await self._interruptible(streams, self._follow)

    def block(self, shown: Shown) -> None:
        """Show streams and wait in this thread until they have ended; they run beside
        it. An interrupt cancels them and ends the wait.

        Raises:
            BaseException: what made the stream fail; of several, only if all failed.
        """
        host = self._requests.host
        streams = streams_of(shown)
        timed = is_timed()  # then it runs many times, and nobody reads it
        printed: Future[None] | None = None
        with cancelled_by_interrupt(streams):
            if host.displays and host.shows_while_running:
                self._show(shown)
            prints = not (host.displays or timed)
            if prints and isinstance(shown, Stream) and shown.loop:
                printed = asyncio.run_coroutine_threadsafe(
                    host.print_stream(shown), shown.loop
                )
                printed.result()
            join(streams)
        if not all(stream.done for stream in streams):
            return
        if printed is not None:
            printed.result()  # it still writes how an interrupted stream ended
        if not timed and not _is_shown_meanwhile(shown, host):
            self._show(shown)
        _raise_failure(shown)

    async def _follow(self, streams: Sequence[Stream]) -> None:
        host = self._requests.host
        for stream in streams:
            await host.print_stream(stream)
        await _wait_for_all(streams)

    async def _interruptible(
        self,
        streams: Sequence[Stream],
        wait: Callable[[Sequence[Stream]], Awaitable[None]],
    ) -> None:
        def cancel() -> None:
            for stream in streams:
                stream.cancel()

        with self._requests.host.call_on_interrupt(cancel):
            task = asyncio.current_task()
            assert task is not None
            # What prints a stream goes on after an interrupt: it still writes how the
            # stream ended.
            waits = asyncio.ensure_future(wait(streams))
            try:
                await asyncio.shield(waits)
            except asyncio.CancelledError:
                # ipykernel turns an interrupt of a cell that awaits into this.
                cancel()
                task.uncancel()
                with anyio.move_on_after(_AFTER_INTERRUPT, shield=True):
                    await waits
                _warn_of_running(streams)
        # Outputs freeze in callbacks of the loop, which run before this cell ends.
        await asyncio.sleep(0)


@contextlib.contextmanager
def cancelled_by_interrupt(streams: Sequence[Stream]) -> Iterator[None]:
    """While this thread waits for streams of other threads, let an interrupt cancel
    them, and catch it. Streams that their own code holds up are left to end later."""
    try:
        yield
    except KeyboardInterrupt:
        for stream in streams:
            stream.cancel()
        until = time.monotonic() + _AFTER_INTERRUPT
        for stream in streams:
            stream.join(max(0.0, until - time.monotonic()))
        _warn_of_running(streams)


def join(streams: Sequence[Stream]) -> None:
    """Wait in this thread until streams of other threads have ended."""
    for stream in streams:
        stream.join()


def runs_beside(stream: Stream) -> bool:
    """Return whether it runs in another event loop than this thread's, so that it ends
    while this thread waits."""
    return stream.loop is not None and stream.loop is not running_loop()


async def _wait_for_all(streams: Sequence[Stream]) -> None:
    for stream in streams:
        await stream.wait()


def _is_shown_meanwhile(shown: Shown, host: Host) -> bool:
    """Return whether the host has shown it while it ran. Tools that run notebooks keep
    one display, so they get it once it is whole; and where text is printed, several
    streams cannot be followed side by side."""
    return host.shows_while_running and (host.displays or isinstance(shown, Stream))


def _warn_of_running(streams: Sequence[Stream]) -> None:
    """Name the streams that have not ended in time after they were cancelled."""
    if running := [stream.name for stream in streams if not stream.done]:
        _log.warning(
            "%s is stopping: cancelled, but held up by its own code, which does not "
            "await. It ends when that does.",
            ", ".join(running),
        )


def _raise_failure(shown: Shown) -> None:
    """Raise what made it fail; several that are compared fail only together."""
    streams = streams_of(shown)
    if all(stream.error is not None for stream in streams):
        streams[0].raise_error()
