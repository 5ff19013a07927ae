"""Stream: the user's handle of one stream."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncGenerator, Callable, Generator, Sequence
from typing import Any, ClassVar, Self

import anyio

from ..content.transcript import Transcript
from ..limits import MAX_OUTPUT, Limits
from ..sources import Source
from ..sse import ServerSentEvent
from ..text.invisible_characters import join_surrogates
from ..text.sizes import parse_size
from ..updates import Note, Update, Usage
from .event_loops import call_while_running, check_not_paused, run_in_new_loop
from .follower import Follower
from .intake import Intake
from .pipeline import MAX_PARSED, Pipeline, Redaction, Stage
from .readers import cancelling_with_task, read_events, read_updates
from .status import State
from .tracebacks import WithoutOurFrames

_numbers = itertools.count(1)


class Stream:
    """Follows one source until it finishes, fails or is cancelled.

    A new one is inert: `start()` starts it, and so does the first await or iteration.

        s = nbstream.stream("https://host/events")
        await s                      # until the end; raises if it failed
        s.run()                      # the same in a script, which has no event loop
        async for update in s: ...   # what the events mean, from the first on
        async with s: ...            # cancels at the end of the block

    Late readers read from the oldest event that is kept. A slow one is waited for once
    its unread events take half of `limits.memory` (backpressure), so that a script
    loses nothing. Where a view shows the stream, it never waits: there such a reader
    reads `Gap(lost=n)` in the place of n events, and `reason` says so.

    Args:
        source: where the events come from.
        dialect: what they mean: a name of `nbstream.dialects.dialect_names`. Default
            `auto`: recognise it by the events.
        view: what to show the content as: `text`, `log`, `table`, `chart` or `json`.
            Default `auto`: each part by its own kind.
        field: the path of the value to show of each event, such as `a.b.0.c`. Default:
            the whole event.
        name: what to call it. Default `s1`, `s2`, …
        limits: how much to keep.
        max_time: seconds after which it is stopped. Default: no limit.
        max_event_size: characters of an event that are parsed, as a number or such as
            `4M`; a larger one is shown as it is, cut. Default 1 Mi.
        notes: sentences to show before the content.
        stages: further steps from events to updates; see `streams.pipeline`.

    Raises:
        ValueError: if there is no such dialect or view, or an argument is malformed.
    """

    _display_: ClassVar[Callable[[Any], Any]]
    """Shows it in marimo; see `notebook.marimo`, which sets it."""

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
        max_event_size: int | str = MAX_PARSED,
        notes: Sequence[str] = (),
        stages: Sequence[Stage] = (),
    ) -> None:
        self._redaction = Redaction(source.secrets)
        stages = (self._redaction, *stages)
        limit = parse_size(max_event_size)
        pipeline = Pipeline(dialect, view, stages, field, max_event_size=limit)
        self.number = next(_numbers)
        """Counts the streams of this process, from 1."""
        self.name = join_surrogates(name or f"s{self.number}")
        self.transcript = Transcript(limits)
        """The content, as blocks."""
        self._source = source
        intake = Intake(pipeline, self.transcript)
        self._follower = Follower(
            source, intake, self._redaction, name=self.name, max_time=max_time
        )
        self._status = self._follower.status
        self.timing = self._status.timing
        """When it started, and what happened when."""
        if notes:
            intake.insert(*map(Note, notes))

    def __repr__(self) -> str:
        return f"<Stream {self.name} {self.label} {self.state}>"

    # -- its state ---------------------------------------------------------------

    @property
    def label(self) -> str:
        """What is followed, without secrets."""
        return join_surrogates(self._source.label)

    @property
    def state(self) -> State:
        """`connecting → live ⇄ reconnecting → finished | cancelled | failed`; before
        `cancelled`, `stopping` while a plain body runs on to its next `yield`."""
        return self._status.state

    @property
    def reason(self) -> str:
        """Why it is reconnecting, what may delay its first event, or how it ended;
        empty if there is nothing to add."""
        return self._status.reason

    @property
    def error(self) -> BaseException | None:
        """The error that made it fail."""
        return self._status.error

    @property
    def done(self) -> bool:
        """Whether it is finished, cancelled or failed."""
        return self._status.done

    @property
    def has_ended(self) -> bool:
        """Whether it is done, and any output made that `at_end` needs."""
        return self._follower.completion.has_ended

    @property
    def events_received(self) -> int:
        """Events so far."""
        return self._status.events_received

    @property
    def bytes_received(self) -> int:
        """Bytes of payload so far."""
        return self._source.bytes_received

    @property
    def reconnects(self) -> int:
        """How many times it has connected again."""
        return self._status.reconnects

    @property
    def unbroken(self) -> bool:
        """Whether it is known that no event was lost by reconnecting: the ids of the
        events count up, and each new connection went on with the next."""
        return self._status.gaps.unbroken and self.transcript.lost is None

    @property
    def elapsed(self) -> float:
        """Seconds from the start to now, or to the end."""
        return self.timing.elapsed

    # -- its content -------------------------------------------------------------

    @property
    def text(self) -> str:
        """The streamed text so far, without secrets, also those that are split between
        events."""
        return self._redaction.redact_transcript(self.transcript).text

    @property
    def usage(self) -> Usage | None:
        """The tokens that the answer used, as far as the server has reported them."""
        return self.transcript.usage

    @property
    def tool_calls(self) -> list[dict[str, Any]]:
        """The calls that a model requested: `id`, `name`, `arguments` as a value."""
        return self._redaction.redact_transcript(self.transcript).tool_calls

    @property
    def stop_reason(self) -> str | None:
        """Why the answer stopped, in the server's word; None if unknown."""
        stopped = self.transcript.stopped
        return None if stopped is None else stopped.reason

    def mimebundle(self, limit: int = MAX_OUTPUT) -> dict[str, str]:
        """Return what it leaves in a notebook, as text by mime type: `text/plain`,
        `text/markdown` and `text/html`. While it runs, of the content so far.

        The same for the same content: times and counts are not in it. May be called
        from any thread.

        Args:
            limit: the bytes of all types together. Default 2 Mi. What is too much is
                cut, oldest first, and counted in its place.
        """
        return self._follower.output.mimebundle(limit)

    async def render(self, limit: int = MAX_OUTPUT) -> None:
        """Make the `mimebundle` of an ended stream without blocking the event loop: a
        long text takes seconds. `mimebundle` then returns it at once."""
        await self._follower.output.render(limit)

    def start(self) -> None:
        """Start following, in the event loop that runs here. Harmless when repeated,
        and after the end; awaiting or iterating the stream starts it, too.

        Raises:
            RuntimeError: if no event loop runs in this thread.
        """
        self._follower.start(self)

    def run(self) -> Self:
        """Follow it to the end in an event loop of its own, as a script does that has
        none, and return it. Raises what made it fail. An interrupt cancels it before
        it is raised as KeyboardInterrupt; the content is kept.

        Raises:
            RuntimeError: if an event loop runs in this thread, where it is awaited, or
                if another one that is paused has started it.
        """
        with WithoutOurFrames():
            if not self.done:
                check_not_paused(self.loop, self.name)
            return run_in_new_loop(self._result)

    def cancel(self) -> None:
        """End it and close its connection; the content is kept.

        May be called from any thread, and again: it is harmless after the end.
        """
        self._follower.cancel()

    async def wait(self) -> Self:
        """Wait for the end, however it ends; not for a plain body that is cancelled.
        Cancelling the wait cancels the stream, as awaiting a task does."""
        self.start()
        with WithoutOurFrames(), cancelling_with_task(self.cancel):
            await self._follower.completion.wait()
        return self

    def join(self, timeout: float | None = None) -> bool:
        """Wait for the end in a thread other than that of the stream's event loop, at
        most `timeout` seconds. Returns whether the stream has ended."""
        return self._follower.completion.join(timeout)

    def raise_error(self) -> None:
        """Raise the error that made it fail, if any, with the user's frames only."""
        self._status.raise_error()

    def __await__(self) -> Generator[Any, None, Self]:
        return self._result().__await__()

    async def _result(self) -> Self:
        with WithoutOurFrames():
            await self.wait()
            self.raise_error()
        return self

    async def __aenter__(self) -> Self:
        self.start()
        return self

    async def __aexit__(self, *exc: object) -> None:
        self.cancel()
        with anyio.CancelScope(shield=True):
            await self._follower.completion.wait()

    def __aiter__(self) -> AsyncGenerator[Update, None]:
        return read_updates(self._follower, self.start)

    def events(self) -> AsyncGenerator[ServerSentEvent, None]:
        """Yield the events, from the oldest kept one on, without the request's secrets.
        Raises at the end what made the stream fail.

        In the place of events that were dropped before this reader read them is one of
        type `gap`, as in our own protocol: `{"type": "gap", "lost": 12}`.
        """
        return read_events(self._follower, self.start)

    @property
    def loop(self) -> asyncio.AbstractEventLoop | None:
        """The event loop that it runs in; None before the start."""
        return self._follower.loop

    def observe(self, changed: Callable[[], None]) -> Callable[[], None]:
        """Call `changed()` in the stream's loop after each change of state or
        content. Returns a function that stops this."""
        observers, replay = self._follower.observers, self._follower.intake.replay
        remove = observers.add(changed)
        # The stream may be waiting for a reader, which a view must not be kept by.
        replay.may_lose = True
        call_while_running(self.loop, replay.wake)

        def stop() -> None:
            remove()
            replay.may_lose = self.done or bool(observers)

        return stop

    def when_done(self, call: Callable[[], None]) -> None:
        """Call `call()` in the stream's loop once it is done, before its observers and
        those who wait for it see that. Its output is not made yet; see `at_end`."""
        self._follower.when_done.add(call)

    def at_end(
        self, call: Callable[[], None], limit: int = MAX_OUTPUT
    ) -> Callable[[], None] | None:
        """Call `call()` in the stream's loop when it is done and `mimebundle(limit)` is
        made, before those who wait for it go on. Returns a function that stops this;
        None if it has ended."""
        self._follower.output.request(limit)
        return self._follower.completion.observe(call)
