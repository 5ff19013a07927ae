"""The base class of a pipeline's further steps."""

from __future__ import annotations

from collections.abc import Sequence

from ...sse import ConnectionChange
from ...updates import Update


class Stage:
    """A further step of the pipeline, which sees every update and may change it.

    A subclass overrides what it needs: by default nothing is changed or added.
    """

    def process(self, updates: Sequence[Update]) -> Sequence[Update]:
        """Return the updates, changed or with others added. Called for each event."""
        return updates

    def on_connection(self, change: ConnectionChange) -> Sequence[Update]:
        """Return updates to insert at a change of the connection."""
        return ()

    def end(self) -> Sequence[Update]:
        """Return updates to add when the stream has ended. Called once, however it
        ended."""
        return ()
