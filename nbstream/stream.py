"""Stream: the user's handle. One task, one cancel scope, one state."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import itertools
import logging
import threading
from collections.abc import AsyncGenerator, Callable, Generator, Iterator, Sequence
from contextlib import aclosing
from typing import Any, Literal, Self

import anyio

from .blocks import Limits
from .continuity import Continuity
from .errors import ConnectionLost, NbstreamError
from .history import from_loop
from .mimebundle import MimeBundle
from .sizes import parse_size
from .sources import Source
from .sse import ConnectionChange, ServerSentEvent
from .streams.pipeline import Pipeline, Stage
from .streams.received import Item, Received
from .streams.size_gate import MAX_UNDERSTOOD
from .streams.turns import Turns, in_thread
from .timing import Timing, in_words
from .tracebacks import users_traceback
from .transcript import Transcript
from .updates import (
    Failed,
    Lost,
    Note,
    Stopped,
    Update,
    Usage,
)
from .wakeful import wakeful

State = Literal["connecting", "live", "reconnecting", "finished", "cancelled", "failed"]

_ENDED = frozenset({"finished", "cancelled", "failed"})
# How long a stream that said its end in a common word may still be silent, in seconds.
_AFTER_END_WORD = 2.0
# A stream that went on for so long was a feed: that the server ended it is news.
_LONG = 600.0

_log = logging.getLogger("nbstream")
_numbers = itertools.count(1)


class Stream:
    """Follows one source until it finishes, fails or is cancelled.

    It starts at once where an event loop runs, as in a notebook, and otherwise when
    it is first awaited or iterated.

        s = nbstream.stream("https://host/events")
        await s                      # until the end; raises if it failed
        async for update in s: ...   # what the events mean, from the first on
        async with s: ...            # cancels at the end of the block

    Args:
        source: where the events come from.
        dialect: what they mean: a name of `nbstream.dialects.dialect_names`.
        view: what to show the content as: `text`, `log`, `table`, `chart` or `json`,
            or `auto`, where each part is shown as what it says it is.
        field: the path of the value that is shown of each event, such as `a.b.0.c`;
            by default what it means is found out.
        name: what to call it; by default `s1`, `s2`, …
        limits: how much to keep.
        max_time: seconds after which it is stopped; by default it may run for ever.
        max_event_size: characters of an event that are parsed, as a number or such as
            `4M`; a larger one is shown as it came, cut. Default 1 Mi.
        stages: further steps from events to updates; see `streams.pipeline`.
    """

    def __init__(
        self,
        source: Source,
        *,
        dialect: str = "auto",
        view: str = "auto",
        field: str | None = None,
        name: str | None = None,
        limits: Limits | None = None,
        max_time: float | None = None,
        max_event_size: int | str = MAX_UNDERSTOOD,
        stages: Sequence[Stage] = (),
    ) -> None:
        understood = parse_size(max_event_size)
        pipeline = Pipeline(dialect, view, stages, field, understood)
        self.number = next(_numbers)
        self.name = name or f"s{self.number}"
        self.state: State = "connecting"
        """`connecting → live ⇄ reconnecting → finished | cancelled | failed`."""
        self.reason = ""
        """Why it is reconnecting, what may hold up its first event, or how it ended;
        empty where there is nothing to say."""
        self.error: BaseException | None = None
        """What made it fail."""
        self.events_received = 0
        self.reconnects = 0
        self.timing = Timing()
        """When it began, and what happened when."""
        self.transcript = Transcript(limits)

        self._source = source
        self._received = Received(pipeline, self.transcript)
        self._continuity = Continuity()
        self._observers: list[Callable[[], None]] = []
        self._ended: concurrent.futures.Future[None] = concurrent.futures.Future()
        self.has_ended = False
        """Whether it is done and its `mimebundle` made, if anyone waits for that."""
        self._at_end: list[Callable[[], None]] = []
        self._end_lock = threading.Lock()
        self._bundle: MimeBundle | None = None
        self._closed: ConnectionChange | None = None
        self._end_reason = ""
        self._max_time = max_time
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[None] | None = None
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            pass  # started by the first await
        else:
            self._start()

    # -- what the user asks ------------------------------------------------------

    @property
    def label(self) -> str:
        """What is followed, without secrets."""
        return self._source.label

    @property
    def text(self) -> str:
        """The streamed text so far."""
        return self.transcript.text

    @property
    def usage(self) -> Usage | None:
        """What the answer used, in tokens, as far as it was told."""
        return self.transcript.usage

    @property
    def tool_calls(self) -> list[dict[str, Any]]:
        """The calls that a model asked for: `id`, `name`, `arguments` as a value."""
        return self.transcript.tool_calls

    @property
    def stop_reason(self) -> str | None:
        """Why the answer stopped, in the word of who stopped it; None if none said."""
        stopped = self.transcript.stopped
        return None if stopped is None else stopped.reason

    def mimebundle(self) -> dict[str, str]:
        """What it leaves in a notebook, as text by mime type: `text/plain`,
        `text/markdown` and `text/html`. While it runs, what has come so far.

        The same for the same content: times and counts are not in it. May be called
        from any thread.
        """
        if self._bundle is not None:
            return self._bundle.copy()
        ended = self.done
        bundle = self.transcript.mimebundle(self._closing_note())
        if ended:  # nothing changes any more, and writing it out takes long
            self._bundle = bundle
        return bundle.copy()

    async def rendered(self) -> None:
        """Make the `mimebundle` of an ended stream without holding the event loop:
        a long text takes seconds, and then waits to be asked for."""
        if self._bundle is None:
            await in_thread(self.mimebundle)

    @property
    def done(self) -> bool:
        """Whether it has ended."""
        return self.state in _ENDED

    @property
    def bytes_received(self) -> int:
        """Bytes of payload so far."""
        return self._source.bytes_received

    @property
    def unbroken(self) -> bool:
        """Whether it is known that no event was lost by reconnecting: the ids of the
        events count up, and each new connection went on with the next."""
        return self._continuity.unbroken and self.transcript.lost is None

    @property
    def elapsed(self) -> float:
        """Seconds since the start, or from start to end."""
        return self.timing.elapsed

    def __repr__(self) -> str:
        return f"<Stream {self.name} {self.label} {self.state}>"

    def cancel(self) -> None:
        """End it and close its connection; what was received is kept.

        May be called from any thread, and again: it is harmless after the end.
        """
        if self.done:
            return
        if self._loop is None:
            self._end_at_once()
            return
        try:
            here = asyncio.get_running_loop()
        except RuntimeError:
            here = None
        if here is self._loop:
            self._scope.cancel()
            return
        try:
            self._loop.call_soon_threadsafe(self._scope.cancel)
        except RuntimeError:  # the loop is closed, and its task gone with it
            self._end_at_once()

    async def wait(self) -> Self:
        """Wait for the end, however it ends. Cancelling the wait cancels the stream,
        as awaiting a task does."""
        self._start()
        with self._cancelled_with_the_reader():
            await asyncio.wait({asyncio.wrap_future(self._ended)})
        return self

    def join(self) -> None:
        """Wait for the end in a thread beside the loop that the stream runs in: in that
        loop's own it would never come."""
        self._ended.result()

    def __await__(self) -> Generator[Any, None, Self]:
        return self._result().__await__()

    async def _result(self) -> Self:
        await self.wait()
        if self.error is not None:
            raise self.error
        return self

    async def __aiter__(self) -> AsyncGenerator[Update, None]:
        async with aclosing(self._read()) as items:
            async for _, updates in items:
                for update in updates:
                    yield update

    async def events(self) -> AsyncGenerator[ServerSentEvent, None]:
        """The events themselves, from the oldest kept one on. Raises at the end what
        made the stream fail."""
        async with aclosing(self._read()) as items:
            async for event, _ in items:
                if event is not None:
                    yield event

    async def __aenter__(self) -> Self:
        self._start()
        return self

    async def __aexit__(self, *exc: object) -> None:
        self.cancel()
        with anyio.CancelScope(shield=True):
            await asyncio.wait({asyncio.wrap_future(self._ended)})

    async def _read(self) -> AsyncGenerator[Item, None]:
        self._start()
        items = self._received.history.read()
        if self._loop not in (None, asyncio.get_running_loop()):
            # It runs in another loop, and what it keeps may only be touched there.
            items = from_loop(items, self._loop)
        async with aclosing(items):
            while True:
                with self._cancelled_with_the_reader():
                    item = await anext(items, None)
                if item is None:
                    break
                yield item
        if self.error is not None:
            raise self.error

    @contextlib.contextmanager
    def _cancelled_with_the_reader(self) -> Iterator[None]:
        """While a cell waits in here, an interrupt of it reaches the stream, and soon:
        the kernel's loop only hears of one when it next wakes."""
        try:
            with wakeful():
                yield
        except asyncio.CancelledError:
            self.cancel()
            raise

    # -- what views ask ----------------------------------------------------------

    @property
    def loop(self) -> asyncio.AbstractEventLoop | None:
        """The loop that it runs in; None before it has started."""
        return self._loop

    def observe(self, changed: Callable[[], None]) -> Callable[[], None]:
        """Call `changed()` in the stream's loop after each change of state or
        content. Returns a function that stops this."""
        self._observers.append(changed)

        def stop() -> None:
            if changed in self._observers:
                self._observers.remove(changed)

        return stop

    def at_end(self, call: Callable[[], None]) -> Callable[[], None] | None:
        """Call `call()` in the stream's loop when it is done and its `mimebundle` is
        made, before those who wait for it go on. Returns a function that stops this;
        None if it has ended."""
        with self._end_lock:
            if self.has_ended:
                return None
            self._at_end.append(call)

        def stop() -> None:
            if call in self._at_end:
                self._at_end.remove(call)

        return stop

    # -- the transitions ---------------------------------------------------------

    def _start(self) -> None:
        if self._loop is not None or self.done:
            return
        self._loop = asyncio.get_running_loop()
        self._scope = anyio.CancelScope()
        self.timing.begin()
        self._task = self._loop.create_task(self._run(), name=f"nbstream {self.name}")

    async def _run(self) -> None:
        try:
            await self._follow()
            if self._at_end:
                await self._render()
        finally:
            # Nothing more to do, unless the task itself was cancelled, as at the
            # shutdown of the loop.
            self._end_at_once()

    async def _follow(self) -> None:
        """Follow the source until the end, however it ends."""
        try:
            with anyio.move_on_after(self._max_time) as budget, self._scope:
                if not self._scope.cancel_called:
                    await self._pump()
            await self._received.settle()
            if budget.cancelled_caught:
                self._received.flush()  # what came before the end stands before it
                self._received.note(_out_of_time(self._max_time or 0.0))
            if self._scope.cancel_called:
                self._finish("cancelled")
            else:
                self._finish("finished", self._end_reason)
        except Exception as error:
            self._fail(error)

    async def _pump(self) -> None:
        turns = Turns()
        async with aclosing(self._source.batches(self._on_connection)) as batches:
            while (events := await self._next(batches)) is not None:
                for event in events:
                    self._count(event)
                    if self._received.is_large(event):
                        await self._received.take_large(event)
                    else:
                        self._received.take(event)
                    if self._received.ending:
                        self._source.stop_reconnecting()
                    if self._received.finished:
                        return
                    if turns.is_over():
                        # A batch of tiny events may take as long as many of others.
                        self._notify()
                        await self._received.history.room()
                        await turns.give()
                self._notify()
                await self._received.history.room()
                if self._scope.cancel_called or turns.is_over():
                    await turns.give()
        end_said = self._received.ending or self.transcript.stopped is not None
        self._received.end()
        if self._closed is not None and not end_said:
            self._say_who_ended(self._closed)

    def _say_who_ended(self, closed: ConnectionChange) -> None:
        """The stream did not say its end: tell that the server just ended it. In the
        notebook only where it had been a long feed, for durations differ each time."""
        self._end_reason = closed.reason
        if closed.can_follow and self.elapsed >= _LONG:
            self._received.note(
                Note(
                    f"The server ended the stream after {in_words(self.elapsed)}. "
                    "--follow follows it further."
                )
            )

    async def _next(
        self, batches: AsyncGenerator[list[ServerSentEvent], None]
    ) -> list[ServerSentEvent] | None:
        """The next events; None at the end, or when the stream has said its end and
        then fell silent."""
        if not self._received.ending:
            return await anext(batches, None)
        with anyio.move_on_after(_AFTER_END_WORD):
            return await anext(batches, None)
        return None

    def _count(self, event: ServerSentEvent) -> None:
        self.timing.event()
        self.events_received += 1
        self._continuity.received(event.id)

    def _on_connection(self, change: ConnectionChange) -> None:
        if change.note:
            self._received.note(Note(change.note))
        elif change.ready_state == "open":
            if self.state == "reconnecting":
                self.reconnects += 1
                self._continuity.reconnected()
            # A reason here is what may hold up the first event.
            self.state, self.reason = "live", change.reason
            self.timing.opens()
        elif change.ready_state == "connecting" and change.reason:
            if self.state == "live":
                self.timing.breaks()
            self.state = "connecting" if self.state == "connecting" else "reconnecting"
            self.reason = change.reason
            self.timing.waits(change.delay or None)
        else:
            if change.ready_state == "closed":
                self._closed = change
            return
        self._notify()

    def _fail(self, error: Exception) -> None:
        self._received.flush()
        # Our own errors say all there is to say; others are of the user's code.
        lines = "" if isinstance(error, NbstreamError) else users_traceback(error)
        message = str(error) or type(error).__name__
        if lines:
            message = f"{type(error).__name__}: {error}".removesuffix(": ")
        lost = self._lost(error) if isinstance(error, ConnectionLost) else None
        self.transcript.apply(Failed(message, lines, lost))
        self._finish("failed", message, error)

    def _lost(self, error: ConnectionLost) -> Lost | None:
        """How the connection was lost; None if nothing had come that is now kept."""
        if not self.events_received:
            return None
        self.timing.breaks()
        gone = error.attempts > 1
        what = "The server has gone" if gone else "The connection broke off"
        return Lost(what, self.events_received, self.timing.broken_since or 0.0)

    def _finish(
        self, state: State, reason: str = "", error: Exception | None = None
    ) -> None:
        if self.done:
            return
        self._received.flush()
        self.timing.end()
        self.error = error
        self.state, self.reason = state, reason
        self._received.history.end()
        self._notify()

    async def _render(self) -> None:
        try:
            await self.rendered()
        except Exception:
            _log.exception("The output of %r could not be made", self)

    def _end_at_once(self) -> None:
        """Cancel it if it goes on, and let those go on who wait for the end."""
        self._finish("cancelled")
        with self._end_lock:
            if self.has_ended:
                return
            self.has_ended = True
        for call in tuple(self._at_end):
            self._call(call)
        self._ended.set_result(None)

    def _closing_note(self) -> str:
        """What the content itself does not tell of the end; empty while it runs."""
        if self.state == "cancelled":
            return "Cancelled"
        if self.state == "finished" and not self.transcript.seq:
            return "The stream finished without any content"
        return ""  # what made it fail is part of the content

    def _notify(self) -> None:
        for changed in tuple(self._observers):
            self._call(changed)

    def _call(self, observer: Callable[[], None]) -> None:
        try:
            observer()
        except Exception:
            # An observer's fault is its own: it must be seen, but must not be taken
            # for a fault of the stream.
            _log.exception("An observer of %r raised", self)


def _out_of_time(seconds: float) -> Stopped:
    return Stopped("max_time", f"Stopped after {seconds:g} s, as --max-time asks.")
