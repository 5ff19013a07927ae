"""From events to updates: dialect, view, and text that can be written down."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

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
from ..dialects.common_events import read_common
from ..dialects.field_path import FieldPath, data_of, updates_of
from ..dialects.json_fields import value_of
from ..mending import Mender
from ..sse import ServerSentEvent
from ..updates import Ending, Failed, Finished, Stopped, Update

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
        field: the path of the value that is shown of each event that has it, such as
            `a.b.0.c`; see `dialects.field_path`.

    Raises:
        ValueError: if there is no such dialect or view, or the field is no path.
    """

    def __init__(
        self,
        dialect: str,
        view: str = "auto",
        stages: Sequence[Stage] = (),
        field: str | None = None,
    ) -> None:
        if view not in VIEWS:
            raise ValueError(f"Expected a view of {', '.join(VIEWS)}, got {view!r}.")
        self._lens: Lens | None = None if view == "auto" else LENSES[view]()
        self._field = None if field is None else FieldPath(field)
        # Who chose a view or a field has said what to make of home-made events.
        chosen = self._lens is not None or self._field is not None
        self._dialect: Dialect | Auto = (
            Auto(AsTheyCame()) if chosen and dialect == AUTO else dialect_named(dialect)
        )
        self._surrogates = Mender()
        self._stages = stages
        self._ended = self._flushed = False

    def read(self, event: ServerSentEvent) -> Sequence[Update] | Reread:
        """Return what an event means, or what all so far mean, as it is shown."""
        if self._field is not None:
            found, value = self._field.find(event.data)
            if found:
                return self.take((*self._shown(event, value), *_outcome(event)))
        updates = self._dialect.read(event)
        if isinstance(updates, Reread):
            self._surrogates = Mender()
            return Reread(tuple(tuple(self.take(each)) for each in updates.readings))
        return self.take(self._viewed(event, updates))

    def _shown(self, event: ServerSentEvent, value: Any) -> Sequence[Update]:
        """Return what the field of an event is shown as."""
        if self._lens is None:
            return updates_of(value)
        part = event._replace(data=data_of(value))
        updates = self._dialect.read(part)
        assert not isinstance(updates, Reread)
        return self._viewed(part, updates)

    def _viewed(
        self, event: ServerSentEvent, updates: Sequence[Update]
    ) -> Sequence[Update]:
        return updates if self._lens is None else self._lens.see(event, updates)

    def take(self, updates: Sequence[Update]) -> Sequence[Update]:
        """Return updates that are of no event, such as a note, as they are shown."""
        updates = tuple(map(self._surrogates.mend, updates))
        for stage in self._stages:
            updates = (*stage.see(updates),)
        return updates

    def end(self) -> Sequence[Update]:
        """Return what is left when no more events come, whether or not the stream said
        that it ended. To be called once."""
        self._ended = True
        return self.take(self._dialect.end())

    def held_back(self) -> Sequence[Update]:
        """Return what the dialect, the view and the stages still hold back: it is not
        to be lost, however the stream ends. Empty when called again."""
        if self._flushed:
            return ()
        self._flushed = True
        held: Sequence[Update] = ()
        if not self._ended:
            self._ended = True
            # Whether the answer was cut is no question where another end is known.
            ends = Stopped | Failed
            held = [u for u in self._dialect.end() if not isinstance(u, ends)]
        rest = self.take((*held, *(() if self._lens is None else self._lens.end())))
        for stage in self._stages:
            rest = (*rest, *stage.end())
        return rest


def _outcome(event: ServerSentEvent) -> Sequence[Update]:
    """Return the end or the error that an event tells beside a field of it."""
    common = read_common(event, value_of(event.data)) or ()
    return [u for u in common if isinstance(u, Ending | Finished | Failed)]
