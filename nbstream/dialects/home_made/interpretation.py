"""Infer the meaning of events of no known format from the first ones, and read them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from ...sse import ServerSentEvent
from ...updates import Ending, Metric, Raw, Row, Update
from ..json.fields import flattened, is_number, lookup, number, objects
from ..parts.common_events import type_of
from ..parts.thinking_tags import ThinkingTags
from ..standard import hint_for, is_malformed
from .field_names import is_done_name, is_fact_name, is_id_name, is_time_name
from .known_objects import log_line_in, metric_in, progress_in, usage_in
from .object_groups import MAX_GROUPS, add_to_group, nearest_group
from .shapes import (
    Chart,
    Path,
    Shape,
    Table,
    TextField,
    shape_of,
)
from .text_layout import Layout, Piece, TextJoiner, layout_of
from .times import seconds_of

ParsedEvent = tuple[ServerSentEvent, Any]
"""An event, and its data as a JSON value; None if it is not JSON."""

# Types of events before or between the content, which do not show its format.
_NO_CONTENT = frozenset(
    """
    connected connection open opened ready hello welcome start start-step started init
    session session_id metadata meta status sources info title model config queue queued
    conversation thread
    """.split()  # noqa: SIM905 - one name a line is a page
)
# Objects in all of the first events: one event may list a hundred thousand.
_MAX_SAMPLED = 500


_MAX_KEYS = 10_000
"""Characters; an object whose names are longer is not cached with its shape."""


@dataclass(frozen=True, slots=True)
class Interpretation:
    """Hold the inferred meaning of events of no known format."""

    is_quoted: bool = False
    """True if texts are JSON strings."""
    layout: Layout = Layout.PIECES
    """How the texts are joined."""
    shapes: tuple[tuple[frozenset[str], Shape | None], ...] = ()
    """The shape of each group of objects, with the names of the first one."""
    has_plain: bool = False
    """True if some texts are not JSON: then `null` is text as well."""


def interpret(events: Sequence[ParsedEvent]) -> Interpretation:
    """Infer the meaning of the first events, all together."""
    plain = [
        (event, value)
        for event, value in events
        if _is_text_value(value)
        and not _has_no_content(event, value)
        and event.data != "null"
    ]
    is_quoted = bool(plain) and all(
        isinstance(value, str) and event.event != "content" for event, value in plain
    )
    has_plain = any(value is None for _, value in plain)
    groups: list[tuple[frozenset[str], list[dict[str, Any]]]] = []
    listed = (
        (event, fields)
        for event, value in events
        if not _has_no_content(event, value)
        for fields in _objects_of(value)
    )
    for event, fields in islice(listed, _MAX_SAMPLED):
        if _read_by_names(event, fields) is None:
            add_to_group(groups, fields)
    found = [(keys, shape_of(group)) for keys, group in groups]
    # A guessed shape is dropped if another group has a certain one.
    sure = any(shape is not None and not _is_guess(shape) for _, shape in found)
    rows = any(shape == Table() and not _is_guess(shape) for _, shape in found)
    shapes = tuple(
        (keys, None if sure and _is_dropped_guess(shape, rows) else shape)
        for keys, shape in found
    )
    interpretation = Interpretation(is_quoted, Layout.PIECES, shapes, has_plain)
    reader = Reader(interpretation)
    pieces = [piece for event, value in events for piece in reader.pieces(event, value)]
    return Interpretation(is_quoted, layout_of(pieces), shapes, has_plain)


class Reader:
    """Read events of no known format by an interpretation.

    Args:
        interpretation: the inferred meaning of the first events.
    """

    def __init__(self, interpretation: Interpretation) -> None:
        self._interpretation = interpretation
        self._joiner = TextJoiner(interpretation.layout)
        self._thinking = ThinkingTags()
        self._shapes = dict(interpretation.shapes)
        self._grown: dict[Path, str] = {}
        self._time_origin: float | None = None  # the first time on an axis of time

    def read(self, event: ServerSentEvent, value: Any) -> Sequence[Update]:
        """Return the updates of an event."""
        if _has_no_content(event, value):
            only_type = isinstance(value, dict) and value.keys() <= {"type"}
            return () if only_type else (Raw(event.event, event.data),)
        if event.data == "null" and not self._interpretation.has_plain:
            return (Raw(event.event, event.data),)
        if self._is_text(event, value):
            return self._join_texts(self.pieces(event, value))
        updates: list[Update] = []
        for fields in _objects_of(value):
            by_names = _read_by_names(event, fields)
            updates += (
                self._read_by_shape(event, fields) if by_names is None else by_names
            )
        return updates

    def end(self) -> Sequence[Update]:
        """Return the updates that were held back."""
        return [*self._thinking.end(), *self._joiner.end()]

    def is_row(self, value: Any) -> bool:
        """True for an object that is one of several rows: there, `error` and `done` are
        columns."""
        if not isinstance(value, dict):
            return False
        keys = frozenset(value)
        return len(keys) > 1 and self._shapes.get(keys) == Table()

    def pieces(self, event: ServerSentEvent, value: Any) -> list[Piece]:
        """Return the texts in an event, not joined yet."""
        if event.data == "null" and not self._interpretation.has_plain:
            return []
        if self._is_text(event, value):
            is_quoted = self._interpretation.is_quoted and isinstance(value, str)
            content = value if is_quoted else event.data
            return [Piece(content, exact=event.event == "content", place=())]
        found = []
        for fields in _objects_of(value):
            shape = self._find_shape(fields)
            if isinstance(shape, TextField) and _read_by_names(event, fields) is None:
                content = lookup(fields, shape.path)
                if isinstance(content, str):
                    content = self._new_text(shape, content)
                    found.append(Piece(content, exact=shape.grows, place=shape.path))
        return found

    def _is_text(self, event: ServerSentEvent, value: Any) -> bool:
        # `{}` between plain pieces of code is text as well.
        code = (
            self._interpretation.has_plain and value == {} and event.event == "message"
        )
        return _is_text_value(value) or code

    def _join_texts(self, pieces: Sequence[Piece]) -> list[Update]:
        updates = [update for piece in pieces for update in self._joiner.add(piece)]
        return self._thinking.read(updates)

    def _new_text(self, field: TextField, content: str) -> str:
        """Return the new part of a text that begins with the one before."""
        if not field.grows:
            return content
        before = self._grown.get(field.path, "")
        self._grown[field.path] = content
        return (
            content[len(before) :] if content.startswith(before) else f"\n\n{content}"
        )

    def _find_shape(self, fields: dict[str, Any]) -> Shape | None:
        keys = frozenset(fields)
        if keys in self._shapes:
            return self._shapes[keys]
        near = nearest_group(keys, self._shapes)
        shape = self._shapes[near] if near is not None else shape_of([fields])
        known = any(found is not None for found in self._shapes.values())
        rows = Table() in self._shapes.values()
        if near is None and known and _is_dropped_guess(shape, rows):
            shape = None
        if len(self._shapes) < MAX_GROUPS and sum(map(len, keys)) < _MAX_KEYS:
            self._shapes[keys] = shape
        return shape

    def _read_by_shape(
        self, event: ServerSentEvent, fields: dict[str, Any]
    ) -> Sequence[Update]:
        shape = self._find_shape(fields)
        updates: list[Update] = []
        match shape:
            case TextField(path):
                pieces = self.pieces(event, fields)
                updates += self._join_texts(pieces)
                done = any(v is True and is_done_name(k) for k, v in fields.items())
                if not isinstance(lookup(fields, path), str | None):
                    updates.append(Raw(event.event, event.data))
                if done:
                    return [*updates, Ending()]
                held = any(piece.text for piece in pieces)
                if not updates and (held or _is_empty(fields, path)):
                    return []
            case Chart():
                updates += self._metrics_of(shape, fields)
            case Table():
                updates.append(Row(fields))
        return updates or [Raw(event.event, event.data, hint_for(event, fields))]

    def _metrics_of(self, chart: Chart, fields: dict[str, Any]) -> list[Update]:
        fields = flattened(fields)
        at = fields.get(chart.axis)
        step = seconds_of(at) if chart.of_time else number(at)
        if chart.of_time and step is not None:
            if self._time_origin is None:
                self._time_origin = step
            step = round(step - self._time_origin, 6)
        return [
            Metric(name, measured, step)
            for name, value in fields.items()
            if name != chart.axis
            and is_number(value)
            and not is_time_name(name)
            and not is_id_name(name)
            and (measured := _as_float(value)) is not None
        ]


def _as_float(value: int | float) -> float | None:
    try:
        return float(value)
    except OverflowError:  # an integer too large for a float
        return None


def _read_by_names(
    event: ServerSentEvent, fields: dict[str, Any]
) -> Sequence[Update] | None:
    """Read an object by its names alone; None if its shape decides."""
    kind = type_of(event, fields)
    malformed = is_malformed(event, fields)
    found = None if malformed and kind != "progress" else progress_in(kind, fields)
    if found is None and malformed:
        return [Raw(event.event, event.data, hint_for(event, fields))]
    if found is None:
        found = log_line_in(kind, fields) or metric_in(fields)
    return usage_in(fields) if found is None else found


def _is_guess(shape: Shape | None) -> bool:
    return isinstance(shape, TextField | Table) and shape.guessed


def _is_dropped_guess(shape: Shape | None, rows: bool) -> bool:
    """True for a guess to drop beside a certain shape; rows keep guessed rows."""
    return _is_guess(shape) and not (rows and isinstance(shape, Table))


def _is_empty(fields: dict[str, Any], path: Path) -> bool:
    """True for an object with an empty text and otherwise only facts."""
    return lookup(fields, path) == "" and all(
        name == path[0] or is_fact_name(name) or value in (None, False, "", [], {})
        for name, value in fields.items()
    )


def _is_text_value(value: Any) -> bool:
    return not _objects_of(value)


def _objects_of(value: Any) -> list[dict[str, Any]]:
    """Return the object of an event, or the objects that it lists; else empty."""
    if isinstance(value, dict):
        return [value]
    found = objects(value)
    return found if found and len(found) == len(value) else []


def _has_no_content(event: ServerSentEvent, value: Any) -> bool:
    return type_of(event, value).lower() in _NO_CONTENT
