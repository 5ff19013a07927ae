"""Pipeline: one stream's events in, updates out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...content.projections import make_projection
from ...content.surrogates import SurrogateJoiner, may_have_lone_surrogates
from ...dialects import (
    AUTO,
    Auto,
    Dialect,
    PassThrough,
    Reread,
    dialect_named,
)
from ...dialects.json.field_path import FieldPath, data_of, updates_of
from ...dialects.json.fields import value_of
from ...dialects.json.parsing import MIN_CACHED, forget_parsed
from ...dialects.parts.common_events import read_common
from ...sse import ConnectionChange, ServerSentEvent
from ...updates import Ending, Failed, Finished, Stopped, Update
from .long_logs import split_long_logs
from .size_gate import MAX_PARSED, SizeGate
from .stage import Stage

_LARGE = 8 * 1024
"""Characters. Reading so many was measured to take at most 20 ms."""


class Pipeline:
    """Turns the events of one stream into updates.

    Args:
        dialect: what the events mean: a name of `nbstream.dialects.dialect_names`.
        view: what to show the content as: a name of `projections.VIEWS`. Default
            `auto`: each part by its own kind.
        stages: further steps, in order.
        field: the path of the value that is shown of each event that has it, such as
            `a.b.0.c`; see `dialects.json.field_path`. Default: the whole event.
        max_event_size: the most characters of an event that is parsed; a larger one is
            shown as it is, cut. Default 1 Mi.

    Raises:
        ValueError: if there is no such dialect or view, or the field is not a path.
    """

    def __init__(
        self,
        dialect: str,
        view: str = "auto",
        stages: Sequence[Stage] = (),
        field: str | None = None,
        max_event_size: int = MAX_PARSED,
    ) -> None:
        self._projection = make_projection(view)
        self._field = None if field is None else FieldPath(field)
        # With a view or field, the shape of unknown events need not be guessed.
        chosen = self._projection is not None or self._field is not None
        self._dialect: Dialect | Auto = (
            Auto(PassThrough())
            if chosen and dialect == AUTO
            else dialect_named(dialect)
        )
        self._auto = self._dialect if isinstance(self._dialect, Auto) else None
        self._gate = SizeGate(max_event_size)
        self._surrogates = SurrogateJoiner()
        self._join_surrogates = False  # whether an event so far may have had a lone one
        self._stages = stages
        self._dialect_ended = self._flushed = False

    def read(self, event: ServerSentEvent) -> Sequence[Update] | Reread:
        """Return the updates of an event; or `Reread`, with new updates for all events
        so far. Call it in a thread where `is_large(event)`."""
        kind, data = event.event, event.data
        size = len(data)
        if size + len(kind) > self._gate.limit:
            cut = self._gate.cut(event)
            if self._auto is not None:
                self._auto.note((cut,))
            return self.insert((cut,))
        if not self._join_surrogates:
            self._join_surrogates = may_have_lone_surrogates(
                data
            ) or may_have_lone_surrogates(kind)
        if size < MIN_CACHED:
            updates = self._read(event)
            if type(updates) is Reread:
                forget_parsed()  # one of the earlier events may have been larger
            return updates
        try:
            return self._read(event)
        finally:
            forget_parsed()

    def is_large(self, event: ServerSentEvent) -> bool:
        """Return whether reading an event may take long: by itself, or with the events
        before it, which may all be read again."""
        size = len(event.data)
        if self._auto is not None:
            size += self._auto.buffered
        return size > _LARGE and not self._gate.is_too_large(event)

    def insert(self, updates: Sequence[Update]) -> Sequence[Update]:
        """Return updates that belong to no event, such as a note, as they are shown."""
        return self._run_stages(tuple(map(self._surrogates.join, updates)))

    def on_connection(self, change: ConnectionChange) -> Sequence[Update]:
        """Return the updates that the stages insert at a change of the connection."""
        added = [update for s in self._stages for update in s.on_connection(change)]
        return self.insert(added) if added else ()

    def end(self) -> Sequence[Update]:
        """Return the dialect's last updates when no more events come, whether or not
        the stream declared its end. Call it once."""
        self._dialect_ended = True
        return self.insert(self._dialect.end())

    def flush(self) -> Sequence[Update]:
        """Return what the dialect, the projection and the stages still hold back: it
        must not be lost, however the stream ends. Empty when called again."""
        if self._flushed:
            return ()
        self._flushed = True
        held: Sequence[Update] = ()
        if not self._dialect_ended:
            self._dialect_ended = True
            # Another end is known, so whether the answer was cut is not in question.
            ends = Stopped | Failed
            held = [u for u in self._dialect.end() if not isinstance(u, ends)]
        rest = self.insert(
            (*held, *(() if self._projection is None else self._projection.end()))
        )
        for stage in self._stages:
            rest = (*rest, *stage.end())
        return (*rest, *self._surrogates.end())

    def _read(self, event: ServerSentEvent) -> Sequence[Update] | Reread:
        if self._field is not None:
            found, value = self._field.find(event.data)
            if found:
                return self._finalize((*self._read_field(event, value), *_ends(event)))
        updates = self._dialect.read(event)
        if isinstance(updates, Reread):
            self._surrogates.reset()
            return Reread(
                tuple(tuple(self._finalize(each)) for each in updates.readings)
            )
        return self._finalize(self._project(event, updates))

    def _read_field(self, event: ServerSentEvent, value: Any) -> Sequence[Update]:
        """Return the updates that show the field of an event."""
        if self._projection is None:
            return updates_of(value)
        part = event._replace(data=data_of(value))
        updates = self._dialect.read(part)
        assert not isinstance(updates, Reread)
        return self._project(part, updates)

    def _project(
        self, event: ServerSentEvent, updates: Sequence[Update]
    ) -> Sequence[Update]:
        if self._projection is None:
            return updates
        return self._projection.project(event, updates)

    def _finalize(self, updates: Sequence[Update]) -> Sequence[Update]:
        parts = split_long_logs(updates)
        if not self._join_surrogates:
            return self._run_stages(parts)
        return self._run_stages(tuple(map(self._surrogates.join, parts)))

    def _run_stages(self, updates: Sequence[Update]) -> Sequence[Update]:
        for stage in self._stages:
            updates = stage.process(updates)
        return tuple(updates)


def _ends(event: ServerSentEvent) -> Sequence[Update]:
    """Return the end or the error that an event declares beside its field."""
    common = read_common(event, value_of(event.data)) or ()
    return [u for u in common if isinstance(u, Ending | Finished | Failed)]
