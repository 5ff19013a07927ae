"""Define the interface of a dialect, and the registry row of a format."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from ..sse import ServerSentEvent
from ..updates import Update


@dataclass(frozen=True, slots=True)
class Reread:
    """New updates for every event so far, which replace the updates returned before."""

    readings: tuple[tuple[Update, ...], ...]
    """The updates of each event, from the first one of the stream to this one."""


class Dialect(Protocol):
    """Translate the events of one stream into updates, with state between events."""

    def read(self, event: ServerSentEvent) -> Sequence[Update]:
        """Return the updates of an event: none, one or many.

        Return one `Raw` for an event that the dialect does not know: the caller then
        looks for heartbeats, errors and ends that are common to all formats. Never
        raises for any data of a server.
        """

    def end(self) -> Sequence[Update]:
        """Return the updates that were held back, and those of the end. Called once,
        for any end of the stream. A `Stopped` or `Failed` (the answer may be truncated)
        counts only if no event reported the end."""


@dataclass(frozen=True, slots=True)
class Format:
    """Describe a wire format in one row of the registry.

    Other packages add a row with an entry point of the group `nbstream.dialects`.
    """

    name: str
    """The value of `--dialect`."""
    dialect: Callable[[], Dialect]
    """Creates the dialect of one stream."""
    recognises: Callable[[ServerSentEvent, Any], bool]
    """Returns true for an event that only this format has. Takes the event, and its
    data as a JSON value (None if it is not JSON). Called for each event until one is
    recognised, so it has to be cheap. Never raises for any data."""
