"""What one stream has received: read by the pipeline, shown by the transcript, and kept
for readers."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence

from ..dialects import Reread
from ..errors import StreamFailed
from ..history import History
from ..sse import ServerSentEvent
from ..transcript import Transcript
from ..updates import Ending, Failed, Finished, Update
from .pipeline import Pipeline
from .turns import Turns, full_collections_put_off, in_thread

Item = tuple[ServerSentEvent | None, Sequence[Update]]
"""An event, and what it means. None: what we say of our own accord."""


class Received:
    """Takes events in.

    Args:
        pipeline: turns them into updates.
        transcript: what is shown.
    """

    def __init__(self, pipeline: Pipeline, transcript: Transcript) -> None:
        self.transcript = transcript
        self.history: History[Item] = History(transcript.limits.events)
        """The last events with their updates, for readers."""
        self.finished = False
        """Whether the stream has said that it is complete."""
        self.ending = False
        """Whether it has said in a common word that it is about to end."""
        self._pipeline = pipeline
        self._large: asyncio.Task[None] | None = None  # takes one in
        self._is_reading = False

    def is_large(self, event: ServerSentEvent) -> bool:
        """Return whether an event is one for `take_large`."""
        return self._pipeline.is_large(event)

    def take(self, event: ServerSentEvent) -> None:
        """Take an event in.

        Raises:
            StreamFailed: if the stream says that it failed.
        """
        for _ in self._taking(event, self._pipeline.read(event)):
            pass

    async def take_large(self, event: ServerSentEvent) -> None:
        """Take in an event that may mean a great deal, as `take` does, without holding
        the event loop: it is read in a thread, and its updates applied in turns with
        other tasks. Where this is cancelled, `settle` waits for the rest."""
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
            updates = await in_thread(self._read, event)
            turns = Turns()
            for _ in self._taking(event, updates):
                if turns.is_over():
                    await turns.give()

    def _read(self, event: ServerSentEvent) -> Sequence[Update] | Reread:
        try:
            return self._pipeline.read(event)
        finally:
            self._is_reading = False

    def _taking(
        self, event: ServerSentEvent, updates: Sequence[Update] | Reread
    ) -> Iterator[None]:
        """Take in what an event means, in steps."""
        if isinstance(updates, Reread):
            *before, updates = updates.readings
            yield from self._replacing(before)
        yield from self._applying(event, updates)

    def note(self, *updates: Update) -> None:
        """Take in what we say of our own accord."""
        self._apply(None, self._pipeline.take(updates))

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
            self._apply(None, updates)

    def _apply(self, event: ServerSentEvent | None, updates: Sequence[Update]) -> None:
        for _ in self._applying(event, updates):
            pass

    def _applying(
        self, event: ServerSentEvent | None, updates: Sequence[Update]
    ) -> Iterator[None]:
        failure: Failed | None = None
        for place, update in enumerate(updates):
            if type(update) is Failed:
                # What the same event told before it has been received, too.
                updates, failure = updates[:place], update
                break
            self.finished = self.finished or type(update) is Finished
            self.ending = self.ending or type(update) is Ending
            self.transcript.apply(update)
            yield
        self.history.append((event, updates))
        if failure is not None:
            raise StreamFailed(failure.message)

    def _replacing(self, readings: Sequence[Sequence[Update]]) -> Iterator[None]:
        """Show the events so far anew, as they are read now, in steps."""
        kept = sum(event is not None for event, _ in self.history)
        gone = len(readings) - kept
        unread = iter(readings[gone:])

        def rewrite(item: Item) -> Item:
            return item if item[0] is None else (item[0], tuple(next(unread)))

        def again(items: Sequence[Item]) -> Item:
            return None, tuple(u for event, us in items if event for u in us)

        self.history.rewrite(rewrite, again)
        self.transcript.begin_anew()
        for updates in (*readings[:gone], *(updates for _, updates in self.history)):
            for update in updates:
                self.transcript.apply(update)
                yield
