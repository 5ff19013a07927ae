"""What every dialect has in common, and how a format is known by its events."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from ..sse import ServerSentEvent
from ..updates import Update


@dataclass(frozen=True, slots=True)
class Reread:
    """What all events so far mean, now that more of them have come: to be shown in the
    place of what they were said to mean."""

    readings: tuple[tuple[Update, ...], ...]
    """The updates of each event, from the first one of the stream to this one."""


class Dialect(Protocol):
    """Reads one stream; may keep state between events. One file a dialect."""

    def read(self, event: ServerSentEvent) -> Sequence[Update]:
        """Return what the event means: zero, one or many updates.

        An event that the dialect does not know is one `Raw`: whoever calls then looks
        for heartbeats, errors and ends that are common to all formats. Never raises
        for what a server may send.
        """

    def end(self) -> Sequence[Update]:
        """Return what is held back, and what is left to say at the end. Called once,
        however the stream ended; a `Stopped` or `Failed`, such as that an answer may
        be cut, counts only where the stream did not say its end."""


@dataclass(frozen=True, slots=True)
class Format:
    """One row of the registry: a wire format, and the dialect that reads it.

    Other packages add one by an entry point of the group `nbstream.dialects`.
    """

    name: str
    """What `--dialect` takes."""
    dialect: Callable[[], Dialect]
    """Makes the reader of one stream."""
    recognises: Callable[[ServerSentEvent, Any], bool]
    """Whether only this format has such an event. Takes the event, and its data as a
    JSON value, None where it is not JSON. Called for each event until one is
    recognised, so it has to be cheap; never raises for what a server may send."""
