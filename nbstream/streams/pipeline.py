"""From events to updates: dialect, view, and text that can be written down."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from ..dialects import (
    AUTO,
    LENSES,
    AsTheyCame,
    Auto,
    Dialect,
    Lens,
    Reread,
    dialect_named,
)
from ..mending import Mender
from ..sse import ServerSentEvent
from ..updates import Update

VIEWS = ("auto", *sorted(LENSES))
"""Every name that `--view` takes."""


class Stage(Protocol):
    """A further step, which sees every update and may add to them."""

    def see(self, updates: Sequence[Update]) -> Sequence[Update]:
        """Return the updates, with what this stage adds."""

    def end(self) -> Sequence[Update]:
        """Return what is left to add at the end."""


class Pipeline:
    """Turns the events of one stream into updates: events in, updates out.

    Args:
        dialect: what the events mean: a name of `nbstream.dialects.dialect_names`.
        view: what to show the content as: a name of `VIEWS`.
        stages: further steps, in order.

    Raises:
        ValueError: if there is no such dialect or view.
    """

    def __init__(
        self, dialect: str, view: str = "auto", stages: Sequence[Stage] = ()
    ) -> None:
        if view not in VIEWS:
            raise ValueError(f"Expected a view of {', '.join(VIEWS)}, got {view!r}.")
        self._lens: Lens | None = None if view == "auto" else LENSES[view]()
        # A view chooses by itself what to make of events of no known format.
        as_chosen = self._lens is not None and dialect == AUTO
        self._dialect: Dialect | Auto = (
            Auto(AsTheyCame()) if as_chosen else dialect_named(dialect)
        )
        self._surrogates = Mender()
        self._stages = stages

    def read(self, event: ServerSentEvent) -> Sequence[Update] | Reread:
        """Return what an event means, or what all so far mean, as it is shown."""
        updates = self._dialect.read(event)
        if isinstance(updates, Reread):
            self._surrogates = Mender()
            return Reread(tuple(tuple(self.take(each)) for each in updates.readings))
        if self._lens is not None:
            updates = self._lens.see(event, updates)
        return self.take(updates)

    def take(self, updates: Sequence[Update]) -> Sequence[Update]:
        """Return updates that are of no event, such as a note, as they are shown."""
        updates = tuple(map(self._surrogates.mend, updates))
        for stage in self._stages:
            updates = (*stage.see(updates),)
        return updates

    def end(self) -> Sequence[Update]:
        """Return what is left when no more events come, whether or not the stream said
        that it ended. To be called once."""
        return self.take(self._dialect.end())

    def held_back(self) -> Sequence[Update]:
        """Return what the view and the stages still hold back: it is not to be lost,
        however the stream ends. Empty when called again."""
        rest = self.take(() if self._lens is None else self._lens.end())
        for stage in self._stages:
            rest = (*rest, *stage.end())
        return rest
