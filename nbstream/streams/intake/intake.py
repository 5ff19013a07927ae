"""Intake: take a stream's events through the pipeline, into the transcript and the
replay buffer, within the memory budget."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Generator, Sequence
from functools import partial
from sys import getsizeof
from typing import TypeVar

from ...content.budget import Budget
from ...content.transcript import Transcript
from ...dialects import Reread
from ...errors import StreamFailed
from ...limits import MAX_ERROR
from ...sse import ConnectionChange, ServerSentEvent
from ...text.clipping import clip_text
from ...text.value_size import size_of
from ...updates import Ending, Failed, Finished, Update
from ..event_loops.worker_thread import postpone_full_collections, run_in_thread
from ..pipeline import Pipeline
from .output_cache import OutputCache
from .replay_buffer import Item, ReplayBuffer

_Applied = tuple[Sequence[Update], Failed | None, int]
"""Updates up to a failure; the failure; and about how many bytes they added."""

T = TypeVar("T")
_Steps = Generator[Callable[[], _Applied], _Applied, T]
"""Steps that may run in a thread; the result of each is to be sent in."""

_ENDS = frozenset({Failed, Finished, Ending})

_SMALL = 2_000
"""Characters of an event whose exact size is not worth measuring."""
_ITEM = 300
"""Bytes of an item of the replay buffer beside its event's text and its updates."""
_STEP = 50
"""Updates of a large event that are applied before the event loop is yielded to."""


class Intake:
    """Takes in the events of one stream.

    Args:
        pipeline: turns them into updates.
        transcript: the content, which the updates are applied to.
    """

    def __init__(self, pipeline: Pipeline, transcript: Transcript) -> None:
        self.transcript = transcript
        limits = transcript.limits
        self.replay = ReplayBuffer(limits.events, limits.memory // 2)
        """The last events with their updates, for readers."""
        self.outputs = OutputCache()
        """The ordinary output, once the stream has ended."""
        self.budget = Budget(
            limits.memory,
            outputs=self.outputs,
            changes=transcript.changes,
            replay=self.replay,
            content=transcript,
        )
        """The memory that all of these may hold together."""
        self.finished = False
        """Whether the stream has declared that it is complete."""
        self.ending = False
        """Whether it has declared, in a common word, that it is about to end."""
        self.is_large = pipeline.is_large
        """Whether an event is one for `take_large`."""
        self._pipeline = pipeline
        self._large: asyncio.Task[None] | None = None  # runs `take_large`
        self._is_reading = False

    def take(self, event: ServerSentEvent) -> None:
        """Take an event in.

        Raises:
            StreamFailed: if the event declares that the stream failed.
        """
        updates = self._pipeline.read(event)
        if isinstance(updates, Reread):
            steps = self._take_in_steps(event, updates, _size_of(event, updates))
            step = next(steps, None)
            while step is not None:
                step = _next(steps, step())
            return
        kind, data, id, _ = event
        applied, failure, added_size = self._apply(updates)
        if len(data) + len(kind) + len(id) > _SMALL:
            size = _size_of(event, updates)
        else:
            size = getsizeof(data) + added_size
        self._keep(event, applied, failure, size)

    async def take_large(self, event: ServerSentEvent) -> None:
        """Take in an event that may mean a great deal, as `take` does, without blocking
        the event loop: it is read, and its updates are applied, in a thread. If this is
        cancelled, `settle` waits for the rest."""
        self._large = asyncio.create_task(self._take_large(event))
        await asyncio.shield(self._large)

    async def settle(self) -> None:
        """Wait for the event that `take_large` was busy with when the stream was
        cancelled: what was received is kept."""
        if self._large is not None and not self._large.done():
            await asyncio.wait({self._large})
            if not self._large.cancelled():
                self._large.exception()  # a failure after the end counts no more

    def insert(self, *updates: Update) -> None:
        """Take in updates that come from no event, such as a note."""
        self._take_updates(self._pipeline.insert(updates))

    def on_connection(self, change: ConnectionChange) -> None:
        """Pass a change of the connection to the pipeline."""
        self._take_some(self._pipeline.on_connection(change))

    def end(self) -> None:
        """Take in the updates of an end that the stream did not declare. None where it
        has declared that it is about to end: then no answer was cut, and `flush` takes
        in what is held back.

        Raises:
            StreamFailed: as `take`.
        """
        if not self.ending:
            self._take_some(self._pipeline.end())

    def flush(self) -> None:
        """Take in what the pipeline holds back: no kind of end may lose it. Nothing if
        the loop was closed while a thread reads."""
        if not self._is_reading:
            self._take_some(self._pipeline.flush())

    def release_readers(self) -> None:
        """End the replay: readers read what is left, and nobody waits for them."""
        self.replay.may_lose = True
        self.replay.end()

    # -- steps -------------------------------------------------------------------

    async def _take_large(self, event: ServerSentEvent) -> None:
        self._is_reading = True
        with postpone_full_collections():
            updates, size = await run_in_thread(self._read, event)
            steps = self._take_in_steps(event, updates, size)
            step = next(steps, None)
            while step is not None:
                # A single row may take long by itself.
                step = _next(steps, await run_in_thread(step))

    def _read(self, event: ServerSentEvent) -> tuple[Sequence[Update] | Reread, int]:
        try:
            updates = self._pipeline.read(event)
            return updates, _size_of(event, updates)
        finally:
            self._is_reading = False

    def _take_in_steps(
        self, event: ServerSentEvent, updates: Sequence[Update] | Reread, size: int
    ) -> _Steps[None]:
        """Take an event and its updates in, which together have so many bytes."""
        failure = None
        if isinstance(updates, Reread):
            *before, updates = updates.readings
            failure = yield from self._replace_in_steps(before)
        applied, failed = yield from self._apply_in_steps(updates)
        self._keep(event, applied, failure or failed, size)

    def _take_some(self, updates: Sequence[Update]) -> None:
        if updates:
            self._take_updates(updates)

    def _take_updates(self, updates: Sequence[Update]) -> None:
        self._keep(None, *self._apply(updates))

    def _keep(
        self,
        event: ServerSentEvent | None,
        updates: Sequence[Update],
        failure: Failed | None,
        size: int,
    ) -> None:
        """Keep an event and its updates, together of so many bytes, for readers. Then
        raise the failure that this event, or one before it, declares: everything else
        has been received."""
        self.replay.append((event, updates), _ITEM + size)
        self.budget.check()
        if failure is not None:
            raise StreamFailed(clip_text(failure.message, MAX_ERROR))

    def _apply(self, updates: Sequence[Update]) -> _Applied:
        """Apply updates up to a failure."""
        size = 0
        apply = self.transcript.apply
        for place, update in enumerate(updates):
            if type(update) in _ENDS:
                if isinstance(update, Failed):
                    return updates[:place], update, size
                self.finished = self.finished or type(update) is Finished
                self.ending = self.ending or type(update) is Ending
            size += apply(update)
        return updates, None, size

    def _apply_in_steps(
        self, updates: Sequence[Update]
    ) -> _Steps[tuple[Sequence[Update], Failed | None]]:
        """Apply updates up to a failure, some in each step."""
        for start in range(0, len(updates), _STEP):
            part = updates[start : start + _STEP]
            applied, failure, _ = yield partial(self._apply, part)
            if failure is not None:
                return updates[: start + len(applied)], failure
            self.budget.check()
        return updates, None

    def _replace_in_steps(
        self, readings: Sequence[Sequence[Update]]
    ) -> _Steps[Failed | None]:
        """Replace the content with new readings of all events so far. Returns the first
        failure among them; everything else is applied, for it was received."""
        failures = [u for us in readings for u in us if isinstance(u, Failed)]
        read = [tuple(u for u in us if type(u) is not Failed) for us in readings]
        kept = sum(event is not None for event, _ in self.replay)
        gone = len(read) - kept
        unread = iter(read[gone:])

        def rewrite(item: Item) -> Item:
            return item if item[0] is None else (item[0], next(unread))

        def repeat(items: Sequence[Item]) -> Item:
            return None, tuple(u for event, us in items if event for u in us)

        self.replay.rewrite(rewrite, repeat)
        self.transcript.clear()
        for updates in (*read[:gone], *(updates for _, updates in self.replay)):
            yield from self._apply_in_steps(updates)
        return next(iter(failures), None)


def _next(steps: _Steps[None], applied: _Applied) -> Callable[[], _Applied] | None:
    """Return the step after one with this result; None after the last."""
    try:
        return steps.send(applied)
    except StopIteration:
        return None


def _size_of(event: ServerSentEvent, updates: Sequence[Update] | Reread) -> int:
    """Return the bytes of an event and its updates, which may hold more than is shown
    of them."""
    if isinstance(updates, Reread):
        updates = updates.readings[-1]
    texts = getsizeof(event.data) + getsizeof(event.id) + getsizeof(event.event)
    return texts + sum(map(size_of, updates))
