"""Stream: the user's handle. One task, one cancel scope, one state."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import itertools
import json
import logging
import threading
import time
import weakref
from collections.abc import AsyncGenerator, Callable, Generator, Iterator, Sequence
from contextlib import aclosing
from types import TracebackType
from typing import Any, Literal, Self

import anyio

from ..content.blocks import Limits
from ..content.transcript import Transcript
from ..errors import ConnectionLost, NbstreamError
from ..limits import FROZEN, MAX_ERROR
from ..sources import Source
from ..sse import ConnectionChange, ServerSentEvent
from ..text.clipping import clip_text
from ..text.paths import without_machine
from ..text.sizes import parse_size
from ..text.visible import whole
from ..updates import Failed, Gap, Lost, Note, Stopped, Update, Usage
from .event_loops import running_loop
from .gap_detection import Continuity
from .observers import Observers
from .pipeline import Pipeline, Stage
from .received import Received
from .redaction import Redaction
from .replay_buffer import Item, from_loop
from .size_gate import MAX_UNDERSTOOD
from .ticker import wakeful
from .timing import Timing, in_words
from .tracebacks import (
    WithoutOurFrames,
    format_traceback,
    remove_our_frames,
)
from .turns import Turns, in_thread

State = Literal[
    "connecting",
    "live",
    "reconnecting",
    "stopping",
    "finished",
    "cancelled",
    "failed",
]

_ENDED = frozenset({"finished", "cancelled", "failed"})
# How long a stream that said its end in a common word may still be silent, in seconds.
_AFTER_END_WORD = 2.0
# How often a thread that waits for the end looks up, in seconds.
_JOIN_TICK = 0.1
# A stream that went on for so long was a feed: that the server ended it is news.
_LONG = 600.0

_log = logging.getLogger("nbstream")
_numbers = itertools.count(1)


class Stream:
    """Follows one source until it finishes, fails or is cancelled.

    A new one is inert: `start()` starts it, and so does the first await or iteration.
    `nbstream.stream` starts it where an event loop runs, as in a notebook.

        s = nbstream.stream("https://host/events")
        await s                      # until the end; raises if it failed
        async for update in s: ...   # what the events mean, from the first on
        async with s: ...            # cancels at the end of the block

    Readers that come late read from the oldest event kept on. A slow one is waited for
    once what it has not read takes half of `limits.memory` (backpressure), so that a
    script loses nothing. Where a view shows the stream, it never waits: there such a
    reader reads `Gap(lost=n)` in the place of n events, and `reason` says so.

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
        self._redaction = Redaction(source.secrets)
        pipeline = Pipeline(
            dialect,
            view,
            (self._redaction, *stages),
            field=field,
            max_event_size=parse_size(max_event_size),
        )
        self.number = next(_numbers)
        self.name = whole(name or f"s{self.number}")
        self.state: State = "connecting"
        """`connecting → live ⇄ reconnecting → finished | cancelled | failed`.

        Before `cancelled`, `stopping`: nothing more is received, but a plain body runs
        on to its next `yield`."""
        self.reason = ""
        """Why it is reconnecting, what may hold up its first event, or how it ended;
        empty where there is nothing to say."""
        self.error: BaseException | None = None
        """What made it fail."""
        self._traceback: TracebackType | None = None
        self.events_received = 0
        self.reconnects = 0
        self.timing = Timing()
        """When it began, and what happened when."""
        self.transcript = Transcript(limits)

        self._source = source
        self._received = Received(pipeline, self.transcript)
        # Weak: a stream that nobody has any more goes at once, with all it holds.
        let_go = weakref.WeakMethod(self._let_go)
        self._received.budget.run = lambda call: (let_go() or _call)(call)
        self._continuity = Continuity()
        self._observers = Observers(self)
        self._at_end = Observers(self)
        self._limits: set[int] = set()  # what they want its `mimebundle` to be within
        self._lock = threading.Lock()
        self._finishing = False
        self.has_ended = False
        """Whether it is done and its `mimebundle` made, if anyone waits for that."""
        self._ended: concurrent.futures.Future[None] = concurrent.futures.Future()
        self._readers_note = ""
        self._closed: ConnectionChange | None = None
        self._end_reason = ""
        self._max_time = max_time
        self._cancel_asked = False
        self._scope: anyio.CancelScope | None = None  # made in the task, for anyio
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[None] | None = None

    # -- what the user asks ------------------------------------------------------

    @property
    def label(self) -> str:
        """What is followed, without secrets."""
        return whole(self._source.label)

    @property
    def text(self) -> str:
        """The streamed text so far, without secrets, also those that came in pieces."""
        return self._redacted_transcript().text

    @property
    def usage(self) -> Usage | None:
        """What the answer used, in tokens, as far as it was told."""
        return self.transcript.usage

    @property
    def tool_calls(self) -> list[dict[str, Any]]:
        """The calls that a model asked for: `id`, `name`, `arguments` as a value."""
        return self._redacted_transcript().tool_calls

    @property
    def stop_reason(self) -> str | None:
        """Why the answer stopped, in the word of who stopped it; None if none said."""
        stopped = self.transcript.stopped
        return None if stopped is None else stopped.reason

    def mimebundle(self, limit: int = FROZEN) -> dict[str, str]:
        """What it leaves in a notebook, as text by mime type: `text/plain`,
        `text/markdown` and `text/html`. While it runs, what has come so far.

        The same for the same content: times and counts are not in it. May be called
        from any thread.

        Args:
            limit: the bytes of all types together; what is too much is cut, oldest
                first, and counted in its place.
        """
        outputs = self._received.outputs
        if (made := outputs.get(limit)) is not None:
            return made
        ended = self.done
        bundle = self._redacted_transcript().mimebundle(self._closing_note(), limit)
        if ended:  # nothing changes any more, and writing it out takes long
            outputs.keep(limit, bundle)
            self._received.budget.check_kernel()
        return bundle

    async def render(self, limit: int = FROZEN) -> None:
        """Make the `mimebundle` of an ended stream without holding the event loop:
        a long text takes seconds, and then waits to be asked for."""
        if limit not in self._received.outputs:
            await in_thread(self.mimebundle, limit)

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
        if self.done or self.state == "stopping":
            return
        if self._loop is None:
            self._end("cancelled")
            return
        if running_loop() is self._loop:
            self._cancel_here()
            return
        try:
            self._loop.call_soon_threadsafe(self._cancel_here)
        except RuntimeError:  # the loop is closed, and its task gone with it
            self._end("cancelled")

    def _cancel_here(self) -> None:
        self._cancel_asked = True
        if self._scope is not None:
            self._scope.cancel()

    async def wait(self) -> Self:
        """Wait for the end, however it ends; a plain body that is cancelled is not
        waited for. Cancelling the wait cancels the stream, as awaiting a task does."""
        self.start()
        with WithoutOurFrames(), self._cancelled_with_the_reader():
            await asyncio.wait({asyncio.wrap_future(self._ended)})
        return self

    def join(self, timeout: float | None = None) -> bool:
        """Wait for the end in a thread beside the loop that the stream runs in: in that
        loop's own it would never come. Returns whether it has ended, which it may not
        have after `timeout` seconds."""
        until = None if timeout is None else time.monotonic() + timeout
        while not self._ended.done():
            left = _JOIN_TICK if until is None else until - time.monotonic()
            if left <= 0:
                return False
            # In steps: on Windows no interrupt ends a wait in the main thread.
            concurrent.futures.wait({self._ended}, min(left, _JOIN_TICK))
        return True

    def __await__(self) -> Generator[Any, None, Self]:
        return self._result().__await__()

    async def _result(self) -> Self:
        with WithoutOurFrames():
            await self.wait()
            self.raise_error()
        return self

    def raise_error(self) -> None:
        """Raise what made it fail, if anything did, with the user's frames only."""
        if self.error is not None:
            # An exception would collect the frames of each time that it is raised.
            raise self.error.with_traceback(self._traceback)

    async def __aiter__(self) -> AsyncGenerator[Update, None]:
        with WithoutOurFrames():
            async with aclosing(self._read()) as items:
                async for _, updates in items:
                    for update in updates:
                        yield update

    async def events(self) -> AsyncGenerator[ServerSentEvent, None]:
        """The events themselves, from the oldest kept one on, without the request's
        secrets. Raises at the end what made the stream fail.

        In the place of events that were let go before this reader came to them is one
        of type `gap`, as in our own protocol: `{"type": "gap", "lost": 12}`.
        """
        with WithoutOurFrames():
            async with aclosing(self._read()) as items:
                async for event, updates in items:
                    gaps = [u.lost or 0 for u in updates if isinstance(u, Gap)]
                    if event is not None:
                        yield self._redaction.event(event)
                    elif lost := sum(gaps):
                        data = json.dumps({"type": "gap", "lost": lost})
                        yield ServerSentEvent(event="gap", data=data)

    async def __aenter__(self) -> Self:
        self.start()
        return self

    async def __aexit__(self, *exc: object) -> None:
        self.cancel()
        with anyio.CancelScope(shield=True):
            await asyncio.wait({asyncio.wrap_future(self._ended)})

    async def _read(self) -> AsyncGenerator[Item, None]:
        self.start()
        items = self._received.replay.read()
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
        self.raise_error()

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
        forget = self._observers.add(changed)
        # It may wait for a reader, and need not any more.
        self._received.replay.may_lose = True
        self._run_in_loop(self._received.replay.wake)

        def stop() -> None:
            forget()
            self._received.replay.may_lose = self.done or bool(self._observers)

        return stop

    def at_end(
        self, call: Callable[[], None], limit: int = FROZEN
    ) -> Callable[[], None] | None:
        """Call `call()` in the stream's loop when it is done and `mimebundle(limit)` is
        made, before those who wait for it go on. Returns a function that stops this;
        None if it has ended."""
        with self._lock:
            if self.has_ended:
                return None
            self._limits.add(limit)
            return self._at_end.add(call)

    # -- the transitions ---------------------------------------------------------

    def start(self) -> None:
        """Start following, in the event loop that runs here. Harmless when repeated,
        and after the end; awaiting or iterating the stream does it, too.

        Raises:
            RuntimeError: if no event loop runs in this thread.
        """
        with self._lock:
            if self._loop is not None or self._finishing:
                return
            self._loop = asyncio.get_running_loop()
        self.timing.begin()
        self._task = self._loop.create_task(self._run(), name=f"nbstream {self.name}")

    async def _run(self) -> None:
        try:
            await self._follow()
            if self.done:
                await self._render()
        finally:
            if self.state != "stopping":
                # It has ended, unless the task itself was cancelled, as at the
                # shutdown of the loop.
                self._end("cancelled")

    async def _follow(self) -> None:
        """Follow the source until the end, however it ends."""
        try:
            with (
                anyio.move_on_after(self._max_time) as budget,
                anyio.CancelScope() as self._scope,
            ):
                if not (self._cancel_asked or self._finishing):
                    await self._pump()
            await self._received.settle()
            if budget.cancelled_caught:
                self._received.flush()  # what came before the end stands before it
                self._received.note(_out_of_time(self._max_time or 0.0))
            if self._cancel_asked:
                self._stop("cancelled")
            elif budget.cancelled_caught:
                self._stop("finished")
            else:
                self._finish("finished", self._end_reason)
        except Exception as error:
            self._finish("failed", error=error)

    async def _pump(self) -> None:
        turns = Turns()
        received = self._received
        async with aclosing(self._source.batches(self._on_connection)) as batches:
            while (events := await self._next(batches)) is not None:
                for event in events:
                    self._count(event)
                    if received.is_large(event):
                        await received.take_large(event)
                    else:
                        received.take(event)
                    if received.ending or received.finished:
                        self._source.stop_reconnecting()
                    if received.finished:
                        return
                    if turns.is_over():
                        # A batch of tiny events may take as long as many of others.
                        self._notify()
                        await self._wait_for_readers()
                        await turns.give()
                self._notify()
                await self._wait_for_readers()
                if self._cancel_asked or turns.is_over():
                    await turns.give()
        end_said = received.ending or self.transcript.stopped is not None
        received.end()
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
        self._redaction.refresh()  # each connection may have keys of its own
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

    def _say_failure(self, error: Exception) -> str:
        """Show what made it fail, without secrets. Returns the message."""
        remove_our_frames(error)
        self._traceback = error.__traceback__
        message, lines = str(error) or type(error).__name__, ""
        # Our own errors say all there is to say; others are of the user's code.
        if not isinstance(error, NbstreamError):
            lines = format_traceback(error)
            message = f"{type(error).__name__}: {error}".removesuffix(": ")
        lost = self._lost(error) if isinstance(error, ConnectionLost) else None
        redact = self._redaction.redactor.text
        # Half a character, as of a file's name, could not be written down.
        message = clip_text(redact(whole(without_machine(message))), MAX_ERROR)
        lines = redact(whole(without_machine(lines)))
        self.transcript.apply(Failed(message, lines, lost))
        return message

    def _lost(self, error: ConnectionLost) -> Lost | None:
        """How the connection was lost; None if nothing had come that is now kept."""
        if not self.events_received:
            return None
        self.timing.breaks()
        gone = error.attempts > 1
        what = "The server has gone" if gone else "The connection broke off"
        return Lost(what, self.events_received, self.timing.broken_since or 0.0)

    def _stop(self, state: State) -> None:
        """Finish, now or when what still runs has ended; nobody has to wait for it."""
        leftover = self._source.leftover
        if leftover is None:
            self._finish(state)
            return
        self._received.flush()
        self._redacted_transcript()
        self.state, self.reason = "stopping", "its code runs on to its next `yield`"
        self._received.replay.may_lose = True
        self._received.replay.end()
        self._notify()
        self._ended.set_result(None)
        leftover.ended.add_done_callback(lambda _: self._end_soon(state))

    def _end_soon(self, state: State) -> None:
        assert self._loop is not None
        try:
            self._loop.call_soon_threadsafe(self._end, state)
        except RuntimeError:  # the loop is closed, and its task gone with it
            self._end(state)

    def _finish(
        self, state: State, reason: str = "", error: Exception | None = None
    ) -> None:
        with self._lock:
            if self._finishing:
                return
            self._finishing = True
        try:
            self._received.flush()
        except Exception as another:
            # A dialect or a stage may raise at the end, too, and it ends all the same.
            if error is None:
                state, error = "failed", another
            elif str(another) != str(error):
                error.add_note(f"Then, at the end: {type(another).__name__}: {another}")
        if error is not None:
            reason = self._say_failure(error)
        self._redacted_transcript()  # before any view shows the end
        self.timing.end()
        self.error = error
        self.state, self.reason = state, reason
        self._received.replay.may_lose = True  # it cannot wait for them any more
        self._received.replay.end()
        self._notify()

    async def _render(self) -> None:
        rendered: set[int] = set()
        while limits := self._limits - rendered:  # it may be shown again meanwhile
            for limit in limits:
                try:
                    await self.render(limit)
                except Exception:
                    _log.exception("The output of %r could not be made", self)
            rendered |= limits

    def _end(self, state: State) -> None:
        """Finish if it goes on, and let those go on who wait for the end."""
        self._finish(state)
        with self._lock:
            if self.has_ended:
                return
            self.has_ended = True
        try:
            self._at_end.notify()
        finally:  # an interrupt while an output is made keeps nobody waiting
            if not self._ended.done():
                self._ended.set_result(None)

    def _redacted_transcript(self) -> Transcript:
        """The transcript, without the secrets that came in pieces."""
        if redactor := self._redaction.redactor:
            self.transcript.redact(redactor)
        return self.transcript

    def _closing_note(self) -> str:
        """What the content itself does not say: what is missing of it, and how it
        ended."""
        return "; ".join(
            filter(None, (_gap_note(self.transcript.lost), self._end_note()))
        )

    def _end_note(self) -> str:
        if self.state == "cancelled":
            return "Cancelled"
        if self.state == "stopping":
            return "Stopping at its next `yield`"
        if self.state == "finished" and not self.transcript.seq:
            return "The stream finished without any content"
        return ""  # what made it fail is part of the content

    async def _wait_for_readers(self) -> None:
        """Wait for readers that must lose nothing, and say so; or what others lost."""
        replay = self._received.replay
        while True:
            note = replay.note
            # A reconnect may have taken the note away.
            if note != self.reason and self.reason in ("", self._readers_note):
                self.reason = self._readers_note = note
                self._notify()
            if not replay.is_full:
                return
            await replay.wait_for_room()

    def _let_go(self, call: Callable[[], None]) -> None:
        """Let some of what is kept go, on behalf of another stream, and tell views."""

        def let_go() -> None:
            call()
            if not self.done:
                self._notify()

        self._run_in_loop(let_go)

    def _run_in_loop(self, call: Callable[[], None]) -> None:
        """Call this in the loop that the stream runs in; here where that has ended."""
        loop = self._loop
        if loop is not None and loop.is_running() and running_loop() is not loop:
            with contextlib.suppress(RuntimeError):  # it was closed just now
                loop.call_soon_threadsafe(call)
                return
        call()

    def _notify(self) -> None:
        self._observers.notify()


def _call(call: Callable[[], None]) -> None:
    call()


def _out_of_time(seconds: float) -> Stopped:
    return Stopped("max_time", f"Stopped after {seconds:g} s, as --max-time asks.")


def _gap_note(lost: int | None) -> str:
    """Events that cannot be had any more, as the server says; empty without a gap."""
    if lost is None:
        return ""
    return f"Gap: at least {lost:,} events lost" if lost else "Gap: some events lost"
