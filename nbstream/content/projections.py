"""Projections: show all content as one kind, whatever its dialect, for `--view`.

Updates that can be shown in one way only, such as progress, usage and failures, pass
unchanged.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Protocol

from ..dialects.home_made.text_layout import lines_of, log_line
from ..dialects.json.fields import is_number, stringify, value_of
from ..rendering.format import format_metric
from ..sse import ServerSentEvent
from ..updates import (
    Ending,
    Failed,
    Finished,
    LogLine,
    Metric,
    Raw,
    Row,
    Text,
    Update,
)

_PROJECTED = (Text, LogLine, Metric, Row, Raw)
_MESSAGE_KEYS = ("message", "msg", "text", "line")
_LEVEL_KEYS = ("level", "severity", "levelname")
_STEP_KEYS = ("step", "global_step", "iteration", "iter", "epoch", "batch", "x")


class Projection(Protocol):
    """Turns the updates of events into one kind of content."""

    def project(
        self, event: ServerSentEvent, updates: Sequence[Update]
    ) -> Sequence[Update]:
        """Return what to show of an event with these updates."""

    def end(self) -> Sequence[Update]:
        """Return the updates that were held back until the end of the stream."""


class _OneByOne(ABC):
    """A projection that projects each update by itself and holds nothing back."""

    def project(
        self, event: ServerSentEvent, updates: Sequence[Update]
    ) -> Sequence[Update]:
        projected: list[Update] = []
        for update in updates:
            if isinstance(update, Row):
                unwrapped = _unwrap_item(event, update)
                projected.extend(self._project_one(unwrapped, update))
            elif isinstance(update, _PROJECTED):
                projected.extend(self._project_one(event, update))
            else:
                projected.append(update)
        return projected

    @abstractmethod
    def _project_one(self, event: ServerSentEvent, update: Update) -> Iterator[Update]:
        """Yield what to show of one update of the content."""

    def end(self) -> Sequence[Update]:
        return ()


class AsText(_OneByOne):
    """Shows text unchanged, and every other event as a paragraph of its data."""

    def _project_one(self, event: ServerSentEvent, update: Update) -> Iterator[Update]:
        yield update if isinstance(update, Text) else Text(f"{event.data}\n\n")


class AsLog(_OneByOne):
    """Shows a line for each event of plain text, JSON object, row or metric; pieces of
    text are joined to lines. The level is taken from the usual field of log entries."""

    def __init__(self) -> None:
        self._piece = ""

    def end(self) -> Sequence[Update]:
        piece, self._piece = self._piece, ""
        return (log_line(piece),) if piece else ()

    def _project_one(self, event: ServerSentEvent, update: Update) -> Iterator[Update]:
        if isinstance(update, LogLine):
            yield update
        elif isinstance(update, Metric):
            yield LogLine(format_metric(update.name, update.value, update.step))
        elif isinstance(update, Text) and update.text != event.data:
            *lines, self._piece = lines_of(self._piece + update.text)
            yield from map(log_line, lines)
        else:
            value = update.data if isinstance(update, Row) else value_of(event.data)
            if isinstance(value, Mapping):
                yield _to_log_line(value, event.data)
            else:
                yield from map(log_line, event.data.splitlines())


class AsTable(_OneByOne):
    """Shows a row for each JSON object, metric or log line."""

    def _project_one(self, event: ServerSentEvent, update: Update) -> Iterator[Update]:
        match update:
            case Row():
                yield update
            case LogLine(message, level):
                yield Row({"level": level, "message": message})
            case Metric(name, value, step):
                yield Row({"name": name, "step": step, "value": value})
            case _:
                value = value_of(event.data)
                if isinstance(value, Mapping) and isinstance(update, Raw):
                    yield Row(value)
                elif isinstance(value, list) and isinstance(update, Raw | Text):
                    yield from map(Row, value)
                else:
                    yield update


class AsChart(_OneByOne):
    """Shows a point for each number of a JSON object or row, over its `step` or the
    like; an event that is a number is a point of the series `value`."""

    def _project_one(self, event: ServerSentEvent, update: Update) -> Iterator[Update]:
        found: Any = update.data if isinstance(update, Row) else value_of(event.data)
        if isinstance(update, Metric) or not isinstance(update, Row | Raw | Text):
            yield update
        elif isinstance(found, Mapping):
            steps = [k for k in _STEP_KEYS if math.isfinite(_to_float(found.get(k)))]
            at = _to_float(found[steps[0]]) if steps else None
            points = [
                Metric(str(name), _to_float(value), at)
                for name, value in found.items()
                if is_number(value) and name not in steps[:1]
            ]
            yield from points or (update,)
        elif is_number(found):
            yield Metric("value", _to_float(found))
        else:
            yield update


class AsJson:
    """Shows the data of every event; of an item of our protocol, its content."""

    def project(
        self, event: ServerSentEvent, updates: Sequence[Update]
    ) -> Sequence[Update]:
        ends = [u for u in updates if isinstance(u, Ending | Finished | Failed)]
        if len(updates) == 1 and isinstance(updates[0], Row):
            event = _unwrap_item(event, updates[0])
        return (Raw(event.event, event.data), *ends)

    def end(self) -> Sequence[Update]:
        return ()


PROJECTIONS: dict[str, Callable[[], Projection]] = {
    "text": AsText,
    "log": AsLog,
    "table": AsTable,
    "chart": AsChart,
    "json": AsJson,
}
"""The projection of each name that `--view` accepts."""

AUTO_VIEW = "auto"
"""The view that shows each part by its own kind."""

VIEWS = (AUTO_VIEW, *sorted(PROJECTIONS))
"""Every name that `--view` accepts."""


def make_projection(view: str) -> Projection | None:
    """Return a new projection of one stream; None for the view `auto`.

    Raises:
        ValueError: if no view has that name.
    """
    if view not in VIEWS:
        raise ValueError(f"Expected a view of {', '.join(VIEWS)}, got {view!r}.")
    return None if view == AUTO_VIEW else PROJECTIONS[view]()


def _unwrap_item(event: ServerSentEvent, row: Row) -> ServerSentEvent:
    """Return the event with its data replaced by the content of an item of our
    protocol, without the envelope."""
    content = row.data
    if isinstance(content, Mapping) and list(content) == ["value"]:
        content = content["value"]  # a single value is sent as a column of this name
    return event._replace(data=stringify(content))


def _to_log_line(entry: Mapping[str, Any], data: str) -> LogLine:
    message = next((m for m in map(entry.get, _MESSAGE_KEYS) if m), None)
    level = next((v for v in map(entry.get, _LEVEL_KEYS) if isinstance(v, str)), "")
    return LogLine(message if isinstance(message, str) else data, level.lower())


def _to_float(value: Any) -> float:
    """Return a number as a float; NaN for any other value."""
    try:
        return float(value) if is_number(value) else math.nan
    except OverflowError:  # an integer past the floats
        return math.nan
