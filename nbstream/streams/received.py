"""What one stream has received: read by the pipeline, shown by the transcript, and kept
for readers."""

from __future__ import annotations

from collections.abc import Sequence

from ..dialects import Reread
from ..errors import StreamFailed
from ..history import History
from ..sse import ServerSentEvent
from ..transcript import Transcript
from ..updates import Ending, Failed, Finished, Update
from .pipeline import Pipeline

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

    def take(self, event: ServerSentEvent) -> None:
        """Take an event in.

        Raises:
            StreamFailed: if the stream says that it failed.
        """
        updates = self._pipeline.read(event)
        if isinstance(updates, Reread):
            *before, updates = updates.readings
            self._replace(before)
        self._apply(event, updates)

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

    def _apply(self, event: ServerSentEvent | None, updates: Sequence[Update]) -> None:
        failure: Failed | None = None
        for place, update in enumerate(updates):
            if type(update) is Failed:
                # What the same event told before it has been received, too.
                updates, failure = updates[:place], update
                break
            self.finished = self.finished or type(update) is Finished
            self.ending = self.ending or type(update) is Ending
            self.transcript.apply(update)
        self.history.append((event, updates))
        if failure is not None:
            raise StreamFailed(failure.message)

    def _replace(self, readings: Sequence[Sequence[Update]]) -> None:
        """Show the events so far anew, as they are read now."""
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
