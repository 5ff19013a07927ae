"""Content seen as one kind, whatever it came as: what `--view` chooses.

What has one shape only, such as progress, usage and a failure, is shown as ever.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Protocol

from ..dialects.home_made.text_layout import lines_of, log_line
from ..dialects.json.fields import value_of, words
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

_SEEN = (Text, LogLine, Metric, Row, Raw)
_MESSAGE_KEYS = ("message", "msg", "text", "line")
_LEVEL_KEYS = ("level", "severity", "levelname")
_STEP_KEYS = ("step", "global_step", "iteration", "iter", "epoch", "batch", "x")


class Projection(Protocol):
    """Turns what events mean into one kind of content."""

    def see(
        self, event: ServerSentEvent, updates: Sequence[Update]
    ) -> Sequence[Update]:
        """What to show of an event that means `updates`."""

    def end(self) -> Sequence[Update]:
        """What was held back, now that the stream has ended."""


class _OneByOne(ABC):
    """A projection that sees each update by itself and holds nothing back."""

    def see(
        self, event: ServerSentEvent, updates: Sequence[Update]
    ) -> Sequence[Update]:
        seen: list[Update] = []
        for update in updates:
            if isinstance(update, Row):
                seen.extend(self._content(_unwrapped(event, update), update))
            elif isinstance(update, _SEEN):
                seen.extend(self._content(event, update))
            else:
                seen.append(update)
        return seen

    @abstractmethod
    def _content(self, event: ServerSentEvent, update: Update) -> Iterator[Update]:
        """What one update of the content is seen as."""

    def end(self) -> Sequence[Update]:
        return ()


class AsText(_OneByOne):
    """Text flows on; everything else is a paragraph of its own, as it came."""

    def _content(self, event: ServerSentEvent, update: Update) -> Iterator[Update]:
        yield update if isinstance(update, Text) else Text(f"{event.data}\n\n")


class AsLog(_OneByOne):
    """A line for each event of plain text, JSON object, row or metric; text that comes
    in pieces is put together to lines. A level is taken from where logs have it."""

    def __init__(self) -> None:
        self._piece = ""

    def end(self) -> Sequence[Update]:
        piece, self._piece = self._piece, ""
        return (log_line(piece),) if piece else ()

    def _content(self, event: ServerSentEvent, update: Update) -> Iterator[Update]:
        if isinstance(update, LogLine):
            yield update
        elif isinstance(update, Metric):
            at = "" if update.step is None else f" (step {update.step:g})"
            yield LogLine(f"{update.name} = {update.value:.6g}{at}")
        elif isinstance(update, Text) and update.text != event.data:
            *lines, self._piece = lines_of(self._piece + update.text)
            yield from map(log_line, lines)
        else:
            value = update.data if isinstance(update, Row) else value_of(event.data)
            if isinstance(value, Mapping):
                yield _logged(value, event.data)
            else:
                yield from map(log_line, event.data.splitlines())


class AsTable(_OneByOne):
    """A row for each JSON object, metric or log line."""

    def _content(self, event: ServerSentEvent, update: Update) -> Iterator[Update]:
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
    """A point for each number of a JSON object or row, over its `step` or the like;
    an event that is a number is a point of the series `value`."""

    def _content(self, event: ServerSentEvent, update: Update) -> Iterator[Update]:
        found: Any = update.data if isinstance(update, Row) else value_of(event.data)
        if isinstance(update, Metric) or not isinstance(update, Row | Raw | Text):
            yield update
        elif isinstance(found, Mapping):
            steps = [k for k in _STEP_KEYS if math.isfinite(_number(found.get(k)))]
            at = _number(found[steps[0]]) if steps else None
            points = [
                Metric(str(name), _number(value), at)
                for name, value in found.items()
                if _is_number(value) and name not in steps[:1]
            ]
            yield from points or (update,)
        elif _is_number(found):
            yield Metric("value", _number(found))
        else:
            yield update


class AsJson:
    """Every event as it came; of an item, what it holds."""

    def see(
        self, event: ServerSentEvent, updates: Sequence[Update]
    ) -> Sequence[Update]:
        ends = [u for u in updates if isinstance(u, Ending | Finished | Failed)]
        if len(updates) == 1 and isinstance(updates[0], Row):
            event = _unwrapped(event, updates[0])
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
"""Every projection by the name that `--view` takes."""

AUTO_VIEW = "auto"
"""The view that shows each part as what it says it is."""

VIEWS = (AUTO_VIEW, *sorted(PROJECTIONS))
"""Every name that `--view` takes."""


def projection_named(view: str) -> Projection | None:
    """Return a new projection of one stream; None for the view `auto`.

    Raises:
        ValueError: if no view has that name.
    """
    if view not in VIEWS:
        raise ValueError(f"Expected a view of {', '.join(VIEWS)}, got {view!r}.")
    return None if view == AUTO_VIEW else PROJECTIONS[view]()


def _unwrapped(event: ServerSentEvent, row: Row) -> ServerSentEvent:
    """The event with what an item of our protocol holds as its data: a view shows what
    was yielded, and not how it was sent."""
    held = row.data
    if isinstance(held, Mapping) and list(held) == ["value"]:
        held = held["value"]  # a single value is sent as a column of this name
    return event._replace(data=words(held))


def _logged(entry: Mapping[str, Any], as_it_came: str) -> LogLine:
    message = next((m for m in map(entry.get, _MESSAGE_KEYS) if m), None)
    level = next((v for v in map(entry.get, _LEVEL_KEYS) if isinstance(v, str)), "")
    return LogLine(message if isinstance(message, str) else as_it_came, level.lower())


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _number(value: Any) -> float:
    """The value as a float; what is none is not a number."""
    try:
        return float(value) if _is_number(value) else math.nan
    except OverflowError:  # an integer past the floats
        return math.nan
