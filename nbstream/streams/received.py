"""What one stream has received: read by the pipeline, shown by the transcript, and kept
for readers."""

from __future__ import annotations

from collections.abc import Sequence
from sys import getsizeof

from ..content.budget import Budget
from ..content.clipping import clip_text
from ..content.limits import MAX_ERROR
from ..content.size import size_of
from ..dialects import Reread
from ..errors import StreamFailed
from ..sse import ServerSentEvent
from ..transcript import Transcript
from ..updates import Ending, Failed, Finished, Update
from .pipeline import Pipeline
from .replay_buffer import Item, ReplayBuffer

_SMALL = 2_000
"""Characters of an event whose size is not looked at twice."""
_ITEM = 300
"""Bytes of an item of the replay buffer beside its event's text and its updates."""


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
        self.budget = Budget(
            limits.memory,
            changes=transcript.changes,
            replay=self.replay,
            content=transcript,
        )
        """The memory that all of it may take."""
        self.finished = False
        """Whether the stream has said that it is complete."""
        self.ending = False
        """Whether it has said in a common word that it is about to end."""
        self._pipeline = pipeline

    def take(self, event: ServerSentEvent) -> None:
        """Take an event in.

        Raises:
            StreamFailed: if the stream says that it failed.
        """
        updates = self._pipeline.read(event)
        failure: Failed | None = None
        if isinstance(updates, Reread):
            *before, updates = updates.readings
            failure = self._replace(before)
        self._apply(event, updates, failure)

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
        """Take in what is still held back: no kind of end must lose it."""
        self._apply_some(self._pipeline.held_back())

    def _apply_some(self, updates: Sequence[Update]) -> None:
        if updates:
            self._apply(None, updates)

    def _apply(
        self,
        event: ServerSentEvent | None,
        updates: Sequence[Update],
        failure: Failed | None = None,
    ) -> None:
        """Take in what an event means, and raise the failure that it, or one before it,
        tells. What it tells beside that has been received, and reaches readers."""
        shown, failed, size = self._show(updates)
        failure = failure or failed
        if event is not None:
            size += getsizeof(event.data)
            if len(event.data) > _SMALL or len(event.event) + len(event.id) > _SMALL:
                size = _size_of(event, updates)
        self.replay.append((event, shown), _ITEM + size)
        self.budget.check()
        if failure is not None:
            raise StreamFailed(clip_text(failure.message, MAX_ERROR))

    def _show(
        self, updates: Sequence[Update]
    ) -> tuple[Sequence[Update], Failed | None, int]:
        """Apply updates up to a failure; returns them, the failure, and about how many
        bytes they brought."""
        size = 0
        for place, update in enumerate(updates):
            kind = type(update)
            if isinstance(update, Failed):
                return updates[:place], update, size
            self.finished = self.finished or kind is Finished
            self.ending = self.ending or kind is Ending
            size += self.transcript.apply(update)
        return updates, None, size

    def _replace(self, readings: Sequence[Sequence[Update]]) -> Failed | None:
        """Show the events so far anew, as they are read now; returns the first failure
        among them. The others are shown all the same: they have been received."""
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
            self._show(updates)
        return next(iter(failures), None)


def _size_of(event: ServerSentEvent, updates: Sequence[Update]) -> int:
    """Return the size of an item that may hold more than what of it is shown."""
    texts = getsizeof(event.data) + getsizeof(event.id) + getsizeof(event.event)
    return texts + sum(map(size_of, updates))
