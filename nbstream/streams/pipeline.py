"""From events to updates: dialect, view, and text that can be written down."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from ..content.projections import projection_named
from ..content.surrogates import Mender, may_have_halves
from ..dialects import (
    AUTO,
    AsTheyCame,
    Auto,
    Dialect,
    Reread,
    dialect_named,
)
from ..dialects.json.field_path import FieldPath, data_of, updates_of
from ..dialects.json.fields import value_of
from ..dialects.json.parsing import REMEMBERED, forget_parsed
from ..dialects.parts.common_events import read_common
from ..sse import ServerSentEvent
from ..updates import Ending, Failed, Finished, Stopped, Update
from .long_logs import in_parts
from .size_gate import MAX_UNDERSTOOD, SizeGate

_LARGE = 8 * 1024
"""Characters. The most that reading so many was seen to take is 20 ms."""


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
        view: what to show the content as: a name of `projections.VIEWS`.
        stages: further steps, in order.
        field: the path of the value that is shown of each event that has it, such as
            `a.b.0.c`; see `dialects.field_path`.
        max_event_size: the most characters of an event that is parsed; a larger one is
            shown as it came, cut.

    Raises:
        ValueError: if there is no such dialect or view, or the field is no path.
    """

    def __init__(
        self,
        dialect: str,
        view: str = "auto",
        stages: Sequence[Stage] = (),
        field: str | None = None,
        max_event_size: int = MAX_UNDERSTOOD,
    ) -> None:
        self._projection = projection_named(view)
        self._field = None if field is None else FieldPath(field)
        # Who chose a view or a field has said what to make of home-made events.
        chosen = self._projection is not None or self._field is not None
        self._dialect: Dialect | Auto = (
            Auto(AsTheyCame()) if chosen and dialect == AUTO else dialect_named(dialect)
        )
        self._auto = self._dialect if isinstance(self._dialect, Auto) else None
        self._gate = SizeGate(max_event_size)
        self._surrogates = Mender()
        self._halves = False  # whether an event so far may have had half a character
        self._stages = stages
        self._ended = self._flushed = False

    def read(self, event: ServerSentEvent) -> Sequence[Update] | Reread:
        """Return what an event means, or what all so far mean, as it is shown. For a
        large event to be called in a thread; see `is_large`."""
        kind, data = event.event, event.data
        size = len(data)
        if size + len(kind) > self._gate.limit:
            cut = self._gate.cut(event)
            if self._auto is not None:
                self._auto.note((cut,))
            return self.take((cut,))
        if not self._halves:
            self._halves = may_have_halves(data) or may_have_halves(kind)
        if size < REMEMBERED:
            updates = self._read(event)
            if type(updates) is Reread:
                forget_parsed()  # of those before it, one may have been larger
            return updates
        try:
            return self._read(event)
        finally:
            forget_parsed()

    def is_large(self, event: ServerSentEvent) -> bool:
        """Whether reading an event may take long: by itself, or with those before it,
        which may all be read anew."""
        size = len(event.data)
        if self._auto is not None:
            size += self._auto.remembered
        return size > _LARGE and not self._gate.holds_back(event)

    def _read(self, event: ServerSentEvent) -> Sequence[Update] | Reread:
        if self._field is not None:
            found, value = self._field.find(event.data)
            if found:
                return self._as_shown((*self._shown(event, value), *_outcome(event)))
        updates = self._dialect.read(event)
        if isinstance(updates, Reread):
            self._surrogates.begin_anew()
            return Reread(
                tuple(tuple(self._as_shown(each)) for each in updates.readings)
            )
        return self._as_shown(self._viewed(event, updates))

    def _shown(self, event: ServerSentEvent, value: Any) -> Sequence[Update]:
        """Return what the field of an event is shown as."""
        if self._projection is None:
            return updates_of(value)
        part = event._replace(data=data_of(value))
        updates = self._dialect.read(part)
        assert not isinstance(updates, Reread)
        return self._viewed(part, updates)

    def _viewed(
        self, event: ServerSentEvent, updates: Sequence[Update]
    ) -> Sequence[Update]:
        return (
            updates
            if self._projection is None
            else self._projection.see(event, updates)
        )

    def take(self, updates: Sequence[Update]) -> Sequence[Update]:
        """Return updates that are of no event, such as a note, as they are shown."""
        return self._staged(tuple(map(self._surrogates.mend, updates)))

    def _as_shown(self, updates: Sequence[Update]) -> Sequence[Update]:
        parts = in_parts(updates)
        if not self._halves:
            return self._staged(parts)
        return self._staged(tuple(map(self._surrogates.mend, parts)))

    def _staged(self, updates: Sequence[Update]) -> Sequence[Update]:
        for stage in self._stages:
            updates = stage.see(updates)
        return tuple(updates)

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
        rest = self.take(
            (*held, *(() if self._projection is None else self._projection.end()))
        )
        for stage in self._stages:
            rest = (*rest, *stage.end())
        return (*rest, *self._surrogates.end())


def _outcome(event: ServerSentEvent) -> Sequence[Update]:
    """Return the end or the error that an event tells beside a field of it."""
    common = read_common(event, value_of(event.data)) or ()
    return [u for u in common if isinstance(u, Ending | Finished | Failed)]
