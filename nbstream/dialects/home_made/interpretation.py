"""What the first events of no known format are judged to be, and how that is read."""

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
from ..standard import hint_for, is_mistaken
from .field_names import is_done_name, is_fact_name, is_id_name, is_time_name
from .known_objects import log_in, metric_in, progress_in, usage_in
from .object_groups import MAX_GROUPS, nearest_group, put_into_group
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

Seen = tuple[ServerSentEvent, Any]
"""An event, and its data as a JSON value; None where it is not JSON."""

# Events that stand before the content, or beside it, and say nothing of its format.
_BESIDE_CONTENT = frozenset(
    """
    connected connection open opened ready hello welcome start start-step started init
    session session_id metadata meta status sources info title model config queue queued
    conversation thread
    """.split()  # noqa: SIM905 - one name a line is a page
)
# Objects of all first events together: an event may list a hundred thousand.
_MOST_JUDGED = 500


_MAX_KEYS = 10_000
"""Characters of the names of a kind of object that is remembered."""


@dataclass(frozen=True, slots=True)
class Interpretation:
    """What events of no known format are."""

    quoted: bool = False
    """Texts are sent as JSON strings."""
    layout: Layout = Layout.PIECES
    """How texts stand to one another."""
    shapes: tuple[tuple[frozenset[str], Shape | None], ...] = ()
    """The shape of each group of objects, by the fields of its first one."""
    bare: bool = False
    """Some texts are no JSON, so that `null` is one as well."""


def interpret(seen: Sequence[Seen]) -> Interpretation:
    """Return what the first events of no known format are, judged together."""
    plain = [
        (event, value)
        for event, value in seen
        if _is_plain(value) and not _is_beside(event, value) and event.data != "null"
    ]
    quoted = bool(plain) and all(
        isinstance(value, str) and event.event != "content" for event, value in plain
    )
    bare = any(value is None for _, value in plain)
    groups: list[tuple[frozenset[str], list[dict[str, Any]]]] = []
    listed = (
        (event, fields)
        for event, value in seen
        if not _is_beside(event, value)
        for fields in _objects_of(value)
    )
    for event, fields in islice(listed, _MOST_JUDGED):
        if _fixed(event, fields) is None:
            put_into_group(groups, fields)
    found = [(keys, shape_of(group)) for keys, group in groups]
    # What is only guessed gives way where others are what the stream is of.
    sure = any(shape is not None and not _is_guess(shape) for _, shape in found)
    rows = any(shape == Table() and not _is_guess(shape) for _, shape in found)
    shapes = tuple(
        (keys, None if sure and _gives_way(shape, rows) else shape)
        for keys, shape in found
    )
    judged = Interpretation(quoted, Layout.PIECES, shapes, bare)
    reader = Reader(judged)
    pieces = [piece for event, value in seen for piece in reader.pieces(event, value)]
    return Interpretation(quoted, layout_of(pieces), shapes, bare)


class Reader:
    """Reads events of no known format, as they were judged to be.

    Args:
        judged: what they are.
    """

    def __init__(self, judged: Interpretation) -> None:
        self._judged = judged
        self._joiner = TextJoiner(judged.layout)
        self._thinking = ThinkingTags()
        self._shapes = dict(judged.shapes)
        self._grown: dict[Path, str] = {}
        self._began: float | None = None  # the first time on an axis of time

    def read(self, event: ServerSentEvent, value: Any) -> Sequence[Update]:
        """Return what an event means."""
        if _is_beside(event, value):
            bare = isinstance(value, dict) and value.keys() <= {"type"}
            return () if bare else (Raw(event.event, event.data),)
        if event.data == "null" and not self._judged.bare:
            return (Raw(event.event, event.data),)
        if self._is_text(event, value):
            return self._texts(self.pieces(event, value))
        updates: list[Update] = []
        for fields in _objects_of(value):
            fixed = _fixed(event, fields)
            updates += self._shaped(event, fields) if fixed is None else fixed
        return updates

    def end(self) -> Sequence[Update]:
        """Return what is held back."""
        return [*self._thinking.end(), *self._joiner.end()]

    def is_row(self, value: Any) -> bool:
        """Whether an object is one of several rows, in which `error` and `done` are
        columns."""
        if not isinstance(value, dict):
            return False
        keys = frozenset(value)
        return len(keys) > 1 and self._shapes.get(keys) == Table()

    def pieces(self, event: ServerSentEvent, value: Any) -> list[Piece]:
        """Return the texts that an event holds, in no layout yet."""
        if event.data == "null" and not self._judged.bare:
            return []
        if self._is_text(event, value):
            quoted = self._judged.quoted and isinstance(value, str)
            said = value if quoted else event.data
            return [Piece(said, exact=event.event == "content", place=())]
        found = []
        for fields in _objects_of(value):
            shape = self._shape(fields)
            if isinstance(shape, TextField) and _fixed(event, fields) is None:
                said = lookup(fields, shape.path)
                if isinstance(said, str):
                    said = self._news(shape, said)
                    found.append(Piece(said, exact=shape.grows, place=shape.path))
        return found

    def _is_text(self, event: ServerSentEvent, value: Any) -> bool:
        # Between pieces of code `{}` is a piece as well.
        code = self._judged.bare and value == {} and event.event == "message"
        return _is_plain(value) or code

    def _texts(self, pieces: Sequence[Piece]) -> list[Update]:
        updates = [update for piece in pieces for update in self._joiner.add(piece)]
        return self._thinking.read(updates)

    def _news(self, field: TextField, said: str) -> str:
        """What is new in a text that begins with the one before."""
        if not field.grows:
            return said
        before = self._grown.get(field.path, "")
        self._grown[field.path] = said
        return said[len(before) :] if said.startswith(before) else f"\n\n{said}"

    def _shape(self, fields: dict[str, Any]) -> Shape | None:
        keys = frozenset(fields)
        if keys in self._shapes:
            return self._shapes[keys]
        near = nearest_group(keys, self._shapes)
        shape = self._shapes[near] if near is not None else shape_of([fields])
        known = any(found is not None for found in self._shapes.values())
        rows = Table() in self._shapes.values()
        if near is None and known and _gives_way(shape, rows):
            shape = None
        if len(self._shapes) < MAX_GROUPS and sum(map(len, keys)) < _MAX_KEYS:
            self._shapes[keys] = shape
        return shape

    def _shaped(
        self, event: ServerSentEvent, fields: dict[str, Any]
    ) -> Sequence[Update]:
        shape = self._shape(fields)
        updates: list[Update] = []
        match shape:
            case TextField(path):
                pieces = self.pieces(event, fields)
                updates += self._texts(pieces)
                done = any(v is True and is_done_name(k) for k, v in fields.items())
                if not isinstance(lookup(fields, path), str | None):
                    updates.append(Raw(event.event, event.data))
                if done:
                    return [*updates, Ending()]
                held = any(piece.text for piece in pieces)
                if not updates and (held or _is_empty(fields, path)):
                    return []
            case Chart():
                updates += self._points(shape, fields)
            case Table():
                updates.append(Row(fields))
        return updates or [Raw(event.event, event.data, hint_for(event, fields))]

    def _points(self, chart: Chart, fields: dict[str, Any]) -> list[Update]:
        fields = flattened(fields)
        at = fields.get(chart.axis)
        step = seconds_of(at) if chart.of_time else number(at)
        if chart.of_time and step is not None:
            if self._began is None:
                self._began = step
            step = round(step - self._began, 6)
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
    except OverflowError:  # an integer past the floats
        return None


def _fixed(event: ServerSentEvent, fields: dict[str, Any]) -> Sequence[Update] | None:
    """What an object means whatever stands around it; None if its shape decides."""
    kind = type_of(event, fields)
    mistaken = is_mistaken(event, fields)
    found = None if mistaken and kind != "progress" else progress_in(kind, fields)
    if found is None and mistaken:
        return [Raw(event.event, event.data, hint_for(event, fields))]
    if found is None:
        found = log_in(kind, fields) or metric_in(fields)
    return usage_in(fields) if found is None else found


def _is_guess(shape: Shape | None) -> bool:
    return isinstance(shape, TextField | Table) and shape.guessed


def _gives_way(shape: Shape | None, rows: bool) -> bool:
    """Whether a guess gives way to what is sure; among rows a row is none."""
    return _is_guess(shape) and not (rows and isinstance(shape, Table))


def _is_empty(fields: dict[str, Any], path: Path) -> bool:
    """Whether an object has an empty text and no more than facts."""
    return lookup(fields, path) == "" and all(
        name == path[0] or is_fact_name(name) or value in (None, False, "", [], {})
        for name, value in fields.items()
    )


def _is_plain(value: Any) -> bool:
    return not _objects_of(value)


def _objects_of(value: Any) -> list[dict[str, Any]]:
    """The objects of an event: the one that it is, or those that it lists."""
    if isinstance(value, dict):
        return [value]
    found = objects(value)
    return found if found and len(found) == len(value) else []


def _is_beside(event: ServerSentEvent, value: Any) -> bool:
    return type_of(event, value).lower() in _BESIDE_CONTENT
