"""What one stream has received: read by the pipeline, shown by the transcript, and kept
for readers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Generator, Sequence
from functools import partial
from sys import getsizeof
from typing import TypeVar

from ..content.budget import Budget
from ..content.transcript import Transcript
from ..dialects import Reread
from ..errors import StreamFailed
from ..limits import MAX_ERROR
from ..sse import ServerSentEvent
from ..text.clipping import clip_text
from ..text.value_size import size_of
from ..updates import Ending, Failed, Finished, Update
from .frozen_outputs import FrozenOutputs
from .pipeline import Pipeline
from .replay_buffer import Item, ReplayBuffer
from .turns import full_collections_put_off, in_thread

_Shown = tuple[Sequence[Update], Failed | None, int]
"""Updates up to a failure; the failure; and about how many bytes they brought."""

T = TypeVar("T")
_Steps = Generator[Callable[[], _Shown], _Shown, T]
"""Steps that may be made in a thread; what each has shown is to be sent in."""

_ENDS = frozenset({Failed, Finished, Ending})

_SMALL = 2_000
"""Characters of an event whose size is not looked at twice."""
_ITEM = 300
"""Bytes of an item of the replay buffer beside its event's text and its updates."""
_STEP = 50
"""Updates of a large event that are applied before others may have their turn."""


class Received:
    """Takes events in.

    Args:
        pipeline: turns them into updates.
        transcript: what is shown.
    """

    def __init__(self, pipeline: Pipeline, transcript: Transcript) -> None:
        self.transcript = transcript
        limits = transcript.limits
        self.replay = ReplayBuffer(limits.events, limits.memory // 2)
        """The last events with their updates, for readers."""
        self.outputs = FrozenOutputs()
        """The ordinary output of it, once the stream has ended."""
        self.budget = Budget(
            limits.memory,
            outputs=self.outputs,
            changes=transcript.changes,
            replay=self.replay,
            content=transcript,
        )
        """The memory that all of it may take."""
        self.finished = False
        """Whether the stream has said that it is complete."""
        self.ending = False
        """Whether it has said in a common word that it is about to end."""
        self.is_large = pipeline.is_large
        """Whether an event is one for `take_large`."""
        self._pipeline = pipeline
        self._large: asyncio.Task[None] | None = None  # takes one in
        self._is_reading = False

    def take(self, event: ServerSentEvent) -> None:
        """Take an event in.

        Raises:
            StreamFailed: if the stream says that it failed.
        """
        updates = self._pipeline.read(event)
        if isinstance(updates, Reread):
            steps = self._taking(event, updates, _size_of(event, updates))
            step = next(steps, None)
            while step is not None:
                step = _next(steps, step())
            return
        kind, data, id, _ = event
        shown, failure, brought = self._show(updates)
        if len(data) + len(kind) + len(id) > _SMALL:
            size = _size_of(event, updates)
        else:
            size = getsizeof(data) + brought
        self._keep(event, shown, failure, size)

    async def take_large(self, event: ServerSentEvent) -> None:
        """Take in an event that may mean a great deal, as `take` does, without holding
        the event loop: it is read, and its updates are applied, in a thread. Where
        this is cancelled, `settle` waits for the rest."""
        self._large = asyncio.create_task(self._take_large(event))
        await asyncio.shield(self._large)

    async def settle(self) -> None:
        """Wait until the event is taken in that was so when the stream was cancelled:
        what was received is kept."""
        if self._large is not None and not self._large.done():
            await asyncio.wait({self._large})
            if not self._large.cancelled():
                self._large.exception()  # a failure that comes after the end

    async def _take_large(self, event: ServerSentEvent) -> None:
        self._is_reading = True
        with full_collections_put_off():
            updates, size = await in_thread(self._read, event)
            steps = self._taking(event, updates, size)
            step = next(steps, None)
            while step is not None:
                # One row of it may take long by itself.
                step = _next(steps, await in_thread(step))

    def _read(self, event: ServerSentEvent) -> tuple[Sequence[Update] | Reread, int]:
        try:
            updates = self._pipeline.read(event)
            return updates, _size_of(event, updates)
        finally:
            self._is_reading = False

    def _taking(
        self, event: ServerSentEvent, updates: Sequence[Update] | Reread, size: int
    ) -> _Steps[None]:
        """Take in what an event means, in steps; both are of so many bytes."""
        failure = None
        if isinstance(updates, Reread):
            *before, updates = updates.readings
            failure = yield from self._replacing(before)
        shown, failed = yield from self._showing(updates)
        self._keep(event, shown, failure or failed, size)

    def note(self, *updates: Update) -> None:
        """Take in what we say of our own accord."""
        self._apply(self._pipeline.take(updates))

    def end(self) -> None:
        """Take in what there is to say of an end that the stream did not say; raises
        StreamFailed as `take` does. Nothing where it has said that it is about to
        end: then no answer was cut, and `flush` takes in what is held back."""
        if not self.ending:
            self._apply_some(self._pipeline.end())

    def flush(self) -> None:
        """Take in what is still held back: no kind of end must lose it. Not where the
        loop was closed while a thread reads."""
        if not self._is_reading:
            self._apply_some(self._pipeline.held_back())

    def _apply_some(self, updates: Sequence[Update]) -> None:
        if updates:
            self._apply(updates)

    def _apply(self, updates: Sequence[Update]) -> None:
        self._keep(None, *self._show(updates))

    def _keep(
        self,
        event: ServerSentEvent | None,
        updates: Sequence[Update],
        failure: Failed | None,
        size: int,
    ) -> None:
        """Keep an event and what it means, together of so many bytes, for readers, and
        raise the failure that it, or one before it, tells. What it tells beside that
        has been received."""
        self.replay.append((event, updates), _ITEM + size)
        self.budget.check()
        if failure is not None:
            raise StreamFailed(clip_text(failure.message, MAX_ERROR))

    def _show(self, updates: Sequence[Update]) -> _Shown:
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

    def _showing(
        self, updates: Sequence[Update]
    ) -> _Steps[tuple[Sequence[Update], Failed | None]]:
        """Apply updates up to a failure, in steps."""
        for start in range(0, len(updates), _STEP):
            part = updates[start : start + _STEP]
            shown, failure, _ = yield partial(self._show, part)
            if failure is not None:
                return updates[: start + len(shown)], failure
            self.budget.check()
        return updates, None

    def _replacing(self, readings: Sequence[Sequence[Update]]) -> _Steps[Failed | None]:
        """Show the events so far anew, as they are read now, in steps. Returns the
        first failure among them; the others are shown, for they were received."""
        failures = [u for us in readings for u in us if isinstance(u, Failed)]
        read = [tuple(u for u in us if type(u) is not Failed) for us in readings]
        kept = sum(event is not None for event, _ in self.replay)
        gone = len(read) - kept
        unread = iter(read[gone:])

        def rewrite(item: Item) -> Item:
            return item if item[0] is None else (item[0], next(unread))

        def again(items: Sequence[Item]) -> Item:
            return None, tuple(u for event, us in items if event for u in us)

        self.replay.rewrite(rewrite, again)
        self.transcript.begin_anew()
        for updates in (*read[:gone], *(updates for _, updates in self.replay)):
            yield from self._showing(updates)
        return next(iter(failures), None)


def _next(steps: _Steps[None], shown: _Shown) -> Callable[[], _Shown] | None:
    """Return the step after one that has shown this; None after the last."""
    try:
        return steps.send(shown)
    except StopIteration:
        return None


def _size_of(event: ServerSentEvent, updates: Sequence[Update] | Reread) -> int:
    """Return the size of an item, which may hold more than what of it is shown."""
    if isinstance(updates, Reread):
        updates = updates.readings[-1]
    texts = getsizeof(event.data) + getsizeof(event.id) + getsizeof(event.event)
    return texts + sum(map(size_of, updates))
