"""Follower: the asyncio task that follows a source to its end."""

from __future__ import annotations

import asyncio
import threading
import weakref
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing

import anyio

from ..errors import ConnectionLost
from ..sources import Source, find_leftover
from ..sse import ConnectionChange, ServerSentEvent
from ..updates import Note
from .completion import Completion
from .end_messages import (
    describe_failure,
    describe_feed_end,
    describe_timeout,
)
from .event_loops import call_while_running, running_loop
from .event_loops.time_slice import TimeSlice
from .frozen_output import FrozenOutput
from .intake import Intake
from .observers import Observers
from .pipeline import Redaction
from .status import State, Status
from .timing import check_max_time
from .tracebacks import remove_our_frames

_SILENCE_AFTER_END = 2.0
"""Seconds that a stream may stay silent after it declared its end in a common word."""


class Follower:
    """Follows one source until it finishes, fails or is cancelled: one task, one cancel
    scope, one status.

    Args:
        source: where the events come from.
        intake: takes them in.
        redaction: the pipeline's stage that redacts secrets.
        name: of the stream, for the task and the log.
        max_time: seconds after which it stops; None for no limit.
    """

    def __init__(
        self,
        source: Source,
        intake: Intake,
        redaction: Redaction,
        *,
        name: str,
        max_time: float | None,
    ) -> None:
        subject = f"stream {name}"
        self.status = Status()
        self.observers = Observers(subject)
        """Called after each change of state or content."""
        self.when_done = Observers(subject)
        """Called once in a final state, before any observer sees that."""
        self.completion = Completion(subject)
        self.output = FrozenOutput(intake, redaction, self.status, subject)
        self.loop: asyncio.AbstractEventLoop | None = None
        """The loop that it runs in; None before the start."""
        self._source = source
        self.intake = intake
        self.redaction = redaction
        self._name = name
        self._max_time = check_max_time(max_time)
        self._end_reason = ""
        self._lock = threading.Lock()
        self._is_ending = False
        self._cancel_requested = False
        self._scope: anyio.CancelScope | None = None  # made in the task, for anyio
        self._task: asyncio.Task[None] | None = None
        # Weak: the budgets of all streams must not keep one of them alive.
        shrink = weakref.WeakMethod(self._shrink)
        intake.budget.run = lambda call: (shrink() or _call)(call)

    def start(self, owner: object) -> None:
        """Start the task in the event loop that runs here. Harmless when repeated, and
        after the end.

        Args:
            owner: the stream, which the task keeps alive until the end.

        Raises:
            RuntimeError: if no event loop runs in this thread.
        """
        with self._lock:
            if self.loop is not None or self._is_ending:
                return
            self.loop = asyncio.get_running_loop()
        self.status.timing.start()
        name = f"nbstream {self._name}"
        self._task = self.loop.create_task(self._run(owner), name=name)

    def cancel(self) -> None:
        """End it, from any thread. Harmless when repeated, and after the end."""
        if self.status.done or self.status.state == "stopping":
            return
        if self.loop is None:
            self._end("cancelled")
            return
        if running_loop() is self.loop:
            self._cancel_task()
            return
        try:
            self.loop.call_soon_threadsafe(self._cancel_task)
        except RuntimeError:  # the loop is closed, and its task gone with it
            self._end("cancelled")

    def _cancel_task(self) -> None:
        self._cancel_requested = True
        if self._scope is not None:
            self._scope.cancel()

    # -- the task ----------------------------------------------------------------

    async def _run(self, _owner: object) -> None:
        try:
            await self._follow()
            if self.status.done:
                await self.output.render_requested()
        finally:
            if self.status.state != "stopping":
                # Done, unless the task itself was cancelled, as at the loop's shutdown.
                self._end("cancelled")

    async def _follow(self) -> None:
        """Follow the source until the end, however it ends."""
        try:
            with (
                anyio.move_on_after(self._max_time) as timer,
                anyio.CancelScope() as self._scope,
            ):
                if not (self._cancel_requested or self._is_ending):
                    await self._pump()
            await self.intake.settle()
            if timer.cancelled_caught:
                self.intake.flush()  # the content precedes the note on its end
                self.intake.insert(describe_timeout(self._max_time or 0.0))
            if self._cancel_requested:
                self._stop("cancelled")
            elif timer.cancelled_caught:
                self._stop("finished")
            else:
                self._finish("finished", self._end_reason)
        except Exception as error:
            self._finish("failed", error=error)

    async def _pump(self) -> None:
        """Take in the events of the source until it, or the stream, ends."""
        time_slice = TimeSlice()
        intake = self.intake
        count = self.status.count
        async with aclosing(self._source.batches(self._on_connection)) as batches:
            while (events := await self._next(batches)) is not None:
                for event in events:
                    count(event)
                    if intake.is_large(event):
                        await intake.take_large(event)
                    else:
                        intake.take(event)
                    if intake.ending or intake.finished:
                        self._source.stop_reconnecting()
                    if intake.finished:
                        return
                    if time_slice.is_over():
                        # A batch of tiny events may take as long as many batches.
                        self.observers.notify()
                        await self._wait_for_readers()
                        await time_slice.yield_to_loop()
                self.observers.notify()
                await self._wait_for_readers()
                if self._cancel_requested or time_slice.is_over():
                    await time_slice.yield_to_loop()
        is_declared = intake.ending or intake.transcript.stopped is not None
        intake.end()
        if self.status.close is not None and not is_declared:
            self._end_reason = self.status.close.reason
            if note := describe_feed_end(self.status):
                intake.insert(note)

    async def _next(
        self, batches: AsyncGenerator[list[ServerSentEvent], None]
    ) -> list[ServerSentEvent] | None:
        """Return the next events; None at the end, or when the stream has declared its
        end and is silent since."""
        if not self.intake.ending:
            return await anext(batches, None)
        with anyio.move_on_after(_SILENCE_AFTER_END):
            return await anext(batches, None)
        return None

    async def _wait_for_readers(self) -> None:
        """Wait while a reader that must lose nothing is too far behind (backpressure),
        and make that, or what other readers lost, the reason."""
        replay = self.intake.replay
        while True:
            if self.status.on_readers(replay.note):
                self.observers.notify()
            if not replay.is_full:
                return
            await replay.wait_for_room()

    def _on_connection(self, change: ConnectionChange) -> None:
        self.intake.on_connection(change)
        if change.note:
            self.intake.insert(Note(change.note))
        elif not self.status.on_connection(change):
            return
        self.observers.notify()

    # -- the end -----------------------------------------------------------------

    def _stop(self, state: State) -> None:
        """Finish, now or when a body that cannot be interrupted has ended; nobody has
        to wait for that."""
        leftover = find_leftover(self._source)
        if leftover is None:
            self._finish(state)
            return
        self.intake.flush()
        self.redaction.redact_transcript(self.intake.transcript)
        self.status.stop()
        self.intake.release_readers()
        self.observers.notify()
        self.completion.release()
        leftover.ended.add_done_callback(lambda _: self._end_in_loop(state))

    def _end_in_loop(self, state: State) -> None:
        assert self.loop is not None
        try:
            self.loop.call_soon_threadsafe(self._end, state)
        except RuntimeError:  # the loop is closed, and its task gone with it
            self._end(state)

    def _end(self, state: State) -> None:
        """Finish if that has not happened, and release those who wait for the end."""
        try:
            self._finish(state)
        finally:
            self.completion.complete()

    def _finish(
        self, state: State, reason: str = "", error: Exception | None = None
    ) -> None:
        """Enter a final state, once."""
        with self._lock:
            if self._is_ending:
                return
            self._is_ending = True
        try:
            self.intake.flush()
        except Exception as another:
            # A dialect or a stage that raises at the end must not keep it from ending.
            if error is None:
                state, error = "failed", another
            elif str(another) != str(error):
                error.add_note(f"Then, at the end: {type(another).__name__}: {another}")
        if error is not None:
            reason = self._show_failure(error)
        # Before any view shows the end.
        self.redaction.redact_transcript(self.intake.transcript)
        self.status.end(state, reason, error)
        try:
            self.when_done.notify()
        finally:  # an interrupt of one must not keep a reader waiting
            self.intake.release_readers()
        self.observers.notify()

    def _show_failure(self, error: Exception) -> str:
        """Show an error as content. Returns its message, without secrets."""
        remove_our_frames(error)
        self.status.traceback = error.__traceback__
        if isinstance(error, ConnectionLost) and self.status.events_received:
            self.status.timing.on_break()
        failure = describe_failure(error, self.status, self.redaction.redactor)
        self.intake.transcript.apply(failure)
        return failure.message

    def _shrink(self, call: Callable[[], None]) -> None:
        """Drop some of what is kept, on behalf of the budget of all streams, in the
        loop of this one, and update the views."""

        def shrink() -> None:
            call()
            if not self.status.done:
                self.observers.notify()

        call_while_running(self.loop, shrink)


def _call(call: Callable[[], None]) -> None:
    call()
